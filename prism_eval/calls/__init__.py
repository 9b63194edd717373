"""Model calls, each made at most once a run: keys, the client, limits, and the store that remembers."""

from __future__ import annotations

from prism_eval.calls.call import Call, CallFailure, made_by
from prism_eval.calls.client import STAGES, Calls
from prism_eval.calls.database import default_path
from prism_eval.calls.ledger import Ledger
from prism_eval.calls.limits import Limits
from prism_eval.calls.origins import Elsewhere, Imported
from prism_eval.calls.overlay import Overlaid
from prism_eval.calls.patience import Patience
from prism_eval.calls.store import Failure, Record, Store, Stored
from prism_eval.calls.tally import Tally
from prism_eval.calls.turns import Turns
from prism_eval.calls.under_way import UnderWay

__all__ = [
    "STAGES",
    "Call",
    "CallFailure",
    "Calls",
    "Elsewhere",
    "Failure",
    "Imported",
    "Ledger",
    "Limits",
    "Overlaid",
    "Patience",
    "Record",
    "Store",
    "Stored",
    "Tally",
    "Turns",
    "UnderWay",
    "default_path",
    "made_by",
]
