from __future__ import annotations

import csv
import tomllib
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

PUBLISHED = Path(__file__).parents[2] / "reports" / "published"


def table(name: str) -> dict[str, Any]:
    return tomllib.loads((PUBLISHED / f"{name}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted(PUBLISHED.glob("*.toml")), ids=lambda path: path.stem)
def test_every_table_says_where_it_comes_from(path: Path) -> None:
    data = table(path.stem)
    assert "arXiv" in data["source"]
    assert data["url"].startswith("https://")
    assert {"title", "protocol", "reasoner", "unit", "notes", "rows"} <= set(data)


def test_caprl_averages_are_those_of_their_cells_within_a_tenth() -> None:
    for row in table("caprl_table3")["rows"]:
        assert fmean(row["scores"].values()) == pytest.approx(row["average_as_printed"], abs=0.1), row["captioner"]


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


def test_prism_gains_from_the_question() -> None:
    rows = table("prism_mmstar")["rows"]
    assert len(rows) == 15
    assert all(row["query_specific"] > row["generic"] for row in rows)
