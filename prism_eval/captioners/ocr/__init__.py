"""`ocr` reads the text in an image."""

from __future__ import annotations

from prism_eval.captioners.ocr.plugin import Ocr

__all__ = ["Ocr"]
