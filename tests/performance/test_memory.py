"""Peak memory of a whole run, at 1,000 and at 10,000 items."""

import json
import os
import subprocess
import sys

import pytest

from tests.bulk import write_bulk
from tests.memory import MEASURE

pytestmark = pytest.mark.performance

_RUN = f"""{MEASURE}
import json, sys, time
from prism_eval import evaluate
started = time.monotonic()
result = evaluate(["oracle", "blind"], benchmarks="chartqa", data=sys.argv[1], out=sys.argv[2], store=sys.argv[3])
print(json.dumps(dict(rows=result.counts.done, megabytes=megabytes(), seconds=time.monotonic() - started)))
"""


def measure(folder, items):
    data = folder / f"data-{items}"
    write_bulk(data, items=items, images=items // 4, seed=0)
    words = [sys.executable, "-c", _RUN, str(data), str(folder / f"run-{items}"), str(folder / f"{items}.sqlite")]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=os.environ)
    return json.loads(done.stdout.splitlines()[-1])


def test_memory_does_not_grow_with_the_items(tmp_path):
    small, large = measure(tmp_path, 1_000), measure(tmp_path, 10_000)
    ratio = large["megabytes"] / small["megabytes"]
    print(f"\n1,000 items: {small}\n10,000 items: {large}\npeak memory ratio: {ratio:.2f}")
    assert large["rows"] == 10 * small["rows"]
    assert ratio < 2
