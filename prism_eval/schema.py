"""The nouns of prism-eval, frozen and typed. Imports nothing of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, lru_cache
from operator import index
from types import MappingProxyType
from typing import Any, ClassVar, Literal, TypeVar

_MAGIC = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
}


_LARGEST_COUNT = 2**63 - 1
"""What an integer column holds; a server may claim any number of tokens."""
G = TypeVar("G", bound="Generation")


class ItemKind(StrEnum):
    """What form of answer an item asks for."""

    CHOICE = "choice"
    SHORT = "short"


class Outcome(StrEnum):
    """How an answer ended. ``FAILED`` is infrastructure and never a score."""

    CORRECT = "correct"
    WRONG = "wrong"
    ABSTAINED = "abstained"
    UNPARSED = "unparsed"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    FAILED = "failed"


class FinishReason(StrEnum):
    """Why a model stopped writing. ``FILTERED``: somebody would not have it, the model itself or a filter before it."""

    STOP = "stop"
    LENGTH = "length"
    CONTEXT = "context_length"
    FILTERED = "content_filter"

    @property
    def cut(self) -> bool:
        """Whether there would have been more: the limit on its tokens was met, or the server's context ran out."""
        return self in (FinishReason.LENGTH, FinishReason.CONTEXT)


# Compared as objects: comparing megabytes is what the digest is there to avoid.
@dataclass(frozen=True, eq=False)
class Image:
    """Encoded image bytes, exactly as they came in.

    Attributes:
        data: The encoded bytes (PNG, JPEG, ...).
        name: Where the image came from, for messages and for matching caption files.
        facts: What a synthetic scene shows, one statement each; ``None`` for real images.
        other: Another image of the same benchmark, for controls such as `mismatched`.
    """

    data: bytes = field(repr=False)
    name: str = ""
    facts: tuple[str, ...] | None = field(default=None, repr=False)
    other: Image | None = field(default=None, repr=False)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the encoded bytes, as 64 hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def label(self) -> str:
        """What messages call it: its name, or so much of its digest as tells images apart and fits a line."""
        return self.name or self.digest[:12]

    @cached_property
    def media_type(self) -> str:
        """The MIME type read off the first bytes; ``application/octet-stream`` if unknown."""
        # Not from the name: data sets hold JPEG files called .png, which servers refuse under that type.
        for magic, media_type in _MAGIC.items():
            if self.data.startswith(magic):
                return media_type
        if self.data[:4] == b"RIFF" and self.data[8:12] == b"WEBP":
            return "image/webp"
        return "application/octet-stream"


def utf8(text: str) -> str:
    """The text as UTF-8 can hold it: lone surrogates become ``?``."""
    if text.isascii():  # which costs nothing to know, and is true of most replies
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


@lru_cache(maxsize=64)
def option_letters(count: int) -> tuple[str, ...]:
    """The letters of so many options, in order: A, B, C, ..."""
    return tuple(chr(ord("A") + index) for index in range(count))


Through = Literal["completions", "chat"]
"""Which of a server's two ways a stored prompt goes: as it is, or as messages over which it lays its template."""
Reading = Literal["robust", "official"]
"""How an answer is found in a reply: in the form that was asked for and whatever else says it plainly, or as the
benchmark's own program finds it, whose form slips are then wrong as they are there."""
EMPTY_GOLD = "empty_gold"
"""The column that says of an item that its gold is empty, and that its benchmark keeps it all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question about one or more images.

    Attributes:
        benchmark: The benchmark's name, with its variant if it has one (``mmmu_pro:vision``).
        id: Unique within the benchmark.
        kind: The form of answer asked for.
        question: The question's text, without its options; may hold ``<image n>`` placeholders.
        images: The images asked about, in order.
        options: The options' texts, in order: the first is A. Empty unless ``kind`` is ``CHOICE``.
        golds: The accepted answers; for ``CHOICE`` the gold option's letter alone.
        cluster: Items with the same cluster share images, so their errors are not independent.
        columns: Further columns of the row that a scorer reads (question type, year, ...), JSON values.
        image_numbers: What ``<image n>`` calls each image; empty where they are counted from 1 without a gap.
        abstain: The benchmark's own word for a question that the image does not answer; empty: the protocol's.
        stored_prompt: The prompt as the data store it, in a model's chat format; empty where they store none.
    """

    benchmark: str
    id: str
    kind: ItemKind
    question: str
    images: tuple[Image, ...]
    golds: tuple[str, ...]
    cluster: str
    options: tuple[str, ...] = ()
    columns: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    image_numbers: tuple[int, ...] = ()
    abstain: str = ""
    stored_prompt: str = ""

    @property
    def lettered(self) -> tuple[tuple[str, str], ...]:
        """Each option with its letter."""
        return tuple(zip(self.letters, self.options, strict=True))

    @property
    def letters(self) -> tuple[str, ...]:
        """The options' letters: A, B, C, ..."""
        return option_letters(len(self.options))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How a model picks its tokens. What is ``None`` is not sent: the server's own value holds.

    Attributes:
        temperature: 0 for the likeliest token each time.
        top_p: Share of the probability mass that is sampled from, in (0, 1].
        max_tokens: Upper bound on the reply's tokens.
        seed: Seed of sample 0.
        repetition_penalty: Divides the odds of tokens that were there before; 1 for no penalty.
        top_k: How many of the likeliest tokens are sampled from; -1 for all.
        min_p: The least probability, as a share of the likeliest token's, that is sampled from; 0 for any.

    Raises:
        ValueError: A value is outside its range; the message names it.
    """

    # A protocol file that misspells a key is told so instead of running with the default.
    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}

    temperature: float | None = 0.0
    top_p: float | None = 1.0
    max_tokens: int = 1024
    seed: int | None = None
    repetition_penalty: float | None = None
    top_k: int | None = None
    min_p: float | None = None

    def __post_init__(self) -> None:
        # Each compared as within its range, which no NaN is.
        if self.temperature is not None and not 0 <= self.temperature < float("inf"):
            raise ValueError(f"temperature must be 0 or more, not {self.temperature}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, not {self.top_p}")
        if self.max_tokens < 1:
            raise ValueError(f"max_tokens must be 1 or more, not {self.max_tokens}")
        if self.repetition_penalty is not None and not 0 < self.repetition_penalty < float("inf"):
            raise ValueError(f"repetition_penalty must be above 0, not {self.repetition_penalty}")
        if self.top_k is not None and self.top_k < -1:
            raise ValueError(f"top_k must be 1 or more, or -1 for all tokens, not {self.top_k}")
        if self.min_p is not None and not 0 <= self.min_p <= 1:
            raise ValueError(f"min_p must be from 0 to 1, not {self.min_p}")

    def of_sample(self, sample: int) -> Sampling:
        """The sampling of one sample, from 0: ``seed + sample`` where chance plays.

        Without a temperature all samples share the seed, as they do the text: another seed would make the same call
        look like a different one to a server's cache.
        """
        if self.seed is None or self.temperature == 0:
            return self
        return replace(self, seed=self.seed + sample)


NEUTRAL: Mapping[str, float] = MappingProxyType({"repetition_penalty": 1.0, "top_k": -1, "min_p": 0.0})
"""What leaves a model's own probabilities as they are, whatever its ``generation_config.json`` asks of a server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerForm:
    r"""How the protocol asked for the answer.

    Attributes:
        marker: What the answer's line starts with.
        boxed: Whether the answer was asked for inside ``\boxed{}`` inside ``<answer>``.
        abstain: What the reasoner is told to write when the caption does not say, for benchmarks without a word of
            their own: it fills a prompt's ``{abstain}``.
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}

    marker: str = "Answer:"
    boxed: bool = False
    abstain: str = "cannot answer"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation: text and images in the order the model shall see them."""

    role: str
    parts: tuple[str | Image, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Everything one model call depends on.

    Attributes:
        messages: What the model is shown.
        sampling: How it picks its tokens.
        sample: Which of the texts asked for in the same words, from 0.
        choices: All that a reply may be, for engines that were told to hold a model to it; empty for anything.
        raw: In place of messages, the whole text that the model goes on from: no chat template is laid over it.
    """

    messages: tuple[Message, ...]
    sampling: Sampling
    sample: int = 0
    choices: tuple[str, ...] = ()
    raw: str = ""

    @property
    def images(self) -> tuple[Image, ...]:
        """The images of all messages, in order."""
        return tuple(part for message in self.messages for part in message.parts if isinstance(part, Image))

    @property
    def begun(self) -> bool:
        """Whether the last turn is the model's own, which it goes on with."""
        return bool(self.messages) and self.messages[-1].role == "assistant"

    def with_images(self, change: Callable[[Image], Image]) -> Request:
        """The same with each image changed."""
        messages = (
            replace(message, parts=tuple(part if isinstance(part, str) else change(part) for part in message.parts))
            for message in self.messages
        )
        return replace(self, messages=tuple(messages))


@dataclass(frozen=True, slots=True)
class Generation:
    """Text a model wrote, and how it came to stop.

    Models emit lone surrogates now and then, which no UTF-8 file can hold: they become ``?`` here, at the door,
    so that a text has one digest before and after it was stored. Counts that no table can hold are no counts.

    Attributes:
        text: What it wrote; whatever there was where it was cut or filtered, and nothing where it was not let begin.
        finish_reason: How it came to stop.
        prompt_tokens: ``None`` where the engine does not say.
        completion_tokens: Likewise.
        note: What people should know of how it stopped, such as a filter's own words. One line.
        seconds: How long it took to be written, when it was; ``None`` where nobody measured. Texts that differ in
            nothing else are equal.
        cached_tokens: Of the prompt's tokens those that a prefix cache held when it was written, where the engine says
            so. It is about that moment, as ``seconds`` is, and compared no more.
        image_tokens: Of the prompt's tokens those that stood for images, where the engine says so. Whether it does is
            how it was started: two texts of one model are equal whether or not it did.
    """

    text: str
    finish_reason: FinishReason = FinishReason.STOP
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    note: str = ""
    seconds: float | None = field(default=None, compare=False)
    cached_tokens: int | None = field(default=None, compare=False)
    image_tokens: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.seconds is not None:
            object.__setattr__(self, "seconds", _duration(self.seconds))
        # Set only where it is to be something else, which it hardly ever is: a generation is made thrice for an answer.
        for name in ("text", "note"):
            said = getattr(self, name)
            if (text := utf8(said)) is not said:
                object.__setattr__(self, name, text)
        for name in ("prompt_tokens", "completion_tokens", "cached_tokens", "image_tokens"):
            said = getattr(self, name)
            if said is not None and (count := _count(said)) is not said:
                object.__setattr__(self, name, count)

    def into(self, kind: type[G], *, seconds: float | None = None) -> G:
        """The same as another stage calls it, and as long in being written as is said, if it is."""
        tokens, besides = (self.prompt_tokens, self.completion_tokens), (self.cached_tokens, self.image_tokens)
        took = self.seconds if seconds is None else seconds
        return kind(self.text, self.finish_reason, *tokens, self.note, took, *besides)


def _count(said: object) -> int | None:
    try:
        count = index(said)  # type: ignore[arg-type]  # a stranger's engine may count in numpy's numbers, or in floats
    except TypeError:
        return None
    return count if 0 <= count <= _LARGEST_COUNT else None


def _duration(said: object) -> float | None:
    return float(said) if isinstance(said, int | float) and 0 <= said < float("inf") else None


class Completion(Generation):
    """What an engine returns for a request."""

    __slots__ = ()


# Both are wanted for every question about a caption's image, one soon after the other, and each time of another object.
@lru_cache(maxsize=64)
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=64)
def _words(text: str) -> int:
    return len(text.split())


class Caption(Generation):
    """What a captioner says of an image."""

    __slots__ = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return _digest(self.text)

    @property
    def words(self) -> int:
        """Number of whitespace-separated words."""
        return _words(self.text)


class Answer(Generation):
    """What a reasoner replies to a question."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scorer says of an answer.

    Attributes:
        outcome: How the answer ended.
        score: In [0, 1]; 0 for every outcome but ``CORRECT`` and ``WRONG``; ``None`` when ``FAILED``.
        extracted: The answer as it was read out of the reply; ``None`` if there was none.
        note: Why, where the outcome alone does not say: the rule that read the answer, or the failure. For people.
        undecided: Whether the rule only stands in for a judge: it found nothing certain, and the answer may be right.
    """

    outcome: Outcome
    score: float | None
    extracted: str | None = None
    note: str = ""
    undecided: bool = False
