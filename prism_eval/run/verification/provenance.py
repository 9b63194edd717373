"""Whether texts have the keys of the calls that they claim to come from.

A key is made of who was asked and what was sent (`prism_eval.calls.keys`). Where a captioner or reasoner sends no more
than the usual, its keys can be made again from the manifest's identities and the tables; others are left out, and said.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from prism_eval.calls.keys import answer_key, caption_key
from prism_eval.plugins.identity import digest_of
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Manifest, Table, reasoners_of
from prism_eval.run.verification.finding import Finding
from prism_eval.schema import Caption

_TEXT = ("key", "captioner", "text")
_PLAIN = frozenset({"prompted", "ranking", "lexical"})
"""Plugins of ours, by the name in their identities, whose calls hold no more than the tables do."""
_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Provenance:
    """What came of making the keys again.

    Attributes:
        texts: How many captions and answers there are.
        traced: How many have the key that was made again.
        findings: What does not agree.
        notes: Whose keys could not be made again.
    """

    texts: int
    traced: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


def provenance(folder: RunFolder, manifest: Manifest) -> Provenance:
    """Make the keys of all captions and answers again.

    Args:
        folder: The run folder.
        manifest: Its manifest.

    Raises:
        RunError: A table cannot be read.
    """
    if manifest.get("imported"):
        return Provenance(0, 0, (), ())
    plugins = [*(manifest.get("captioners") or []), *reasoners_of(manifest)]
    plain = {str(one.get("label")) for one in plugins if (one.get("identity") or {}).get("plugin") in _PLAIN}
    stored = {str(one.get("label")) for one in plugins if (one.get("identity") or {}).get("stored")}
    captioners, reasoners = _identities(manifest.get("captioners") or []), _identities(reasoners_of(manifest))
    found: list[Finding] = []
    notes: list[str] = []
    texts = traced = 0
    for file, keys in (
        ("captions.parquet", _captions(folder, captioners)),
        ("answers.parquet", _answers(folder, reasoners, stored)),
    ):
        tally = _Tally.of(keys)
        texts += tally.texts
        traced += tally.same.total()
        found += tally.findings(file, plain)
        notes += tally.notes(file, plain)
    return Provenance(texts, traced, tuple(found), tuple(notes))


@dataclass(frozen=True, slots=True)
class _Keyed:
    """A text, the key that it has and the one that it should have; ``None`` for one that nobody can tell."""

    who: str
    where: str
    key: str | None
    text: str
    expected: str | None


@dataclass(frozen=True, slots=True)
class _Tally:
    """Keys held against those made again, by who was asked."""

    texts: int
    unkeyed: int
    twice: int
    same: Counter[str]
    other: Counter[str]
    first: Mapping[str, str]

    @classmethod
    def of(cls, keys: Iterator[_Keyed]) -> _Tally:
        texts = unkeyed = twice = 0
        same, other, first = Counter[str](), Counter[str](), dict[str, str]()
        # Numbers for keys and texts: there may be millions.
        said: dict[int, int] = {}
        for one in keys:
            texts += 1
            if not _KEY.fullmatch(one.key or ""):
                unkeyed += 1
                continue
            text = hash(one.text)
            twice += said.setdefault(hash(one.key), text) != text
            if one.key == one.expected:
                same[one.who] += 1
            else:
                other[one.who] += 1
                first.setdefault(one.who, one.where)
        return cls(texts, unkeyed, twice, same, other, first)

    def findings(self, file: str, plain: Collection[str]) -> Iterator[Finding]:
        """What cannot be so of any captioner or reasoner."""
        if self.unkeyed:
            yield Finding(file, "a text that names no call", self.unkeyed)
        if self.twice:
            yield Finding(file, "one call with several texts", self.twice)
        for who, count in self.other.items():
            # Who sends more than the usual does so each time.
            if self.same[who] or who in plain:
                yield Finding(file, f"a call of {who} that its identity does not make", count, self.first[who])

    def notes(self, file: str, plain: Collection[str]) -> Iterator[str]:
        """Whose keys hold more than the tables do."""
        if unknown := sorted(str(who) for who in self.other if not self.same[who] and who not in plain):
            yield f"{file}: the calls of {', '.join(unknown)} cannot be made again from the tables."


def _identities(plugins: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {str(one.get("label")): digest_of(one["identity"]) for one in plugins if one.get("identity")}


def _captions(folder: RunFolder, identities: Mapping[str, str]) -> Iterator[_Keyed]:
    for row in Table(folder.path, "captions").rows([*_TEXT, "image", "image_name", "sample"]):
        if row["text"] is not None:
            who, expected = row["captioner"], None
            if who in identities:
                expected = caption_key(identities[who], [row["image"]], sample=row["sample"], question=None)
            yield _Keyed(who, f"image {row['image_name']}", row["key"], row["text"], expected)


def _answers(folder: RunFolder, identities: Mapping[str, str], stored: Collection[str]) -> Iterator[_Keyed]:
    names = ["kind", "question", "options", "caption", "row"]
    said = Table(folder.path, "answers").rows([*_TEXT, "reasoner", "benchmark", "item", "sample", "order"])
    for row, item in zip(said, Table(folder.path, "verdicts").rows(names), strict=False):
        # Options in other orders are another question, and an answer to no caption at all is a control's.
        if row["text"] is not None and not row["order"] and item["caption"] is not None:
            who, expected = row["reasoner"], None
            if who in identities:
                with suppress(ValueError, AttributeError):  # cells that hold no JSON of ours are nobody's question
                    put, caption = _put(item, stored=who in stored), Caption(item["caption"])
                    expected = answer_key(identities[who], caption, put, sample=row["sample"])
            yield _Keyed(who, f"{row['benchmark']} {row['item']}", row["key"], row["text"], expected)


def _put(row: Mapping[str, Any], *, stored: bool) -> dict[str, object]:
    """The question as it is put to a reasoner, as `Reasoner.question_identity` says."""
    besides = json.loads(row["row"]) if row["row"] else {}
    put = {"kind": row["kind"], "question": row["question"], "options": json.loads(row["options"])}
    sent = {name: besides[name] for name in ("abstain", *(["stored"] if stored else [])) if besides.get(name)}
    return {**put, **sent}
