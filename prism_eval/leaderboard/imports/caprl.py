"""What CapRL's own evaluation wrote as a run folder, its answers scored again and held against the stored scores."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from prism_eval._version import __version__
from prism_eval.benchmarks import load_definition
from prism_eval.errors import DataError
from prism_eval.leaderboard.imports.caprl_details import Details, Entry, check_once, read_details
from prism_eval.plan import Plan, Stage, load_protocol, make_plan
from prism_eval.plugins import Spec, build
from prism_eval.plugins.identity import digest_of
from prism_eval.run.comparable import comparable
from prism_eval.run.folder import TABLES, RunFolder
from prism_eval.run.manifest import FORMAT
from prism_eval.run.reading import Manifest
from prism_eval.run.tables import TableWriter
from prism_eval.schema import Answer, AnswerForm, Caption, Item, ItemKind, Outcome, Verdict
from prism_eval.scoring.base import SCORER, Scorer

READER = "CapRL-Eval-3B"
"""Who reads the captions in CapRL's paper."""

SAMPLES = 4
"""Captions a question that its program draws where its ``--gen_num`` says nothing."""

_EVALUATOR = "CapRL's Eval_CapRL.py"
_EQUAL = 1e-9
_THREADS = 8


@dataclass(frozen=True)
class Imported:
    """What was made of the files.

    Attributes:
        folder: The run folder.
        scored: Whether there were answers; else it holds captions alone.
        answers: How many answers were scored again.
        differences: Of each answer whose stored score is not ours, which it is and both scores.
    """

    folder: RunFolder
    scored: bool
    answers: int
    differences: tuple[str, ...]


@dataclass(frozen=True)
class _Scored:
    """A file, and what our scorer says of its answers, question by question."""

    details: Details
    scorer: Mapping[str, object]
    name: str
    verdicts: Sequence[Sequence[Verdict]]


def import_caprl(
    places: Sequence[str],
    out: Path,
    *,
    model: str,
    reader: str = READER,
    step: int | None = None,
    samples: int = SAMPLES,
) -> Imported:
    """Make a run folder of the details files of one model, or of the captions that its program keeps before.

    An item is an image and a prompt. Each answer is scored by the edition `caprl` as CapRL's program scores it
    (`Scorer.official`), and every stored score that is another is listed.

    Args:
        places: The files, one a benchmark, as `read_details` takes them.
        out: The run folder.
        model: Who wrote the captions.
        reader: Who answered from them.
        step: The step of its training that the model is of.
        samples: Captions a question; any other number is refused.

    Raises:
        DataError: A file is not as the program writes it.
        UsageError: The files are no single run, or the folder holds the run of something else.
        MissingExtra: math-verify is not installed.
        RunError: The folder cannot be written.
    """
    files = [read_details(place) for place in places]
    check_once(files, samples)
    label = model if step is None else f"{model} step {step}"
    # All is scored before anything is written: what is refused leaves nothing behind.
    scored = [_score(one) for one in files]
    differences = tuple(line for one in scored for line in _differences(one))
    plan = _plan(files, label, reader)
    folder = RunFolder.create(out)
    folder.refuse_another(plan)
    folder.write_plan(plan)
    manifest = _manifest(scored, plan, label, model=model, reader=reader, step=step, differences=differences)
    _write(folder, plan, "caption", _captions(files, label))
    if files[0].scored:
        _write(folder, plan, "answer", _answers(files, label, reader))
        _write(folder, plan, "score", _verdicts(scored, label, reader), comparable(cast("Manifest", manifest)))
    folder.write_manifest(manifest)
    return Imported(folder, files[0].scored, sum(len(entry.replies) for entry in _entries(files)), differences)


def _entries(files: Sequence[Details]) -> Iterator[Entry]:
    return (entry for one in files for entry in one.entries)


def _score(details: Details) -> _Scored:
    name = load_definition(details.benchmark).scoring["caprl"]
    scorer = build(SCORER, Spec.parse(name), {"reading": "official"})
    asked = [(entry, reply) for entry in details.entries for reply in entry.replies]
    try:
        with ThreadPoolExecutor(_THREADS) as threads:
            found = iter(list(threads.map(lambda one: _verdict(scorer, details.benchmark, *one), asked)))
    finally:
        scorer.close()
    verdicts = [[next(found) for _ in entry.replies] for entry in details.entries]
    return _Scored(details, dict(scorer.identity), name, verdicts)


def _verdict(scorer: Scorer, benchmark: str, entry: Entry, reply: str) -> Verdict:
    item = Item(
        benchmark=benchmark,
        id=entry.id,
        kind=ItemKind.SHORT,
        question=entry.question,
        images=(),
        golds=(entry.gold,),
        cluster=entry.image,
    )
    try:
        return scorer.score(item, Answer(reply), AnswerForm())
    except DataError as error:
        return Verdict(Outcome.FAILED, None, note=str(error))


def _differences(one: _Scored) -> Iterator[str]:
    for entry, verdicts in zip(one.details.entries, one.verdicts, strict=True):
        for sample, (stored, verdict) in enumerate(zip(entry.rewards, verdicts, strict=True)):
            if _differs(stored, verdict):
                ours = f"no score ({verdict.note})" if verdict.score is None else f"{verdict.score:.4g}"
                yield f"{entry.where}, answer {sample + 1}: {stored:.4g} there, {ours} here"


def _differs(stored: float, verdict: Verdict) -> bool:
    return verdict.score is None or abs(stored - verdict.score) > _EQUAL


def _plan(files: Sequence[Details], label: str, reader: str) -> Plan:
    # Not to be carried out, but to tell what lies in the folder: other results are another plan.
    content = [
        [one.benchmark, entry.id, entry.gold, entry.captions, entry.replies, entry.rewards]
        for one in files
        for entry in one.entries
    ]
    values = {
        "captioners": [label],
        "reasoner": reader,
        "benchmarks": [_name(one) for one in files],
        "data": f"caprl:{digest_of(content)[:16]}",
        "protocol": "caprl",
        "samples": files[0].samples,
    }
    return make_plan(values, where="what CapRL's evaluation wrote")


def _name(details: Details) -> str:
    return f"{details.benchmark}:caprl"


def _write(
    folder: RunFolder,
    plan: Plan,
    stage: Stage,
    rows: Iterator[dict[str, object]],
    alike: Mapping[str, object] | None = None,
) -> None:
    table = TABLES[stage]
    with TableWriter(table, folder.table(table), plan_digest=plan.digest_through(stage)) as writer:
        for row in rows:
            writer.add(row)
        writer.finish(alike)


def _captions(files: Sequence[Details], label: str) -> Iterator[dict[str, object]]:
    # Drawn anew for every question there: an image that has several has as many times the captions.
    drawn: Counter[str] = Counter()
    for entry in _entries(files):
        for text in entry.captions:
            yield {
                "captioner": label,
                "image_name": entry.image,
                "sample": drawn[entry.image],
                "words": Caption(text).words,
                "text": text,
            }
            drawn[entry.image] += 1


def _place(one: Details, entry: Entry, sample: int, label: str, reader: str) -> dict[str, object]:
    return {
        "captioner": label,
        "reasoner": reader,
        "benchmark": _name(one),
        "item": entry.id,
        "images": [],
        "sample": sample,
        "order": 0,
    }


def _answers(files: Sequence[Details], label: str, reader: str) -> Iterator[dict[str, object]]:
    for one in files:
        for entry in one.entries:
            for sample, (caption, reply) in enumerate(zip(entry.captions, entry.replies, strict=True)):
                place = _place(one, entry, sample, label, reader)
                yield {**place, "caption_digest": Caption(caption).digest, "text": reply}


def _verdicts(scored: Sequence[_Scored], label: str, reader: str) -> Iterator[dict[str, object]]:
    for one in scored:
        for entry, verdicts in zip(one.details.entries, one.verdicts, strict=True):
            for sample, verdict in enumerate(verdicts):
                reply, caption, stored = entry.replies[sample], entry.captions[sample], entry.rewards[sample]
                there = f"stored score {stored:.4g}" if _differs(stored, verdict) else ""
                yield {
                    **_place(one.details, entry, sample, label, reader),
                    "cluster": entry.image,
                    "kind": ItemKind.SHORT.value,
                    "question": entry.question,
                    "options": "[]",
                    "gold": json.dumps([entry.gold], ensure_ascii=False),
                    "outcome": verdict.outcome.value,
                    "score": verdict.score,
                    "answer": reply,
                    "extracted": verdict.extracted,
                    "note": "; ".join(filter(None, (verdict.note, there))),
                    "caption": caption,
                    "caption_words": Caption(caption).words,
                    "caption_truncated": None,
                }


def _manifest(
    scored: Sequence[_Scored],
    plan: Plan,
    label: str,
    *,
    model: str,
    reader: str,
    step: int | None,
    differences: Sequence[str],
) -> dict[str, object]:
    answers = sum(len(entry.replies) for entry in _entries([one.details for one in scored]))
    protocol = load_protocol("caprl").facts()
    trained = {} if step is None else {"step": step}
    return {
        "format": FORMAT,
        "version": __version__,
        # The files do not say when: the same files give the same folder.
        "created": "",
        "imported": {
            "evaluator": _EVALUATOR,
            "rescored": answers,
            "same": answers - len(differences),
            "differences": list(differences),
        },
        "protocol": {**protocol, "samples": scored[0].details.samples},
        "plan": plan.model_dump(mode="json", exclude_none=True),
        "plan_digest": plan.digest,
        "reasoner": {"label": reader, "identity": {"plugin": "caprl", "model": reader}},
        "captioners": [{"label": label, "identity": {"plugin": "caprl", "model": model, **trained}}],
        "benchmarks": [_facts(one) for one in scored],
    }


def _facts(one: _Scored) -> dict[str, object]:
    entries = one.details.entries
    return {
        "name": _name(one.details),
        "title": f"{load_definition(one.details.benchmark).title} (CapRL's questions)",
        "items": len(entries),
        "images": len({entry.image for entry in entries}),
        "fingerprint": digest_of([[entry.image, entry.prompt, entry.gold] for entry in entries]),
        "scorer": one.name,
        "scoring": dict(one.scorer),
        "clusters": "image",
    }
