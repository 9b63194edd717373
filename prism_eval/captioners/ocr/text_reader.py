"""RapidOCR, held to the models inside its wheel: boxes of text in a picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from prism_eval.captioners.ocr.reading_order import TextBox

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image as Picture

# Height to width. A line of upright text is wider than high, unless it is a letter or a short number.
_TALL = 1.5


class _Found(Protocol):
    """What RapidOCR found. A picture without text has no ``boxes``, and then the rest is nothing either.

    Attributes:
        boxes: The corners of each piece, of the shape (pieces, 4, 2), in pixels.
        txts: What each says.
        scores: How sure the model is of each, in [0, 1].
    """

    boxes: NDArray[np.float32] | None
    txts: tuple[str, ...]
    scores: tuple[float, ...]


class _Engine(Protocol):
    """RapidOCR, called with a picture and which of its three models to use: detection, direction, recognition."""

    def __call__(
        self, picture: Picture, *, use_det: bool, use_cls: bool, use_rec: bool, text_score: float = ...
    ) -> _Found: ...


class TextReader:
    """Finds and reads text. Not to be shared between threads: RapidOCR keeps state while it reads."""

    def __init__(self) -> None:
        self._engine = _engine()

    def read(self, picture: Picture, *, min_confidence: float) -> Iterator[TextBox]:
        """The pieces of text in an RGB picture that are read with at least that confidence."""
        # Everything is asked for with its confidence: where to draw the line is an option of ours.
        found = self._engine(picture, use_det=True, use_cls=False, use_rec=True, text_score=0.0)
        if found.boxes is None:
            return
        for corners, said, sure in zip(found.boxes, found.txts, found.scores, strict=True):
            left, top, right, bottom = box = _bounds(corners)
            text, confidence, sideways = said, sure, False
            if bottom - top >= _TALL * (right - left):
                text, confidence, sideways = self._read_tall(picture.crop(box))
            if confidence >= min_confidence and text.strip():
                yield TextBox(text.strip(), *box, sideways)

    def _read_tall(self, crop: Picture) -> tuple[str, float, bool]:
        """A tall box holds a narrow word, or one that runs up: whichever reads better.

        RapidOCR takes it for one that runs down; its own model for telling the two apart turns short numbers around.
        """
        return max(
            (*self._read_line(crop), False),
            (*self._read_line(crop.rotate(-90, expand=True)), True),
            key=lambda reading: reading[1],
        )

    def _read_line(self, crop: Picture) -> tuple[str, float]:
        found = self._engine(crop, use_det=False, use_cls=False, use_rec=True)
        return (found.txts[0], float(found.scores[0])) if found.txts else ("", 0.0)


def _bounds(corners: NDArray[np.float32]) -> tuple[int, int, int, int]:
    xs, ys = corners[:, 0], corners[:, 1]
    # One past the last pixel, as crops are measured.
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


def _engine() -> _Engine:
    import rapidocr

    # A path to each model keeps RapidOCR from looking for it on the network. One core each: readers run side by side.
    models = Path(rapidocr.__file__).parent / "models"
    paths = {f"{role}.model_path": str(next(models.glob(f"*_{role.lower()}*.onnx"))) for role in ("Det", "Rec", "Cls")}
    # Scaled already (`Ocr.max_pixels`): RapidOCR's own limit of 2,000 a side would blur small letters a second time.
    # One line a batch: lines are padded to the widest beside them, which may change what is read.
    engine = rapidocr.RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": 1_000_000,
            "Rec.rec_batch_num": 1,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            **paths,
        }
    )
    return cast("_Engine", engine)
