"""What to say of a plugin that raised something of its own: three lines that its author can act on."""

from __future__ import annotations

import inspect
import traceback
from pathlib import Path

_LONGEST = 300
"""Characters of a stranger's message that are kept: some libraries put whole tensors into theirs."""


def fault_of(plugin: object, doing: str, error: BaseException) -> str:
    """Three lines: who failed at what, how, and where in the plugin's own code.

    Args:
        plugin: The plugin, or its class.
        doing: Who was doing what, such as ``captioner 'colour', image chart.png``.
        error: What it raised.
    """
    said = " ".join(str(error).split())[:_LONGEST]
    kind = type(error).__name__
    return "\n".join(
        [f"{doing}: the plugin's own code failed", f"{kind}: {said}" if said else kind, _where(plugin, error)]
    )


def _where(plugin: object, error: BaseException) -> str:
    """The last frame in the plugin's package; the last one of all where there is none, as in a compiled plugin."""
    # Of its own code: the last line of all is mostly in a library that did as it was told.
    frames = traceback.extract_tb(error.__traceback__)
    home = _home(plugin)
    own = [frame for frame in frames if home is not None and Path(frame.filename).is_relative_to(home)]
    # The first frame is our own call of the plugin; a plugin without frames failed in its argument list.
    chosen = own or frames[1:]
    if not chosen:
        return "in no line of Python"
    last = chosen[-1]
    return f"{last.filename}, line {last.lineno}, in {last.name}: {last.line or ''}".rstrip(": ")


def _home(plugin: object) -> Path | None:
    """The file of a plugin's class, or its folder where it is part of a package."""
    cls = plugin if isinstance(plugin, type) else type(plugin)
    try:
        file = Path(inspect.getfile(cls))
    except (TypeError, OSError):  # defined in a shell or a notebook
        return None
    return file.parent if (file.parent / "__init__.py").exists() else file
