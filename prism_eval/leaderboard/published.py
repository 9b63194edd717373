"""What papers print, as data with its source: it stands beside a leaderboard, and is never ranked in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from prism_eval.errors import UnknownName, UsageError
from prism_eval.files.folders import user_path
from prism_eval.files.toml import read_toml
from prism_eval.leaderboard.sizes import UNKNOWN, Size

Points = Annotated[float, Field(ge=0, le=100, strict=True)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRow:
    """One row of a printed table. Scores are in [0, 1].

    Attributes:
        captioner: What the table calls it.
        setting: Under what the table puts it, where it prints several rows of one name; else empty.
        title: The table.
        source: The paper.
        size: How large its model is, as the paper says.
        scores: By benchmark, as printed.
        printed: The average as printed; ``None`` where the table prints none.
    """

    captioner: str
    setting: str
    title: str
    source: str
    size: Size
    scores: Mapping[str, float]
    printed: float | None

    @property
    def recomputed(self) -> float | None:
        """The mean of the printed scores, to hold beside the printed average; ``None`` where no score is printed."""
        return self.over(self.scores)

    def over(self, benchmarks: Iterable[str]) -> float | None:
        """The mean over some benchmarks, be it by CapRL's questions; ``None`` where the table lacks one of them."""
        names = [name.removesuffix(":caprl") for name in benchmarks]
        return fmean(self.scores[name] for name in names) if names and self.scores.keys() >= set(names) else None


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Row(_Model):
    captioner: Name
    setting: str = ""
    parameters_billion: float | None = Field(None, gt=0, allow_inf_nan=False, strict=True)
    average_as_printed: Points | None = None
    scores: dict[str, Points] = {}


class _Table(_Model):
    name: str = ""
    title: str
    source: str
    url: str = ""
    protocol: str
    reasoner: str = ""
    unit: str
    not_reported: list[str] = []
    notes: list[str] = []
    rows: list[_Row] = Field(min_length=1)

    @field_validator("rows")
    @classmethod
    def _once(cls, rows: list[_Row]) -> list[_Row]:
        counts = Counter((row.captioner, row.setting) for row in rows)
        if twice := next((pair for pair, count in counts.items() if count > 1), None):
            raise PydanticCustomError("twice", "{who} is there twice", {"who": ", ".join(filter(None, twice))})
        return rows


def published_rows(names: Sequence[str]) -> tuple[PublishedRow, ...]:
    """The rows of printed tables.

    Args:
        names: Of each the name in its file (``caprl``), that of the file (``caprl_table3``), or a path of one's own.

    Raises:
        UnknownName: No table has the name.
        UsageError: A file cannot be read, or is no such table.
    """
    # A table that is named twice, by its name and by its file's, has its rows once.
    tables = list(map(_load, names))
    different = [table for place, table in enumerate(tables) if table not in tables[:place]]
    return tuple(row for table in different for row in _rows(table))


def _load(name: str) -> _Table:
    if name.endswith(".toml"):
        return _read(user_path(name))
    files = sorted(_folder().glob("*.toml"))
    tables = {table.name or file.stem: table for file in files for table in [_read(file)]}
    by_file = {file.stem: table for file, table in zip(files, tables.values(), strict=True)}
    if name not in tables and name not in by_file:
        raise UnknownName("published table", name, tables, hint="A path ending in .toml names a file of your own.")
    return tables.get(name) or by_file[name]


def _folder() -> Path:
    # A wheel carries them inside the package; in a checkout they stand at the top, where people look for them.
    inside = Path(__file__).parent / "papers"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "reports" / "published"


def _read(path: Path) -> _Table:
    try:
        return _Table.model_validate(read_toml(path, f"the published table {path}"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"the published table {path}: {where}: {first['msg']}") from error


def _rows(table: _Table) -> list[PublishedRow]:
    return [
        PublishedRow(
            captioner=row.captioner,
            setting=row.setting,
            title=table.title,
            source=table.source,
            size=UNKNOWN if row.parameters_billion is None else Size(row.parameters_billion),
            scores={name: points / 100 for name, points in row.scores.items()},
            printed=None if row.average_as_printed is None else row.average_as_printed / 100,
        )
        for row in table.rows
    ]
