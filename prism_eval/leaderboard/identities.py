"""What a captioner's identity tells of it: which control it is, whose model answers, which weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

CONTROLS = ("blind", "mismatched", "direct")
"""The plugins whose captioners put a score in context: they are no entries, and no rival of one."""


def control_of(identity: Mapping[str, object]) -> str:
    """Which control a captioner is; empty for an entry."""
    plugin = str(identity.get("plugin", ""))
    return plugin if plugin in CONTROLS else ""


def own_model(identity: object) -> object:
    """What tells a captioner's model from others, however it is asked; ``None`` where it has none, or several.

    Of a combinator it is its only part's: `budget(A)` and `direct(A)` have A's.
    """
    if not isinstance(identity, Mapping):
        return None
    if isinstance(engine := identity.get("engine"), Mapping):
        return engine.get("plugin"), engine.get("model"), engine.get("revision")
    if isinstance(parts := identity.get("parts"), list):
        return own_model(parts[0]) if len(parts) == 1 else None
    # Of a captioner without a model, what a reader can know of an image is the same however little it says of it.
    return identity.get("plugin")


def models_of(identity: object) -> Iterator[str]:
    """What the models in an identity are called, those of its engine and its parts included."""
    yield from _said("model", identity)


def revision_of(identity: object) -> str:
    """Which weights an identity says its models have; empty where it does not say."""
    return ", ".join(dict.fromkeys(_said("revision", identity)))


def _said(key: str, identity: object) -> Iterator[str]:
    if isinstance(identity, Mapping):
        if isinstance(said := identity.get(key), str):
            yield said
        for value in identity.values():
            yield from _said(key, value)
    elif isinstance(identity, list):
        for value in identity:
            yield from _said(key, value)
