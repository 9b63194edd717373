"""The code blocks of a Markdown page."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# No word tells the language of an indented block: one that starts with a program is for a shell.
_SHELL = re.compile(r"(lmms-eval|mkdir|pip|prism-eval|pytest|python3?|tox) ")
_PYTHON = re.compile(r"(from|import) ")
_NOT_RUN = re.compile(r"<!-- not run: (.+) -->")


@dataclass(frozen=True)
class Block:
    """A code block.

    Attributes:
        line: The number of its first line, from 1.
        language: The word behind the fence; of an indented block what its first words tell, else ``text``.
        why_not: The reason why it is not run, from a comment above it; empty where there is none.
    """

    line: int
    language: str
    text: str
    why_not: str


def blocks_of(page: Path) -> Iterator[Block]:
    """The blocks of a page, fenced and indented."""
    lines = page.read_text(encoding="utf-8").splitlines()
    start = 0
    why_not = ""
    while start < len(lines):
        line = lines[start]
        end = start + 1
        if line.startswith("```"):
            end = lines.index("```", end)
            yield Block(start + 2, line.strip("`"), "\n".join(lines[start + 1 : end]), why_not)
            end += 1
        elif line.startswith("    ") and not lines[start - 1].strip():
            while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
                end += 1
            text = textwrap.dedent("\n".join(lines[start:end])).strip()
            yield Block(start + 1, _language(text), text, why_not)
        # A comment counts for the block right below it.
        if line.strip():
            said = _NOT_RUN.fullmatch(line.strip())
            why_not = said[1] if said else ""
        start = end


def _language(text: str) -> str:
    return "sh" if _SHELL.match(text) else "python" if _PYTHON.match(text) else "text"
