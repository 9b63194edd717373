"""The items that lost most, as a step's summary shows them."""

import json
from dataclasses import replace

import pytest

from prism_eval.errors import UsageError
from prism_eval.gate import compare, decide
from prism_eval.gate.baseline import read_baseline, save
from prism_eval.gate.output import github
from prism_eval.gate.output.decisions import told
from prism_eval.gate.output.worst import in_markdown, worst
from prism_eval.gate.side import side_of_run
from tests.gate.sides import mixed, run

DIGEST = "ab" * 32


def sides(tmp_path, **given):
    """Ten questions of which the candidate lost six."""
    first = run(
        tmp_path / "a", {"chartqa": mixed(10, 0)}, given=lambda _, place: {"answer": f"It is {place}.", **given}
    )
    second = run(tmp_path / "b", {"chartqa": mixed(4, 6)}, given=lambda _, place: {"answer": "I cannot tell.", **given})
    return side_of_run(first), side_of_run(second)


def test_three_are_shown_with_what_was_asked_and_answered(tmp_path):
    found = worst(compare(*sides(tmp_path)))
    assert [one.flip.item for one in found] == ["4", "5", "6"]
    assert (found[0].question, found[0].gold) == ("What is shown in 4?", "42")
    assert found[0].replies == ("It is 4.", "I cannot tell.")
    text = in_markdown(found)
    assert "**chartqa item 4**: 100.0 before, 0.0 now" in text
    assert "- asked: What is shown in 4?\n- accepted: 42\n- before: It is 4.\n- now: I cannot tell.\n" in text


def test_a_saved_baseline_keeps_no_texts_and_the_candidate_s_are_shown(tmp_path):
    first, second = sides(tmp_path)
    save(first, tmp_path / "b.parquet")
    (found, *_) = worst(compare(read_baseline(tmp_path / "b.parquet"), second))
    assert (found.question, found.replies) == ("What is shown in 4?", (None, "I cannot tell."))
    assert "- before:" not in in_markdown([found])


def test_the_first_reasoner_s_replies_are_shown(tmp_path):
    first, second = sides(tmp_path)
    both = [{"label": "lexical"}, {"label": "other"}]
    rows = run(tmp_path / "b", {"chartqa": mixed(4, 6)}, given=lambda *_: {"answer": "mine"}, reasoners=both)
    assert worst(compare(first, replace(second, where=str(rows))))[0].replies[1] == "mine"


def test_pictures_are_shown_from_a_published_site_alone(tmp_path, monkeypatch):
    pair = compare(*sides(tmp_path, images=[DIGEST]))
    monkeypatch.setattr("prism_eval.gate.output.worst.kept", lambda _: [DIGEST, "x](y)"])
    assert "![" not in in_markdown(worst(pair))
    text = in_markdown(worst(pair, site="https://me.github.io/captions/"))
    assert f"![its image](https://me.github.io/captions/thumbnails/ab/{DIGEST}.webp)" in text
    assert "[chartqa item 4](https://me.github.io/captions/#item/chartqa/4)" in text
    monkeypatch.setattr("prism_eval.gate.output.worst.kept", lambda _: [])
    assert "![" not in in_markdown(worst(pair, site="https://me.github.io/captions"))
    for site in ("javascript:alert(1)", "runs/site", "https://"):
        with pytest.raises(UsageError, match="is no address of a site"):
            worst(pair, site=site)
    assert " " not in worst(pair, site="https://a/b) ![x](y \n")[0].link


@pytest.mark.parametrize("evil", ["a\n\n# b\n| c |", "</details><img src=x>", "[x](javascript:y) `` ` ``", "x" * 9000])
def test_texts_of_strangers_are_text_of_bounded_length(tmp_path, evil):
    text = in_markdown(worst(compare(*sides(tmp_path, question=evil, gold=json.dumps([evil]), answer=evil))))
    assert "\n#" not in text.removeprefix("####")
    assert "<img" not in text
    assert "[x](" not in text
    assert max(map(len, text.splitlines())) < 1000


def test_a_summary_ends_with_them_and_is_cut_between_their_lines(tmp_path):
    said = told(decide(*sides(tmp_path)), "pull_request")
    whole = github.summary(said)
    assert whole.index("#### What lost most") > whole.index("| benchmark |")
    room = len(whole.encode()) - 20
    cut = github.summary(said, room=room)
    assert len(cut.encode()) <= room
    assert "more lines were cut" in cut
    assert set(cut.splitlines()[:-1]) <= set(whole.splitlines())
