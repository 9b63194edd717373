from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from prism_eval.errors import FatalError, PermanentError, UnknownName
from prism_eval.judges import Judge
from prism_eval.leaderboard import build
from prism_eval.leaderboard.losses import LOSSES, Loss, Losses, judged, losses_of
from prism_eval.report.html import render
from prism_eval.schema import Generation, Item
from tests.runfolder import verdict, write_run

CAPTIONS = {"a": "The lines cross twice.", "b": "Two lines.", "c": "The lines never meet.", "d": ""}


class Grader(Judge):
    """Knows what crosses; notes what it was asked."""

    name: ClassVar[str] = "grader"
    asked: ClassVar[list[tuple[str, str]]] = []

    async def ask(self, item: Item, reply: str) -> Generation:
        assert item.golds == ("Yes",)
        self.asked.append((item.question, reply))
        if "never" in reply:
            raise PermanentError("it would not say")
        return Generation(f"Well.\nVerdict: {'correct' if 'cross' in reply else 'wrong'}")


class Gone(Judge):
    name: ClassVar[str] = "gone"

    async def ask(self, item: Item, reply: str) -> Generation:
        raise FatalError("the key is no good")


@pytest.fixture
def found(tmp_path: Path) -> Losses:
    rows = [
        verdict(captioner, item, "wrong", caption=caption, question="Do any lines cross?", gold='["Yes"]')
        for item in ("one", "two")
        for captioner, caption in CAPTIONS.items()
    ]
    rows.append(verdict("a", "clear", "wrong", caption="Sales were 42.", question="What were the sales?"))
    return losses_of(build(write_run(tmp_path / "run", rows)).verdicts)


def named(losses: Losses) -> list[Loss]:
    return [LOSSES[number] for number in losses.loss.tolist()]


def test_a_judge_decides_what_rules_leave_open_and_each_caption_once(found: Losses, tmp_path: Path) -> None:
    assert named(found) == [Loss.UNCLEAR] * 8 + [Loss.READER]
    Grader.asked.clear()
    decided = judged(found, Grader(), store=tmp_path / "store")
    # What it fails on stays open; an empty caption needs no judge.
    assert named(decided) == [Loss.READER, Loss.OMITTED, Loss.UNCLEAR, Loss.OMITTED] * 2 + [Loss.READER]
    assert sorted({reply for _, reply in Grader.asked}) == sorted(filter(None, CAPTIONS.values()))
    assert named(found)[0] is Loss.UNCLEAR, "what rules found is left as it was"


def test_the_store_remembers_its_decisions(found: Losses, tmp_path: Path) -> None:
    judged(found, Grader(), store=tmp_path / "store")
    Grader.asked.clear()
    again = judged(found, Grader(), store=tmp_path / "store")
    assert named(again)[0] is Loss.READER
    # A failure is no decision: it is asked about again.
    assert {reply for _, reply in Grader.asked} == {CAPTIONS["c"]}


def test_a_judge_that_can_answer_nothing_more_is_an_error(found: Losses, tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="the key is no good"):
        judged(found, Gone(), store=tmp_path / "store")


def test_a_judge_that_does_not_exist_is_a_wrong_command(found: Losses, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="judge"):
        judged(found, "opennai:model", store=tmp_path / "store")


def test_a_leaderboard_asks_the_judge_that_report_names_and_says_who_decided(tmp_path: Path, serve: Any) -> None:
    asked = {"question": "Do any lines cross?", "gold": '["Yes"]'}
    rows = [verdict("a", "0", "wrong", caption=CAPTIONS["a"], **asked), verdict("b", "0", "correct", caption="x")]
    run = write_run(tmp_path / "run", rows)
    server = serve(text="Verdict: correct")
    spec = f"openai:model?base_url={server.url}"
    board = build(run, judge_losses=spec, store=tmp_path / "store")
    assert (share := board.losses.of("a")) is not None
    assert share.points[Loss.READER].value == 1
    page = render(board)
    assert "What rules could not tell, openai:model decided." in page
    assert server.url not in page
    assert (share := build(run).losses.of("a")) is not None
    assert share.points[Loss.UNCLEAR].value == 1
    assert "decided." not in render(build(run)).split('id="losses"')[1].split("</section>")[0]
