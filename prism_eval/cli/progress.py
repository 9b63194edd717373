"""The live display: a bar on a terminal, a line now and then elsewhere, or JSON for machines."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from rich.console import Console

from prism_eval.cli.values import Display
from prism_eval.files.visible import flat
from prism_eval.leaderboard.writing import duration

if TYPE_CHECKING:
    from prism_eval.run.pace import Pace, StagePace
    from prism_eval.run.result import State

# Seconds. Five times a second looks alive; in a log, four lines a minute leave a night's run readable.
_EVERY = 0.2
_LINE_EVERY = 15.0
_JSON_EVERY = 2.0


def watch(state: State, how: Display) -> AbstractContextManager[object]:
    """Show how far a run has come, on standard error: standard output is the leaderboard's, so that it can be piped."""
    if how is Display.NONE:
        return nullcontext()
    if how is Display.JSON:
        return _json(state)
    console = Console(stderr=True)
    if state.destinations:
        console.print(flat(state.destinations), markup=False, highlight=False, soft_wrap=True)
    return _bar(state, console) if console.is_terminal and how is Display.AUTO else _lines(state, console)


def told(pace: Pace) -> str:
    """How far a run has come and how long the rest may take, in a few words."""
    total = "" if pace.total is None else f" of {pace.total:,}"
    left = "" if pace.left is None else f", {duration(pace.left)} left"
    return f"{pace.done:,}{total} done{left}"


def told_of(stage: str, pace: StagePace) -> str:
    """What one stage does, in a few words; what is nothing goes without saying."""
    counts = ((pace.made, "made"), (pace.stored, "stored"), (pace.failed, "failed"), (pace.in_flight, "in flight"))
    words = [f"{number:,} {word}" for number, word in counts if number or word == "made"]
    if pace.per_second:
        words.append(f"{_rate(pace.per_second)}/s")
    if pace.tokens_per_second:
        words.append(f"{_rate(pace.tokens_per_second)} tokens/s")
    if pace.cached is not None:
        words.append(f"{100 * pace.cached:.0f} % of prompts cached")
    if pace.retries:
        words.append(f"{pace.retries:,} tried again")
    return f"{stage}s {', '.join(words)}"


def _rate(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}"


@contextmanager
def _bar(state: State, console: Console) -> Iterator[None]:
    from rich.console import RenderableType
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.text import Text

    from prism_eval.run.pace import Pacer

    below: list[str] = []

    class Staged(Progress):
        """A bar, and under it a line for each stage and each wait, cut to the terminal's width."""

        def get_renderables(self) -> Iterator[RenderableType]:
            yield from super().get_renderables()
            yield from (Text(flat(line), no_wrap=True, overflow="ellipsis") for line in below)

    columns = (MofNCompleteColumn(), BarColumn(bar_width=24), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Staged(*columns, console=console, transient=True) as progress:
        task, pacer = progress.add_task("", total=state.total), Pacer(state)

        def show() -> None:
            tell()
            pace = pacer.look()
            # What is waited for comes first: it is why nothing else moves.
            below[:] = [*pace.waits, *(told_of(stage, at) for stage, at in pace.stages.items())]
            left = "" if pace.left is None else f"{duration(pace.left)} left"
            progress.update(task, completed=pace.done, description=left)

        tell = _teller(state, progress.console)
        with _ticking(_EVERY, show):
            yield
        show()


@contextmanager
def _lines(state: State, console: Console) -> Iterator[None]:
    from prism_eval.run.pace import Pacer

    said_at, waited, pacer = time.monotonic(), False, Pacer(state)

    def say() -> None:
        nonlocal said_at, waited
        tell()
        pace = pacer.look()
        # At once where a wait begins: whoever gave a wrong address need not look at nothing for so long.
        if time.monotonic() - said_at < _LINE_EVERY and (waited or not pace.waits):
            return
        said_at, waited = time.monotonic(), bool(pace.waits)
        stages = (told_of(stage, at) for stage, at in pace.stages.items())
        # Unwrapped, one line a report: a log's reader searches by line.
        line = " · ".join([told(pace), *pace.waits, *stages])
        console.print(flat(line), markup=False, highlight=False, soft_wrap=True)

    tell = _teller(state, console)
    with _ticking(_EVERY, say):
        yield
    tell()


@contextmanager
def _json(state: State) -> Iterator[None]:
    """One object a line: ``start``, ``note`` and ``progress``, and an ``end`` however the run ends."""
    from prism_eval.run.pace import Pacer

    said_at, notes, pacer = 0.0, 0, Pacer(state)

    def say(event: str, **values: object) -> None:
        # One write, so that no line of another thread comes between it and its end.
        sys.stderr.write(json.dumps({"event": event, **values}) + "\n")
        sys.stderr.flush()

    def tick() -> None:
        nonlocal said_at, notes
        while notes < len(state.notes):
            note, notes = state.notes[notes], notes + 1
            say("note", text=note)
        pace = pacer.look()
        if time.monotonic() - said_at >= _JSON_EVERY:
            said_at = time.monotonic()
            say("progress", **_rounded(dataclasses.asdict(pace)))

    say("start", total=state.total, destinations=state.destinations, left_out=dict(state.unread))
    try:
        with _ticking(_EVERY, tick):
            yield
    finally:
        said_at = time.monotonic()
        tick()
        say("end", **_rounded(dataclasses.asdict(pacer.look())))


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    """Floats to a thousandth, as deep as they stand."""
    return {
        key: _rounded(value) if isinstance(value, dict) else round(value, 3) if isinstance(value, float) else value
        for key, value in values.items()
    }


def _teller(state: State, console: Console) -> Callable[[], None]:
    """Prints the notes that came up since it was last called."""
    told = 0

    def tell() -> None:
        nonlocal told
        while told < len(state.notes):
            note, told = state.notes[told], told + 1
            console.print(f"Note: {flat(note)}.", markup=False, highlight=False, soft_wrap=True)

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
