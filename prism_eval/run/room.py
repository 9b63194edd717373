"""Whether captions, questions and answers of the lengths that a run allows have room in its models' contexts."""

from __future__ import annotations

from collections.abc import Iterator

from prism_eval.engines import Engine, OnEngine
from prism_eval.engines.context import no_room
from prism_eval.errors import CallError
from prism_eval.plan import Stage
from prism_eval.plugins import Plugin
from prism_eval.run.settings import Settings
from prism_eval.schema import Sampling


async def notes_on_room(settings: Settings, calling: frozenset[Stage]) -> list[str]:
    """What a run should say of its contexts before its first call, one sentence each.

    Args:
        settings: What every item goes through.
        calling: The stages that may call their models.

    Raises:
        FatalError: The bound on a model's replies alone fills its context: nothing could be asked of it.
    """
    captioners = [list(on_engines(one.captioner)) for one in settings.entries if not one.captioner.answers]
    if "caption" in calling:
        for captioner in (one for parts in captioners for one in parts):
            await context_of(captioner)
    if "answer" not in calling:
        return []
    for direct in (one for entry in settings.entries if entry.captioner.answers for one in on_engines(entry.captioner)):
        await context_of(direct)
    # What several parts write may be read as one caption.
    longest = max((sum(map(_bound, parts)) for parts in captioners), default=0)
    return [
        f"{reasoner.address or reasoner.source}: {tight}"
        for answering in settings.reasoners.values()
        for reasoner in on_engines(answering)
        if (tight := too_tight(await context_of(reasoner), longest, _bound(reasoner)))
    ]


def too_tight(size: int | None, caption: int, answer: int) -> str:
    """What is to be said of a reader's context that does not hold the longest caption beside the longest answer."""
    if size is None or not caption or caption + answer < size:
        return ""
    return (
        f"the context of {size} tokens does not hold a caption of {caption} and an answer of {answer}; "
        "answers to the longest captions may run out of it, as truncated and worth 0"
    )


def on_engines(plugin: Plugin) -> Iterator[OnEngine]:
    """The engines' own plugins that a plugin is made of."""
    if isinstance(plugin, OnEngine):
        yield plugin
    for part in (*getattr(plugin, "parts", ()), *filter(None, [getattr(plugin, "inner", None)])):
        yield from on_engines(part)


def _bound(plugin: OnEngine) -> int:
    sampling: Sampling = getattr(plugin, "sampling", Sampling())
    return sampling.max_tokens


async def context_of(plugin: OnEngine) -> int | None:
    """The tokens that a plugin's model may read and write together; ``None`` where nobody says.

    Raises:
        FatalError: Its replies alone may have as many.
    """
    engine: Engine = plugin.engine
    try:
        size = await engine.context()
    except CallError:  # a run that finds everything in the store needs no server; the calls of others will tell
        return None
    if size and _bound(plugin) >= size:
        raise no_room(engine.address or engine.name, _bound(plugin), size)
    return size
