"""A real browser for tests of the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser import ARGUMENTS, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium: the one named in the environment, else the machine's."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if (path := chromium()) is None:
        pytest.skip("no Chromium on this machine: install one, or name it in CHROMIUM")
    with playwright.sync_playwright() as engine:
        launched = engine.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()
