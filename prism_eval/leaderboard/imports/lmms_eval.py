"""lmms-eval's results as a run folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from prism_eval._version import __version__
from prism_eval.errors import DataError
from prism_eval.leaderboard.imports.clusters import Clusters, clusters_of
from prism_eval.leaderboard.imports.finding import read_logs
from prism_eval.leaderboard.imports.logs import ModelLog, Place, TaskLog
from prism_eval.leaderboard.imports.pairing import asked, check_pairing
from prism_eval.leaderboard.imports.samples import Sample, Samples, read_samples
from prism_eval.leaderboard.imports.scores import NoScore
from prism_eval.plan import Plan, make_plan
from prism_eval.plugins.identity import digest_of
from prism_eval.run.comparable import comparable
from prism_eval.run.folder import RunFolder
from prism_eval.run.manifest import FORMAT
from prism_eval.run.reading import Manifest
from prism_eval.run.tables import TableWriter
from prism_eval.schema import Outcome

NAME = "lmms-eval"
_SQUEEZED = re.compile(r"(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)")
"""A time as lmms-eval writes it: ``20261101_120000``."""
_READER = "the model itself"
"""What stands in place of a reasoner: nobody reads captions here, each model sees the image."""


@dataclass(frozen=True, kw_only=True)
class _Task:
    """One task, of all models that were asked it.

    Attributes:
        name: lmms-eval's name of it.
        logs: By model, what the results say.
        samples: By model, its documents.
        clusters: What the documents show.
    """

    name: str
    logs: Mapping[str, TaskLog]
    samples: Mapping[str, Samples]
    clusters: Clusters

    @property
    def documents(self) -> Sequence[Sample]:
        """The documents, as the first model met them."""
        return next(iter(self.samples.values())).documents

    @property
    def metric(self) -> str:
        """What they were scored by."""
        return next(iter(self.samples.values())).metric

    @property
    def fingerprint(self) -> str:
        """A digest of what was asked."""
        return digest_of([[one.doc, one.digest, one.question, one.target] for one in self.documents])


def import_lmms_eval(places: Sequence[Place], out: Path, *, data: str | None = None) -> RunFolder:
    """Make a run folder of what lmms-eval wrote.

    Args:
        places: Where the models' results lie.
        out: The run folder.
        data: Our copies of the data sets, as `open_benchmark` takes them; what they hold is joined for its images.

    Raises:
        DataError: The files are not as lmms-eval writes them, or hold no score of a single document.
        UsageError: Two models were not asked the same, or the folder holds the run of something else.
        RunError: The folder cannot be written.
    """
    models = read_logs(places)
    tasks, unread = _read(models, data)
    if not tasks:
        raise DataError(
            "; ".join(f"{name}: {why}" for name, why in unread.items()) or "there is no task in the results"
        )
    plan = _plan(models, tasks, data)
    folder = RunFolder.create(out)
    folder.refuse_another(plan)
    folder.write_plan(plan)
    manifest = _manifest(models, tasks, unread, plan)
    digest = plan.digest_through("score")
    with TableWriter("verdicts", folder.table("verdicts"), plan_digest=digest) as writer:
        for row in _rows(models, tasks):
            writer.add(row)
        writer.finish(comparable(cast("Manifest", manifest)))
    folder.write_manifest(manifest)
    return folder


def _read(models: Sequence[ModelLog], data: str | None) -> tuple[list[_Task], dict[str, str]]:
    """The tasks that have scores of documents, and of the others why not."""
    tasks, unread = [], {}
    for name in dict.fromkeys(name for model in models for name in model.tasks):
        logs = {model.label: model.tasks[name] for model in models if name in model.tasks}
        try:
            samples = {label: read_samples(log) for label, log in logs.items()}
        except NoScore as error:
            unread[name] = str(error)
            continue
        check_pairing(logs, samples)
        documents = next(iter(samples.values())).documents
        tasks.append(_Task(name=name, logs=logs, samples=samples, clusters=clusters_of(name, documents, data)))
    return tasks, unread


def _plan(models: Sequence[ModelLog], tasks: Sequence[_Task], data: str | None) -> Plan:
    # Not to be carried out, but to tell what lies in the folder: other results are another plan.
    content = digest_of(
        [
            [task.name, label, [[one.doc, one.score, one.reply] for one in samples.documents]]
            for task in tasks
            for label, samples in task.samples.items()
        ]
    )
    values = {
        "captioners": [model.label for model in models],
        "reasoner": _READER,
        "benchmarks": [task.name for task in tasks],
        "data": f"{NAME}:{digest_of([content, data])[:16]}",
        "protocol": NAME,
    }
    return make_plan(values, where=f"what {NAME} wrote")


def _rows(models: Sequence[ModelLog], tasks: Sequence[_Task]) -> Iterator[dict[str, object]]:
    for task in tasks:
        for place, shown in enumerate(task.clusters.shown):
            for label in (model.label for model in models if model.label in task.samples):
                sample = task.samples[label].documents[place]
                yield {
                    "captioner": label,
                    "reasoner": _READER,
                    "benchmark": task.name,
                    "item": str(sample.doc),
                    "images": list(shown.images),
                    "sample": 0,
                    "order": 0,
                    "cluster": shown.cluster,
                    "kind": "short",
                    "question": sample.question,
                    "options": "[]",
                    "gold": json.dumps([sample.target], ensure_ascii=False),
                    "outcome": _outcome(sample.score).value,
                    "score": sample.score,
                    "answer": sample.reply,
                    "note": "" if sample.score is not None else f"{task.metric}: no judge gave a score",
                    "caption_truncated": False,
                }


def _outcome(score: float | None) -> Outcome:
    if score is None:
        return Outcome.FAILED
    return Outcome.CORRECT if score >= 0.5 else Outcome.WRONG


def _manifest(
    models: Sequence[ModelLog], tasks: Sequence[_Task], unread: Mapping[str, str], plan: Plan
) -> dict[str, object]:
    said = next(iter(tasks[0].logs.values())).said
    version = str(said.get("lmms_eval_version") or "of unknown version")
    return {
        "format": FORMAT,
        "version": __version__,
        # When it was measured, not when it was imported: the same results give the same folder.
        "created": _SQUEEZED.sub(r"\1-\2-\3T\4:\5:\6", str(said.get("date") or "")),
        "imported": {"evaluator": f"{NAME} {version}"},
        "protocol": {"name": NAME, "edition": version},
        "plan": plan.model_dump(mode="json", exclude_none=True),
        "plan_digest": plan.digest,
        "reasoner": {"label": _READER, "identity": {"plugin": NAME, "version": version}},
        "captioners": [_entry(model) for model in models],
        "benchmarks": [_facts(task) for task in tasks],
        **({"unread": dict(unread)} if unread else {}),
        "aggregates": list(_aggregates(models)),
    }


def _entry(model: ModelLog) -> dict[str, object]:
    trained = {"images_trained": model.images} if model.images is not None else {}
    return {"label": model.label, "identity": {"plugin": NAME, "model": model.model, **trained}, **trained}


def _facts(task: _Task) -> dict[str, object]:
    return {
        "name": task.name,
        "title": task.name if task.clusters.basis else f"{task.name} (unclustered)",
        "items": len(task.documents),
        # Without anything that names them nobody knows how many there are.
        **({"images": len({shown.cluster for shown in task.clusters.shown})} if task.clusters.basis else {}),
        "fingerprint": task.fingerprint,
        "scorer": f"{NAME}:{task.metric}",
        # What another run's results must share, to stand in one table with these.
        "scoring": asked(next(iter(task.logs.values()))),
        "clusters": task.clusters.basis,
        **({"not_joined": task.clusters.why_not} if task.clusters.why_not else {}),
    }


def _aggregates(models: Sequence[ModelLog]) -> Iterator[dict[str, object]]:
    """What lmms-eval's own aggregations say, which need not be the mean over documents."""
    for name in dict.fromkeys(name for model in models for name in model.tasks):
        for model in models:
            if name in model.tasks and (numbers := model.tasks[name].own):
                yield {"benchmark": name, "captioner": model.label, "sample": 0, "metrics": numbers}
