"""`ocr` reads the text in an image: real perception on a CPU, with models that come inside the wheel."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import metadata
from typing import ClassVar

from prism_eval.captioners.base import Captioner
from prism_eval.captioners.ocr.decoding import decode
from prism_eval.captioners.ocr.reading_order import in_reading_order
from prism_eval.captioners.ocr.text_reader import TextReader
from prism_eval.errors import MissingExtra, UsageError
from prism_eval.plugins.identity import identity_of, runtime
from prism_eval.schema import Caption, Image


@dataclass(kw_only=True)
class Ocr(Captioner):
    """The text in an image in reading order with its rough layout (`prism_eval.captioners.ocr.reading_order`).

    It says nothing of shapes and colours. An image without text gets an empty caption.

    Attributes:
        min_confidence: Drop text read with less confidence, in [0, 1].
        max_pixels: Scale larger images down to so many pixels before reading them.
        workers: How many images are read at the same time, each on one core.

    Raises:
        UsageError: ``min_confidence`` is outside [0, 1], or a count is not positive.
    """

    extra: ClassVar[str] = "ocr"

    min_confidence: float = 0.5
    max_pixels: int = 4_000_000
    workers: int = runtime(2)
    _threads: ThreadPoolExecutor | None = field(init=False, repr=False, default=None)
    _local: threading.local = field(init=False, repr=False, default_factory=threading.local)

    def __post_init__(self) -> None:
        if not 0 <= self.min_confidence <= 1:
            raise UsageError(f"ocr: min_confidence={self.min_confidence} will not do: give a number from 0 to 1")
        for name in ("max_pixels", "workers"):
            if getattr(self, name) < 1:
                raise UsageError(f"ocr: {name}={getattr(self, name)} will not do: give 1 or more")

    @property
    def identity(self) -> Mapping[str, object]:
        """The options and the version of RapidOCR, whose wheel holds the models.

        Raises:
            MissingExtra: RapidOCR is not installed.
        """
        try:
            return {**identity_of(self), "rapidocr": metadata.version("rapidocr")}
        except metadata.PackageNotFoundError as error:
            raise MissingExtra("the captioner 'ocr'", self.extra) from error

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        """Read the images, in threads of this captioner's own.

        Raises:
            PermanentError: An image cannot be decoded, or is too large to be.
        """
        # Not before they are needed: a plugin is also made to be listed, and to be asked for its identity.
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="ocr")
        loop = asyncio.get_running_loop()
        texts = await asyncio.gather(*(loop.run_in_executor(self._threads, self._read, image) for image in images))
        return Caption("\n\n".join(texts))

    async def close(self) -> None:
        """End the threads; reads that have not begun are dropped."""
        if self._threads is not None:
            # An image inside a model cannot be called back: waiting for it would hold up Ctrl-C.
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    def _read(self, image: Image) -> str:
        picture = decode(image, max_pixels=self.max_pixels)
        return in_reading_order(self._reader().read(picture, min_confidence=self.min_confidence))

    def _reader(self) -> TextReader:
        """The reader of the thread that asks, made at its first image."""
        # Models are loaded once for each thread, because a reader keeps state while it reads.
        if not hasattr(self._local, "reader"):
            self._local.reader = TextReader()
        reader: TextReader = self._local.reader
        return reader
