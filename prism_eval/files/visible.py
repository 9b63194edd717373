"""How strangers' text is written wherever somebody reads it: on a terminal, in HTML."""

from __future__ import annotations

import unicodedata

_KEPT = frozenset("\n\t\u200c\u200d")
"""Line breaks, and the joiners that Persian, Indic scripts and emoji are spelt with."""


def visible(text: str) -> str:
    """The text with everything that could act rather than be read made visible.

    Control characters become their symbols (escape becomes ``␛``), so no terminal obeys them; formatting characters,
    which reverse or hide what stands beside them, become ``⟨U+202E⟩``; a lone surrogate, which no file can hold,
    becomes ``�``.
    """
    # Nearly every text is, and captions are long: the walk over characters is for the few that are not.
    if text.isprintable() or text.replace("\n", "").isprintable():
        return text
    return "".join(map(_shown, text.replace("\r\n", "\n")))


def flat(text: str) -> str:
    """Visible text on one line."""
    return " ".join(visible(text).split())


def _shown(character: str) -> str:
    if character in _KEPT:
        return character
    code, category = ord(character), unicodedata.category(character)
    # Unicode has a symbol for each of the first 32 control characters, in their order, from U+2400.
    if category == "Cc":
        return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else f"⟨U+{code:04X}⟩"
    if category == "Cs":
        return "\ufffd"
    if category in {"Cf", "Zl", "Zp"}:
        return f"⟨U+{code:04X}⟩"
    return character
