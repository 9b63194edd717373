"""Writes docs/engines.md from the plugins' own fields: ``python -m tests.docs.engine_reference``, from a clone."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from prism_eval.captioners.prompted import PromptedCaptioner
from prism_eval.judges.prompted import PromptedJudge
from prism_eval.plugins.identity import environment_name, is_runtime, plan_name
from prism_eval.plugins.registry import entry_points
from prism_eval.reasoners.prompted import PromptedReasoner
from prism_eval.reasoners.ranking import RankingReasoner
from prism_eval.schema import Sampling
from tests.docs.costs import twelve

PAGE = Path(__file__).parents[2] / "docs" / "engines.md"
HEAD = (Path(__file__).parent / "engines_head.md").read_text(encoding="utf-8")
COSTS = "{the twelve}"
"""What stands in the head for the table of GPU hours."""
AROUND = {
    "As captioner": PromptedCaptioner,
    "As reasoner": PromptedReasoner,
    "As reasoner with `by=rank`, besides": RankingReasoner,
    "As judge": PromptedJudge,
}
"""Who asks an engine, under the heading of the options that this adds."""


def reference() -> str:
    """The whole page: what holds for all options, then a table for each engine and each that asks one."""
    tables = [f"\n## `{name}`\n\n{_about(name)}{_table(engine)}" for name, engine in sorted(_engines())]
    tables.append(f"\n## Sampling\n\n{_table(Sampling)}")
    known: set[str] = set()
    for heading, cls in AROUND.items():
        tables.append(f"\n## {heading}\n\n{_table(cls, without=known if 'besides' in heading else set())}")
        known = {field.name for field in dataclasses.fields(cls)}
    return HEAD.replace(COSTS, twelve()) + "".join(tables)


def _about(name: str) -> str:
    """What is to be said of one engine alone, where there is anything."""
    page = Path(__file__).parent / f"engines_{name}.md"
    return page.read_text(encoding="utf-8") if page.exists() else ""


def _engines() -> Iterator[tuple[str, type]]:
    for name, point in entry_points("engine").items():
        if point.dist is not None and point.dist.name == "prism-eval":
            yield name, point.load()


def _table(cls: type, *, without: set[str] | frozenset[str] = frozenset()) -> str:
    told = _told(cls)
    rows = [
        f"| `{field.name}` | {_default(cls, field)} | {'runtime' if is_runtime(field) else 'identity'} "
        f"| {told[field.name]} |\n"
        for field in dataclasses.fields(cls)
        # An engine is named before the question mark, and sampling is what the table of that name holds.
        if field.init and field.name not in {"engine", "sampling", *without}
    ]
    return "".join(["| option | default | part of | |\n|---|---|---|---|\n", *rows])


def _default(cls: type, field: dataclasses.Field[object]) -> str:
    if field.name == "seed":
        return "the plan's"
    if cls is Sampling or plan_name(field):
        return "the protocol's"
    if environment_name(field):
        return f"`${environment_name(field)}`"
    if field.name == "model":
        return "what follows the colon"
    value = field.default_factory() if callable(field.default_factory) else field.default
    if "\n" in str(value):
        return "its own"
    return f"`{str(value).lower() if value is None or isinstance(value, bool) else value}`"


def _told(cls: type) -> dict[str, str]:
    """What the docstrings of a class and those it inherits from say of each attribute."""
    told: dict[str, str] = {}
    for one in reversed(cls.__mro__):
        section = inspect.cleandoc(vars(one).get("__doc__") or "").partition("Attributes:\n")[2]
        for name, text in re.findall(r"^    (\w+): (.*(?:\n        .*)*)", section.partition("\n\n")[0], re.MULTILINE):
            told[name] = " ".join(text.split()).replace("``None``", "`none`").replace("``", "`").replace("|", r"\|")
    return told


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
