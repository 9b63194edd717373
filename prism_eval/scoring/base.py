"""The scorer contract, and the steps from every reply to its verdict."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from prism_eval.errors import DataError
from prism_eval.plugins import Kind, Plugin, from_plan
from prism_eval.schema import EMPTY_GOLD, Answer, AnswerForm, FinishReason, Item, ItemKind, Outcome, Reading, Verdict
from prism_eval.scoring.aggregation import Aggregation
from prism_eval.scoring.answers import FEW_WORDS, given_back, is_undecided, rather_a_letter, set_off, shut
from prism_eval.scoring.extraction import read_form, read_last_line, read_sentence
from prism_eval.scoring.letters import exact_letter, is_no_choice, lists_options, read_letter, says_option
from prism_eval.scoring.thinking import strip_reasoning
from prism_eval.scoring.tidying import plain, tidy, unset
from prism_eval.scoring.wording import closed_word, is_abstention, is_refusal, is_shut


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing an extracted answer with the gold answers gave.

    Attributes:
        score: In [0, 1].
        note: Why, for people; may be empty.
        undecided: Whether the benchmark's rule cannot tell, so that a judge may: the score is then the rule's alone.
    """

    score: float
    note: str = ""
    undecided: bool = False


@dataclass(kw_only=True)
class Scorer(Plugin, ABC):
    r"""Turns a reply into a verdict, by one benchmark's rule.

    `score` reads the form the protocol asked for, then abstentions and refusals, then what a sentence says outright,
    and only then falls back to the benchmark's own parser (`parse`). Whatever was extracted is handed to the
    benchmark's own comparison (`compare`). A reply without an answer is ``UNPARSED``, never a random guess. Where
    ``reading`` is ``official``, it gives the score of the benchmark's own program instead (`official`).

    A run calls `check` once it has an item, before any model is asked about it; then, for each answer, `score` and
    `left_open`. All of it may happen in worker threads, several at once: what a scorer keeps must bear that. A
    `DataError` of theirs, or an error that is none of ours, costs that item or that answer, which is reported as
    ``FAILED`` with the error's text; any other `PrismError`, such as a missing package, ends the run, for which more
    would fail.

    Attributes:
        reading: How an answer is found in a reply.
        guesses: Whether the benchmark's own code draws a random letter where it finds none.
        needs_judge: Whether the benchmark's official scorer is a language model, so that rules alone decide only what
            is certain.
        reads_latex: Whether `compare` takes LaTeX; else what only sets a text, as in ``47\%``, is taken off before.
        reads_sentences: Whether an answer may be read out of "The answer is C.", which is not the form asked for.
        quick: Whether a short reply is scored in a fraction of a millisecond, whatever it says. Such are scored where
            they arrive: handing one to a thread and back takes longer than its score.
    """

    reading: Reading = from_plan("reading", default="robust", added=True)

    quick: ClassVar[bool] = False

    guesses: ClassVar[bool] = False
    reads_sentences: ClassVar[bool] = True
    needs_judge: ClassVar[bool] = False
    reads_latex: ClassVar[bool] = False

    def check(self, item: Item) -> None:
        """Make sure that answers to the item can be scored, before one is paid for.

        Override it, and call it first, where a rule needs more than a gold: years, or a formula that can be read.

        Raises:
            DataError: The item has no gold, a blank one, or one that names none of its options. The message names the
                benchmark and the item.
            MissingExtra: The scorer needs a package that is not installed.
        """
        if not item.golds or not (item.columns.get(EMPTY_GOLD) or any(gold.strip() for gold in item.golds)):
            raise DataError(f"{item.benchmark}: item {item.id} has no gold answer: mend or remove that row")
        if item.kind is ItemKind.CHOICE and not set(item.golds) <= set(item.letters):
            wrong = next(gold for gold in item.golds if gold not in item.letters)
            raise DataError(
                f"{item.benchmark}: item {item.id}: gold answer {wrong!r} is none of its options "
                f"{', '.join(item.letters) or '(it has none)'}: mend that row or its field mapping"
            )

    @abstractmethod
    def compare(self, item: Item, extracted: str) -> Comparison:
        """Compare an extracted answer with the golds of an item that `check` lets pass, as the authors do.

        Raises:
            DataError: The gold answer cannot be read.
        """

    @abstractmethod
    def parse(self, item: Item, reply: str) -> str | None:
        """Find the answer in a reply that is not in the form asked for, as the benchmark's authors do.

        Returns:
            The answer; ``None`` where there is none, or where the authors' code draws a random letter.
        """

    def admit(self, item: Item, written: str) -> str | None:
        """Turn what stood in the form asked for into what `compare` takes; ``None`` if it is no answer."""
        return read_letter(written, item) if item.kind is ItemKind.CHOICE else written

    def is_undecided(self, item: Item, written: str) -> bool:
        """Whether an answer leaves open which it is ("B or C", "not B", "14 or 15"), and so is wrong."""
        return is_undecided(item, written)

    def official(self, item: Item, reply: str) -> float | None:
        """The score the benchmark's own code gives a raw reply: the reference that parity tests hold us to.

        Returns:
            A score in [0, 1]; ``None`` where that code would have drawn a random letter.
        """
        parsed = self.parse(item, reply)
        if parsed is None:
            return None if self.guesses else 0.0
        return self.compare(item, parsed).score

    def official_part(self, item: Item, reply: str) -> str | None:
        """What of a raw reply the benchmark's own code compares; ``None`` or empty where it finds nothing."""
        return self.parse(item, reply)

    def score(self, item: Item, answer: Answer, form: AnswerForm) -> Verdict:
        """Say how an answer ended.

        Args:
            item: The question with its gold answers.
            answer: The reasoner's reply.
            form: How the reasoner was asked to write its answer.

        Raises:
            DataError: The item does not pass `check`.
            MissingExtra: The scorer needs a package that is not installed.
        """
        # Again, for those who score without a run: without a gold any answer would be plainly wrong. It costs a look.
        self.check(item)
        if self.reading == "official":
            return self._officially(item, answer)
        reply = plain(strip_reasoning(answer.text))
        gold = given_back(item, reply, form)
        if gold is not None:
            return self._verdict(item, gold, "asked-for form")
        written = read_form(reply, form)
        if written is not None and item.kind is ItemKind.CHOICE and self.reads_sentences:
            written = rather_a_letter(item, written, reply)
        verdict = self._read_answer(item, written, form, "asked-for form")
        return verdict or self._fall_back(item, answer, reply, form, written)

    def left_open(self, answer: Answer, verdict: Verdict) -> str | None:
        """What a judge shall grade, where rules could not decide; ``None`` where they did.

        Args:
            answer: The reply.
            verdict: What `score` said of it.
        """
        return None

    def aggregation(self) -> Aggregation | None:
        """A new gatherer of verdicts, where the benchmark makes more of them than their mean."""
        return None

    def _officially(self, item: Item, answer: Answer) -> Verdict:
        """The score of the benchmark's own code; of what it gives nothing for, how the reply ended."""
        score, part = self.official(item, answer.text), self.official_part(item, answer.text) or None
        rule = "official reading"
        if score or (part is not None and score is not None):
            # What a judge would be asked about there, no rule of theirs accepts either.
            outcome = Outcome.CORRECT if score >= 0.5 else Outcome.WRONG
            return Verdict(outcome, score, part, rule, self.needs_judge and not score)
        return without_answer(answer, rule, refused=is_refusal(answer.text))

    def _read_answer(self, item: Item, written: str | None, form: AnswerForm, rule: str) -> Verdict | None:
        """The verdict on an answer as it was written; ``None`` if it is no answer."""
        if written is None:
            return None
        if item.kind is ItemKind.SHORT:
            written = shut(item, written if self.reads_latex else unset(written))
            gold = next((gold for gold in item.golds if unset(tidy(gold)) == unset(written)), None)
            if gold is not None:
                return self._verdict(item, gold, rule)
        if is_abstention(written, item.abstain or form.abstain):
            return self._read_abstention(item, written, form, rule)
        extracted = self.admit(item, written)
        if (extracted is None or extracted not in item.letters) and self.is_undecided(item, written):
            return Verdict(Outcome.WRONG, 0.0, written, f"{rule}; no single answer")
        return None if extracted is None else self._verdict(item, extracted, rule)

    def _read_abstention(self, item: Item, written: str, form: AnswerForm, rule: str) -> Verdict:
        """The verdict on words of abstention: an option or a gold may say them, and then they are an answer."""
        answers = any(is_abstention(gold, item.abstain or form.abstain) for gold in item.golds)
        if item.kind is ItemKind.CHOICE:
            answers = exact_letter(written, item) is not None
        extracted = self.admit(item, written) if answers else None
        if extracted is not None:
            verdict = self._verdict(item, extracted, rule)
            # Of two ways to abstain only the benchmark's own is its answer.
            if item.kind is ItemKind.CHOICE or verdict.outcome is Outcome.CORRECT:
                return verdict
        return Verdict(Outcome.ABSTAINED, 0.0, written)

    def _fall_back(self, item: Item, answer: Answer, reply: str, form: AnswerForm, written: str | None) -> Verdict:
        bare = tidy(reply)
        # Models that were asked for a line "Answer: C" often write "C", which most benchmarks' parsers pass over; or
        # "Not Applicable." with its reasons below.
        choice = item.kind is ItemKind.CHOICE
        alone = exact_letter(bare, item) if choice else closed_word(bare) if any(map(is_shut, item.golds)) else None
        if alone is not None and (verdict := self._read_answer(item, bare, form, "bare answer")):
            return verdict
        if is_abstention(reply, item.abstain or form.abstain):
            # "Don't know" may be what was asked for.
            return self._read_abstention(item, bare, form, "bare answer")
        if answer.finish_reason is FinishReason.FILTERED or is_refusal(reply):
            return Verdict(Outcome.REFUSED, 0.0, note=answer.note)
        # Before the benchmark's parser: of half a chain of thought it would take whatever letter came last.
        if answer.finish_reason.cut:
            return Verdict(Outcome.TRUNCATED, 0.0, note=answer.note)
        if verdict := self._read_outright(item, bare, reply, form):
            return verdict
        # A few last words in the form that name no option are no place to look for a letter: "Answer: vitamin B".
        closing = written is not None and len(written) <= FEW_WORDS and written in reply[-2 * FEW_WORDS :]
        return Verdict(Outcome.UNPARSED, 0.0) if choice and closing else self._read_parsed(item, bare, reply, form)

    def _read_outright(self, item: Item, bare: str, reply: str, form: AnswerForm) -> Verdict | None:
        """The verdict on what a sentence says outright, or on a few words that name no single option."""
        if not self.reads_sentences:
            return None
        choice = item.kind is ItemKind.CHOICE
        if choice and (letter := self._stated_letter(item, reply)):
            return self._read_answer(item, letter, form, "stated answer")
        if (len(bare) <= FEW_WORDS or (choice and lists_options(bare, item))) and self.is_undecided(item, bare):
            return Verdict(Outcome.WRONG, 0.0, bare, "bare answer; no single answer")
        return self._read_answer(item, read_sentence(reply), form, "stated answer")

    def _stated_letter(self, item: Item, reply: str) -> str | None:
        # Letters cannot be mistaken for part of a sentence: they may be stated before the last line.
        said = read_sentence(reply, anywhere=True)
        return said if said and (read_letter(said, item) or is_no_choice(said, item)) else None

    def _read_parsed(self, item: Item, bare: str, reply: str, form: AnswerForm) -> Verdict:
        parsed = self.parse(item, reply)
        few = len(bare) <= FEW_WORDS
        if item.kind is ItemKind.CHOICE and parsed in item.letters:
            # Some parsers take a letter out of a word, the C of "Cannot", or out of a name, the B of "vitamin B".
            meant = read_letter(bare, item) == parsed if few else says_option(reply, parsed, item)
            parsed = parsed if meant else None
        named = read_letter(bare, item) if self.reads_sentences and item.kind is ItemKind.CHOICE else None
        if named is not None and "\n" not in bare and parsed not in item.letters:
            return self._verdict(item, named, "named in a sentence")
        if parsed is None and item.kind is ItemKind.CHOICE and self.reads_sentences:
            parsed = exact_letter(read_last_line(reply) or "", item)
        found = parsed is not None and bool(parsed.strip())
        verdict = self._verdict(item, str(parsed), "benchmark's parser") if found else Verdict(Outcome.UNPARSED, 0.0)
        # A line is its own answer to most parsers: in its typography it equals nothing.
        if self.reads_sentences and item.kind is ItemKind.SHORT and not verdict.score:
            return self._read_answer(item, set_off(item, reply, bare), form, "bare answer") or verdict
        return verdict

    def _verdict(self, item: Item, extracted: str, rule: str) -> Verdict:
        result: object = self.compare(item, extracted)
        if not isinstance(result, Comparison):
            raise TypeError(f"compare() returned {type(result).__name__}, not a Comparison")
        # Most rules say 0 or 1. Similarities and lists lie between: half of an answer or more counts as found.
        outcome = Outcome.CORRECT if result.score >= 0.5 else Outcome.WRONG
        note = "; ".join(part for part in (rule, result.note) if part)
        return Verdict(outcome, result.score, extracted, note, result.undecided)

    def close(self) -> None:
        """Give back processes and memory."""


@dataclass(kw_only=True)
class WholeReply(Scorer):
    """A scorer whose benchmark has no parser: officially the whole reply is the answer."""

    def parse(self, item: Item, reply: str) -> str | None:
        """A reply of one line is its own answer; one of several lines holds none, and would score 0 officially."""
        text = reply.strip()
        return None if "\n" in text else text or None

    def official(self, item: Item, reply: str) -> float | None:
        """The benchmark's comparison of the reply as it is."""
        return self.compare(item, reply).score


def without_answer(answer: Answer, rule: str, *, refused: bool = False) -> Verdict:
    """How a reply ended in which a rule of the benchmark's authors finds no answer.

    Args:
        answer: The reply.
        rule: What they call the rule.
        refused: Whether its words refuse.
    """
    note = answer.note or rule
    if refused or answer.finish_reason is FinishReason.FILTERED:
        return Verdict(Outcome.REFUSED, 0.0, note=note)
    return Verdict(Outcome.TRUNCATED if answer.finish_reason.cut else Outcome.UNPARSED, 0.0, note=note)


SCORER: Kind[Scorer] = Kind("scorer", Scorer)
"""The kind, for `prism_eval.plugins.build`."""
