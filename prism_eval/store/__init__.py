"""The generation store: every model call ever made, under the digest of everything that was sent."""

from __future__ import annotations

from prism_eval.store.database import default_path
from prism_eval.store.store import Failure, Record, Store

__all__ = ["Failure", "Record", "Store", "default_path"]
