"""What a gate says in GitHub's words: annotations, and the summary of a step.

Limits as GitHub documents them: ten errors and ten warnings a step; a summary of 1 MiB, beyond which it is not shown at
all.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence

from prism_eval.gate.output.told import Case, Told
from prism_eval.gate.output.worst import in_markdown
from prism_eval.sheets.markdown import markdown

_MOST = 10
_LONGEST_TITLE, _LONGEST = 255, 60_000
SUMMARY_LIMIT = 900_000
"""Bytes of a summary: some way under the limit, for whoever else writes to the same step."""


def commands(told: Told, *, file: str = "") -> list[str]:
    """The workflow commands that mark what failed and what cannot be told, the worst first.

    Args:
        told: What the gate says.
        file: The policy's file, for a place to stand at.
    """
    # The gate itself says what its rules say.
    cases = told.cases[1:] or told.cases
    by_level = {level: [case for case in cases if case.level == level] for level in ("error", "warning")}
    return [line for level, of in by_level.items() for line in _commands(level, of, file)]


def summary(told: Told, *, room: int = SUMMARY_LIMIT) -> str:
    """It as Markdown, cut between two lines where it is longer than there is room for.

    Args:
        told: What the gate says.
        room: Bytes.
    """
    return cut(f"## prism-eval gate\n\n{markdown(told.sheet)}\n{in_markdown(told.worst)}", room)


def cut(text: str, room: int) -> str:
    """The text, or as many of its first lines as there is room for, and how many were cut."""
    if len(text.encode("utf-8", "replace")) <= room:
        return text
    lines, kept, size = text.splitlines(keepends=True), 0, 0
    for line in lines:
        size += len(line.encode("utf-8", "replace"))
        if size > room - 100:
            break
        kept += 1
    return f"{''.join(lines[:kept])}\n{len(lines) - kept:,} more lines were cut: GitHub shows no longer summary.\n"


def unheard(text: str) -> str:
    """A text of which GitHub takes no line for a command, whatever labels and ids hold."""
    word = secrets.token_hex(16)
    return f"::stop-commands::{word}\n{text.rstrip()}\n::{word}::\n"


def _commands(level: str, cases: Sequence[Case], file: str) -> Iterator[str]:
    shown = cases if len(cases) <= _MOST else cases[: _MOST - 1]
    for case in shown:
        yield _command(level, f"prism-eval gate: {case.name}", case.says, file)
    if len(cases) > len(shown):
        yield _command(level, "prism-eval gate", f"and {len(cases) - len(shown):,} more", file)


def _command(level: str, title: str, message: str, file: str) -> str:
    place = f"file={_property(file)}," if file else ""
    return f"::{level} {place}title={_property(title[:_LONGEST_TITLE])}::{_data(message[:_LONGEST])}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
