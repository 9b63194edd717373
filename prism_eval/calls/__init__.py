"""Model calls, each made at most once: the client, and the store that remembers them."""

from __future__ import annotations

from prism_eval.calls.client import Calls, Patience, Remembering, Tally
from prism_eval.calls.database import default_path
from prism_eval.calls.store import Failure, Record, Store

__all__ = ["Calls", "Failure", "Patience", "Record", "Remembering", "Store", "Tally", "default_path"]
