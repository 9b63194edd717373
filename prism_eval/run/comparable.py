"""What two runs must have in common for their scores to stand in one table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from prism_eval.errors import UsageError
from prism_eval.run.reading import Manifest

Fields = Mapping[str, object]
"""By the name of a field, its value: a text, a number, a truth value or ``None``."""

ITEMS = ("limit", "first", "seed", "fingerprint")
"""The fields of a benchmark that tell which of its items were asked."""

_SHOWN = 60
"""Characters of a long value, such as a prompt, that a message shows."""
_BEFORE = 15
"""Of them, those before the first that differs."""


def comparable(manifest: Manifest) -> dict[str, Fields]:
    """What the scores of a run depend on, beside the captioner.

    Returns:
        Under ``""`` what holds for all of it: the protocol, the reasoner, the judge, the orders of options. Under the
        name of a benchmark what holds for that: its scorer, which items were drawn, and the fingerprint of its data.
    """
    plan = manifest.get("plan") or {}
    whole = {
        **_flat("protocol", _protocol(manifest)),
        **_flat("reasoner", (manifest.get("reasoner") or {}).get("identity")),
        "orders": plan.get("orders", 1),
        **({"rotate": True} if plan.get("rotate") else {}),
    }
    judge = _flat("judge", (manifest.get("judge") or {}).get("identity"))
    return {"": whole} | {
        str(entry["name"]): {
            "scorer": entry.get("scorer"),
            **_flat("scorer", entry.get("scoring")),
            **(judge if entry.get("needs_judge") else {}),
            **_sample(plan, entry),
            "fingerprint": entry.get("fingerprint"),
        }
        for entry in manifest["benchmarks"]
    }


def ended_early(manifest: Manifest) -> dict[str, Fields]:
    """By benchmark, at which look a run ended before it had asked all: such samples differ as those of two limits do.

    The tables do not say it: there it shows in the fingerprints.
    """
    looks = manifest.get("looks") or {}
    taken, planned = looks.get("taken"), looks.get("planned")
    ended = None if taken == planned else f"{taken} of {planned}"
    return {str(entry["name"]): {"looks": ended} for entry in manifest["benchmarks"]}


def difference(first: Mapping[str, Fields], second: Mapping[str, Fields]) -> tuple[str, object, object] | None:
    """The first field by which two runs cannot be compared, with both values; ``None`` where they can be.

    Of benchmarks only those that both have are looked at.
    """
    for part in first:
        if part not in second:
            continue
        own, others = first[part], second[part]
        for field in dict.fromkeys([*own, *others]):
            if own.get(field) != others.get(field):
                return named(part, field), own.get(field), others.get(field)
    return None


def named(part: str, field: str) -> str:
    """A field as messages name it: with its benchmark, where it is one's."""
    return f"{part}: {field}" if part else field


def check_alike(first: object, of_first: Mapping[str, Fields], second: object, of_second: Mapping[str, Fields]) -> None:
    """Make sure that scores of two runs may be compared.

    Args:
        first: What one is called, its folder as a rule.
        of_first: What its scores depend on.
        second: What the other is called.
        of_second: What its scores depend on.

    Raises:
        UsageError: They may not; the message names the first field that differs, and both values.
    """
    if differs := difference(of_first, of_second):
        field, left, right = differs
        raise UsageError(
            f"{first} and {second} cannot be compared: {field} is {shown(left, right)} in {first} "
            f"and {shown(right, left)} in {second}"
        )


def shown(value: object, other: object) -> str:
    """A value on one line, of a long one the piece in which it differs from another."""
    text, beside = _text(value), _text(other)
    if len(text) <= _SHOWN:
        return text
    same = next((place for place, (a, b) in enumerate(zip(text, beside, strict=False)) if a != b), len(beside))
    start = max(0, same - _BEFORE)
    piece = text[start : start + _SHOWN]
    return f"{'…' if start else ''}{piece}{'…' if start + _SHOWN < len(text) else ''}"


def _text(value: object) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _protocol(manifest: Manifest) -> dict[str, object]:
    # What it is for is no part of what it does; the edition and the captions an image first, for they are told by name.
    said = {key: value for key, value in (manifest.get("protocol") or {}).items() if key != "summary"}
    return {key: said[key] for key in ("name", "edition", "samples") if key in said} | said


def _sample(plan: Mapping[str, object], entry: Mapping[str, object]) -> dict[str, object]:
    """Which of a benchmark's items were asked; nothing in particular where it is all of them, whatever the limit."""
    whole = not plan.get("limit") or (entry.get("size") and entry.get("size") == entry.get("items"))
    return {key: None if whole else plan.get(key) for key in ITEMS[:3]}


def _flat(name: str, value: object) -> dict[str, object]:
    return dict(_leaves(name, value))


def _leaves(name: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}", inner)
    elif value is not None:
        # A list is one value: by its places nobody would know what differs.
        yield name, value
