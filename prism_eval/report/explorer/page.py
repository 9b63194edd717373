"""The explorer of one file: a sample of the items that keeps the page small, and all that is said of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from prism_eval.leaderboard import Leaderboard
from prism_eval.leaderboard.verdicts import OUTCOMES
from prism_eval.leaderboard.writing import counted
from prism_eval.report.explorer.items import Lengths, Listed, Part, Said, Whys, Writer
from prism_eval.report.explorer.parts import items_in_a_part
from prism_eval.report.explorer.plain import PlainItem, plain
from prism_eval.report.explorer.replies import Replies, Row, replies_of, titles_of
from prism_eval.report.explorer.sample import SEED, drawn
from prism_eval.report.text import visible
from prism_eval.report.thumbnails import none_there, thumbnails_in

MOST_BYTES = 3_400_000
"""What the explorer may take of a page of six megabytes."""

_LENGTHS = Lengths(caption=4000, other=1500)
_MOST_PLAIN = 1_000_000
"""The same, of a site's page, which lists some of its items for those whose browser runs no scripts."""
_MOST_ITEMS, _MOST_REPLIES = 600, 6000
"""More would not fit, and reading them would take long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explorer:
    """What the page's explorer shows.

    Attributes:
        data: What its script reads, as JSON can say it.
        benchmarks: By benchmark, its title and how many of its items are there.
        drawn: Which items are shown, and how they were chosen.
        pictures: Why there are no pictures; empty if there are.
        whys: The reasons for lost points that can be filtered by.
        plain: The items as they are listed where scripts do not run.
    """

    data: Mapping[str, object]
    benchmarks: Mapping[str, tuple[str, int]]
    drawn: str
    pictures: str
    whys: Sequence[str]
    plain: Sequence[PlainItem]


def explorer_of(
    board: Leaderboard,
    short: Mapping[str, str],
    *,
    images: bool = True,
    whys: Whys | None = None,
    most: int = MOST_BYTES,
) -> Explorer:
    """A sample of a leaderboard's items within so many bytes.

    Args:
        board: The leaderboard.
        short: By captioner, what the page calls it.
        images: Whether thumbnails are shown.
        whys: Why points were lost.
        most: The most bytes that data, pictures and plain list take.

    Raises:
        RunError: The runs' tables or thumbnails cannot be read.
    """
    replies, titles = replies_of(board), titles_of(board)
    most_read = max(len(titles), min(_MOST_ITEMS, _MOST_REPLIES // max(1, len(board.everyone))))
    candidates = drawn(replies, board.benchmarks)[:most_read]
    # More than will fit are read, and at once: which ones fit is known only when their texts are.
    read = replies.read(candidates)
    digests = {digest for said in read for row in said if row for digest in row["images"] or ()}
    sample = _Sample(replies, dict(thumbnails_in(board, digests)) if images else {}, whys, most)
    for item, said in zip(candidates, read, strict=True):
        sample.take(item, said)
    totals = {name: int(replies.items_of(name).size) for name in titles}
    return Explorer(
        data=about(board, short, whys, totals) | sample.data(list(titles)),
        benchmarks={name: (title, len(sample.of(name))) for name, title in titles.items()},
        drawn=_sentence(len(sample.kept), sum(totals.values()), len(board.everyone)),
        pictures=_no_pictures(board, images=images),
        whys=whys.names if whys else (),
        plain=[kept.plain for name in titles for kept in sample.of(name)],
    )


def explorer_of_all(board: Leaderboard, short: Mapping[str, str], *, images: bool = True, whys: Whys) -> Explorer:
    """The explorer of a site, which loads every item from the files that `write_parts` writes.

    Args:
        board: The leaderboard.
        short: By captioner, what the page calls it.
        images: Whether thumbnails are shown.
        whys: Why points were lost.
    """
    replies, titles = replies_of(board), titles_of(board)
    totals = {name: int(replies.items_of(name).size) for name in titles}
    return Explorer(
        data=about(board, short, whys, totals) | {"inPart": items_in_a_part(board)},
        benchmarks={name: (title, totals[name]) for name, title in titles.items()},
        drawn=_sentence(sum(totals.values()), sum(totals.values()), len(board.everyone)),
        pictures=_no_pictures(board, images=images),
        whys=whys.names,
        # Without scripts nothing can be loaded: a sample is all there is to read then.
        plain=explorer_of(board, short, images=False, most=_MOST_PLAIN).plain,
    )


def about(
    board: Leaderboard, short: Mapping[str, str], whys: Whys | None, totals: Mapping[str, int]
) -> dict[str, object]:
    """What the explorer's script has to know before it has any item.

    Args:
        board: The leaderboard.
        short: By captioner, what the page calls it.
        whys: Why points were lost.
        totals: By benchmark, how many items it has.
    """
    return {
        "captioners": [visible(short[row.captioner]) for row in board.everyone],
        "outcomes": [outcome.value for outcome in OUTCOMES],
        "whys": list(whys.names) if whys else [],
        "benchmarks": [
            {"name": visible(name), "title": visible(title), "total": totals[name]}
            for name, title in titles_of(board).items()
        ],
    }


def _no_pictures(board: Leaderboard, *, images: bool) -> str:
    return none_there(board) if images else "Pictures were left out: --no-images."


def _sentence(shown: int, total: int, captioners: int) -> str:
    if shown == total:
        return f"All {counted(total, 'question')}."
    telling = "such that captioners differ" if captioners > 1 else "not answered right"
    how = f"two of three {telling}, as far as there are any, and first one of every image"
    return f"{shown:,} of {counted(total, 'question')}, drawn at random (seed {SEED}), of each benchmark alike: {how}."


def _size(data: object) -> int:
    """How many bytes data take within a page's script, where each character that HTML knows is written in six."""
    written = json.dumps(data, ensure_ascii=False)
    return len(written.encode()) + 5 * sum(map(written.count, "<>&'"))


class _Kept(NamedTuple):
    """An item that the page shows."""

    number: int
    listed: Listed
    said: Said
    plain: PlainItem


class _Sample:
    """Items taken one after the other as long as there is room."""

    def __init__(self, replies: Replies, thumbnails: Mapping[str, bytes], whys: Whys | None, most: int) -> None:
        self.kept: list[_Kept] = []
        self._replies = replies
        self._thumbnails = thumbnails
        # By digest, in the order in which the script knows them by number.
        self._pictures: dict[str, int] = {}
        self._parts = {name: Part() for name in replies.verdicts.benchmarks}
        self._writer = Writer(replies, self._picture, _LENGTHS, whys)
        self._left = most

    def take(self, number: int, said: Sequence[Row | None]) -> None:
        """Show an item too, if there is room for it."""
        name = self._benchmark(number)
        part = self._parts[name]
        texts, pictures = len(part.texts), len(self._pictures)
        listed = self._writer.add(number, said, part)
        shown = plain(name, self._replies.captioners, listed, part.items[-1], part)
        added = list(self._pictures)[pictures:]
        new = [*map(self._encoded, added), *part.texts[texts:], part.items[-1], listed]
        size = _size(new) + shown.size
        if size > self._left:
            part.forget(texts)
            for digest in added:
                del self._pictures[digest]
            return
        self._left -= size
        self.kept.append(_Kept(number, listed, part.items[-1], shown))

    def of(self, benchmark: str) -> list[_Kept]:
        """What is shown of a benchmark, in the order of its items."""
        own = (kept for kept in self.kept if self._benchmark(kept.number) == benchmark)
        return sorted(own, key=lambda kept: kept.number)

    def data(self, benchmarks: Sequence[str]) -> dict[str, object]:
        """It as the script reads it: by benchmark a list of items, and one part with the texts of all of them."""
        pieces: dict[str, object] = {}
        for place, name in enumerate(benchmarks):
            kept = self.of(name)
            pieces[f"{place}"] = [one.listed for one in kept]
            texts = self._parts[name].texts if name in self._parts else []
            pieces[f"{place}/0"] = {"items": [one.said for one in kept], "texts": texts}
        pictures = [self._encoded(digest) for digest in self._pictures]
        return {"pieces": pieces, "inPart": len(self.kept), "pictures": pictures}

    def _benchmark(self, number: int) -> str:
        verdicts = self._replies.verdicts
        return verdicts.benchmarks[int(verdicts.items.benchmark[number])]

    def _picture(self, digest: str) -> int:
        """The picture's number among those of the page, from 1."""
        if digest not in self._thumbnails:
            return 0
        return self._pictures.setdefault(digest, len(self._pictures) + 1)

    def _encoded(self, digest: str) -> str:
        return base64.b64encode(self._thumbnails[digest]).decode()
