from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from prism_eval.errors import UnknownName, UsageError
from prism_eval.leaderboard.published import published_rows

PUBLISHED = Path(__file__).parents[2] / "reports" / "published"


def table(name: str) -> dict[str, Any]:
    return tomllib.loads((PUBLISHED / f"{name}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted(PUBLISHED.glob("*.toml")), ids=lambda path: path.stem)
def test_every_table_says_where_it_comes_from(path: Path) -> None:
    data = table(path.stem)
    assert {"name", "title", "source", "protocol", "unit", "notes", "rows"} <= set(data)
    assert ("arXiv" in data["source"]) == data.get("url", "").startswith("https://arxiv.org/")
    assert any("interval" in note for note in data["notes"])
    assert [row.captioner for row in published_rows([path.stem])] == [row["captioner"] for row in data["rows"]]


@pytest.mark.parametrize("name", ["caprl_table3", "caprl_pretraining", "scalecap_table2", "scalecap_pretraining"])
def test_averages_are_those_of_their_cells_within_a_tenth(name: str) -> None:
    for row in table(name)["rows"]:
        assert fmean(row["scores"].values()) == pytest.approx(row["average_as_printed"], abs=0.1 + 1e-9), row[
            "captioner"
        ]


def test_scalecap_claims_hold_in_the_data() -> None:
    # A 7B captioner beats the 72B one under one reader, and its captions train best in every setting.
    assert max(published_rows(["scalecap"]), key=lambda row: row.printed or 0).captioner == "ScaleCap"
    rows = published_rows(["scalecap_pretraining"])
    for setting in {row.setting for row in rows}:
        group = [row for row in rows if row.setting == setting]
        assert [row.captioner for row in sorted(group, key=lambda row: row.printed or 0)] == [
            "Vanilla",
            "ShareGPT4V-450k",
            "DenseFusion-450k",
            "ScaleCap-450k",
        ]


def test_caprl_leaves_out_visulogic_and_nothing_else() -> None:
    data = table("caprl_table3")
    assert data["not_reported"] == ["visulogic"]
    names = {path.stem for path in (PUBLISHED.parents[1] / "benchmarks").glob("*.toml")}
    for row in data["rows"]:
        assert set(row["scores"]) == names - {"visulogic"}


def test_caprl_claims_hold_in_the_data() -> None:
    average = {row["captioner"]: row["average_as_printed"] for row in table("caprl_table3")["rows"]}
    assert average["CapRL-3B"] == average["Qwen2.5-VL-72B"]
    assert average["CapRL-3B"] - average["Qwen2.5-VL-3B"] == pytest.approx(8.4)


def test_caprl_cells_are_the_reference_copys(shared: Path) -> None:
    with (shared / "reference" / "published_caprl_table3.csv").open(encoding="utf-8", newline="") as file:
        reference = {row.pop("captioner"): row for row in csv.DictReader(file)}
    rows = {row["captioner"]: row for row in table("caprl_table3")["rows"]}
    assert set(rows) == set(reference)
    for name, row in rows.items():
        stated = row["scores"] | {
            "params_b": row["parameters_billion"],
            "average_as_printed": row["average_as_printed"],
        }
        assert stated == {key: float(value) for key, value in reference[name].items()}


def test_pretraining_rows_are_the_reference_copys(shared: Path) -> None:
    text = (shared / "reference" / "TRAINING_AND_FIELD.md").read_text(encoding="utf-8")
    start = text.index("source = ", text.index("### D3."))
    reference = tomllib.loads(text[start : text.index("```", start)])
    stated = [
        [row["captioner"], *(row["scores"][name] for name in reference["benchmarks"]), row["average_as_printed"]]
        for row in table("caprl_pretraining")["rows"]
    ]
    assert stated == [row for setting in reference["setting"] for row in setting["rows"]]


def test_prism_gains_from_the_question() -> None:
    scores = {(row.captioner, row.setting): row.scores["mmstar"] for row in published_rows(["prism"])}
    names = {name for name, _ in scores}
    assert len(names) == 15
    assert all(scores[name, "query-specific"] > scores[name, "generic"] for name in names)


def test_a_row_says_its_average_both_ways_and_over_what_is_asked() -> None:
    rows = {row.captioner: row for row in published_rows(["caprl"])}
    row = rows["CapRL-3B"]
    assert (row.size.text, row.printed) == ("3B", 0.483)
    assert row.recomputed == pytest.approx(0.48354, abs=1e-5)
    assert row.over(["chartqa", "mmstar"]) == pytest.approx((0.805 + 0.55) / 2)
    assert row.over(["chartqa", "visulogic"]) is None
    assert published_rows(["moco_rubric"])[0].recomputed is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "is not TOML"),
        ('title = "t"', "source: Field required"),
        (
            'title = "t"\nsource = "s"\nprotocol = "p"\nunit = "u"\n[[rows]]\ncaptioner = "a"\nscores = { b = 101 }',
            "rows.0.scores.b: Input should be less than or equal to 100",
        ),
        (None, "cannot read the published table"),
    ],
)
def test_a_table_of_ones_own_that_is_none_is_one_line(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "mine.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(said)) as caught:
        published_rows([str(path)])
    assert "\n" not in str(caught.value)


def test_a_name_that_no_table_has_is_told_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown published table 'capr'; did you mean 'caprl'\?"):
        published_rows(["capr"])


OWN = 'title = "t"\nsource = "s"\nprotocol = "p"\nunit = "u"\n'


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ('rows = [{captioner = "a", scores = {chartqa = nan}}]', "rows.0.scores.chartqa"),
        ('rows = [{captioner = "a", scores = {chartqa = true}}]', "rows.0.scores.chartqa"),
        ('rows = [{captioner = "a", scores = {chartqa = "12"}}]', "rows.0.scores.chartqa"),
        ('rows = [{captioner = "a", parameters_billion = inf}]', "rows.0.parameters_billion"),
        ('rows = [{captioner = "a", score = {chartqa = 12}}]', "rows.0.score"),
        ('rows = [{captioner = " "}]', "rows.0.captioner"),
        ('rows = [{captioner = "a"}, {captioner = "b"}, {captioner = "a"}]', "rows: a is there twice"),
        ('rows = [{captioner = "a", setting = "x"}, {captioner = "a", setting = "x"}]', "rows: a, x is there twice"),
        ("rows = []", "rows"),
    ],
)
def test_what_is_wrong_with_a_table_is_one_line_with_its_file_and_key(tmp_path: Path, rows: str, told: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN + rows, encoding="utf-8")
    with pytest.raises(UsageError, match=rf"own\.toml: {re.escape(told)}") as caught:
        published_rows([str(path)])
    assert "\n" not in str(caught.value)


def test_a_table_that_is_named_twice_has_its_rows_once() -> None:
    assert published_rows(["caprl", "caprl_table3", "caprl"]) == published_rows(["caprl"])
