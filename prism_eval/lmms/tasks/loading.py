"""Finding a task of lmms-eval by its name, in a folder of task files or among lmms-eval's own."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from prism_eval.errors import BrokenPlugin, DataError, UnknownName, UsageError
from prism_eval.files.folders import user_path
from prism_eval.lmms.theirs import InnerTask, Manager

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

# loguru's own handler, which writes everything to stderr; it is gone where somebody has set up logging.
_DEFAULT_SINK = 0
_OUTPUT = "generate_until"
_SHOWN = 300


def load(name: str, folder: Path | None) -> tuple[str, InnerTask]:
    """Open a task.

    Args:
        name: A task's name, or the path of its ``.yaml`` file.
        folder: A folder of task files, searched before lmms-eval's own; ``None`` for those alone.

    Returns:
        The task's name and lmms-eval's object.

    Raises:
        BrokenPlugin: lmms-eval is installed but cannot be imported.
        UnknownName: There is no such task.
        UsageError: The task is a group, or wants something else than a text.
        DataError: Its file or its documents cannot be read.
    """
    path = user_path(name) if name.endswith((".yaml", ".yml")) else None
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
    # tenacity's own error says that it gave up; what happened is in the attempt that it carries.
    attempt = getattr(error, "last_attempt", None)
    cause = attempt.exception() if attempt is not None and attempt.failed else error
    return f"{type(cause).__name__}: {str(cause).strip().partition(chr(10))[0][:_SHOWN]}"


def _manager_with(name: str, folder: Path | None, path: Path | None) -> Manager:
    """The index that knows the name: the folder's if it does, else lmms-eval's own."""
    known: tuple[str, ...] = ()
    if folder is not None:
        # The folder alone: lmms-eval's own task files are many, and indexing them takes seconds.
        local = _index(str(folder.resolve()))
        if path or name in local.task_index:
            return local
        known = tuple(local.all_tasks)
    shipped = _index(None)
    if name not in shipped.task_index:
        # A folder's tasks are few and can be named; lmms-eval's own would fill the screen.
        hint = f"`lmms-eval --tasks list` lists lmms-eval's own; the folder has: {', '.join(known) or 'none'}."
        raise UnknownName("task of lmms-eval", name, (*known, *shipped.all_tasks), hint=hint)
    return shipped


def _index(folder: str | None) -> Manager:
    import yaml

    _hush()
    try:
        from lmms_eval.tasks import TaskManager
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        raise BrokenPlugin(f"lmms-eval is installed but cannot be imported: {first_line(error)}") from error
    try:
        manager: Manager = TaskManager(include_path=folder, include_defaults=folder is None)
    except (*TASK_ERRORS, yaml.YAMLError) as error:
        raise DataError(f"the task files of lmms-eval in {folder} cannot be read: {first_line(error)}") from error
    return manager


def _hush() -> None:
    """Keep lmms-eval's chatter below a warning off the terminal, unless somebody has set up its logging already."""
    from loguru import logger

    with contextlib.suppress(ValueError):
        logger.remove(_DEFAULT_SINK)
        logger.add(sys.stderr, level="WARNING")


def _name_of(path: Path, manager: Manager) -> str:
    for name, entry in manager.task_index.items():
        # -1 is lmms-eval's mark for an entry that no file of its own stands for, such as a tag.
        if entry["yaml_path"] != -1 and Path(entry["yaml_path"]).resolve() == path.resolve():
            return str(name)
    raise DataError(f"lmms:{path} names no task: its `task:` line is missing")


def _opening_errors() -> tuple[type[Exception], ...]:
    from tenacity import RetryError
    from yaml import YAMLError

    return (*TASK_ERRORS, RetryError, YAMLError)


def _opened(task: str, manager: Manager) -> InnerTask:
    from lmms_eval.tasks import get_task_dict

    try:
        # "chat": the task's messages are wanted, not the one string that its older form makes of them.
        opened: InnerTask = get_task_dict([task], manager, task_type="chat")[task]
    except _opening_errors() as error:
        raise DataError(f"lmms:{task} cannot be opened: {first_line(error)}") from error
    return opened
