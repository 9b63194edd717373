"""Finding a task of lmms-eval by its name, in a folder of task files or among lmms-eval's own."""

from __future__ import annotations

import contextlib
import functools
import sys
from pathlib import Path
from typing import Any

from prism_eval import plugins
from prism_eval.errors import BrokenPlugin, DataError, MissingExtra, UnknownName, UsageError

TASK_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What the code of a task raises when something is wrong with its data, its environment or a reply."""

_DEFAULT_SINK = 0
_OUTPUT = "generate_until"
_SHOWN = 300


def load(name: str, folder: Path | None) -> tuple[str, Any]:
    """Open a task.

    Args:
        name: A task's name, or the path of its ``.yaml`` file.
        folder: A folder of task files, searched before lmms-eval's own; ``None`` for those alone.

    Returns:
        The task's name and lmms-eval's object.

    Raises:
        MissingExtra: lmms-eval is not installed.
        BrokenPlugin: It is installed but cannot be imported.
        UnknownName: There is no such task.
        UsageError: The task is a group, or wants something else than a text.
        DataError: Its file or its documents cannot be read.
    """
    if plugins.missing_packages("prism-eval", "lmms"):
        raise MissingExtra(f"benchmark 'lmms:{name}'", "lmms")
    path = Path(name) if name.endswith((".yaml", ".yml")) else None
    if path is not None and not path.is_file():
        raise DataError(f"lmms:{name}: there is no such task file")
    manager = _manager_with(name, path.parent if path else folder, path)
    task = _name_of(path, manager) if path else name
    kind = manager.task_index[task]["type"]
    if kind not in ("task", "python_task"):
        raise UsageError(f"lmms:{task} is a {kind} of several tasks: name one of them, or several with commas")
    inner = _opened(task, manager)
    if inner.OUTPUT_TYPE != _OUTPUT:
        raise UsageError(
            f"lmms:{task} wants {inner.OUTPUT_TYPE}, and only {_OUTPUT} tasks can be answered from captions"
        )
    return task, inner


def first_line(error: BaseException) -> str:
    """An error in one line: that of the last attempt, where lmms-eval tried several times."""
    attempt = getattr(error, "last_attempt", None)
    cause = attempt.exception() if attempt is not None and attempt.failed else error
    return f"{type(cause).__name__}: {str(cause).strip().partition(chr(10))[0][:_SHOWN]}"


def _manager_with(name: str, folder: Path | None, path: Path | None) -> Any:
    """The index that knows the name: the folder's if it does, else lmms-eval's own."""
    known: tuple[str, ...] = ()
    if folder is not None:
        local = _index(str(folder.resolve()))
        if path or name in local.task_index:
            return local
        known = tuple(local.all_tasks)
    shipped = _index(None)
    if name not in shipped.task_index:
        hint = f"`lmms-eval --tasks list` lists lmms-eval's own; the folder has: {', '.join(known) or 'none'}."
        raise UnknownName("task of lmms-eval", name, (*known, *shipped.all_tasks), hint=hint)
    return shipped


def _index(folder: str | None) -> Any:
    import yaml

    _hush()
    try:
        from lmms_eval.tasks import TaskManager
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        raise BrokenPlugin(f"lmms-eval is installed but cannot be imported: {first_line(error)}") from error
    try:
        return TaskManager(include_path=folder, include_defaults=folder is None)
    except (*TASK_ERRORS, yaml.YAMLError) as error:
        raise DataError(f"the task files of lmms-eval in {folder} cannot be read: {first_line(error)}") from error


def _hush() -> None:
    """Keep lmms-eval's chatter below a warning off the terminal, unless somebody has set up its logging already."""
    from loguru import logger

    with contextlib.suppress(ValueError):
        logger.remove(_DEFAULT_SINK)
        logger.add(sys.stderr, level="WARNING")


def _name_of(path: Path, manager: Any) -> str:
    for name, entry in manager.task_index.items():
        if entry["yaml_path"] != -1 and Path(entry["yaml_path"]).resolve() == path.resolve():
            return str(name)
    raise DataError(f"lmms:{path} names no task: its `task:` line is missing")


@functools.lru_cache(maxsize=8)
def _task_errors() -> tuple[type[Exception], ...]:
    from tenacity import RetryError
    from yaml import YAMLError

    return (*TASK_ERRORS, RetryError, YAMLError)


def _opened(task: str, manager: Any) -> Any:
    from lmms_eval.tasks import get_task_dict

    try:
        return get_task_dict([task], manager, task_type="chat")[task]
    except _task_errors() as error:
        raise DataError(f"lmms:{task} cannot be opened: {first_line(error)}") from error
