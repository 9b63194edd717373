"""Runs and programs in processes of their own, and what they took."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.memory import MEASURE

ROOT = Path(__file__).parents[2]
_RUN = f"""{MEASURE}
import json, sys
from pathlib import Path
from prism_eval.plan.plan import make_plan
from prism_eval.run.execute import run_plan
from tests.performance.null import NullCaptioner, NullReasoner
asked = json.loads(sys.argv[1])
null = asked.pop("null")
captioners, reasoners = (dict(null=NullCaptioner()), dict(null=NullReasoner())) if null else (None, None)
out, store = map(Path, sys.argv[2:])
result = run_plan(make_plan(asked), out=out, store=store, captioners=captioners, reasoners=reasoners)
print(json.dumps(dict(
    seconds=result.effort.seconds, processor=result.effort.processor_seconds, megabytes=megabytes(),
    made=sum(tally.made for tally in result.tallies.values()), rows=result.counts.done, failed=result.failed,
)))
"""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a process took.

    Attributes:
        seconds: By the clock.
        processor: Seconds of processor time, of all its threads.
        megabytes: The most memory it held.
        made: Model calls that were made, of a run.
        rows: Results, of a run.
        failed: Those that failed, of a run.
    """

    seconds: float
    processor: float
    megabytes: float
    made: int = 0
    rows: int = 0
    failed: int = 0


def carried_out(home: Path, *, null: bool = False, **plan: object) -> Measured:
    """Carry out a plan over a little ChartQA under ``home/data``, without what comes after a run.

    Args:
        home: Where data, run and store lie.
        null: Whether captioner and reasoner are plugins that answer at once.
        plan: Further keys of the plan.
    """
    whose: Mapping[str, object] = {"captioners": ["null"], "reasoner": "null"} if null else {}
    asked = {"benchmarks": ["chartqa"], "data": str(home / "data"), "thumbnails": False, **whose, **plan, "null": null}
    command = [sys.executable, "-c", _RUN, json.dumps(asked), str(home / "run"), str(home / "store.sqlite")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def behind(*urls: str, concurrency: int) -> dict[str, object]:
    """The keys of a plan whose captioner and reasoner are one model behind these servers."""
    spec = f"openai:model?base_url={','.join(urls)}"
    return {"captioners": [spec], "reasoner": spec, "concurrency": concurrency}


def start_to_exit(command: Sequence[str], log: Path, **environment: str) -> Measured:
    """Run a program until it ends by itself, successfully; what it says goes to ``log``."""
    began, peak = time.monotonic(), 0
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, cwd=ROOT, env={**os.environ, **environment})
        status = Path(f"/proc/{process.pid}/status")
        while True:
            # The peak that it had up to now, read until it is gone: the system's own figure for a process that has
            # ended may be that of the one that started it.
            found = re.search(r"VmHWM:\s+(\d+)", status.read_text())
            peak = max(peak, int(found[1]) if found else 0)
            pid, code, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.01)
    process.returncode = os.waitstatus_to_exitcode(code)
    assert process.returncode == 0, log.read_text(encoding="utf-8", errors="replace")[-4000:]
    seconds = time.monotonic() - began
    return Measured(seconds=seconds, processor=used.ru_utime + used.ru_stime, megabytes=peak / 1024)
