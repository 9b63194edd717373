"""Reading large images: what is held is a few of them, however many there are."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.memory import MEASURE

IMAGES, MEGABYTES = 100, 1.5

_READ = f"""{MEASURE}
import sys
import pyarrow.parquet
from prism_eval.benchmarks import open_benchmark

benchmark = open_benchmark("chartqa", sys.argv[1])
before = megabytes("VmRSS")
count = sum(len(item.images) for item in benchmark.items())
print(count, megabytes("VmHWM") - before)
"""


def pictures() -> list[bytes]:
    rng = random.Random(0)
    return [b"\x89PNG" + rng.randbytes(int(MEGABYTES * 2**20)) for _ in range(IMAGES)]


def write_folder(home: Path) -> None:
    (home / "images").mkdir()
    for number, data in enumerate(pictures()):
        (home / "images" / f"{number}.png").write_bytes(data)
    rows = [{"query": "?", "label": "1", "imgname": f"{number}.png"} for number in range(IMAGES)]
    (home / "data.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


def write_parquet(home: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"query": ["?"] * IMAGES, "label": ["1"] * IMAGES, "image": pictures()})
    # One row group, as the hub's files have for a hundred images, in pages of one image.
    pq.write_table(table, home / "data.parquet", use_dictionary=False, write_batch_size=1)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc")
@pytest.mark.parametrize("write", [write_folder, write_parquet])
def test_a_few_images_are_held_at_once(write, tmp_path):
    home = tmp_path / "chartqa"
    home.mkdir()
    write(home)
    done = subprocess.run([sys.executable, "-c", _READ, tmp_path], capture_output=True, text=True, check=True)
    count, peak = done.stdout.split()
    assert int(count) == IMAGES
    assert float(peak) < 0.5 * IMAGES * MEGABYTES
