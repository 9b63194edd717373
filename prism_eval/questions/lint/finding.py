"""One thing that is wrong with a question, or with a set of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        rule: The rule's name, as programs know it.
        says: What is wrong, in a sentence.
        questions: The ids of the questions that it is about; empty where it is about the whole set.
    """

    rule: str
    says: str
    questions: tuple[str, ...] = ()
