"""What captioners' identities tell of them: whose model answers, which weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prism_eval.run.entries import control_of


def own_model(identity: object) -> str | None:
    """What tells a captioner's model from others, however it is asked; ``None`` where it has none, or several.

    Of a combinator it is its only part's: `budget(A)` and `direct(A)` have A's.
    """
    if not isinstance(identity, Mapping):
        return None
    if isinstance(engine := identity.get("engine"), Mapping):
        return repr([engine.get(key) for key in ("plugin", "model", "revision")])
    if isinstance(parts := identity.get("parts"), list) and parts:
        return own_model(parts[0]) if len(parts) == 1 else None
    # Of a captioner without a model, what a reader can know of an image is the same however little it says of it.
    return repr(identity["plugin"]) if "plugin" in identity else None


def direct_controls(identities: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """By a captioner's label, that of the first control that shows its own model the images.

    Args:
        identities: By label, the identities of a leaderboard's entries and controls.
    """
    seeing: dict[str | None, str] = {}
    for label, identity in identities.items():
        if control_of(identity) == "direct":
            seeing.setdefault(own_model(identity), label)
    seeing.pop(None, None)
    own = {label: seeing.get(own_model(identity)) for label, identity in identities.items()}
    return {label: control for label, control in own.items() if control and control != label}


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
