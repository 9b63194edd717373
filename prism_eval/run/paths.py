"""A plan that does its run again from any folder: every path in it absolute, every server's address said."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from typing import TypeVar

from prism_eval.captioners import CAPTIONER
from prism_eval.files.folders import user_path
from prism_eval.judges import JUDGE
from prism_eval.plan import Plan
from prism_eval.plan.overrides import is_path, split_options
from prism_eval.plugins import Kind, Plugin, Spec, label_of, paths
from prism_eval.reasoners import REASONER

P = TypeVar("P", bound=Plugin)
_NO_FOLDERS = ("synthetic", "hub")


def with_absolute_paths(plan: Plan, *, ready: Container[str] = (), ready_reasoners: Container[str] = ()) -> Plan:
    """The plan with every path absolute, those in spec strings included; tables go on calling plugins as before.

    Addresses that the environment says are written into the spec strings: they must not change with it.

    Args:
        plan: A plan whose paths are relative to the current folder.
        ready: Captioners of the plan that are labels of objects, not spec strings.
        ready_reasoners: Likewise of its reasoners.

    Raises:
        UsageError: A plugin that the plan names does not exist.
    """
    # A copy without a second validation: a label stands in place of a spec where a ready object was given.
    return plan.model_copy(
        update={
            "captioners": _specs(CAPTIONER, plan.captioners, ready),
            "reasoner": _specs(REASONER, plan.reasoner, ready_reasoners),
            "judge": _spec(JUDGE, plan.judge) if plan.judge else None,
            "benchmarks": tuple(map(_benchmark, plan.benchmarks)),
            "data": plan.data if plan.data in _NO_FOLDERS else paths.absolute(plan.data),
            "protocol": _protocol(plan.protocol),
        }
    )


def _protocol(text: str) -> str:
    name, options = split_options(text)
    return "?".join(filter(None, (paths.absolute(name) if is_path(name) else name, options)))


def _specs(kind: Kind[P], texts: Sequence[str], ready: Container[str]) -> tuple[str, ...]:
    return tuple(text if text in ready else _spec(kind, text) for text in texts)


def _spec(kind: Kind[P], text: str) -> str:
    spec = Spec.parse(text)
    moved = paths.settled(kind.name, spec)
    # The label is what was typed: a table that suddenly names folders would be another table.
    return text if moved == spec else replace(moved, label=label_of(kind, spec)).written()


def _benchmark(name: str) -> str:
    """A definition file, with its variant, or a file behind the prefix of a source; any other name is no path."""
    head, colon, tail = name.rpartition(":")
    if head.endswith(".toml"):
        return f"{paths.absolute(head)}{colon}{tail}"
    if name.endswith(".toml"):
        return paths.absolute(name)
    return f"{head}{colon}{paths.absolute(tail)}" if colon and user_path(tail).is_file() else name
