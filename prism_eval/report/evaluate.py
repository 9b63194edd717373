"""A whole run in one call: captioners in, a leaderboard and its page out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from urllib.parse import quote

from prism_eval.captioners.base import Captioner
from prism_eval.errors import PrismError
from prism_eval.leaderboard import Leaderboard, build
from prism_eval.plan import benchmark_names, make_plan
from prism_eval.plugins import Plugin, Spec
from prism_eval.reasoners.base import Reasoner
from prism_eval.report.html import fragment, write_html
from prism_eval.report.terminal import as_text
from prism_eval.run.execute import Watch, run_plan
from prism_eval.run.result import RunResult

if TYPE_CHECKING:
    import pandas as pd

P = TypeVar("P", bound=Plugin)
Several: TypeAlias = str | P | Sequence[str | P] | Mapping[str, str | P]
"""Spec strings or plugins: one, a list, or by the labels that they shall have in tables."""


@dataclass(frozen=True, repr=False)
class Result(RunResult):
    """What a whole run leaves behind, its leaderboard included."""

    @cached_property
    def leaderboard(self) -> Leaderboard:
        """The leaderboard, read from the run folder."""
        return build(self.folder.path)

    @property
    def html(self) -> Path:
        """The leaderboard's page."""
        return self.folder.html_file

    def __repr__(self) -> str:
        """The leaderboard as a terminal shows it, and where the run is."""
        # A debugger asks too, and at any time: also when the folder has gone.
        try:
            table = as_text(self.leaderboard)
        except PrismError as error:
            table = str(error)
        return f"{table}\nRun folder: {self.folder.path}"

    def _repr_html_(self) -> str | None:
        """The leaderboard as a notebook shows it; without one it shows the text."""
        try:
            return fragment(self.leaderboard)
        except PrismError:
            return None

    def to_pandas(self) -> pd.DataFrame:
        """The verdicts, a row per captioner, item and sample."""
        import pyarrow.parquet as pq

        frame: pd.DataFrame = pq.ParquetFile(self.folder.table("verdicts")).read().to_pandas()
        return frame


def published(run: RunResult) -> Result:
    """A finished run with its leaderboard read and its page written; a shard is a part of one, and has none."""
    # Of one result, so that the table is read once for the page and for who asks for the leaderboard next.
    result = Result(**vars(run))
    if not run.folder.read_plan().part:
        write_html(result.folder.path, result.leaderboard)
    return result


def evaluate(
    captioners: Several[Captioner],
    *,
    reasoner: Several[Reasoner] = "lexical",
    benchmarks: Sequence[str] | str = (),
    data: str | Path = "synthetic",
    out: str | Path | None = None,
    store: str | Path | None = None,
    overwrite: bool = False,
    watch: Watch | None = None,
    **plan: object,
) -> Result:
    """Evaluate captioners: caption, answer, score, and build a leaderboard.

    Works in a script and in a notebook. Calls that the store already holds are not made again.

    Args:
        captioners: Spec strings such as ``"openai:NAME?base_url=http://127.0.0.1:8000/v1"``, or `Captioner` objects:
            one, a list, or a mapping from the labels they shall have in tables.
        reasoner: A spec string or a `Reasoner`; of several, given as captioners are, the first is the leaderboard's.
        benchmarks: Names, a list or a text with commas between them; all that ``data`` holds by default.
        data: A folder, ``"synthetic"`` or ``"hub"``.
        out: The run folder; by default one under ``runs/``, named after the plan.
        store: The generation store; by default one in the user's cache folder.
        overwrite: Whether the run of another plan in ``out`` is replaced.
        watch: Makes a context manager that shows a `State` while the run goes on.
        **plan: Further keys of `prism_eval.plan.Plan`, such as ``limit``, ``seed``, ``protocol``, ``orders``,
            ``judge``, ``until_decided`` with its ``baseline``, or ``concurrency``.

    Raises:
        UsageError: Something asked for does not exist or will not do.
        FatalError: No further call could succeed; finished work is in the store.
        Interrupted: Ctrl-C; finished work is in the store.
    """
    given, reading = _labelled(captioners), _labelled(reasoner)
    values = {
        "captioners": [label for label, _ in given],
        "reasoner": [label for label, _ in reading],
        "benchmarks": benchmark_names([benchmarks], where="benchmarks=")
        if isinstance(benchmarks, str)
        else list(benchmarks),
        "data": str(data),
        **plan,
    }
    run = run_plan(
        make_plan(values, where="evaluate()"),
        out=Path(out) if out is not None else None,
        store=Path(store) if store is not None else None,
        overwrite=overwrite,
        watch=watch,
        captioners={label: captioner for label, captioner in given if not isinstance(captioner, str)},
        reasoners={label: one for label, one in reading if not isinstance(one, str)},
    )
    return published(run)


def _labelled(given: Several[P]) -> list[tuple[str, str | P]]:
    """Plugins under the words that name them in the plan: a spec string, with its label, or an object's label."""
    if isinstance(given, Mapping):
        return [(_with_label(spec, label) if isinstance(spec, str) else label, spec) for label, spec in given.items()]
    # A text before all: it is a sequence too, of letters.
    if isinstance(given, str) or not isinstance(given, Sequence):
        given = [given]
    return [(one if isinstance(one, str) else _name(one), one) for one in given]


def _name(plugin: object) -> str:
    # What is no plugin at all is told so later, under this name.
    return str(getattr(plugin, "name", type(plugin).__name__))


def _with_label(spec: str, label: str) -> str:
    # Asked of the spec that was read: a question mark may be a part's, or stand in a prompt.
    read = Spec.parse(spec)
    more = "&" if read.options or read.own or read.label else "?"
    # Quoted, since a label that holds `&` or `=` would go on as another option.
    return f"{spec}{more}label={quote(label)}"
