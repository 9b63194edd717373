"""Run folders made by hand: verdicts that a test states, and the manifest that goes with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from prism_eval.leaderboard import build
from prism_eval.report import write_html

SCHEMA = pa.schema(
    {
        "captioner": pa.string(),
        "reasoner": pa.string(),
        "benchmark": pa.string(),
        "item": pa.string(),
        "images": pa.list_(pa.string()),
        "sample": pa.int64(),
        "order": pa.int64(),
        "cluster": pa.string(),
        "kind": pa.string(),
        "question": pa.string(),
        "options": pa.string(),
        "gold": pa.string(),
        "outcome": pa.string(),
        "score": pa.float64(),
        "answer": pa.string(),
        "extracted": pa.string(),
        "chosen_position": pa.int64(),
        "gold_position": pa.int64(),
        "note": pa.string(),
        "cause": pa.string(),
        "caption": pa.string(),
        "caption_words": pa.int64(),
        "caption_truncated": pa.bool_(),
        "row": pa.string(),
    }
)


def verdict(captioner: str, item: str, outcome: str = "correct", **given: Any) -> dict[str, Any]:
    """A row of the verdict table; the image is the item's own unless `images` says otherwise."""
    score = {"correct": 1.0, "failed": None}.get(outcome, 0.0)
    caption = given.get("caption", "A chart of sales by year.")
    row = {
        "captioner": captioner,
        "reasoner": "lexical",
        "benchmark": "chartqa",
        "item": item,
        "images": [f"image of {item}"],
        "sample": 0,
        "order": 0,
        "kind": "short",
        "question": f"What is shown in {item}?",
        "options": "[]",
        "gold": '["42"]',
        "outcome": outcome,
        "score": score,
        "answer": "Answer: 42",
        "extracted": "42",
        "chosen_position": None,
        "gold_position": None,
        "note": "",
        "cause": None,
        "caption": caption,
        "caption_words": None if caption is None else len(caption.split()),
        "caption_truncated": False,
        "row": None,
        **given,
    }
    return {"cluster": row["images"][0] if row["images"] else item, **row}


def write_run(folder: Path, rows: Iterable[Mapping[str, Any]], **manifest: Any) -> Path:
    """Write a run folder with these verdicts and return it; `manifest` replaces entries of the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = list(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), folder / "verdicts.parquet")
    benchmarks = dict.fromkeys(row["benchmark"] for row in rows)
    captioners = dict.fromkeys(row["captioner"] for row in rows)
    write_manifest(folder, benchmarks, captioners, **manifest)
    return folder


def write_manifest(folder: Path, benchmarks: Iterable[str], captioners: Iterable[str], /, **manifest: Any) -> None:
    """Write the manifest of a run of these; `manifest` replaces entries of it."""
    whole = {
        "format": 1,
        "version": "0.1.0",
        "created": "2025-11-23T01:00:00+00:00",
        "protocol": {"name": "standard", "edition": "official"},
        "reasoner": {"label": "lexical", "identity": {"plugin": "lexical", "version": "1"}},
        "captioners": [{"label": label, "identity": {"plugin": label}} for label in captioners],
        "benchmarks": [
            {"name": name, "title": name.title(), "items": 1, "images": 1, "fingerprint": "f" * 64, "scorer": "exact"}
            for name in benchmarks
        ],
        "python": "3.11.7",
        "git_commit": None,
        "packages": {"numpy": "2.0"},
        **manifest,
    }
    (folder / "manifest.json").write_text(json.dumps(whole), encoding="utf-8")


def edit(path: Path, change: Callable[[pa.Table], pa.Table], **options: Any) -> None:
    """Write a run's table with something changed in it, and what the file says of itself kept."""
    with pq.ParquetFile(path) as file:
        table, said = change(file.read()), file.metadata.metadata
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table, **options)
        writer.add_key_value_metadata({key: value for key, value in said.items() if key != b"ARROW:schema"})


def write_page(folder: Path) -> Path:
    """Write the page of a run folder, as `prism-eval report` does."""
    return write_html(folder, build(folder))
