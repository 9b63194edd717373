"""A run that ends when it is decided: as many false alarms as one test has, and nothing between the looks."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prism_eval import evaluate
from prism_eval.benchmarks import open_benchmark
from prism_eval.captioners import Captioner
from prism_eval.errors import FatalError, PermanentError, RunError, UsageError
from prism_eval.leaderboard import build
from prism_eval.plan import make_plan
from prism_eval.reasoners import Reasoner
from prism_eval.run.belonging import check_belonging
from prism_eval.run.boundary import Boundary
from prism_eval.run.entry_decisions import decide
from prism_eval.run.execute import run_plan
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Table, read_manifest
from prism_eval.run.replay import reopen
from prism_eval.schema import Answer, Caption
from tests.builders import chart_folder, png

LOOKS, QUESTIONS = 5, 3


def scores(rng: np.random.Generator, images: int, gain: float) -> tuple[Any, Any, Any]:
    """Two captioners on the same questions: what is hard is hard for both, and each has its own luck with an image."""
    hard = rng.normal(0, 1, images)[:, None]
    luck = rng.normal(0, 1, (2, images, 1))
    level = np.array([gain, 0.0])[:, None, None] + 0.5 + 0.1 * hard + 0.1 * luck
    right = rng.random((2, images, QUESTIONS)) < np.clip(level, 0, 1)
    return *right.reshape(2, -1).astype(float), np.repeat(np.arange(images), QUESTIONS)


def decided(rng: np.random.Generator, images: int, gain: float, margin: float) -> tuple[str, int]:
    """What is decided at which look; and the look after the last if nothing is."""
    first, second, clusters = scores(rng, images, gain)
    strata = clusters % 2
    for look in range(1, LOOKS + 1):
        there = clusters < images * look // LOOKS
        found = decide(
            first[there], second[there], clusters[there], strata[there], look=look, looks=LOOKS, margin=margin
        )
        if found.verdict != "cannot tell":
            return found.verdict, look
    return "cannot tell", LOOKS + 1


def outcomes(runs: int, images: int, gain: float, margin: float) -> list[tuple[str, int]]:
    rng = np.random.default_rng(8)
    return [decided(rng, images, gain, margin) for _ in range(runs)]


@pytest.mark.parametrize("images", [100, 500])
def test_equal_captioners_raise_as_few_alarms_as_one_test_would(images: int) -> None:
    runs = 600
    words = Counter(word for word, _ in outcomes(runs, images, 0.0, 0.01))
    assert (words["better"] + words["worse"]) / runs <= 0.06


def test_captioners_a_margin_apart_are_seldom_called_on_par() -> None:
    runs = 600
    words = Counter(word for word, _ in outcomes(runs, 400, 0.08, 0.08))
    assert words["on par"] / runs <= 0.06
    assert words["worse"] == 0


def test_a_large_difference_is_decided_early_and_none_is_not() -> None:
    large = outcomes(100, 400, 0.2, 0.01)
    assert {word for word, _ in large} == {"better"}
    assert sum(look for _, look in large) / len(large) <= 2.5
    nil = outcomes(100, 400, 0.0, 0.01)
    assert sum(look > LOOKS for _, look in nil) >= 90


def test_equal_captioners_are_on_par_as_soon_as_the_margin_allows() -> None:
    words = outcomes(100, 400, 0.0, 0.15)
    assert Counter(word for word, _ in words)["on par"] >= 95
    assert sum(look for _, look in words) / len(words) <= 4


def test_the_boundary_falls_and_its_last_look_is_near_one_test() -> None:
    alphas = [Boundary.at(look, LOOKS) for look in range(1, LOOKS + 1)]
    assert [one.alpha for one in alphas] == sorted(one.alpha for one in alphas)
    assert alphas[0].alpha < 1e-5
    assert 0.04 < alphas[-1].alpha < 0.05
    assert 0.035 < alphas[-1].par < 0.05
    assert (Boundary.at(1, 1).alpha, Boundary.at(1, 1).par) == pytest.approx((0.05, 0.05))


# Below: runs.


@dataclass(kw_only=True)
class Knows(Captioner):
    """Reads the picture's number off its name, but of some pictures only."""

    name: str
    share: float
    asked: list[str] = field(default_factory=list)
    stops_after: int = 10**9
    fails: float = 0.0
    lost: str = ""

    @property
    def identity(self) -> dict[str, object]:
        return {"plugin": "knows", "name": self.name, "share": self.share}

    async def caption(self, images: Any, *, sample: int, question: str | None = None) -> Caption:
        (only,) = images
        number = int(only.name.partition(".")[0])
        self.asked.append(only.name)
        if len(self.asked) > self.stops_after:
            raise FatalError("pulled the plug")
        if number % 100 < 100 * self.fails or only.name == self.lost:
            raise PermanentError("no")
        return Caption(str(number) if number * 37 % 100 < 100 * self.share else "a chart")


@dataclass(kw_only=True)
class Copies(Reasoner):
    """Answers what the caption says, for the question's own bar."""

    @property
    def identity(self) -> dict[str, object]:
        return {"plugin": "copies"}

    async def answer(self, caption: Caption, item: Any, *, sample: int) -> Answer:
        bar = item.question.split()[6]
        return Answer(f"Answer: {10 * int(caption.text) + int(bar) if caption.text.isdigit() else 'none'}")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return chart_folder(tmp_path_factory.mktemp("charts"), images=100)


def run(home: Path, data: Path, captioners: list[Captioner], name: str = "run", **plan: Any) -> Any:
    until = {"until_decided": True, "baseline": "small"} if "until_decided" not in plan else {}
    return evaluate(
        {one.name: one for one in captioners},
        **{
            "reasoner": Copies(),
            "benchmarks": "chartqa",
            "data": data,
            "out": home / name,
            "store": home / "store.sqlite",
            "thumbnails": False,
            **until,
            **plan,
        },
    )


def looks_of(home: Path, name: str = "run") -> dict[str, Any]:
    return dict(read_manifest(home / name)["looks"])


def images_of(folder: Path) -> set[str]:
    return {image for row in Table(folder, "verdicts").rows(["images"]) for image in row["images"]}


def test_a_run_ends_at_the_look_that_decides_all(tmp_path: Path, data: Path) -> None:
    captioners = [Knows(name="small", share=0.1), Knows(name="large", share=0.9)]
    result = run(tmp_path, data, captioners)
    looks = looks_of(tmp_path)
    assert (looks["planned"], looks["taken"], looks["baseline"], looks["margin"]) == (5, 2, "small", 3.0)
    assert (looks["images"], looks["of_images"], looks["undecided"]) == (40, 100, [])
    assert result.looks.facts() == looks
    large = looks["entries"]["large"]
    assert large["verdict"] == "better"
    assert 0 < large["low"] < large["value"] < large["high"] <= 1
    assert [len(one.asked) for one in captioners] == [40, 40]
    # The images are those of the seed's order, which a limit takes too.
    drawn = open_benchmark("chartqa", data).sampled(limit=80, seed=0)
    assert images_of(tmp_path / "run") == {item.images[0].digest for item in drawn.items()}
    assert "random 80 of 200 questions, seed 0" in result.leaderboard.measured
    board = result.leaderboard
    assert "decided within 3.0 at look 2 of 5, 60 of 100 images saved" in board.measured
    # Terminal and page say what was decided: the same verdict, difference and interval, at the look's boundary.
    (row,) = (row for row in board.rows if row.captioner == "large")
    assert (board.baseline, row.against.verdict, row.against.margin) == ("small", "better", 0.03)
    there = row.against.difference
    assert (there.value, there.low, there.high) == pytest.approx((large["value"], large["low"], large["high"]))
    assert any("ended as soon as it could tell" in warning for warning in board.warnings)
    assert board.answer.startswith("Against small, large is better by ")


def test_a_run_that_cannot_tell_asks_all_of_it(tmp_path: Path, data: Path) -> None:
    captioners = [Knows(name="small", share=0.50), Knows(name="large", share=0.52)]
    result = run(tmp_path, data, captioners)
    looks = looks_of(tmp_path)
    assert (looks["taken"], looks["images"], looks["undecided"]) == (5, 100, ["large"])
    assert looks["entries"]["large"]["verdict"] == "cannot tell"
    assert "cannot tell within 3.0 after 5 of 5 looks" in result.leaderboard.measured


def test_a_run_that_looked_to_its_end_stands_beside_one_that_did_not_look(tmp_path: Path, data: Path) -> None:
    looked = run(tmp_path, data, [Knows(name="small", share=0.50), Knows(name="large", share=0.52)])
    plain = run(tmp_path, data, [Knows(name="other", share=0.9)], "plain", until_decided=False)
    board = build([looked.folder.path, plain.folder.path])
    assert {row.captioner: row.against.verdict for row in board.rows if row.against} == {
        "large": "cannot tell",
        "other": "better",
    }


def test_it_goes_on_until_the_last_entry_is_decided(tmp_path: Path, data: Path) -> None:
    captioners = [Knows(name="large", share=1.0), Knows(name="small", share=0.2), Knows(name="mid", share=0.5)]
    run(tmp_path, data, captioners)
    both = looks_of(tmp_path)
    assert {entry["verdict"] for entry in both["entries"].values()} == {"better"}
    assert all(len(one.asked) == both["images"] for one in captioners)
    run(tmp_path, data, [captioners[0], captioners[1]], "fewer")
    assert looks_of(tmp_path, "fewer")["taken"] < both["taken"]


def test_the_same_plan_takes_the_same_looks_and_asks_nobody_again(tmp_path: Path, data: Path) -> None:
    first = [Knows(name="small", share=0.1), Knows(name="large", share=0.9)]
    run(tmp_path, data, first)
    again = [Knows(name="small", share=0.1), Knows(name="large", share=0.9)]
    run(tmp_path, data, again, "again")
    assert [one.asked for one in again] == [[], []]
    assert looks_of(tmp_path) == looks_of(tmp_path, "again")
    tables = [Table(tmp_path / name, "verdicts").path.read_bytes() for name in ("run", "again")]
    assert tables[0] == tables[1]


@pytest.mark.parametrize("after", [10, 25, 39])
def test_a_run_that_was_stopped_goes_on_and_decides_alike(tmp_path: Path, data: Path, after: int) -> None:
    broken = [Knows(name="small", share=0.1), Knows(name="large", share=0.9, stops_after=after)]
    with pytest.raises(FatalError, match="pulled the plug"):
        run(tmp_path, data, broken)
    folder = RunFolder(tmp_path / "run")
    with pytest.raises(RunError, match=r"no verdict yet: it runs until decided; .* prism-eval run --plan"):
        check_belonging(folder, "score", manifest=True)
    whole = [Knows(name="small", share=0.1), Knows(name="large", share=0.9)]
    run(tmp_path, data, whole)
    assert len(whole[1].asked) < 40
    assert len({*broken[1].asked, *whole[1].asked}) == 40
    assert (looks_of(tmp_path)["taken"], looks_of(tmp_path)["entries"]["large"]["verdict"]) == (2, "better")
    check_belonging(folder, "score", manifest=True)


def test_a_limit_is_what_the_looks_are_parts_of(tmp_path: Path, data: Path) -> None:
    run(tmp_path, data, [Knows(name="small", share=0.5), Knows(name="large", share=0.52)], limit=50)
    looks = looks_of(tmp_path)
    assert (looks["images"], looks["of_images"], looks["taken"]) == (25, 25, 5)


def test_who_fails_too_often_is_not_decided(tmp_path: Path, data: Path) -> None:
    captioners = [Knows(name="small", share=0.0), Knows(name="large", share=0.9, fails=0.3)]
    run(tmp_path, data, captioners)
    assert looks_of(tmp_path)["undecided"] == ["large"]


def test_half_of_a_small_benchmark_is_too_much_whatever_share_of_all_answers_it_is(tmp_path: Path) -> None:
    data = chart_folder(tmp_path, images=100)
    (tmp_path / "infovqa").mkdir()
    rows = []
    for number in range(200, 210):
        (tmp_path / "infovqa" / f"{number}.png").write_bytes(png(number))
        question = f"What is the value of bar 0 in chart {number}?"
        rows.append(
            {"questionId": number, "image": f"{number}.png", "question": question, "answers": [str(10 * number)]}
        )
    (tmp_path / "infovqa" / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    early = open_benchmark("infovqa", data).sampled(limit=0, seed=0, looks=5).at_look(0)
    assert early is not None
    lost = next(early.items()).images[0].name
    captioners = [Knows(name="small", share=0.0), Knows(name="large", share=0.9, lost=lost)]
    board = run(tmp_path, data, captioners, benchmarks=["chartqa", "infovqa"]).leaderboard
    assert looks_of(tmp_path)["undecided"] == ["large"]
    assert board.answer == "Against small, of large we cannot tell: 1 of 10 answers of infovqa failed."


def test_controls_are_compared_with_nobody(tmp_path: Path, data: Path) -> None:
    plan = {"data": str(data), "benchmarks": ["chartqa"], "until_decided": True, "baseline": "oracle"}
    made = make_plan({"captioners": ["oracle", "blind", "mismatched(oracle)"], **plan})
    with pytest.raises(UsageError, match="there is no other"):
        run_plan(made, out=tmp_path / "run", store=tmp_path / "store")
    made = make_plan({"captioners": ["oracle", "ocr", "blind"], **plan, "baseline": "blind"})
    with pytest.raises(UsageError, match=r"--baseline 'blind'.*is a control.*: oracle, ocr"):
        run_plan(made, out=tmp_path / "run", store=tmp_path / "store")


def test_a_part_of_a_label_is_enough_where_it_fits_one(tmp_path: Path, data: Path) -> None:
    captioners = [Knows(name="Small-3B", share=0.1), Knows(name="Large-72B", share=0.9)]
    run(tmp_path, data, captioners, baseline="72b", until_decided=True)
    assert looks_of(tmp_path)["entries"]["Small-3B"]["verdict"] == "worse"
    with pytest.raises(UsageError, match="fits Small-3B, Large-72B: name one"):
        run(tmp_path, data, captioners, "more", baseline="B", until_decided=True)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"baseline": "a"}, "report RUN --baseline"),
        ({"margin": 2.0}, "report RUN --margin"),
        ({"until_decided": True, "baseline": "a", "limit": 5, "first": True}, "drop one"),
        ({"until_decided": True, "baseline": "a", "margin": 0}, "margin"),
        ({"until_decided": True, "baseline": "a", "looks": 0}, "looks"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(plan: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make_plan({"captioners": ["ocr"], **plan})


def test_without_a_baseline_nothing_is_decided(tmp_path: Path) -> None:
    plan = make_plan({"captioners": ["oracle", "ocr"], "until_decided": True})
    with pytest.raises(UsageError, match="--baseline LABEL"):
        run_plan(plan, out=tmp_path / "run", store=tmp_path / "store")


def test_captions_alone_decide_nothing(tmp_path: Path) -> None:
    plan = make_plan({"captioners": ["oracle", "ocr"], "until_decided": True, "baseline": "ocr"})
    with pytest.raises(UsageError, match="prism-eval run asks for all"):
        run_plan(plan, out=tmp_path / "run", store=tmp_path / "store", stages=["caption"])


def test_what_decides_is_in_the_digest_only_where_it_decides() -> None:
    plain = make_plan({"captioners": ["ocr"]})
    assert "margin" not in json.dumps(plain._through("score"))
    until = {"captioners": ["ocr"], "until_decided": True, "baseline": "a"}
    digests = {make_plan({**until, **more}).digest for more in ({}, {"margin": 2}, {"looks": 3}, {"baseline": "b"})}
    assert len({plain.digest, *digests}) == 5


def test_scoring_again_keeps_the_images_that_were_asked(tmp_path: Path) -> None:
    plan = {"benchmarks": ["chartqa", "infovqa", "mmstar", "mathvision"], "until_decided": True, "baseline": "half"}
    spec = ["oracle?label=full", "oracle?recall=0.3&label=half"]
    store, out = tmp_path / "store.sqlite", tmp_path / "run"
    evaluate(spec, out=out, store=store, thumbnails=False, **plan)
    before = read_manifest(out)
    again = reopen(out, ["caption", "answer"], edition="strict")
    run_plan(again, out=out, store=store, stages=["score"], live=frozenset({"score"}))
    after = read_manifest(out)
    assert 1 < before["looks"]["taken"] == after["looks"]["taken"] < 5
    assert after["looks"]["images"] == before["looks"]["images"]
    assert build(out).rows
