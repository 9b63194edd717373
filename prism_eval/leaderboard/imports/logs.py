"""What lmms-eval 0.7.3 leaves in its output folder: one results file a run, one file of samples a task."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prism_eval.errors import DataError, UsageError
from prism_eval.files.folders import user_path
from prism_eval.plan.overrides import split_options
from prism_eval.plugins.specs import read_options

_RESULTS = "_results.json"
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


def read_logs(places: Sequence[Place]) -> list[ModelLog]:
    """The models in these places, in their order.

    Raises:
        DataError: A folder holds no results, a file of them cannot be read, or a task is there twice.
        UsageError: Two models have one label, or a label is given to several.
    """
    models = [model for place in places for model in _models(place)]
    labels = [model.label for model in models]
    if repeated := next((label for label in labels if labels.count(label) > 1), None):
        raise UsageError(f"two models are called {repeated!r}: name one of them with DIR?label=NAME")
    return models


def _models(place: Place) -> Iterator[ModelLog]:
    # A folder for each model, below the one that --output_path named; or one of these.
    found: dict[Path, list[Path]] = {}
    for path in sorted(place.folder.rglob(f"*{_RESULTS}")):
        found.setdefault(path.parent, []).append(path)
    if not found:
        raise DataError(f"{place.folder}: no *{_RESULTS} of lmms-eval in it")
    if len(found) > 1 and (place.label or place.images is not None):
        raise UsageError(f"{place.folder} holds {len(found)} models: name the folder of the one that is meant")
    for paths in found.values():
        tasks: dict[str, TaskLog] = {}
        for log in (log for path in paths for log in _tasks(path)):
            if log.task in tasks:
                raise DataError(f"{log.task} is there twice: {tasks[log.task].results} and {log.results}; remove one")
            tasks[log.task] = log
        if not tasks:
            raise DataError(f"{paths[0]}: its results are of no task")
        said = next(iter(tasks.values())).said
        model = " ".join(str(said.get("model_name") or paths[0].parent.name).split())
        yield ModelLog(label=place.label or model, model=model, images=place.images, tasks=tasks)


def _tasks(path: Path) -> Iterator[TaskLog]:
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read as lmms-eval's results: {error}") from error
    if not isinstance(said, dict) or not isinstance(said.get("results"), dict):
        raise DataError(f"{path}: no results in it; is this a file of lmms-eval?")
    begins = f"{path.name.removesuffix(_RESULTS)}_samples_"
    # By the files that are there: a task's name is text of the file, and no part of a path.
    there = {
        other.name.removeprefix(begins).removesuffix(".jsonl"): other
        for other in path.parent.glob("*.jsonl")
        if other.name.startswith(begins)
    }
    for task in said["results"]:
        is_group = part(said.get("groups"), task) or part(said.get("group_subtasks"), task)
        # A group has a line of its own among the results, and no samples: its tasks have.
        if task in there or not is_group:
            yield TaskLog(task=task, results=path, samples=there.get(task), said=said)
