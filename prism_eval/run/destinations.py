"""Which servers a run sends what: whoever reads it may want to stop the run at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from prism_eval.captioners import Captioner
from prism_eval.engines import OnEngine
from prism_eval.judges import Judge
from prism_eval.plan import Stage
from prism_eval.plugins import Plugin
from prism_eval.reasoners import Reasoner


def destinations(
    captioners: Sequence[Captioner], reasoners: Iterable[Reasoner], judge: Judge | None, calling: Collection[Stage]
) -> str:
    """Which addresses are sent what, in one sentence; empty where nothing leaves this process.

    Args:
        captioners: The entries' captioners.
        reasoners: Who reads what they say.
        judge: Who judges the answers.
        calling: The stages that may call their plugins.
    """
    sent: list[tuple[Stage, str, Iterable[Plugin]]] = [
        ("caption", "images", [captioner for captioner in captioners if not captioner.answers]),
        ("answer", "images and questions", [captioner for captioner in captioners if captioner.answers]),
        ("answer", "captions and questions", reasoners),
        ("score", "answers to judge", [judge] if judge else []),
    ]
    told = [
        f"{what} go to {' and '.join(addresses)}"
        for stage, what, plugins in sent
        if stage in calling
        and (addresses := dict.fromkeys(address for plugin in plugins for address in _addresses(plugin)))
    ]
    words = "; ".join(told)
    return f"{words[0].upper()}{words[1:]}" if words else ""


def _addresses(plugin: Plugin) -> Iterator[str]:
    keys = plugin.engine.keys if isinstance(plugin, OnEngine) else {}
    for address in plugin.addresses:
        yield f"{address} with ${keys[address]}" if address in keys else address
    for part in getattr(plugin, "parts", ()):
        yield from _addresses(part)
