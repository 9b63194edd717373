"""A run's calls as they would be made: what the store does not hold is written down, and nobody is asked."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from prism_eval.calls import Call, CallFailure, Calls
from prism_eval.engines import Engine, OnEngine
from prism_eval.plugins import Plugin
from prism_eval.run.needs import CHARACTERS_A_TOKEN, made_of
from prism_eval.schema import Completion, Generation, Image, Request

_PIXELS_A_TOKEN = 28 * 28  # Qwen2-VL and its successors: patches of 14 x 14, merged four to one
_UNKNOWN = re.compile(r"\[unknown: [0-9a-f]{64}\]")
"""What stands for a text that does not exist yet; no two are alike, as texts of models seldom are."""


@dataclass
class Load:
    """What one plugin is asked in one stage.

    Attributes:
        stage: The stage.
        plugin: Who is asked: a model, or a plugin in this process.
        stored: Calls that the store answers.
        calls: Calls that it does not.
        text_tokens: Tokens of their texts, at 4 characters each; texts that do not exist yet count nothing.
        image_tokens: Tokens of their images, at one for 28 x 28 pixels.
        unknown: Texts among them that do not exist yet.
        most: Tokens that the replies may have.
        written: Tokens of the stored replies that say how many they have, and how many say so.
        cached: Tokens that a prefix cache held for the stored replies that say so, and those that were read for them.
        seconds: What each stored reply took that says so.
    """

    stage: str
    plugin: Plugin
    stored: int = 0
    calls: int = 0
    text_tokens: int = 0
    image_tokens: int = 0
    unknown: int = 0
    most: int = 0
    written: tuple[int, int] = (0, 0)
    cached: tuple[int, int] = (0, 0)
    seconds: list[float] = field(default_factory=list)

    def hit(self, found: Generation) -> None:
        """Count a call that the store answers."""
        self.stored += 1
        if found.completion_tokens is not None:
            tokens, count = self.written
            self.written = tokens + found.completion_tokens, count + 1
        if found.cached_tokens is not None and found.prompt_tokens:
            held, read = self.cached
            self.cached = held + found.cached_tokens, read + found.prompt_tokens
        if found.seconds is not None and len(self.seconds) < _SAMPLED:
            self.seconds.append(found.seconds)

    def asks(self, text: str, images: Iterable[int], most: int) -> None:
        """Take in one request."""
        known, unknown = _UNKNOWN.subn("", text)
        self.text_tokens += len(known) // CHARACTERS_A_TOKEN
        self.unknown += unknown
        self.image_tokens += sum(images)
        self.most += most


_SAMPLED = 1000
_ASKING: ContextVar[Load | None] = ContextVar("what is asked now", default=None)


class Foreseen(Calls):
    """The client of a run that is only foreseen.

    Attributes:
        loads: What each plugin is asked, by stage and lane; combinators only ask others, and are asked nothing.
        missing: The keys of what the store does not hold.
    """

    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.loads: dict[Hashable, Load] = {}
        self.missing: set[str] = set()
        self._found: set[str] = set()
        self._sizes: dict[str, int] = {}

    def watch(self, plugins: Iterable[Plugin]) -> None:
        """Have the engines of some plugins write down what they are asked, in place of asking a model."""
        for plugin in plugins:
            for one in made_of(plugin):
                if isinstance(one, Engine):
                    # The object stays what it is in all else: its identity makes the keys, its lane the limits.
                    vars(one).update(generate=self._generate, log_likelihood=self._log_likelihood)

    def _known(self, call: Call[Any]) -> Generation | None:
        found = super()._known(call)
        if found is not None and call.key not in self._found:
            self._found.add(call.key)
            if call.plugin.lane is not None:
                self._load(call).hit(found)
        return found

    async def _make(self, call: Call[Any]) -> Generation | CallFailure:
        if call.key in self.missing:
            return _unknown(call)
        self.missing.add(call.key)
        combines = call.plugin.lane is None
        if not combines:
            self._load(call).calls += 1
        if combines or isinstance(call.plugin, OnEngine | Engine):
            _ASKING.set(None if combines else self._load(call))  # in this call's own task
            # A text that is unknown is none that a plugin can read.
            with contextlib.suppress(Exception):
                await call.ask()
        return _unknown(call)

    def _load(self, call: Call[Any]) -> Load:
        key = call.stage, call.plugin.lane, getattr(getattr(call.plugin, "engine", call.plugin), "model", "")
        return self.loads.setdefault(key, Load(call.stage, call.plugin))

    async def _generate(self, request: Request) -> Completion:
        texts = [request.raw, *(part for one in request.messages for part in one.parts if isinstance(part, str))]
        self._take("".join(texts), request.images, request.sampling.max_tokens)
        return Completion("[unknown]")

    async def _log_likelihood(self, prompt: str, continuations: Sequence[str]) -> list[float]:
        # Each is read behind the whole prompt.
        self._take("".join(prompt + one for one in continuations), (), 0)
        return [0.0] * len(continuations)

    def _take(self, text: str, images: Sequence[Image], most: int) -> None:
        if (load := _ASKING.get()) is not None:
            load.asks(text, map(self._tokens, images), most)

    def _tokens(self, image: Image) -> int:
        if image.digest not in self._sizes:
            self._sizes[image.digest] = _image_tokens(image)
        return self._sizes[image.digest]


def _unknown(call: Call[Any]) -> Generation:
    # Who says nothing on purpose is known to.
    text = "" if getattr(call.plugin, "silent", False) else f"[unknown: {call.key}]"
    kind: Callable[[str], Generation] = call.returns
    return kind(text)


def _image_tokens(image: Image) -> int:
    from io import BytesIO

    from PIL import Image as PillowImage

    try:
        with PillowImage.open(BytesIO(image.data)) as opened:
            width, height = opened.size
    # A damaged image costs nothing: it will be refused before anybody is asked about it.
    except (OSError, ValueError, PillowImage.DecompressionBombError):
        return 0
    return width * height // _PIXELS_A_TOKEN
