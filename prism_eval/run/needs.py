"""What a run is going to ask of each of its models, and whether that fits what the model is."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

from prism_eval.captioners import Captioner
from prism_eval.engines import Engine, OnEngine, Probe
from prism_eval.engines.context import no_room
from prism_eval.engines.probe import raw_trial, trial_of
from prism_eval.plan import STAGES, Stage
from prism_eval.plugins import Plugin
from prism_eval.reasoners.prompted import PromptedReasoner
from prism_eval.reasoners.ranking import RankingReasoner
from prism_eval.run.settings import Settings
from prism_eval.schema import Request, Sampling

CHARACTERS_A_TOKEN = 4  # English prose in today's vocabularies; tables and formulas have fewer


@dataclass(frozen=True, slots=True)
class Need:
    """What is going to be asked of one model, whoever asks it.

    Attributes:
        engine: One of the engines that ask it.
        sampling: How, with the longest replies.
        sees: Whether images are shown.
        ranks: Whether options are ranked.
        chats: Whether messages are sent.
        raw: Whether plain text is sent in place of messages.
    """

    engine: Engine
    sampling: Sampling
    sees: bool
    ranks: bool
    chats: bool = True
    raw: bool = False

    @classmethod
    def of(cls, plugin: OnEngine) -> Need:
        """What one plugin asks of its engine."""
        sampling: Sampling = getattr(plugin, "sampling", Sampling())
        raw = isinstance(plugin, PromptedReasoner) and plugin.sends_raw
        sees, ranks = isinstance(plugin, Captioner), isinstance(plugin, RankingReasoner)
        return cls(plugin.engine, sampling, sees, ranks, chats=not raw, raw=raw)

    def __or__(self, other: Need) -> Need:
        """Both: whatever either sends."""
        sent = {
            field.name: own if (own := getattr(self.sampling, field.name)) is not None else theirs
            for field in fields(Sampling)
            if (theirs := getattr(other.sampling, field.name)) is not None
        }
        longest = max(self.sampling.max_tokens, other.sampling.max_tokens)
        sampling = replace(self.sampling, **sent | {"max_tokens": longest})
        said = {name: getattr(self, name) or getattr(other, name) for name in ("sees", "ranks", "chats", "raw")}
        return Need(self.engine, sampling, **said)

    @property
    def source(self) -> str:
        """The engine and its model."""
        return f"{self.engine.name}:{self.engine.model}"

    @property
    def where(self) -> str:
        """What messages call the model's place."""
        return self.engine.address or self.engine.name

    @property
    def trials(self) -> tuple[Request, ...]:
        """Short requests such as it will be sent, one of each way; none for a model that would be loaded here."""
        if not self.engine.address or self.engine.holds is not None:
            return ()
        talk = (trial_of(self.sampling, sees=self.sees),) if self.chats else ()
        return (*talk, raw_trial(self.sampling)) if self.raw else talk

    def unfit(self, probe: Probe) -> Iterator[str]:
        """Why nothing could be asked of it, and what to do: one sentence each."""
        if probe.context and self.sampling.max_tokens >= probe.context:
            yield str(no_room(self.where, self.sampling.max_tokens, probe.context))
        if self.sees and probe.images is False:
            why = _said(probe.why_no_images)
            yield f"{self.where}: the model {self.engine.model!r} takes no images{why}; caption with one that does"
        if self.ranks and probe.log_probabilities is False:
            yield (
                f"{self.where}: {self.engine.model!r} gives no log-probabilities, so it cannot rank options"
                f"{_said(probe.why_no_log_probabilities)}; leave out by=rank, or rank with another model"
            )


def _said(why: str) -> str:
    return f": {why}" if why else ""


def key_of(engine: Engine) -> Hashable:
    """What tells models apart: engines that are one place's same model have one key."""
    return engine.lane, engine.model


def needs_of(settings: Settings, calling: Collection[Stage]) -> dict[Hashable, Need]:
    """What a run asks of each model.

    Args:
        settings: What every item goes through.
        calling: The stages that may call their models.
    """
    needs: dict[Hashable, Need] = {}
    for plugin in (one for each in asking(settings, calling) for one in on_engines(each)):
        need, key = Need.of(plugin), key_of(plugin.engine)
        needs[key] = needs[key] | need if key in needs else need
    return needs


def asking(settings: Settings, calling: Collection[Stage] = STAGES) -> Iterator[Plugin]:
    """The plugins that ask models in some stages, or all."""
    for entry in settings.entries:
        if ("answer" if entry.captioner.answers else "caption") in calling:
            yield entry.captioner
    if "answer" in calling:
        yield from settings.reasoners.values()
    if settings.judge and "score" in calling:
        yield settings.judge


def on_engines(plugin: Plugin) -> Iterator[OnEngine]:
    """The engines' own plugins that a plugin is made of, itself among them."""
    return (one for one in made_of(plugin) if isinstance(one, OnEngine))


def made_of(plugin: Plugin) -> Iterator[Plugin]:
    """The plugin and all that it is made of, engines included."""
    yield plugin
    # Whatever a stranger's class calls its parts.
    for field in fields(plugin):
        held = getattr(plugin, field.name, None)
        for part in held if isinstance(held, tuple | list) else [held]:
            if isinstance(part, Plugin):
                yield from made_of(part)


def longest_caption(captioners: Iterable[Captioner]) -> int:
    """The most tokens that a caption may have; what several parts write may be read as one."""
    parts = ([one for one in on_engines(captioner) if isinstance(one, Captioner)] for captioner in captioners)
    return max((sum(Need.of(one).sampling.max_tokens for one in each) for each in parts), default=0)


def prompt_tokens(reasoner: OnEngine) -> int:
    """About how many tokens stand around a caption and its question."""
    prompts: Sequence[str] = [getattr(reasoner, name, "") for name in ("choice_prompt", "short_prompt")]
    return max(map(len, prompts)) // CHARACTERS_A_TOKEN


def too_tight(context: int | None, *, caption: int, prompt: int, answer: int) -> str:
    """What is to be said of a reader's context that does not hold the longest caption, its prompt and its answer."""
    if context is None or not caption or caption + prompt + answer < context:
        return ""
    return (
        f"the context of {context} tokens does not hold a caption of {caption} and an answer of {answer} with their "
        "prompt; answers to the longest captions may run out of it, as truncated and worth 0: caption with a smaller "
        "max_tokens, or read with a larger context"
    )
