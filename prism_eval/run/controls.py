"""Which captioners put a score in context."""

from __future__ import annotations

CONTROLS = ("blind", "mismatched", "direct")
"""Their plugins. Such captioners are no entries: nothing is ranked or compared with them."""
