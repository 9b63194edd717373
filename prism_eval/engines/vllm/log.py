"""The file that vLLM's processes write to, and what it says of their end."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prism_eval.engines.http import one_line
from prism_eval.errors import FatalError

_READ = 256 * 2**10
"""Bytes of a log's end that are looked at: a traceback of each process, and whatever stands between."""
_LINES, _ERRORS = 5, 2
# How vLLM begins the lines of a process, and how its loggers begin theirs.
_FRONT = re.compile(r"^(?:\([^)]*\)\s*)*(?:[A-Z]+ \d\d-\d\d \d\d:\d\d:\d\d \[[^\]]*\]\s*)?")
_ERROR = re.compile(r"^(?:[\w.]*\.)?\w*(?:Error|Exception|Interrupt)\b.*|.*: error: .*")
# What merely says that another process failed, whose own words stand before.
_HEARSAY = re.compile(r"See root cause above|EngineDeadError|See stack trace|engine core proc|Worker failed")


def is_hearsay(words: str) -> bool:
    """Whether an error says no more than that another process has failed."""
    return _HEARSAY.search(words) is not None


@dataclass(frozen=True)
class Log:
    """A log, begun anew.

    Attributes:
        path: The file.
        temporary: Whether it lies in a folder of its own, that is removed where nobody needs to read it.
    """

    path: Path
    temporary: bool

    @classmethod
    def begin(cls, folder: Path | None, name: str) -> Log:
        """An empty file of that name, in the folder or else in a temporary one.

        Raises:
            FatalError: It cannot be written.
        """
        file = f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}.log"
        try:
            path = (folder or Path(tempfile.mkdtemp(prefix="prism-eval-"))) / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        except OSError as error:
            raise FatalError(f"vLLM's log {folder or ''}/{file} cannot be written: {error.strerror}") from None
        return cls(path, folder is None)

    def why(self) -> str:
        """What went wrong, as its last errors or else its last lines have it, and where the whole is, in one line."""
        lines = (_FRONT.sub("", line).strip() for line in self._end().splitlines())
        said = [line for line in lines if line]
        errors = [line for line in said if _ERROR.match(line)]
        # Each process tells the same of those below it, and a traceback's other lines tell users nothing.
        own = dict.fromkeys(one_line(line) for line in errors if not is_hearsay(line))
        shown = list(own)[-_ERRORS:] or [one_line(line) for line in errors[-1:] or said[-_LINES:]]
        return f"{' … '.join(shown) or 'it said nothing'} (the whole log: {self.path})"

    def tidy(self) -> None:
        """Remove it, where it was only for the case that something goes wrong."""
        if self.temporary:
            shutil.rmtree(self.path.parent, ignore_errors=True)

    def _end(self) -> str:
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - _READ))
            return file.read().decode("utf-8", "replace")


QUIET: Mapping[str, str] = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "TQDM_DISABLE": "1", "NO_COLOR": "1"} | {
    "TRANSFORMERS_VERBOSITY": "error"
}
"""What the environment says to vLLM's processes, so that nothing is sent anywhere and a log can be read."""
