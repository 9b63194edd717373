"""Peak memory of merging eight shards, of 20,000 and of 200,000 items in all."""

import json
import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from prism_eval.run.folder import TABLES, RunFolder
from prism_eval.run.tables import COLUMNS, OF_SHARDS, TableWriter
from tests.builders import chart_folder
from tests.memory import MEASURE
from tests.sharded import run_shards

pytestmark = pytest.mark.performance

SHARDS, ENTRIES, WORDS = 8, 2, 120
_MERGE = f"""{MEASURE}
import json, sys, time
from pathlib import Path
from prism_eval.run.merging import merge
started = time.monotonic()
merge([Path(word) for word in sys.argv[2:]], Path(sys.argv[1]))
print(json.dumps(dict(megabytes=megabytes(), seconds=time.monotonic() - started)))
"""


def rows(name, positions):
    """Rows of a shard's table for items at these places: of each entry one, with a caption of some length."""
    places = np.repeat(positions, ENTRIES)
    texts = {
        "captioner": np.tile([f"entry {entry}" for entry in range(ENTRIES)], positions.size),
        "reasoner": "lexical",
        "benchmark": "chartqa",
        "item": [str(place) for place in places],
        "images": [[f"{place // 4:064x}"] for place in places],
        "key": [
            f"{(int(place) * ENTRIES + row % ENTRIES) * 0x9E3779B97F4A7C15 % 2**64:016x}"
            for row, place in enumerate(places)
        ],
        "finish_reason": "stop",
        "outcome": "correct",
        "kind": "short",
    }
    long = [" ".join(f"{place}-{word}" for word in range(WORDS)) for place in places]
    numbers = {"position": places, "words": WORDS, "score": 1.0, "sample": 0, "order": 0, "seconds": 0.5}
    given = texts | numbers | {"text": long, "caption": long, "question": "What?", "options": "[]", "gold": '["1"]'}
    columns = {}
    for column, kind in {**COLUMNS[name], **OF_SHARDS[name]}.items():
        value = given.get(column)
        type_ = pa.list_(pa.string()) if kind == "list<string>" else pa.type_for_alias(kind)
        values = [value] * places.size if value is None or isinstance(value, str | int | float) else list(value)
        columns[column] = pa.array(values, type_)
    return pa.table(columns)


def enlarge(folder, number, items):
    """Give a shard's folder as many items as it would have of a run of ``items``."""
    run = RunFolder(folder)
    positions = np.arange(number, items, SHARDS)
    for stage, name in TABLES.items():
        digest = run.read_plan().digest_through(stage)
        with TableWriter(name, run.table(name), plan_digest=digest, of_shard=True) as writer:
            for some in np.array_split(positions, max(1, positions.size // 1000)):
                writer.extend(rows(name, some))
            writer.finish({})
    manifest = json.loads(run.manifest_file.read_text(encoding="utf-8"))
    manifest["shard"]["benchmarks"][0]["rows"] = items
    run.write_manifest(manifest)


def measure(home, items):
    data = str(chart_folder(home / "data", images=4))
    shards = run_shards(home, SHARDS, data=data, benchmarks=["chartqa"], captioners=["blind"], thumbnails=False)
    for number, folder in enumerate(shards):
        enlarge(folder, number, items)
    words = [sys.executable, "-c", _MERGE, str(home / "merged"), *map(str, shards)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=os.environ)
    return json.loads(done.stdout.splitlines()[-1])


def test_memory_does_not_grow_with_the_items(tmp_path):
    small, large = measure(tmp_path / "small", 20_000), measure(tmp_path / "large", 200_000)
    ratio = large["megabytes"] / small["megabytes"]
    print(f"\n20,000 items: {small}\n200,000 items: {large}\npeak memory ratio: {ratio:.2f}")
    assert ratio < 1.3
