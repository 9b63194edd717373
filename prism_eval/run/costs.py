"""From tokens to GPU hours and money: the arithmetic of `plan`, as docs/engines.md states it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from prism_eval.captioners import Captioner
from prism_eval.engines import Engine
from prism_eval.plugins import Plugin
from prism_eval.run.needs import key_of, made_of
from prism_eval.run.settings import Settings

_MILLION = 1_000_000
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Work:
    """What one model does in one stage.

    Attributes:
        tokens_in: Tokens of what is sent.
        cached: Of those, how many a prefix cache will hold.
        tokens_out: Tokens of the replies.
        seconds: How long it takes, from calls that were timed; ``None`` where none was.
    """

    tokens_in: int
    cached: int
    tokens_out: int
    seconds: float | None

    def money(self, about: Mapping[str, float]) -> float | None:
        """What it costs at ``price_in`` and ``price_out``, for a million tokens; ``None`` where neither is given."""
        if not about.keys() & {"price_in", "price_out"}:
            return None
        read, written = about.get("price_in", 0.0), about.get("price_out", 0.0)
        return (self.tokens_in * read + self.tokens_out * written) / _MILLION

    def gpu_hours(self, about: Mapping[str, float], gpus: float | None) -> float | None:
        """How long one GPU would be busy with it.

        By ``speed_in`` and ``speed_out``, the tokens that one GPU reads and writes in a second, where these are given:
        what a prefix cache holds is not read. Else by the time it takes, on so many GPUs.

        Args:
            about: What is said of the model.
            gpus: GPUs that the model takes up; ``None`` where nobody knows.
        """
        if "speed_in" in about:
            read, written = (self.tokens_in - self.cached) / about["speed_in"], self.tokens_out / about["speed_out"]
            return (read + written) / _HOUR
        return None if self.seconds is None or gpus is None else self.seconds * gpus / _HOUR


def gpus_of(engine: Engine, about: Mapping[str, float]) -> float | None:
    """GPUs that a model takes up: as ``on_gpus`` says, which is all that is known of a server, or the engine."""
    return about.get("on_gpus", engine.all_gpus)


class Said:
    """What the specs of a plan say of its models, by who asks them.

    Args:
        settings: What every item goes through.
    """

    def __init__(self, settings: Settings) -> None:
        readers = [(settings.reasoners[label], about) for label, about in settings.about.items()]
        self._captioners = _by_model([(entry.captioner, entry.about) for entry in settings.entries])
        self._reasoners = _by_model(readers)

    def of(self, plugin: Plugin, engine: Engine, stage: str) -> Mapping[str, float]:
        """What is said of a plugin's engine.

        One model that captions and reads costs the same whoever asks it, so one spec's words hold for both. How long
        its replies are depends on what it is asked, and holds for nobody else.
        """
        key = key_of(engine)
        captioner, reasoner = self._captioners.get(key, {}), self._reasoners.get(key, {})
        own, other = (captioner, reasoner) if isinstance(plugin, Captioner) else (reasoner, captioner)
        about = {**other, **own}
        asked = {"caption": captioner, "answer": reasoner}.get(stage, {})
        return {**about, "reply_tokens": asked["reply_tokens"]} if "reply_tokens" in asked else _without_length(about)


def _without_length(about: Mapping[str, float]) -> Mapping[str, float]:
    return {key: value for key, value in about.items() if key != "reply_tokens"}


def _by_model(told: Sequence[tuple[Plugin, Mapping[str, float]]]) -> dict[Hashable, dict[str, float]]:
    said: dict[Hashable, dict[str, float]] = {}
    # The first that says something of a model is heard.
    for plugin, about in reversed(told):
        for one in made_of(plugin):
            if isinstance(one, Engine):
                said[key_of(one)] = {**said.get(key_of(one), {}), **about}
    return said
