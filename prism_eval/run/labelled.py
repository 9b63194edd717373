"""The spec strings of a plan as plugins: each under one label, and none of them another under a second name."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import TypeVar

from prism_eval.errors import PrismError, UsageError
from prism_eval.plugins import Kind, Plugin, Spec, build, check_class, label_of
from prism_eval.plugins.faults import fault_of

P = TypeVar("P", bound=Plugin)


def named(kind: Kind[P], text: str, *, ready: Mapping[str, P], settings: Mapping[str, object]) -> tuple[P, str]:
    """The plugin that a spec string, or the label of a ready one, stands for, and what tables call it."""
    if text in ready:
        plugin = ready[text]
        check_class(kind, type(plugin), f"{kind.name} {text!r}")
        return plugin, text
    spec = Spec.parse(text)
    return build(kind, spec, settings), label_of(kind, spec)


def about_model(text: str, ready: Container[str]) -> Mapping[str, float]:
    """What a spec string says of its model; of a ready plugin nothing is known."""
    return {} if text in ready else Spec.parse(text).about


def told_apart(kind: Kind[P], plugins: Iterable[tuple[P, str]], *, shared: str) -> dict[str, P]:
    """Plugins of one kind by their labels, in order.

    Args:
        kind: The kind.
        plugins: They, each with its label.
        shared: What two that are one and the same would share.

    Raises:
        UsageError: Two of them have one label, or are one and the same.
    """
    by_label: dict[str, P] = {}
    by_identity: dict[str, str] = {}
    for plugin, label in plugins:
        # Identities first: two servers under one name are told both things that set them apart, and not one by one.
        identity = introduced(plugin, label)
        if identity in by_identity:
            raise UsageError(
                f"{kind.name}s {by_identity[identity]!r} and {label!r} are one and the same, and would share every "
                f"{shared}: if they serve different weights, tell them apart with revision=... (and name them with "
                "label=...); else drop one"
            )
        if label in by_label:
            raise UsageError(f"two {kind.name}s are called {label!r}: tell them apart with label=...")
        by_label[label], by_identity[identity] = plugin, label
    return by_label


def introduced(plugin: Plugin, label: str) -> str:
    """The digest of a plugin's identity: all that it says of itself is asked before anything is paid for.

    Raises:
        UsageError: It cannot tell, or its identity holds what JSON cannot say.
    """
    try:
        _ = plugin.lane, plugin.address, plugin.root, plugin.source
        digest = plugin.identity_digest
    except PrismError:
        raise
    except BaseException as error:
        raise UsageError(fault_of(plugin, f"{plugin.name!r} ({label}), what it says of itself", error)) from error
    return digest
