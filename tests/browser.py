"""The browser in which pages are tried, and the sample's picture is taken."""

from __future__ import annotations

import os
import shutil

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


def chromium() -> str | None:
    """The Chromium that the environment names, else the machine's; ``None`` where there is none."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
