"""Whether two models were asked the same: a paired test on documents that differ would compare nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from prism_eval.errors import UsageError
from prism_eval.files.jsonable import jsonable
from prism_eval.leaderboard.imports.logs import TaskLog, part
from prism_eval.leaderboard.imports.samples import Samples
from prism_eval.plugins.identity import canonical_json

_FIELDS: Mapping[str, Callable[[TaskLog], object]] = {
    "lmms_eval_version": lambda log: log.said.get("lmms_eval_version"),
    "versions": lambda log: log.of_task("versions"),
    "n-shot": lambda log: log.of_task("n-shot"),
    "config.limit": lambda log: part(log.said.get("config") or log.said.get("model_configs"), "limit"),
    "n-samples": lambda log: log.of_task("n-samples"),
    "configs.generation_kwargs": lambda log: part(log.of_task("configs"), "generation_kwargs"),
    "configs.lmms_eval_specific_kwargs": lambda log: part(log.of_task("configs"), "lmms_eval_specific_kwargs"),
}
"""What must be equal, by the name under which a results file says it."""


def asked(log: TaskLog) -> dict[str, object]:
    """How a task was asked, by the names under which a results file says it."""
    return {field: jsonable(said(log)) for field, said in _FIELDS.items()}


def check_pairing(models: Mapping[str, TaskLog], samples: Mapping[str, Samples]) -> None:
    """Make sure that the models of one task can be compared document by document.

    Args:
        models: The task's logs, by the models' labels.
        samples: Their documents, likewise.

    Raises:
        UsageError: They cannot; the message names the field that differs, and both its values.
    """
    (first, log), *others = models.items()
    for label, other in others:
        own, others_own = asked(log), asked(other)
        for field in own:
            if own[field] != others_own[field]:
                values = canonical_json(own[field]), canonical_json(others_own[field])
                raise _refused(log.task, field, (first, label), values)
        if samples[first].metric != samples[label].metric:
            raise _refused(log.task, "metric", (first, label), (samples[first].metric, samples[label].metric))
        _check_documents(log, other, (first, label), (samples[first], samples[label]))


def _check_documents(log: TaskLog, other: TaskLog, labels: Sequence[str], samples: tuple[Samples, Samples]) -> None:
    hashes = [one.of_task("task_hashes") for one in (log, other)]
    docs = [{one.doc: one.digest for one in each.documents} for each in samples]
    # Several processes hand in their documents in another order, and so their digest of all: each one's tells.
    told = all(digest for each in docs for digest in each.values())
    if hashes[0] != hashes[1] and not told:
        raise _refused(log.task, "task_hashes", labels, (str(hashes[0]), str(hashes[1])))
    for doc in sorted(docs[0].keys() | docs[1].keys()):
        digests = [each.get(doc, "missing") for each in docs]
        if digests[0] != digests[1]:
            field = f"task_hashes, first in doc_hash of doc_id {doc}"
            raise _refused(log.task, field, labels, (digests[0][:12], digests[1][:12]))


def _refused(task: str, field: str, labels: Sequence[str], values: Sequence[str]) -> UsageError:
    return UsageError(
        f"{labels[0]!r} and {labels[1]!r} cannot be compared on {task}: {field} is {values[0]} and {values[1]}; "
        "evaluate both alike"
    )
