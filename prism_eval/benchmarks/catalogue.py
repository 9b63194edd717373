"""Finding definitions: the shipped files, other packages' entry points, a user's own file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import ValidationError

from prism_eval import plugins
from prism_eval.benchmarks.definition import CAPRL, Definition
from prism_eval.errors import DataError, UnknownName, UsageError
from prism_eval.files.folders import user_path
from prism_eval.files.toml import read_toml

_LIST_THEM = "`prism-eval benchmarks` lists them."


def definition_names() -> tuple[str, ...]:
    """The benchmarks that can be named, shipped or brought by other packages, in alphabetical order."""
    # The files besides the entry points: in a checkout one may have been added since it was installed.
    shipped = {path.stem for path in definitions_folder().glob("*.toml")}
    return tuple(sorted(shipped | set(plugins.entry_points("benchmark"))))


def load_definition(name: str) -> Definition:
    """The definition that a name stands for.

    Args:
        name: A benchmark (``chartqa``), with a variant (``mmmu_pro:vision``), or a path that ends in ``.toml``.

    Raises:
        UnknownName: There is no such benchmark or variant.
        DataError: The definition file is missing or not valid.
        BrokenPlugin: Another package's definition cannot be imported.
    """
    base, variant = split_name(name)
    if base.endswith(".toml"):
        return read_definition(user_path(base), variant)
    names = definition_names()
    if base not in names:
        raise UnknownName("benchmark", base, names, hint=_LIST_THEM)
    if base not in plugins.entry_points("benchmark"):
        return _with_variant(shipped_definition(base), variant)
    # A stranger's function gets the name it is registered under: one may serve several.
    find: Callable[[str], Definition] = plugins.load("benchmark", base)
    return _with_variant(find(base), variant)


def shipped_definition(name: str) -> Definition:
    """The definition in a shipped file: what the built-in entry points name."""
    return read_definition(definitions_folder() / f"{name}.toml")


def read_definition(path: Path, variant: str = "") -> Definition:
    """Read and validate a definition file.

    Raises:
        DataError: The file is missing, not TOML, or not a valid definition.
        UnknownName: The file has no such variant.
    """
    try:
        table = read_toml(path, f"definition {path}")
    except UsageError as error:
        raise DataError(str(error)) from error
    return _with_variant(_validated(table, str(path)), variant)


def split_name(name: str) -> tuple[str, str]:
    """Part a benchmark's name from its variant, which may be empty."""
    base, colon, variant = name.rpartition(":")
    # The colon may be a drive's (`C:\mine.toml`): what follows is a variant only if it is no path.
    return (base, variant) if colon and "/" not in variant and "\\" not in variant else (name, "")


def definitions_folder() -> Path:
    """Where the shipped definitions are: in the package, or at the top of a checkout."""
    # A wheel carries them inside the package; in a checkout they stand at the top, where people look for them.
    inside = Path(__file__).parent / "definitions"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "benchmarks"


def _with_variant(definition: Definition, variant: str) -> Definition:
    if variant in ("", definition.default_variant):
        return definition
    known = set(definition.variants) | ({CAPRL} if definition.caprl_file else set())
    if variant not in known:
        raise UnknownName(f"variant of benchmark {definition.name}", variant, known)
    # Without what was left to its default, so that a variant is merged into what the file says and nothing more.
    table = definition.model_dump(exclude_unset=True)
    # `caprl` is a variant of every benchmark with a question file, and changes nothing here.
    changes = definition.variants.get(variant, {})
    if "where" in changes:
        # How many rows another choice of them keeps, only the variant itself can say.
        table["source"].pop("rows", None)
    return _validated({**_merged(table, changes), "variant": variant}, f"{definition.name}:{variant}")


def _merged(table: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """Tables are merged, anything else is replaced."""
    result = dict(table)
    for key, value in changes.items():
        old = result.get(key)
        result[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result


def _validated(table: Mapping[str, object], where: str) -> Definition:
    try:
        return Definition.model_validate(table)
    except ValidationError as error:
        # One line, about one key: the others may follow from it.
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "definition"
        # What our own validator raised is there as it was raised; pydantic's text of it adds words that say nothing.
        message = first.get("ctx", {}).get("error") or first["msg"]
        raise DataError(f"definition {where}: {place}: {message}; see docs/benchmarks.md") from error
