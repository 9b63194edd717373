"""What lmms-eval says of a model: where it lies, its tasks, and for each the results and the file of its samples."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prism_eval.errors import UsageError
from prism_eval.files.folders import user_path
from prism_eval.plan.overrides import split_options
from prism_eval.plugins.specs import read_options

_COUNT = re.compile(r"(\d+(?:\.\d+)?)([kM]?)")
_TIMES = {"": 1, "k": 1_000, "M": 1_000_000}


@dataclass(frozen=True)
class Place:
    """Where a model's results lie, as the command line says it: ``DIR?label=CapRL-1M&images=1M``.

    Attributes:
        folder: lmms-eval's output folder, or that of one model in it.
        label: What the model is called in tables; by default as lmms-eval called it.
        images: How many captioned images it was trained on; ``None`` where nobody says.
    """

    folder: Path
    label: str = ""
    images: int | None = None

    @classmethod
    def parse(cls, text: str) -> Place:
        """Read a place.

        Raises:
            UsageError: It has an option that there is not, or a number of images that is none.
        """
        folder, query = split_options(text)
        options = read_options(query, text)
        if strange := sorted(set(options) - {"label", "images"}):
            raise UsageError(f"{text}: no option {strange[0]!r}; there are label and images")
        return cls(
            user_path(folder), options.get("label", ""), _count(options["images"]) if "images" in options else None
        )


def _count(text: str) -> int:
    found = _COUNT.fullmatch(text.replace("_", ""))
    if not found:
        raise UsageError(f"images={text}: a number is wanted, such as 200000, 200k or 1M")
    return round(float(found[1]) * _TIMES[found[2]])


def part(value: object, key: str) -> Any:
    """What a stranger's file says under a key; ``None`` where the value is no object, or has no such key."""
    return value.get(key) if isinstance(value, Mapping) else None


@dataclass(frozen=True, kw_only=True)
class TaskLog:
    """One task of one model.

    Attributes:
        task: lmms-eval's name of it.
        results: The results file, for messages.
        samples: The file of its samples; ``None`` where there is none.
        said: The results file's content.
    """

    task: str
    results: Path
    samples: Path | None
    said: Mapping[str, Any]

    def of_task(self, key: str) -> Any:
        """What a table of the results file says of the task; ``None`` where it says nothing."""
        return part(self.said.get(key), self.task)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics of the task's definition, in its order."""
        listed = part(self.of_task("configs"), "metric_list")
        return tuple(str(part(entry, "metric")) for entry in (listed if isinstance(listed, list) else []))

    @property
    def own(self) -> dict[str, float]:
        """The numbers that its own aggregation made, standard errors aside."""
        found = self.of_task("results")
        numbers = found.items() if isinstance(found, Mapping) else ()
        return {
            name.removesuffix(",none"): value
            for name, value in numbers
            if isinstance(value, int | float) and name != "samples" and "_stderr" not in name
        }


@dataclass(frozen=True, kw_only=True)
class ModelLog:
    """The tasks of one model.

    Attributes:
        label: What it is called in tables.
        model: What lmms-eval called it.
        images: How many captioned images it was trained on; ``None`` where nobody says.
        tasks: By name.
    """

    label: str
    model: str
    images: int | None
    tasks: Mapping[str, TaskLog]
