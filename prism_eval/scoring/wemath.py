"""We-Math's four-dimensional metric over groups of a problem and its steps.

Source: Qiao et al., "We-Math" (arXiv:2407.01284), and ``evaluation/four_dimensional_metrics.py`` of its repository.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from prism_eval.schema import Item, Outcome, Verdict
from prism_eval.scoring.aggregation import Aggregation

_KEY = re.compile(r"([1-9])steps_([1-9]|multi)")
_WHOLE = "multi"


class FourDimensions(Aggregation):
    """Sorts groups into insufficient knowledge, inadequate generalisation, complete mastery and rote memorisation.

    A group is the items of one ``ID``: the steps ``Nsteps_1`` to ``Nsteps_N``, which each ask for one piece of
    knowledge, and the whole problem ``Nsteps_multi``, which asks for all of them. Only groups of which every item has
    a verdict that is not ``FAILED`` are sorted. Items without ``ID`` and ``key`` belong to no group.
    """

    def __init__(self) -> None:
        self._groups: dict[tuple[str, int], dict[str, bool | None]] = defaultdict(dict)

    def add(self, item: Item, verdict: Verdict) -> None:
        """Take in whether an item was answered right; ``FAILED`` says neither."""
        place = _KEY.fullmatch(str(item.columns.get("key", "")))
        if place is None or item.columns.get("ID") is None:
            return
        # Kept even so: the group was met, and is reported as incomplete.
        failed = verdict.outcome is Outcome.FAILED
        group = self._groups[str(item.columns["ID"]), int(place[1])]
        group[place[2]] = None if failed else verdict.outcome is Outcome.CORRECT

    def metrics(self) -> Mapping[str, float | int | None]:
        """The averages and the rates.

        Returns:
            In percent of the sorted groups: ``strict`` and ``loose``, the average score (a mastered group counts 1,
            an inadequately generalised one 0.5); ``IK``, ``IG``, and for each of the two ways ``CM``; in percent of
            the groups whose whole problem was solved, ``RM``. ``None`` where there is no such group. Then ``groups``
            and ``incomplete groups``, how many were sorted and how many were met but left out. Empty if no item was
            in a group.
        """
        if not self._groups:
            return {}
        whole_groups = [marks for (_, count), group in self._groups.items() if (marks := _complete(group, count))]
        strict = Counter(_dimension(marks, enough=all) for marks in whole_groups)
        loose = Counter(_dimension(marks, enough=any) for marks in whole_groups)
        total = len(whole_groups)
        return {
            "strict": _percent(strict["CM"] + strict["IG"] / 2, total),
            "loose": _percent(loose["CM"] + loose["IG"] / 2, total),
            "IK": _percent(strict["IK"], total),
            "IG": _percent(strict["IG"], total),
            **_ways(strict, total, "strict"),
            **_ways(loose, total, "loose"),
            "groups": total,
            "incomplete groups": len(self._groups) - total,
        }


def _complete(group: Mapping[str, bool | None], count: int) -> list[bool]:
    """Whether each step, and last the whole problem, was answered right; empty if that of one is not known."""
    # `get`: a part that was not asked is as unknown as one that failed.
    marks = [group.get(part) for part in (*map(str, range(1, count + 1)), _WHOLE)]
    known = [mark for mark in marks if mark is not None]
    return known if len(known) == len(marks) else []


def _dimension(marks: Sequence[bool], *, enough: Callable[[Iterable[bool]], bool]) -> str:
    """The dimension of a group; ``enough`` says of the steps whether a solved problem counts as mastered."""
    *steps, whole = marks
    if whole:
        return "CM" if enough(steps) else "RM"
    return "IG" if all(steps) else "IK"


def _ways(counts: Mapping[str, int], total: int, way: str) -> dict[str, float | None]:
    solved = counts["CM"] + counts["RM"]
    return {f"CM {way}": _percent(counts["CM"], total), f"RM {way}": _percent(counts["RM"], solved)}


def _percent(part: float, whole: int) -> float | None:
    return 100 * part / whole if whole else None
