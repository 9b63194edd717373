"""Small pictures of a run's images, for whoever looks at its items later: drawn beside the run, kept by digest.

They lie in ``thumbnails/`` of the run folder, a few hundred to a Parquet file, each file there whole or not at all. So
a killed run has lost the last few, the same run given again draws what is missing only, and 240,000 of them are a few
hundred files that nobody reads whole.
"""

from __future__ import annotations

import asyncio
import io
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from prism_eval.engines.pixels import decoding, opened, upright
from prism_eval.errors import PermanentError, RunError
from prism_eval.files.parquet import damage
from prism_eval.files.seen import SeenDigests
from prism_eval.files.whole import replacing
from prism_eval.run.folder import RunFolder
from prism_eval.schema import Image

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

SIDE = 256
"""Pixels of the longer side: enough to know a chart by, too few to read its numbers off."""

MEDIA_TYPE = "image/webp"
_QUALITY = 60
_THREADS = min(4, os.cpu_count() or 1)
_IN_A_FILE, _IN_A_GROUP = 500, 50
# Pillow scales these smoothly; of palettes and the like it would pick every so many pixels.
_SMOOTH = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})
# Unpacked, an image of more takes a hundred megabytes: these take turns.
_LARGE = 25_000_000
_MOST_BYTES = 2**17  # a tenth of it is usual; a folder may come from anybody, and the page has to stay small


class Thumbnails:
    """Draws the thumbnails of a run in threads of its own and keeps them in its folder.

    A context manager: its end waits until all are drawn. Nothing that goes wrong here is worth a run: an image that
    cannot be drawn has no thumbnail, and a disk that takes none is told in a note.

    Args:
        folder: The run folder; what it holds is not drawn again.
        note: Told what a reader should know, at most once.

    Raises:
        RunError: A file of an earlier run cannot be read.
    """

    def __init__(self, folder: RunFolder, *, note: Callable[[str], object]) -> None:
        self._folder = folder
        self._note = note
        self._seen = SeenDigests()
        for digest in kept(folder):
            self._seen.add(digest)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="thumbnails")
        self._drawn: dict[str, bytes] = {}
        self._lock, self._turn = threading.Lock(), threading.Lock()

    def missing(self, images: Sequence[Image]) -> tuple[Image, ...]:
        """Those that have no thumbnail and were not asked about before."""
        return tuple(image for image in images if self._seen.add(image.digest))

    def draw(self, images: Sequence[Image], *, then: Callable[[], object]) -> None:
        """Draw these in a thread; ``then`` is called on the event loop when their bytes are needed no longer."""
        drawing = asyncio.get_running_loop().run_in_executor(self._pool, self._draw, images)
        drawing.add_done_callback(lambda _: then())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # A run that was stopped waits for what is under way only, and keeps it.
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=kind is not None)
        await asyncio.to_thread(self._write, self._drawn)

    def _draw(self, images: Sequence[Image]) -> None:
        for image in images:
            if thumbnail := self._thumbnail(image):
                self._keep(image.digest, thumbnail)

    def _thumbnail(self, image: Image) -> bytes | None:
        with suppress(PermanentError, MemoryError), self._turn if _pixels(image) > _LARGE else nullcontext():
            return drawn(image)
        return None

    def _keep(self, digest: str, thumbnail: bytes) -> None:
        with self._lock:
            self._drawn[digest] = thumbnail
            if len(self._drawn) < _IN_A_FILE:
                return
            full, self._drawn = self._drawn, {}
        self._write(full)

    def _write(self, thumbnails: dict[str, bytes]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not thumbnails:
            return
        table = pa.table([list(thumbnails), list(thumbnails.values())], schema=_schema())
        path = self._folder.thumbnails / f"{min(thumbnails)}.parquet"
        try:
            path.parent.mkdir(exist_ok=True)
            with replacing(path) as file:
                # Not compressed, which WebP is already.
                pq.write_table(table, file, row_group_size=_IN_A_GROUP, compression="none")
        except (OSError, RunError) as error:
            self._note(f"some items will have no picture: {error}")
            self._note = _nobody


def drawn(image: Image) -> bytes:
    """A thumbnail: upright, on white, its longer side at most `SIDE` pixels, as WebP.

    Raises:
        PermanentError: The image cannot be decoded.
    """
    with decoding(image):
        picture = opened(image)
        if picture.mode not in _SMOOTH:
            picture = upright(picture)
        # In two steps for large pictures, the first of them cheap; a JPEG is unpacked no larger than need be.
        picture.thumbnail((SIDE, SIDE), reducing_gap=2.0)
        file = io.BytesIO()
        upright(picture).save(file, "WEBP", quality=_QUALITY, method=2)
    return file.getvalue()


def _pixels(image: Image) -> int:
    with decoding(image):
        width, height = opened(image).size
        return width * height


def kept(folder: RunFolder) -> Iterator[str]:
    """The digests of the images that have a thumbnail.

    Raises:
        RunError: A file cannot be read.
    """
    for path in folder.thumbnail_files():
        with _opened(path) as file:
            yield from file.read(["digest"])["digest"].to_pylist()


def thumbnails_of(folder: RunFolder, digests: AbstractSet[str]) -> Iterator[tuple[str, bytes]]:
    """The thumbnails there are of some images, each with its image's digest, in no order.

    Raises:
        RunError: A file cannot be read.
    """
    for path in folder.thumbnail_files():
        with _opened(path) as file:
            for group in range(file.num_row_groups):
                there = file.read_row_group(group, ["digest"])["digest"].to_pylist()
                if digests.isdisjoint(there):
                    continue
                for digest, thumbnail in zip(there, file.read_row_group(group)["thumbnail"].to_pylist(), strict=True):
                    if digest in digests and thumbnail and _is_small_webp(thumbnail):
                        yield digest, thumbnail


def _is_small_webp(data: bytes) -> bool:
    # A run folder may come from anybody, and these are handed on to a browser.
    return len(data) <= _MOST_BYTES and Image(data).media_type == MEDIA_TYPE


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    import pyarrow.parquet as pq

    remedy = "remove it, and it is made again: prism-eval score"
    try:
        with pq.ParquetFile(path) as file:
            if not file.schema_arrow.equals(_schema()):
                raise RunError(f"{path} holds no thumbnails; {remedy} {path.parent.parent}")
            yield file
    except damage() as error:
        problem = " ".join(str(error).split())
        raise RunError(f"{path} cannot be read ({problem}); {remedy} {path.parent.parent}") from error


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema({"digest": pa.string(), "thumbnail": pa.binary()})


def _nobody(_: str) -> None: ...
