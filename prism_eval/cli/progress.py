"""The live display: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from prism_eval.run.result import State

# Seconds. Five times a second looks alive; in a log, four lines a minute leave a night's run readable.
_EVERY = 0.2
_LINE_EVERY = 15.0


def watch(state: State, *, quiet: bool = False) -> AbstractContextManager[object]:
    """Show how far a run has come, on standard error."""
    if quiet:
        return nullcontext()
    # Standard output is for the leaderboard alone, so that it can be piped or kept.
    console = Console(stderr=True)
    if state.destinations:
        console.print(state.destinations, markup=False, highlight=False, soft_wrap=True)
    return _bar(state, console) if console.is_terminal else _lines(state, console)


def describe(state: State) -> str:
    """The calls so far, in a few words; first of all what they wait for."""
    words = list(state.waits())
    for stage, tally in state.tallies.items():
        parts = [f"{tally.made} made"]
        parts += [f"{tally.hits} stored"] if tally.hits else []
        parts += [f"{tally.failed} failed"] if tally.failed else []
        words.append(f"{stage}s {', '.join(parts)}")
    return " · ".join(words)


@contextmanager
def _bar(state: State, console: Console) -> Iterator[None]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (MofNCompleteColumn(), BarColumn(bar_width=24), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(
        *columns, TextColumn("{task.description}", markup=False), console=console, transient=True
    ) as progress:
        task = progress.add_task("", total=state.total)

        def show() -> None:
            tell()
            progress.update(task, completed=state.counts.done, description=describe(state))

        tell = _teller(state, progress.console)
        with _ticking(_EVERY, show):
            yield
        tell()


@contextmanager
def _lines(state: State, console: Console) -> Iterator[None]:
    said_at, waited = time.monotonic(), False

    def say() -> None:
        nonlocal said_at, waited
        tell()
        waits = any(state.waits())
        # At once where a wait begins: whoever gave a wrong address need not look at nothing for so long.
        if time.monotonic() - said_at < _LINE_EVERY and (waited or not waits):
            return
        said_at, waited = time.monotonic(), waits
        total = f" of {state.total}" if state.total else ""
        line = f"{state.counts.done}{total} answered · {describe(state)}"
        # Unwrapped, one line a report: a log's reader searches by line.
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    tell = _teller(state, console)
    with _ticking(_EVERY, say):
        yield
    tell()


def _teller(state: State, console: Console) -> Callable[[], None]:
    """Prints the notes that came up since it was last called."""
    told = 0

    def tell() -> None:
        nonlocal told
        while told < len(state.notes):
            note, told = state.notes[told], told + 1
            console.print(f"Note: {note}.", markup=False, highlight=False, soft_wrap=True)

    return tell


@contextmanager
def _ticking(seconds: float, tick: Callable[[], object]) -> Iterator[None]:
    stop = threading.Event()

    def loop() -> None:
        while not stop.wait(seconds):
            tick()

    # A thread of its own, for the main one waits for the run; a daemon, for nobody waits for a display.
    thread = threading.Thread(target=loop, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        # Waited for, lest a last line come between those of the leaderboard.
        thread.join()
