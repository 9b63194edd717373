"""One plan carried out whole and in shards, and what of two run folders has to be equal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from prism_eval.plan import make_plan
from prism_eval.run.execute import run_plan
from prism_eval.run.folder import RunFolder
from prism_eval.run.merging import merge

MACHINE = ("created", "seconds", "cached_tokens")
"""The keys of a manifest, at any depth, that no second run repeats."""


def run_whole(home: Path, **plan: Any) -> Path:
    """Carry the plan out, with a store of its own."""
    return _run(home / "whole", plan)


def run_shards(home: Path, count: int, **plan: Any) -> list[Path]:
    """Carry it out in so many shards, each with a store of its own, as on the disk of its own machine."""
    return [_run(home / f"shard-{number}", plan | {"shard": f"{number}/{count}"}) for number in range(1, count + 1)]


def _run(out: Path, plan: dict[str, Any]) -> Path:
    ready = {key: plan[key] for key in ("captioner_objects", "reasoner_objects", "stages", "live") if key in plan}
    asked = make_plan({key: value for key, value in plan.items() if key not in ready})
    renamed = {"captioner_objects": "captioners", "reasoner_objects": "reasoners"}
    store = out.with_name(f"{out.name}.sqlite")
    run_plan(asked, out=out, store=store, **{renamed.get(key, key): value for key, value in ready.items()})
    return out


def assert_one_run(home: Path, count: int, **plan: Any) -> Path:
    """Carry a plan out both ways, and hold the merged folder against the one run's; returns the merged folder."""
    whole, shards = run_whole(home, **plan), run_shards(home, count, **plan)
    merged = merge(shards[::-1], home / "merged").path
    assert_same(whole, merged)
    return merged


def assert_same(whole: Path, merged: Path, *, but: tuple[str, ...] = ()) -> None:
    """Plan and tables byte for byte, the manifest but for time and the keys ``but``, the thumbnails by image."""
    tables = sorted(path.name for path in whole.glob("*.parquet"))
    assert sorted(path.name for path in merged.glob("*.parquet")) == tables
    for name in (*tables, "plan.toml"):
        assert (whole / name).read_bytes() == (merged / name).read_bytes(), name
    assert manifest_text(whole, but) == manifest_text(merged, but)
    assert thumbnails([whole]) == thumbnails([merged])


def manifest_text(folder: Path, but: tuple[str, ...] = ()) -> str:
    """The manifest as it is written, its times and some keys left out."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return json.dumps(_timeless({key: value for key, value in manifest.items() if key not in but}), indent=2)


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: None if key in MACHINE and part is not None else _timeless(part) for key, part in value.items()}
    return [_timeless(part) for part in value] if isinstance(value, list) else value


def thumbnails(folders: Sequence[Path]) -> dict[str, bytes]:
    """Digest to picture."""
    files = [file for folder in folders for file in RunFolder(folder).thumbnail_files()]
    return {row["digest"]: row["thumbnail"] for file in files for row in pq.read_table(file).to_pylist()}
