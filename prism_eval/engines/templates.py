"""A prompt's template: text with slots such as ``{caption}``, and what goes into them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prism_eval.errors import FatalError, UsageError
from prism_eval.schema import Item

SLOTS = ("caption", "question", "options", "golds", "reply", "abstain")
_SLOT = re.compile(rf"(\{{heading\}})?\{{({'|'.join(SLOTS)})\}}(\{{newline\}})?")
# Prism's reader is asked a question that says so itself, or opens with a hint, as it stands.
_HEADED = ("question:", "hint:")


def fill(template: str, slots: Mapping[str, str]) -> str:
    """Put texts into a template's slots; all other braces are plain text.

    One pass, so that a caption which itself says ``{question}`` stays as it was written. What stands around a slot may
    depend on its text: ``{question}{newline}`` ends the line unless the text has ended it, and ``{heading}{question}``
    puts "Question: " in front unless the text begins with that, or with "Hint:".
    """

    def filled(slot: re.Match[str]) -> str:
        heading, name, newline = slot.groups()
        if name not in slots:
            return slot[0]
        text = slots[name]
        before = "Question: " if heading and not text.lower().startswith(_HEADED) else ""
        return before + text + ("\n" if newline and not text.endswith("\n") else "")

    return _SLOT.sub(filled, template)


def check_template(name: str, template: str, needed: frozenset[str], free: frozenset[str] = frozenset()) -> None:
    """See that a template has exactly the slots its items can fill; those in ``free`` may be left out.

    Raises:
        UsageError: A slot is missing, or one stands there that such items leave empty.
    """
    found = {slot[2] for slot in _SLOT.finditer(template)}
    for slot in sorted(needed - found):
        raise UsageError(f"{name} has no {{{slot}}}: the {slot} would never be shown")
    for slot in sorted(found - needed - free):
        raise UsageError(f"{name} has {{{slot}}}, but the items it is for have no {slot}")


def option_lines(item: Item) -> str:
    """An item's options, one ``A. text`` a line."""
    return "\n".join(f"{letter}. {text}" for letter, text in item.lettered)


def no_chat_template(where: str) -> FatalError:
    """The error for a model in this process that knows no turns of a conversation."""
    return FatalError(
        f"{where}: has no chat template, as models have that were not trained to reply; it can only rank options "
        "(by=rank)"
    )
