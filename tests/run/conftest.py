"""Runs that are not waited for."""

from __future__ import annotations

from functools import partial

import pytest

from prism_eval.calls.patience import Patience
from prism_eval.run import assemble


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run's first wait is a hundredth: for tests of what becomes of a call that is made again, not of when it is."""
    monkeypatch.setattr(assemble, "Patience", partial(Patience, first_wait=0.005))
