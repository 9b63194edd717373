"""What captions and answers took: tokens, time and, at the prices that are given, money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Self

from prism_eval.run.item_result import Captioned, ItemResult
from prism_eval.run.settings import Settings
from prism_eval.schema import Generation

_MILLION = 1_000_000


@dataclass
class Spent:
    """What texts of one kind took.

    It is the same whether they were made now or found in the store: of a text the store says how long it took when it
    was made. Of texts from elsewhere nobody knows.

    Attributes:
        texts: How many there are.
        counted: Of those, how many have both counts of tokens; the others are in no sum of tokens.
        prompt_tokens: Tokens that were read for them.
        completion_tokens: Tokens that were written.
        cached_tokens: Tokens that were read for them out of a prefix cache, as far as anybody says.
        cacheable_tokens: Tokens that were read by whoever says so.
        image_tokens: Tokens that were read for them and stood for images, as far as anybody says.
        timed: How many say how long they took.
        seconds: The sum of that. Calls go out side by side, so nobody waited as long.
    """

    texts: int = 0
    counted: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cacheable_tokens: int = 0
    image_tokens: int = 0
    timed: int = 0
    seconds: float = 0.0

    def add(self, text: Generation) -> None:
        """Take in one text."""
        self.texts += 1
        if text.prompt_tokens is not None and text.completion_tokens is not None:
            self.counted += 1
            self.prompt_tokens += text.prompt_tokens
            self.completion_tokens += text.completion_tokens
        if text.cached_tokens is not None and text.prompt_tokens:
            self.cached_tokens += text.cached_tokens
            self.cacheable_tokens += text.prompt_tokens
        self.image_tokens += text.image_tokens or 0
        if text.seconds is not None:
            self.timed += 1
            self.seconds += text.seconds

    def __iadd__(self, other: Spent) -> Self:
        """Take in what other texts took."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))
        return self

    def told(self, what: str, about: Mapping[str, float]) -> dict[str, object]:
        """The numbers as JSON values.

        Args:
            what: What the texts are.
            about: What is said of the model: ``price_in`` and ``price_out``, for a million tokens.
        """
        cost = self.cost(about)
        return {
            what: self.texts,
            "counted": self.counted,
            # Nothing is known of what nobody counted; a 0 would be a number.
            "prompt_tokens": self.prompt_tokens if self.counted else None,
            "completion_tokens": self.completion_tokens if self.counted else None,
            **self._details(),
            "timed": self.timed,
            "seconds": round(self.seconds, 3) if self.timed else None,
            **({} if cost is None else {"cost": cost}),
        }

    def _details(self) -> dict[str, int]:
        """What is known of the tokens that were read; most servers say nothing of it."""
        cached = {"cached_tokens": self.cached_tokens, "cacheable_tokens": self.cacheable_tokens}
        images = {"image_tokens": self.image_tokens}
        return {**(cached if self.cacheable_tokens else {}), **(images if self.image_tokens else {})}

    def cost(self, about: Mapping[str, float]) -> float | None:
        """What they cost, as far as their tokens are known; ``None`` where no prices are given.

        Args:
            about: What is said of the model: ``price_in`` and ``price_out``, for a million tokens.
        """
        if not self.counted or not about.keys() & {"price_in", "price_out"}:
            return None
        read, written = about.get("price_in", 0.0), about.get("price_out", 0.0)
        return round((self.prompt_tokens * read + self.completion_tokens * written) / _MILLION, 6)


@dataclass(frozen=True)
class Payer:
    """Whose texts are paid for.

    Attributes:
        label: An entry's label.
        about: What is said of its model.
        answers: Whether it answers by itself.
    """

    label: str
    about: Mapping[str, float]
    answers: bool


@dataclass
class Spending:
    """What each entry took.

    Attributes:
        captions: By entry; an image's caption counts once a sample, however many questions ask about it.
        answers: By entry and reasoner.
        seconds: How long this run has worked, from its first item to its last.
    """

    captions: defaultdict[str, Spent] = field(default_factory=lambda: defaultdict(Spent))
    answers: defaultdict[tuple[str, str], Spent] = field(default_factory=lambda: defaultdict(Spent))
    seconds: float = 0.0

    def add(self, result: ItemResult, captions: Iterable[Captioned]) -> None:
        """Take in a result, and those of its captions that none before it had."""
        for captioned in captions:
            if captioned.caption:
                self.captions[result.entry].add(captioned.caption)
        if result.answer:
            self.answers[result.entry, result.reasoner].add(result.answer)

    @property
    def all(self) -> Spent:
        """What all texts took together, one that two entries share once for each."""
        whole = Spent()
        for spent in (*self.captions.values(), *self.answers.values()):
            whole += spent
        return whole

    def cost(self, settings: Settings) -> float | None:
        """What all entries cost together, a text that two of them share once for each; ``None`` without prices."""
        about = {entry.label: entry.about for entry in settings.entries}
        costs = [self.captions[label].cost(about[label]) for label in about]
        costs += [spent.cost(self._about_answers(settings, *who)) for who, spent in self.answers.items()]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if known else None

    def entries(self, settings: Settings) -> dict[str, object]:
        """By label, what an entry's captions took, and under ``answers`` by reasoner what those to them took."""
        payers = [Payer(entry.label, entry.about, answers=entry.captioner.answers) for entry in settings.entries]
        return self.told(payers, {label: settings.about.get(label, {}) for label in settings.reasoners})

    def told(self, entries: Iterable[Payer], reasoners: Mapping[str, Mapping[str, float]]) -> dict[str, object]:
        """The same.

        Args:
            entries: The entries.
            reasoners: What is said of each reasoner's model, by label.
        """
        return {
            entry.label: {
                **self.captions[entry.label].told("captions", entry.about),
                "answers": {
                    # Who answers by itself is paid by its own prices.
                    label: self.answers[entry.label, label].told("answers", entry.about if entry.answers else about)
                    for label, about in reasoners.items()
                    if (entry.label, label) in self.answers
                },
            }
            for entry in entries
        }

    @staticmethod
    def _about_answers(settings: Settings, entry: str, reasoner: str) -> Mapping[str, float]:
        """What is said of the model that answered."""
        asked = next(one for one in settings.entries if one.label == entry)
        # Who answers by itself is paid by its own prices.
        return asked.about if asked.captioner.answers else settings.about.get(reasoner, {})
