from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prism_eval.errors import RunError
from prism_eval.leaderboard import build
from prism_eval.leaderboard.losses import LOSSES, Loss, Losses, losses_of
from tests.runfolder import verdict, write_run

SAYS, OTHER, NOTHING = "Sales in 2019 were 1,200.", "Sales in 2019 were 900.", "A chart of cats."


def sales(captioner: str, item: str, outcome: str, caption: str | None, **given: Any) -> dict[str, Any]:
    return verdict(
        captioner, item, outcome, caption=caption, question="What were the sales in 2019?", gold='["1200"]', **given
    )


def losses(folder: Path, rows: list[dict[str, Any]], **given: Any) -> Losses:
    return losses_of(build(write_run(folder, rows)).verdicts, **given)


def named(found: Losses) -> list[Loss | None]:
    """The loss of each verdict, in the table's order."""
    return [None if number < 0 else LOSSES[number] for number in found.loss.tolist()]


@pytest.mark.parametrize(
    ("outcome", "caption", "expected"),
    [
        ("wrong", SAYS, Loss.READER),
        ("abstained", SAYS, Loss.READER),
        ("unparsed", SAYS, Loss.UNREADABLE),
        ("truncated", SAYS, Loss.UNREADABLE),
        ("refused", SAYS, Loss.UNREADABLE),
        ("wrong", OTHER, Loss.CONTRADICTED),
        ("unparsed", OTHER, Loss.CONTRADICTED),
        ("wrong", NOTHING, Loss.OMITTED),
        ("abstained", "", Loss.OMITTED),
        # The caption itself was refused: the reasoner read nothing.
        ("refused", None, Loss.OMITTED),
        ("correct", NOTHING, None),
        ("failed", NOTHING, None),
    ],
)
def test_whose_doing_it_is(tmp_path: Path, outcome: str, caption: str | None, expected: Loss | None) -> None:
    rows = [sales("a", "one", outcome, caption), sales("b", "one", "correct", SAYS)]
    assert named(losses(tmp_path, rows)) == [expected, None]


def test_what_no_entry_says_is_omitted_by_nobody_in_particular(tmp_path: Path) -> None:
    rows = [sales("a", "one", "wrong", NOTHING), sales("b", "one", "wrong", OTHER)]
    assert named(losses(tmp_path, rows)) == [Loss.NOBODY, Loss.CONTRADICTED]


def test_an_entrys_other_caption_of_the_image_is_no_other_entrys(tmp_path: Path) -> None:
    rows = [sales("a", "one", "wrong", NOTHING), sales("a", "one", "correct", SAYS, sample=1)]
    assert named(losses(tmp_path, rows)) == [Loss.NOBODY, None]


def test_a_control_loses_nothing_and_says_nothing(tmp_path: Path) -> None:
    rows = [sales("a", "one", "wrong", NOTHING), sales("mismatched", "one", "wrong", SAYS)]
    found = losses(tmp_path, rows, controls=["mismatched"])
    assert named(found) == [Loss.NOBODY, None]
    assert found.of("mismatched") is None


def test_what_the_captioners_own_model_sees_is_left_unsaid(tmp_path: Path) -> None:
    rows = [
        sales("a", "one", "wrong", NOTHING),
        sales("a", "two", "wrong", NOTHING),
        sales("a", "three", "wrong", OTHER),
        sales("seeing", "one", "correct", None),
        sales("seeing", "two", "wrong", None),
        sales("seeing", "three", "correct", None),
    ]
    found = losses(tmp_path, rows, controls=["seeing"], direct={"a": "seeing"})
    assert named(found)[:3] == [Loss.UNSAID, Loss.NOBODY, Loss.CONTRADICTED]


def test_whoever_answers_without_a_caption_is_no_captioner(tmp_path: Path) -> None:
    rows = [sales("a", "one", "wrong", NOTHING), sales("elsewhere", "one", "wrong", None)]
    found = losses(tmp_path, rows)
    assert named(found) == [Loss.NOBODY, None]
    assert found.of("elsewhere") is None


def test_yes_and_letters_leave_rules_in_the_dark(tmp_path: Path) -> None:
    rows = [
        verdict("a", "one", "wrong", gold='["Yes"]', caption="Yes, it is."),
        verdict("a", "two", "wrong", kind="choice", options='["A", "B"]', gold='["B"]', caption="B it is."),
    ]
    assert named(losses(tmp_path, rows)) == [Loss.UNCLEAR, Loss.UNCLEAR]


def test_orders_of_options_and_questions_share_one_search_and_each_has_its_loss(tmp_path: Path) -> None:
    asked: dict[str, Any] = {
        "kind": "choice",
        "options": '["900", "1,200", "40"]',
        "question": "What were the sales in 2019?",
        "gold": '["B"]',
    }
    rows = [
        verdict("a", "one", "correct", order=0, caption=SAYS, **asked),
        verdict("a", "one", "wrong", order=1, caption=SAYS, **asked),
        verdict("b", "one", "wrong", order=0, caption=OTHER, **asked),
        verdict("b", "one", "unparsed", order=1, caption=OTHER, **asked),
    ]
    assert named(losses(tmp_path, rows)) == [None, Loss.READER, Loss.CONTRADICTED, Loss.CONTRADICTED]


def test_five_percent_are_allowed_on_the_benchmarks_whose_scorer_allows_them(tmp_path: Path) -> None:
    rows = [sales("a", "one", "wrong", "Sales in 2019 were 1,180.")]
    assert named(losses(tmp_path, rows)) == [Loss.CONTRADICTED]
    assert named(losses(tmp_path, rows, lenient=["chartqa"])) == [Loss.READER]


def test_shares_and_points_add_up_and_have_intervals_clustered_on_images(tmp_path: Path) -> None:
    rows = []
    for number in range(40):
        image = {"images": [f"image {number // 2}"]}
        rows.append(sales("b", f"{number}", "correct", SAYS, **image))
        told = (("correct", SAYS), ("wrong", SAYS), ("wrong", OTHER), ("wrong", NOTHING))[number // 2 % 4]
        rows.append(sales("a", f"{number}", *told, **image))
    found = losses(tmp_path, rows).of("a", "chartqa")
    assert found is not None
    assert found.shares is not None
    assert (found.answers, found.wrong) == (40, 30)
    assert {loss: round(share.value, 3) for loss, share in found.shares.items() if share.value} == {
        Loss.READER: 0.333,
        Loss.CONTRADICTED: 0.333,
        Loss.OMITTED: 0.333,
    }
    assert sum(points.value for points in found.points.values()) == pytest.approx(found.lost.value) == 0.75
    reader = found.points[Loss.READER]
    assert reader.clusters == 20
    assert reader.low < 0.25 < reader.high


def test_of_lost_answers_about_a_few_images_only_their_number_is_told(tmp_path: Path) -> None:
    for lost, few in ((9, True), (10, False)):
        rows = [
            # Two questions an image: what counts is how many images there are.
            sales("a", f"{number} {question}", *(("wrong", OTHER) if number < lost else ("correct", SAYS)))
            | {"images": [f"image {number}"]}
            for number in range(12)
            for question in "pq"
        ]
        found = losses(tmp_path, rows).of("a", "chartqa")
        assert found is not None
        assert found.few is few
        assert {loss: count for loss, count in found.counts.items() if count} == {Loss.CONTRADICTED: 2 * lost}


def test_points_on_all_benchmarks_are_the_mean_of_the_benchmarks(tmp_path: Path) -> None:
    rows = [sales("a", f"{number}", "wrong", OTHER, benchmark="infovqa") for number in range(2)]
    rows += [sales("a", f"{number}", "correct", SAYS) for number in range(8)]
    found = losses(tmp_path, rows).of("a")
    assert found is not None
    assert found.points[Loss.CONTRADICTED].value == 0.5


def test_an_entry_that_is_always_right_has_no_shares(tmp_path: Path) -> None:
    found = losses(tmp_path, [sales("a", "one", "correct", SAYS), sales("b", "one", "wrong", SAYS)]).of("a")
    assert found is not None
    assert found.shares is None
    assert not any(points.value for points in found.points.values())


def many(images: int) -> list[dict[str, Any]]:
    return [
        sales(captioner, f"{image}/{question}", "wrong", NOTHING, images=[f"image {image}"], benchmark=benchmark)
        for benchmark in ("chartqa", "infovqa")
        for image in range(images if benchmark == "chartqa" else 10)
        for question in range(3)
        for captioner in ("a", "b")
    ]


def test_of_too_many_captions_a_seeded_sample_of_whole_images_is_searched(tmp_path: Path) -> None:
    verdicts = build(write_run(tmp_path, many(200))).verdicts
    found = losses_of(verdicts, most=10_000)
    again, other, larger = (
        losses_of(verdicts, most=10_000),
        losses_of(verdicts, most=10_000, seed=1),
        losses_of(verdicts, most=20_000),
    )
    assert not found.whole
    assert found.images_looked < found.images == 200
    assert np.array_equal(found.loss, again.loss)
    assert not np.array_equal(found.looked, other.looked)
    assert not (found.looked & ~larger.looked).any(), "a larger sample holds a smaller one"
    # Whole images, of both captioners, and all of the small benchmark.
    rows = np.flatnonzero(found.looked)
    counts = np.bincount(verdicts.item[rows])
    assert set(counts.tolist()) == {0, 2}
    benchmark = verdicts.items.benchmark[verdicts.item[rows]]
    assert np.count_nonzero(verdicts.benchmarks.index("infovqa") == benchmark) == 60
    of_image = np.bincount(
        verdicts.items.cluster[verdicts.item[rows[benchmark == verdicts.benchmarks.index("chartqa")]]]
    )
    assert set(of_image.tolist()) <= {0, 6}
    assert (found.loss >= 0).sum() == found.looked.sum()
    lost = found.of("a", "chartqa")
    assert lost is not None
    assert lost.answers == lost.wrong == rows[(benchmark == verdicts.benchmarks.index("chartqa"))].size / 2


def test_a_table_with_spoilt_golds_is_said_to_be_spoilt(tmp_path: Path) -> None:
    rows = [verdict("a", "one", "wrong", gold="no list")]
    with pytest.raises(RunError, match=r"verdicts\.parquet.*'no list'"):
        losses(tmp_path, rows)


def test_a_run_of_controls_alone_has_no_losses(tmp_path: Path) -> None:
    found = losses(tmp_path, [sales("blind", "one", "wrong", None)], controls=["blind"])
    assert named(found) == [None]
    assert not found.looked.any()
