"""Names in little room: different, printable, no wider than the room, and made of what tells them apart."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prism_eval.report.names import columns, short_names

QWEN = "openai:Qwen/Qwen2.5-VL-{}-Instruct"
SMALL, LARGE = QWEN.format("3B"), QWEN.format("72B")
BOARDS = {
    "two sizes": (SMALL, LARGE),
    "with controls": (SMALL, LARGE, "blind", "ocr"),
    "two makers": (SMALL, LARGE, "openai:OpenGVLab/InternVL3-8B-Instruct", "blind"),
    "with an address": (f"{SMALL}?base_url=http://127.0.0.1:8000/v1", f"{LARGE}?base_url=http://127.0.0.1:8001/v1"),
    "with its control": (SMALL, LARGE, f"direct({LARGE}?base_url=http://127.0.0.1:8001/v1)"),
    "one served twice": (f"{SMALL}?base_url=http://127.0.0.1:8000/v1", f"{SMALL}?base_url=http://127.0.0.1:8001/v1"),
    "two budgets": (f"budget({SMALL})?words=50", f"budget({SMALL})?words=100"),
    "a budget beside its part": (SMALL, f"budget({SMALL})?words=50", "blind"),
    "combinators": (f"merge(ocr, {SMALL})", f"mismatched({SMALL})", SMALL, "blind"),
    "two temperatures": ("openai:m?temperature=0.7&revision=abc", "openai:m?temperature=0.9&revision=abc"),
    "shares": ("oracle?recall=0.25", "oracle?recall=0.5", "oracle"),
    "one inside another": ("qwen", "qwen-7b", "qwen-7b-instruct"),
    "labels": ("ours, step 1000", "ours, step 2000", "ours, step 10000"),
    "phrases": (
        "all facts",
        "both quarters together",
        "another quarter of the facts",
        "all facts, 30 % of them made up",
    ),
    "wide characters": ("日本語モデル-大", "日本語モデル-小", "한국어 모델"),
    "long words": ("a" * 200, "a" * 199 + "b"),
    "what one does not see": ("x\u200b", "x\u200c", "x\x1b[31m", "x\u202e"),
    "nothing but marks": ("--", "-", "??", "  "),
    "numbers of ours": ("a#2", "a", "a#1", "a" * 30),
    "alone": (SMALL,),
    "nobody": (),
}
PIECES = ["Qwen", "-", "/", ":", "3B", "72B", "(", ")", "?", "a=1", "&b=2", "日本", " "]
names_of_any_kind = st.lists(
    st.one_of(
        st.text(st.characters(codec=None), min_size=1, max_size=40),
        st.lists(st.sampled_from(PIECES)).map("".join),
    ),
    max_size=8,
    unique=True,
)


def acts(text: str) -> bool:
    """Whether a terminal would obey a part of the text, or write nothing for it."""
    return any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text) or "\u202e" in text


@pytest.mark.parametrize("names", BOARDS.values(), ids=BOARDS)
@pytest.mark.parametrize("width", [60, 40, 24, 16, 12, 8])
def test_every_board_at_every_width(names: tuple[str, ...], width: int) -> None:
    short = short_names(names, width)
    assert [*short] == [*names]
    assert len(set(short.values())) == len(names)
    assert not any(acts(text) or columns(text) > width for text in short.values())


@given(names_of_any_kind, st.integers(1, 60))
@example(["a", "a#1", "a#2"], 1)
def test_any_names_at_any_width(names: list[str], width: int) -> None:
    short = short_names(names, width)
    assert len(set(short.values())) == len(names)
    for text in short.values():
        assert not acts(text)
        # Only a number that tells it from another one may stick out.
        assert columns(text) <= width or "#" in text


@pytest.mark.parametrize(
    ("board", "width", "shown"),
    [
        ("two sizes", 30, ["Qwen2.5-VL-3B-Instruct", "Qwen2.5-VL-72B-Instruct"]),
        ("two sizes", 16, ["Qwen2.5…3B", "Qwen2.5…72B"]),
        ("two sizes", 8, ["3B", "72B"]),
        ("with controls", 16, ["Qwen2.5…3B", "Qwen2.5…72B", "blind", "ocr"]),
        ("two makers", 16, ["Qwen2.5-VL-3B", "Qwen2.5-VL-72B", "InternVL3-8B", "blind"]),
        ("with an address", 16, ["Qwen2.5…3B", "Qwen2.5…72B"]),
        ("with an address", 40, ["Qwen2.5-VL-3B-Instruct", "Qwen2.5-VL-72B-Instruct"]),
        (
            "with its control",
            40,
            ["Qwen2.5-VL-3B-Instruct", "Qwen2.5-VL-72B-Instruct", "direct(Qwen2.5-VL-72B-Instruct)"],
        ),
        (
            "one served twice",
            90,
            [f"{SMALL}?base_url=http://127.0.0.1:8000/v1", f"{SMALL}?base_url=http://127.0.0.1:8001/v1"],
        ),
        ("two budgets", 16, ["budget(…3B…)=50", "budget(…3B…)=100"]),
        ("a budget beside its part", 16, ["3B", "budget(…3B…)", "blind"]),
        ("two temperatures", 16, ["openai:m…=0.7", "openai:m…=0.9"]),
        ("labels", 12, ["step 1000", "step 2000", "step 10000"]),
        # What is short enough stays whole, and no part goes that only those have.
        ("phrases", 22, ["all facts", "both quarters together", "another quarter…the", "all…30 %…them made up"]),
        (
            "phrases",
            28,
            ["all facts", "both quarters together", "another quarter of the facts", "all…30 % of them made up"],
        ),
    ],
)
def test_what_tells_apart_stays(board: str, width: int, shown: list[str]) -> None:
    assert [*short_names(BOARDS[board], width).values()] == shown


def test_names_that_fit_are_left_alone() -> None:
    assert [*short_names(BOARDS["shares"], 18).values()] == [*BOARDS["shares"]]
