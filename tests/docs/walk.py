"""Shows the way of one image and one question through the code, for docs/design/walk.md.

``python -m tests.docs.walk [CLONE]`` runs ``prism-eval run`` against a server of its own and prints each function of
the package where it is first entered, a file a line. CLONE is another version to walk through; by default this one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from tests.server.fault_server import Behaviour
from tests.server.threaded import ThreadedServer

_RECORDER = """
import inspect, json, sys, threading
home, out, *words = sys.argv[1:]
sys.path.insert(0, home)
entered = {}
def enter(frame, event, _):
    code = frame.f_code
    is_function = code.co_flags & inspect.CO_OPTIMIZED and "<" not in code.co_qualname
    if event == "call" and is_function and code.co_filename.startswith(home + "/prism_eval/"):
        entered[code.co_filename[len(home) + 12:], code.co_qualname] = None
sys.argv = ["prism-eval", *words]
from prism_eval.cli import main
threading.setprofile(enter)
sys.setprofile(enter)
try:
    main()
finally:
    sys.setprofile(None)
    open(out, "w").write(json.dumps(list(entered)))
"""


def stations(clone: Path) -> list[tuple[str, list[str]]]:
    """Files with the functions that were entered in them, in the order of a run; a file comes again where it does."""
    with tempfile.TemporaryDirectory() as folder, ThreadedServer(Behaviour()) as server:
        spec = f"openai:model?base_url={server.url}"
        words = ["run", "-q", "-c", spec, "-r", spec, "-b", "chartqa", "--limit", "1"]
        places = ["--store", f"{folder}/store.sqlite", "--out", f"{folder}/run"]
        recorder = [sys.executable, "-W", "ignore", "-c", _RECORDER, str(clone.resolve()), f"{folder}/entered.json"]
        subprocess.run([*recorder, *words, *places], check=True, stdout=subprocess.DEVNULL)
        entered = json.loads(Path(folder, "entered.json").read_text(encoding="utf-8"))
    return [(file, [name for _, name in names]) for file, names in groupby(entered, key=lambda station: station[0])]


def measure(files: Sequence[str]) -> tuple[int, int]:
    """How many files a walk enters, and how often it turns back to one it has left."""
    visits = [file for file, _ in groupby(files)]
    return len(set(visits)), len(visits) - len(set(visits))


if __name__ == "__main__":
    way = stations(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parents[2])
    for file, names in way:
        print(f"{file}: {', '.join(names)}")
    print("files {}, turned back {} times".format(*measure([file for file, _ in way])))
