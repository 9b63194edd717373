"""What an answer is beside its item: the gold itself, a word with its reasons, a letter after all, or undecided."""

from __future__ import annotations

from prism_eval.schema import AnswerForm, Item, ItemKind
from prism_eval.scoring.extraction import read_last_line, read_sentence
from prism_eval.scoring.letters import exact_letter, is_no_choice, lists_options, read_letter
from prism_eval.scoring.tidying import folded, plain, tidy
from prism_eval.scoring.wording import closed_word, denial, is_either_or, is_shut

FEW_WORDS = 40
"""Characters that a reply has which is hardly more than its answer."""


def given_back(item: Item, reply: str, form: AnswerForm) -> str | None:
    """The gold that a reply repeats word for word, whatever the words: they may be those of a form or a refusal."""
    longest = len(form.marker) + FEW_WORDS + max(map(len, item.golds))
    if item.kind is ItemKind.CHOICE or len(reply) > longest:
        return None
    marked = reply[: len(form.marker)].casefold() == form.marker.casefold()
    said = tidy(reply[len(form.marker) :] if marked else reply)
    return next((gold for gold in item.golds if tidy(plain(gold)) == said != ""), None)


def rather_a_letter(item: Item, written: str, reply: str) -> str:
    """The letter that the last line states after all, where a value stands in the form: "So the answer is B".

    Where the options are repeated from there on, all of them are.
    """
    if lists_options(rest := reply[reply.rfind(written) :], item):
        return rest
    if read_letter(written, item) is None and (said := read_sentence(reply)) and exact_letter(said, item):
        return said
    return written


def shut(item: Item, written: str) -> str:
    """An answer without its reasons, where the gold is a word that shuts the question: "No", "Not Applicable"."""
    if item.kind is ItemKind.SHORT and any(is_shut(gold) for gold in item.golds):
        return closed_word(written) or written
    return written


def set_off(item: Item, reply: str, bare: str) -> str | None:
    r"""The answer of a reply that is one in its typography, ``**Dark blue**`` or ``47\%``, or that ends in one."""
    dressed = not reply[:1].isalnum() or "\\" in reply or any(folded(gold) == folded(bare) for gold in item.golds)
    return bare or None if dressed and "\n" not in bare else read_last_line(reply)


def is_undecided(item: Item, written: str) -> bool:
    """Whether an answer leaves open which it is: "B or C", "not B", "14 or 15", "not red"."""
    if item.kind is ItemKind.CHOICE:
        return read_letter(written, item) is None and is_no_choice(written, item)
    denied = denial(written)
    if denied and any(folded(tidy(gold)) == folded(denied) for gold in item.golds):
        return True
    return is_either_or(written) and not any(is_either_or(gold) for gold in item.golds)
