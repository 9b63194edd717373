"""Which files are whose: lmms-eval has named them in three ways, and people compress and move them.

Since 0.3 a model has a folder with ``STAMP_results.json`` and ``STAMP_samples_TASK.jsonl``; 0.2.3 put the stamp last;
before that each run had a folder, with ``results.json`` and ``TASK.json``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from prism_eval.errors import DataError, UsageError
from prism_eval.files.packed import plain_name, unpacked
from prism_eval.leaderboard.imports.logs import ModelLog, Place, TaskLog, part

_RESULTS = re.compile(r"(?P<stamp>.*)_results\.json|results(?:_(?P<late_stamp>.*))?\.json")
_LINES = re.compile(r"(?P<name>.*)\.jsonl?")
_SUBMISSIONS = "submissions"
"""Where its tasks leave what is to be handed in elsewhere, under names that end in `_results.json` as well."""
_NAMES_MODEL = re.compile(r"(?:^|,)(?:peft|delta|pretrained|model|model_version|model_name|model_id|path)=([^,]+)")


class _Results(NamedTuple):
    """A results file, the stamp in its name, and what it says."""

    path: Path
    stamp: str
    said: Mapping[str, Any]

    @property
    def model(self) -> str:
        """What lmms-eval called the model; before 0.2.3 only its arguments tell, and they are no name as a whole."""
        named = _NAMES_MODEL.search(self._arguments)
        name = self.said.get("model_name") or (named[1] if named else self.path.parent.name)
        return " ".join(str(name).split())

    @property
    def owner(self) -> tuple[str, ...]:
        """What the results of one model have in common: a folder, or of folders that are a run each what holds them."""
        if self.path.name == "results.json" and self._arguments:
            return str(self.path.parent.parent), self._arguments
        return str(self.path.parent), str(self.said.get("model_name"))

    @property
    def _arguments(self) -> str:
        return str(part(self.said.get("config") or self.said.get("model_configs"), "model_args") or "")


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
    found: dict[tuple[str, ...], list[_Results]] = {}
    for results in _results(place.folder):
        found.setdefault(results.owner, []).append(results)
    if not found:
        raise DataError(f"{place.folder}: no *_results.json of lmms-eval in it")
    if len(found) > 1 and (place.label or place.images is not None):
        raise UsageError(f"{place.folder} holds {len(found)} models: name the folder of the one that is meant")
    for of_model in found.values():
        tasks: dict[str, TaskLog] = {}
        for log in (log for results in of_model for log in _tasks(results)):
            if log.task in tasks:
                raise DataError(f"{log.task} is there twice: {tasks[log.task].results} and {log.results}; remove one")
            tasks[log.task] = log
        if not tasks:
            raise DataError(f"{of_model[0].path}: its results are of no task")
        model = of_model[0].model
        yield ModelLog(label=place.label or model, model=model, images=place.images, tasks=tasks)


def _results(folder: Path) -> Iterator[_Results]:
    for path in sorted(folder.rglob("*results*.json*")):
        named = _RESULTS.fullmatch(plain_name(path))
        if named and _SUBMISSIONS not in path.relative_to(folder).parts:
            yield _Results(path, named["stamp"] or named["late_stamp"] or "", _said(path))


def _said(path: Path) -> Mapping[str, Any]:
    try:
        with unpacked(path) as file:
            said = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read as lmms-eval's results: {error}") from error
    if not isinstance(said, dict) or not isinstance(said.get("results"), dict):
        raise DataError(f"{path}: no results in it; is this a file of lmms-eval?")
    return said


def _tasks(results: _Results) -> Iterator[TaskLog]:
    said, there = results.said, _samples_beside(results)
    for task in said["results"]:
        samples = _samples_of(task, results.stamp, there)
        is_group = part(said.get("groups"), task) or part(said.get("group_subtasks"), task)
        # A group has a line of its own among the results, and no samples: its tasks have.
        if samples or not is_group:
            yield TaskLog(task=task, results=results.path, samples=samples, said=said)


def _samples_beside(results: _Results) -> dict[str, Path]:
    """The files that may hold samples, by their names without endings: a task's name is text, and no part of a path."""
    folder = results.path.parent
    # Whoever fetched them from the hub has them in a folder of the model's name, which may have a slash in it.
    model = str(results.said.get("model_name") or "")
    inside = {model.replace("/", "__"), model.rpartition("/")[2]} - {""}
    folders = [folder, *(below for below in sorted(folder.rglob("*")) if below.is_dir() and below.name in inside)]
    found: dict[str, Path] = {}
    for path in (path for each in folders for path in sorted(each.glob("*.json*"))):
        # The nearest, and of two that hold the same the one that is not compressed: it comes first.
        if (named := _LINES.fullmatch(plain_name(path))) and path != results.path:
            found.setdefault(named["name"], path)
    return found


def _samples_of(task: str, stamp: str, there: Mapping[str, Path]) -> Path | None:
    name, plain = re.escape(task), f"(?:samples_)?{re.escape(task)}"
    # Without a stamp they are of whichever run: of the one in whose folder they lie, be it named after a time itself.
    at = re.escape(stamp) if stamp else r"\d.*"
    for form in (rf"{at}_samples_{name}", rf"(?:.*_)?samples_{name}_{at}", plain):
        if found := [path for known, path in there.items() if re.fullmatch(form, known)]:
            return found[0]
    return None
