"""Figures against their bars, in a file and in a picture."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from prism_eval import __version__

_MET, _MISSED = "#2f6fc4", "#b3402a"


@dataclass(frozen=True, kw_only=True)
class Result:
    """One figure.

    Attributes:
        name: What was measured, in a few words.
        value: What came out.
        unit: Of value and bar: ``x the lower bound``, ``ms``.
        bar: What it is held against.
        at_least: Whether more is better.
        about: How it was measured.
        missed: Why the bar is missed where it is known to be.
        load: Programs that wanted the machine's cores at its end; more than there are cores, and times are inflated.
        day: When it was measured.
    """

    name: str
    value: float
    unit: str
    bar: float
    at_least: bool = False
    about: str = ""
    missed: str = ""
    load: float
    day: str

    @classmethod
    def measured(
        cls,
        name: str,
        value: float,
        *,
        unit: str,
        at_most: float | None = None,
        at_least: float | None = None,
        about: str = "",
        missed: str = "",
    ) -> Self:
        """A figure that was measured now; exactly one of the bars is given."""
        bar = at_most if at_least is None else at_least
        assert bar is not None, "a figure needs a bar"
        return cls(
            name=name,
            value=float(f"{value:.4g}"),
            unit=unit,
            bar=bar,
            at_least=at_least is not None,
            about=about,
            missed=missed,
            load=round(os.getloadavg()[0], 1),
            day=f"{datetime.now(UTC):%Y-%m-%d}",
        )

    @property
    def met(self) -> bool:
        """Whether the bar is met."""
        return self.value >= self.bar if self.at_least else self.value <= self.bar

    @property
    def share(self) -> float:
        """The figure as a share of its bar, turned so that less is better."""
        if self.at_least:
            return self.bar / self.value if self.value else float("inf")
        return self.value / self.bar if self.bar else 1.0 + self.value

    def __str__(self) -> str:
        bar = f"{'at least' if self.at_least else 'at most'} {self.bar:g}"
        return f"{self.name}: {self.value:g} {self.unit} ({bar}{'' if self.met else ', MISSED'})"


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    described = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in described.splitlines() if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
        "prism_eval": __version__,
    }


def write(folder: Path, found: Sequence[Result]) -> None:
    """Write ``results.json`` and ``results.svg``; what was not measured this time stays as it was."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "results.json"
    known = json.loads(path.read_text(encoding="utf-8"))["results"] if path.exists() else []
    kept = {one["name"]: Result(**one) for one in known} | {one.name: one for one in found}
    results = list(kept.values())
    said = {"machine": machine(), "results": [asdict(one) for one in results]}
    path.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    draw(folder / "results.svg", results)


def draw(path: Path, results: Sequence[Result]) -> None:
    """Draw each figure as a share of its bar."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": path.name, "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(9, 0.9 + 0.34 * len(results)), layout="constrained")
        axes = figure.add_subplot()
        places = range(len(results))[::-1]
        for place, one in zip(places, results, strict=True):
            axes.barh(place, one.share, height=0.6, color=_MET if one.met else _MISSED)
            bar = f"{'≥' if one.at_least else '≤'} {one.bar:g}"
            said = f" {one.value:g} {one.unit} ({bar}{'' if one.met else ', missed'})"
            axes.text(one.share, place, said, va="center", fontsize=8.5)
        axes.axvline(1, color="#444444", linewidth=1)
        axes.set_yticks(places, [one.name for one in results], fontsize=9)
        axes.set_xlim(0, 1.75 * max(1.0, *(one.share for one in results)))
        axes.set_xlabel("share of what the bar allows; the line is the bar", fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
