"""The explorer of a site: every item, in files that a page loads when somebody looks at them.

They are scripts that hold JSON and no code of their own, since a page opened from a disk may load those and nothing
else. ``explorer/3.js`` lists the items of the fourth benchmark, ``explorer/3/0.js`` holds the texts of its first few.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from prism_eval.leaderboard import Leaderboard
from prism_eval.report.explorer.items import Listed, Part, Whys, Writer
from prism_eval.report.explorer.replies import Replies, Row, replies_of
from prism_eval.report.thumbnails import digests_in, thumbnails_in

_AT_ONCE, _REPLIES_IN_A_PART, _MOST_IN_A_PART = 500, 500, 100
"""Items read at once; replies in a file, which is then about a megabyte."""


def items_in_a_part(board: Leaderboard) -> int:
    """How many items have their texts in one file."""
    return min(_MOST_IN_A_PART, max(1, _REPLIES_IN_A_PART // max(1, len(board.everyone))))


def write_parts(folder: Path, board: Leaderboard, *, images: bool, whys: Whys) -> None:
    """Write ``explorer/`` and ``thumbnails/``; a few hundred items are in memory at once.

    Args:
        folder: The site's folder, in which neither is yet.
        board: The leaderboard.
        images: Whether there are thumbnails.
        whys: Why points were lost.

    Raises:
        RunError: The runs' tables or thumbnails cannot be read.
        OSError: A file cannot be written.
    """
    replies = replies_of(board)
    there = digests_in(board) if images else frozenset()
    writer = Writer(replies, lambda digest: digest if digest in there else 0, whys=whys)
    (folder / "explorer").mkdir()
    shown: set[str] = set()
    for place, name in enumerate(board.benchmarks):
        (folder / "explorer" / str(place)).mkdir()
        listed: list[Listed] = []
        for number, read in enumerate(_in_parts(replies, name, items_in_a_part(board))):
            part = Part()
            listed += [writer.add(item, said, part) for item, said in read]
            shown.update(str(picture) for said in part.items for picture in said["pictures"] if picture)
            _write_piece(folder, f"{place}/{number}", part.data())
        _write_piece(folder, f"{place}", listed)
    if shown:
        _write_pictures(folder / "thumbnails", board, shown)


def _in_parts(replies: Replies, benchmark: str, size: int) -> Iterator[list[tuple[int, list[Row | None]]]]:
    """A benchmark's items with what was read of them, so many at a time."""
    items: list[int] = replies.items_of(benchmark).tolist()
    # As many at once as make whole parts: no part goes on in the next reading.
    step = max(1, _AT_ONCE // size) * size
    for start in range(0, len(items), step):
        some = items[start : start + step]
        read = list(zip(some, replies.read(some), strict=True))
        for first in range(0, len(read), size):
            yield read[first : first + size]


def _write_piece(folder: Path, name: str, data: Sequence[object] | dict[str, object]) -> None:
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    path = folder / "explorer" / f"{name}.js"
    path.write_bytes(f'explorerPiece("{name}",{written});\n'.encode("utf-8", "replace"))


def _write_pictures(folder: Path, board: Leaderboard, digests: set[str]) -> None:
    folder.mkdir()
    for digest, thumbnail in thumbnails_in(board, digests):
        # In folders by their first digits: few programs like a hundred thousand files in one.
        home = folder / digest[:2]
        home.mkdir(exist_ok=True)
        (home / f"{digest}.webp").write_bytes(thumbnail)
