"""Items as a page lists them where scripts do not run: by themselves, without pictures, captions cut short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from prism_eval.leaderboard.verdicts import OUTCOMES
from prism_eval.report.explorer.items import NONE, Listed, Part, Reply, Said, beginning
from prism_eval.report.text import one_line, visible

_CAPTION, _ANSWER = 160, 80
_TAGS, _TAGS_OF_A_REPLY = 420, 190
"""What the template writes around the texts, in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainReply:
    """What came of one captioner's caption."""

    captioner: str
    outcome: str
    extracted: str | None
    caption: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainItem:
    """One question, what is accepted, and each captioner's reply."""

    anchor: str
    benchmark: str
    id: str
    question: str
    options: Sequence[str]
    gold: str
    replies: Sequence[PlainReply]

    @property
    def size(self) -> int:
        """About how many bytes it takes on a page."""
        from markupsafe import escape

        texts = [self.anchor, self.benchmark, self.id, self.question, self.gold, *self.options]
        for reply in self.replies:
            texts += [reply.captioner, reply.captioner, reply.extracted or "", reply.caption or ""]
        return _TAGS + _TAGS_OF_A_REPLY * len(self.replies) + sum(len(escape(text).encode()) for text in texts)


def plain(benchmark: str, captioners: Sequence[str], listed: Listed, said: Said, part: Part) -> PlainItem:
    """An item as it is listed."""
    replies = zip(captioners, listed.outcomes, said["replies"], strict=True)
    return PlainItem(
        anchor=anchor(benchmark, listed.id),
        benchmark=benchmark,
        id=listed.id,
        question=beginning(part.texts[said["question"]]),
        options=[beginning(option) for option in said["options"]],
        gold=listed.gold,
        replies=[_reply(label, letter, reply, part) for label, letter, reply in replies if reply],
    )


def _reply(captioner: str, letter: str, reply: Reply, part: Part) -> PlainReply:
    caption = None if reply.caption is None else beginning(part.texts[reply.caption])
    return PlainReply(
        captioner=captioner,
        outcome="" if letter == NONE else OUTCOMES[ord(letter) - ord("a")].value,
        extracted=None if reply.extracted is None else one_line(beginning(reply.extracted), _ANSWER),
        caption=None if caption is None else one_line(caption[: 2 * _CAPTION], _CAPTION),
    )


def anchor(benchmark: str, item: str) -> str:
    """What an item's address has behind the ``#``; `explorer.js` makes the same.

    Args:
        benchmark: The benchmark's name.
        item: The item's id, as it is listed.
    """
    # As JavaScript's encodeURIComponent.
    return "item/" + "/".join(quote(visible(text), safe="!~*'()-_.") for text in (benchmark, item))
