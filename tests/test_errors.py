"""Every error comes out of a pickle as it went in: engines raise theirs in other processes."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Iterator

import pytest

import prism_eval
from prism_eval.errors import PrismError

SAMPLES: dict[str, object] = {
    "known": ("chartqa", "mmstar"),
    "reasons": {"chartqa": "no such file", "mmstar": "a column is missing"},
    "hint": "See the list.",
    "item": "17",
    "retry_after": 2.5,
    "unproven": True,
    "package": "stranger",
}


def _tree(cls: type[PrismError]) -> Iterator[type[PrismError]]:
    yield cls
    for below in cls.__subclasses__():
        yield from _tree(below)


def _all() -> list[type[PrismError]]:
    for module in pkgutil.walk_packages(prism_eval.__path__, "prism_eval."):
        # What speaks to lmms-eval imports it at once.
        if "__main__" not in module.name and not module.name.startswith("prism_eval.lmms."):
            importlib.import_module(module.name)
    ours = {cls for cls in _tree(PrismError) if cls.__module__.startswith("prism_eval.")}
    return sorted(ours, key=lambda cls: cls.__qualname__)


def _made(cls: type[PrismError]) -> PrismError:
    """One of them, with something in whatever it may be told."""
    if cls.__init__ is Exception.__init__:
        return cls("what went wrong")
    names = list(inspect.signature(cls.__init__).parameters)[1:]
    # What is no sample is a text.
    rest = [f"the {name}" for name in names if name not in SAMPLES]
    return cls(*rest, **{name: SAMPLES[name] for name in names if name in SAMPLES})


@pytest.mark.parametrize("cls", _all(), ids=lambda cls: cls.__qualname__)
def test_every_error_survives_a_pickle_and_a_copy(cls: type[PrismError]) -> None:
    error = _made(cls)
    error.add_note("met on the way")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is cls
        assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))
        assert again.exit_code == error.exit_code


def test_the_whole_tree_is_there() -> None:
    names = {cls.__name__ for cls in _all()}
    assert {"UnknownName", "MissingExtra", "DataUnreadable", "RateLimited", "Unreachable"} <= names


def test_an_error_of_a_strangers_own_does_too() -> None:
    again = pickle.loads(pickle.dumps(Odd(3, why="noise")))
    assert (str(again), again.count, again.why) == ("3 times: noise", 3, "noise")


class Odd(prism_eval.errors.TransientError):
    def __init__(self, count: int, *, why: str) -> None:
        self.count, self.why = count, why
        super().__init__(f"{count} times: {why}")
