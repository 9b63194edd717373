"""Lists as Python writes them, in golds and in what models say, read without running anything."""

from __future__ import annotations

import ast
import re

# `ast.literal_eval` runs nothing, but its parser's time and stack grow with what it is given.
_LONGEST = 5_000
_DEEPEST = 50
_ESCAPE = re.compile(r"""\\([\\'"abfnrtvxNuU0-7\n\r])?""")


def list_elements(text: str) -> list[object] | None:
    """The elements of a Python list literal; ``None`` for other text, and for text too long or deep to read."""
    if not text.startswith("[") or len(text) > _LONGEST or text.count("[") + text.count("(") > _DEEPEST:
        return None
    try:
        value = ast.literal_eval(_ESCAPE.sub(_escaped, text))
    # All that Python's parser has been seen to raise; a set in a set, for one, is a TypeError.
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def _escaped(match: re.Match[str]) -> str:
    r"""Spell a backslash that escapes nothing, as in LaTeX, the way Python does not warn about.

    `warnings.catch_warnings` would keep the warning quiet, but changes the filters of all threads.
    """
    return match.group() if match.group(1) else "\\\\"
