"""What ``NAME_stats.json`` says of a shard: how many, how they ended, who was asked; and so, whether it is done."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prism_eval._version import __version__
from prism_eval.data_sets.picture import Part
from prism_eval.data_sets.rows import Row, Status
from prism_eval.errors import UsageError
from prism_eval.files.budgets import read_document
from prism_eval.files.whole import write_whole


@dataclass(frozen=True)
class Asked:
    """What is asked of every part: a folder of shards is of one.

    Attributes:
        captioner: The captioner's identity.
        label: What it is called.
        samples: Captions of a picture.
        form: What is written.
        only_missing: Whether captions of the data set's own stand.
        verbatim: Whether thoughts and marks of chat templates are part of a caption.
    """

    captioner: Mapping[str, object]
    label: str
    samples: int
    form: str
    only_missing: bool
    verbatim: bool

    @property
    def told(self) -> dict[str, object]:
        """It as JSON values."""
        return {
            "captioner": dict(self.captioner),
            "samples": self.samples,
            "form": self.form,
            "only_missing": self.only_missing,
            "verbatim": self.verbatim,
        }


def write_stats(folder: Path, part: Part, rows: Sequence[Row], asked: Asked, files: Mapping[str, str]) -> None:
    """Write what is said of a shard; the last of its files, so that a shard which has it is whole.

    Raises:
        RunError: It cannot be written.
    """
    said = {
        "prism_eval": __version__,
        "asked": asked.told,
        "label": asked.label,
        "part": part.state,
        "images": len(rows),
        "unique_images": len({row.sha256 for row in rows if row.sha256}),
        "statuses": dict(sorted(Counter(str(row.status) for row in rows).items())),
        "words": sum(row.words for row in rows),
        "completion_tokens": sum(row.completion_tokens for row in rows),
        "files": dict(files),
    }
    write_whole(_file(folder, part), json.dumps(said, ensure_ascii=False, indent=1) + "\n")


def is_done(folder: Path, part: Part, asked: Asked) -> bool:
    """Whether a folder has the part's shard, whole and with nothing failed that could be asked for again.

    Raises:
        UsageError: It has the shard of another captioner, or of one that was asked otherwise.
    """
    said = _read(_file(folder, part))
    if said is None:
        return False
    _refuse_another(folder, part, said.get("asked"), asked)
    statuses = said.get("statuses")
    failed = statuses.get(Status.FAILED, 0) if isinstance(statuses, Mapping) else 1
    files = said.get("files")
    there = isinstance(files, Mapping) and bool(files) and all((folder / Path(name).name).is_file() for name in files)
    return there and not failed and said.get("part") == part.state


def _refuse_another(folder: Path, part: Part, there: object, asked: Asked) -> None:
    others = there if isinstance(there, Mapping) else {}
    for name, value in asked.told.items():
        # As it comes back from a file: tuples are lists there.
        if others.get(name) != json.loads(json.dumps(value)):
            raise UsageError(
                f"{folder} holds a shard {part.name} that was asked for with another {name.replace('_', ' ')}: "
                "name another folder, or remove that one"
            )


def _read(path: Path) -> Mapping[str, object] | None:
    try:
        said = json.loads(read_document(path))
    except (OSError, ValueError, RecursionError):
        return None  # not there, or cut off by hand: the shard is made anew, its captions out of the store
    return said if isinstance(said, Mapping) else None


def _file(folder: Path, part: Part) -> Path:
    return folder / f"{part.name}_stats.json"
