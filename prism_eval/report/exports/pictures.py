"""The small pictures that run folders keep of their images, for exports that show them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import TYPE_CHECKING

from prism_eval.leaderboard import Leaderboard
from prism_eval.run.folder import RunFolder
from prism_eval.run.thumbnails import kept, thumbnails_of

if TYPE_CHECKING:
    import pyarrow as pa

_AT_A_TIME = 500
_FEATURES = {"digest": {"dtype": "string", "_type": "Value"}, "image": {"_type": "Image"}}
"""What makes `datasets` show bytes as an image, in its own words."""


def pictures(board: Leaderboard, digests: AbstractSet[str]) -> dict[str, bytes]:
    """The thumbnails there are of some images, by digest, as WebP; none where a run keeps no pictures.

    Raises:
        RunError: A file of them cannot be read.
    """
    found: dict[str, bytes] = {}
    for folder in board.folders:
        found |= thumbnails_of(RunFolder(folder), digests - found.keys())
    return found


def picture_tables(board: Leaderboard) -> Iterator[pa.Table]:
    """Every thumbnail once, some hundred at a time, as `datasets` keeps images.

    Raises:
        RunError: A file of them cannot be read.
    """
    import pyarrow as pa

    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    metadata = {"huggingface": json.dumps({"info": {"features": _FEATURES}})}
    schema = pa.schema({"digest": pa.string(), "image": kind}, metadata=metadata)
    every = _all(board)
    while some := list(islice(every, _AT_A_TIME)):
        yield pa.Table.from_pylist(
            [{"digest": digest, "image": {"bytes": data, "path": None}} for digest, data in some], schema
        )


def _all(board: Leaderboard) -> Iterator[tuple[str, bytes]]:
    done: set[str] = set()
    for folder in map(RunFolder, board.folders):
        own = set(kept(folder)) - done
        yield from thumbnails_of(folder, own)
        done |= own
