"""Strangers' text on its way to the terminal."""

from __future__ import annotations


def printable(line: str) -> str:
    """The line with a blank for each control character: data sets and servers write them, and terminals obey them."""
    return "".join(character if character.isprintable() else " " for character in line)
