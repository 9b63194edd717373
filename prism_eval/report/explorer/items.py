"""Items as the explorer's script reads them: a list of all to filter, and the texts of a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from prism_eval.plugins.identity import digest_of
from prism_eval.report.explorer.marks import Span, marks, sought
from prism_eval.report.explorer.replies import Repeats, Replies, Row
from prism_eval.report.text import one_line, visible

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NONE = "-"
_QUESTION, _GOLD, _NOTE, _LONGEST_ID = 240, 60, 400, 200

Text = str | tuple[str, int]
"""A text, or its beginning and how many characters it goes on for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Characters after which texts are cut; ``None`` for whole ones."""

    caption: int | None = None
    other: int | None = None


WHOLE = Lengths()


class Whys(NamedTuple):
    """Why points were lost.

    Attributes:
        names: The reasons.
        numbers: Shape (verdicts,): the place of one among them; -1 where nothing was lost and where nobody looked.
    """

    names: Sequence[str]
    numbers: NDArray[np.int8]


class Listed(NamedTuple):
    """What is said of every item, so that all can be listed, searched and filtered.

    Attributes:
        id: Its id, by which its address names it.
        question: Its question on one line, shortened.
        gold: Its accepted answers, likewise.
        picture: What leads to its first picture; 0 for none.
        outcomes: A letter a captioner: the place of its outcome among `OUTCOMES`, from a; `NONE` for no reply.
        whys: A letter a captioner: the place of why it lost the point among `Whys.names`; `NONE` for no reason.
    """

    id: str
    question: str
    gold: str
    picture: object
    outcomes: str
    whys: str


class Reply(NamedTuple):
    """What came of one captioner's caption. Places are those of a `Part`'s texts.

    Attributes:
        caption: The place of the caption; ``None`` if there is none.
        right: Where the caption says an accepted answer.
        instead: Where it says what was answered instead.
        answer: The place of what the reader wrote; ``None`` if it was not asked.
        extracted: The answer as it was read out of that.
        score: The score; ``None`` where the call failed.
        note: Why, in words.
        repeats: How often the item was asked, if more than once.
    """

    caption: int | None
    right: list[Span]
    instead: list[Span]
    answer: int | None
    extracted: Text | None
    score: float | None
    note: str
    repeats: Repeats


class Said(TypedDict):
    """All that is said of an item: its question's place, options, accepted answers, pictures and replies."""

    question: int
    options: list[Text]
    golds: list[Text]
    pictures: list[object]
    replies: list[Reply | None]


@dataclass(slots=True)
class Part:
    """The texts of some items; each text is there once, and items name it by its place."""

    items: list[Said] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    places: dict[tuple[str, int | None, bool], int] = field(default_factory=dict)

    def place(self, text: str, length: int | None, *, end: bool = False) -> int:
        """The place of a text, cut as `shown` does."""
        key = text, length, end
        if key not in self.places:
            self.places[key] = len(self.texts)
            self.texts.append(shown(text, length, end=end))
        return self.places[key]

    def forget(self, texts: int) -> None:
        """Drop the last item, and the texts behind the first so many, which it brought."""
        self.items.pop()
        del self.texts[texts:]
        self.places = {key: place for key, place in self.places.items() if place < texts}

    def data(self) -> dict[str, object]:
        """It as JSON can say it."""
        return {"items": self.items, "texts": self.texts}


@dataclass(frozen=True)
class Writer:
    """Writes a leaderboard's items down.

    Attributes:
        replies: Whose texts.
        picture: What leads to an image's picture, by its digest; 0 where there is none.
        lengths: After how many characters texts are cut.
        whys: Why points were lost; ``None`` if nobody has looked.
    """

    replies: Replies
    picture: Callable[[str], object]
    lengths: Lengths = WHOLE
    whys: Whys | None = None

    def add(self, number: int, said: Sequence[Row | None], part: Part) -> Listed:
        """Add an item, by its number and what was read of it, to a part."""
        asked = next(row for row in said if row is not None)
        table, place = self.replies.verdicts.table, next(row for row in self.replies.rows[:, number] if row >= 0)
        options, golds = table.texts(asked["options"], place), table.texts(asked["gold"], place)
        pictures = [self.picture(digest) for digest in asked["images"] or ()]
        answers = sought(asked["kind"], golds, options)
        part.items.append(
            {
                "question": part.place(asked["question"] or "", self.lengths.other),
                "options": [shown(option, self.lengths.other) for option in options],
                "golds": [shown(gold, self.lengths.other) for gold in golds],
                "pictures": pictures,
                "replies": [
                    row and self._reply(row, repeats, answers, options, part)
                    for row, repeats in zip(said, self.replies.repeats(number), strict=True)
                ],
            }
        )
        return Listed(
            id=_address(asked["item"]),
            question=one_line(asked["question"] or "", _QUESTION),
            gold=one_line(" or ".join(golds), _GOLD),
            picture=next(filter(None, pictures), 0),
            outcomes="".join(map(_letter, self.replies.outcomes[:, number].tolist())),
            whys="".join(map(_letter, self._whys(number))),
        )

    def _reply(self, row: Row, repeats: Repeats, answers: Sequence[str], options: Sequence[str], part: Part) -> Reply:
        other, caption, answer, extracted = self.lengths.other, row["caption"], row["answer"], row["extracted"]
        place = None if caption is None else part.place(caption, self.lengths.caption)
        written = "" if place is None else beginning(part.texts[place])
        right = marks(written, answers)
        given = [extracted] if extracted and not row["score"] else []
        return Reply(
            caption=place,
            right=right,
            instead=marks(written, sought(row["kind"], given, options), but=right),
            # A reply ends in its answer, so its end is the part to keep.
            answer=None if answer is None else part.place(answer, other, end=True),
            extracted=None if extracted is None else shown(extracted, other),
            score=row["score"],
            note=one_line(row["note"] or "", _NOTE),
            repeats=repeats,
        )

    def _whys(self, number: int) -> list[int]:
        rows = self.replies.rows[:, number]
        if self.whys is None:
            return [-1] * len(rows)
        return [int(self.whys.numbers[row]) if row >= 0 else -1 for row in rows.tolist()]


def beginning(text: Text) -> str:
    """As much of a text as is there."""
    return text if isinstance(text, str) else text[0]


def shown(text: str, length: int | None, *, end: bool = False) -> Text:
    """A text that can be read, cut to a length; what is cut off is counted, below 0 where the end is what stays."""
    if length is None or len(text) <= length:
        return visible(text)
    if end:
        return visible(text[-length:].lstrip()), length - len(text)
    return visible(text[:length].rstrip()), len(text) - length


def _address(item: str) -> str:
    """An item's id as a page can write it: one that had to be changed for that is still no other item's."""
    written = visible(item)
    if written == item and len(item) <= _LONGEST_ID:
        return item
    return f"{written[:_LONGEST_ID]}~{digest_of(item)[:12]}"


def _letter(place: int) -> str:
    return NONE if place < 0 else chr(ord("a") + place)
