"""How strangers' text is written in a report, the same in the terminal and in HTML."""

from __future__ import annotations

from prism_eval.files.visible import flat, visible

__all__ = ["flat", "one_line", "visible"]


def one_line(text: str, length: int) -> str:
    """Visible text on one line, cut behind its middle to at most ``length`` characters."""
    line = flat(text)
    if len(line) <= length:
        return line
    # The end of a model's name tells versions and sizes apart, so some of it is kept.
    tail = (length - 1) // 3
    return f"{line[: length - 1 - tail]}…{line[len(line) - tail :]}"
