"""Multiple-choice benchmarks whose parser is a few lines: MMStar, SEED-Bench-2-Plus, WeMath and VisuLogic.

Each parser says what its authors' code says, except that nothing is ever drawn at random and a letter that is no
option of the item is no answer where the authors' code could not have scored it either.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from prism_eval.errors import DataError
from prism_eval.schema import Item, ItemKind
from prism_eval.scoring.base import Comparison, Scorer
from prism_eval.scoring.wemath import FourDimensions


@dataclass(kw_only=True)
class Choice(Scorer):
    """Scores the letter of a multiple-choice item by equality with the gold letter."""

    quick: ClassVar[bool] = True

    def check(self, item: Item) -> None:
        """Make sure that the item is multiple-choice: a letter is all that can be scored here.

        Raises:
            DataError: It is not, or its gold is none of its options.
        """
        super().check(item)
        if item.kind is not ItemKind.CHOICE:
            raise DataError(
                f"{item.benchmark}: item {item.id} is not multiple-choice, which is all that scorer {self.name!r} can "
                "score: choose another scorer in the benchmark's [scoring] table"
            )

    def compare(self, item: Item, extracted: str) -> Comparison:
        """Letters are equal or they are not."""
        return Comparison(float(extracted in item.golds))


@dataclass(kw_only=True)
class MMStar(Choice):
    """The first-character rule of MMStar (``eval/vlmeval/evaluate/mmstar.py`` of its repository).

    The letter must open the reply, alone, after ``(``, after "option " or after "the answer is ". Only the character is
    looked at: "Cannot say" is a C.
    """

    name: ClassVar[str] = "mmstar"
    openings: ClassVar[tuple[str, ...]] = ("", "(", "option ", "the answer is ")

    def parse(self, item: Item, reply: str) -> str | None:
        """The character where the letter must stand, if it is an option's."""
        # No opening is longer; the rest of a reply is never looked at.
        start = reply.lower().strip().replace("\n", " ")[:20]
        for opening in self.openings:
            letter = start[len(opening) : len(opening) + 1].upper()
            if start.startswith(opening) and letter in item.letters:
                return letter
        return None


@dataclass(kw_only=True)
class KitRule(Choice):
    """VLMEvalKit's letter match (``can_infer`` in ``vlmeval/utils/matching_util.py``).

    A single option letter among the words, standing within the last four; else the only option whose text occurs.
    """

    _punctuation: ClassVar[dict[int, str]] = str.maketrans(dict.fromkeys(".()[],:;!*#{}", " "))
    _lost: ClassVar[str] = "Failed to obtain answer via API"
    _refusals: ClassVar[tuple[str, ...]] = (
        "Sorry, I can't help with images of people yet.",
        "I can't process this file.",
        "I'm sorry, but without the image provided",
        "Cannot determine the answer",
    )

    def parse(self, item: Item, reply: str) -> str | None:
        """A lone letter, or a lone option text."""
        # What the kit's own caller writes for a lost call: no letter is looked for in it, but an option's text is.
        if self._lost in reply:
            return self._text(item, reply)
        if self.declines(item, reply):
            return None
        return self._letter(item, reply) or self._text(item, reply)

    def declines(self, item: Item, reply: str) -> bool:
        """Whether the kit takes a reply for "none of them", its letter Z: as words of refusal, or as written."""
        words = self._words(reply)
        written = "Z" in words and not any(letter in words for letter in item.letters)
        return self._lost not in reply and (written or any(refusal in reply for refusal in self._refusals))

    def _words(self, reply: str) -> list[str]:
        return reply.translate(self._punctuation).split()

    def _letter(self, item: Item, reply: str) -> str | None:
        words = self._words(reply)
        places = {letter: words.index(letter) for letter in item.letters if letter in words}
        if len(places) != 1:
            return None
        ((letter, place),) = places.items()
        # Early in a reply "A" is mostly the article.
        return letter if place > len(words) - 5 else None

    def _text(self, item: Item, reply: str) -> str | None:
        options = {letter: text.lower() for letter, text in item.lettered}
        # A long reply weighs the options: that it mentions one does not make it the answer.
        if len(reply) > 2 * sum(map(len, options.values())):
            return None
        found = [letter for letter, text in options.items() if text in reply.lower()]
        return found[0] if len(found) == 1 else None


@dataclass(kw_only=True)
class SeedBench2Plus(KitRule):
    """The letter match that evaluation kits use for SEED-Bench-2-Plus.

    Its authors rank the options by loss and read no text, so VLMEvalKit's rule as of e8e78f05 stands in: where there
    is no lone letter, what opens with A to D after the first "answer is" comes before an option's text, be it a word.
    """

    name: ClassVar[str] = "seedbench2plus"

    _said: ClassVar[re.Pattern[str]] = re.compile(r"answer\s+is\s+\**([A-D])", re.IGNORECASE)

    def _letter(self, item: Item, reply: str) -> str | None:
        if alone := super()._letter(item, reply):
            return alone
        said = self._said.search(reply)
        letter = said.group(1).upper() if said else ""
        return letter if letter in item.letters else None


@dataclass(kw_only=True)
class WeMath(Choice):
    """The rule of WeMath (``evaluation/accuracy.py`` of its repository).

    What follows the last "Answer", without ``> < : .``, must open with an option's letter. Its metric is over groups
    of items: `prism_eval.scoring.wemath`.
    """

    name: ClassVar[str] = "wemath"

    _noise: ClassVar[dict[int, None]] = dict.fromkeys(map(ord, "><:."))

    def parse(self, item: Item, reply: str) -> str | None:
        """The first character after the last "Answer"."""
        first = reply.rpartition("Answer")[2].strip().translate(self._noise).strip()[:1]
        return first if first in item.letters else None

    def aggregation(self) -> FourDimensions:
        """The four-dimensional metric."""
        return FourDimensions()


@dataclass(kw_only=True)
class VisuLogic(Choice):
    r"""The rules of VisuLogic (``evaluation/eval_model.py`` of its repository), without the language model after them.

    The last ``\boxed{}`` if it holds a letter alone, else how the reply ends, begins or states its answer.
    """

    name: ClassVar[str] = "visulogic"

    _letters: ClassVar[tuple[str, ...]] = ("A", "B", "C", "D")
    _braces: ClassVar[re.Pattern[str]] = re.compile(r"\\boxed\{|[^\\]\}")
    _phrases: ClassVar[tuple[str, ...]] = (
        "answer:",
        "the final answer is:",
        "the answer is option:",
        "the answer is:",
        "the correct answer is option:",
        "the correct answer is:",
        "the answer should be:",
        "the final answer is",
        "the answer is option",
        "the answer is",
        "the correct answer is option",
        "the correct answer is",
        "the answer should be",
    )

    def parse(self, item: Item, reply: str) -> str | None:
        """The boxed letter, else the stated one."""
        boxed = self._boxed(reply).strip()
        return boxed if boxed in self._letters else self._stated(reply)

    def _boxed(self, text: str) -> str:
        if len(text) < 3:
            return text
        open_at: list[int] = []
        found = None
        for brace in self._braces.finditer(text):
            if brace.group().endswith("{"):
                open_at.append(brace.end())
            elif open_at:
                start = open_at.pop()
                found = (start, brace.start() + 1) if not open_at else found
        if found is None:
            return text
        content = text[slice(*found)]
        for command in ("\\text{", "\\rm{", "\\mathbf{", "$", "}"):
            content = content.replace(command, "")
        # "A or B" is no choice.
        return text if len(content) > 2 or "or" in content else content

    def _stated(self, reply: str) -> str | None:
        text = reply.replace("<|endoftext|>", "")
        for letter in self._letters:
            if text.endswith((f" {letter}.", f" ({letter}).")) or text.startswith(
                (f"{letter}\n", f"({letter})\n", f"({letter}) {letter}\n")
            ):
                return letter
        rest = text.lower()
        # Each phrase is looked for in what the one before it left: the order is part of the rule.
        for phrase in self._phrases:
            if phrase in rest:
                rest = rest.rpartition(phrase)[2].strip().partition("\n")[0].partition(".")[0]
                if rest.upper() in self._letters:
                    return rest.upper()
        return text if text in self._letters else None
