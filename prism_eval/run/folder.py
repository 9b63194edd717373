"""The run folder and the names in it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prism_eval.errors import RunError
from prism_eval.plan.plan import Plan, make_plan, read_plan


@dataclass(frozen=True)
class RunFolder:
    """A folder that holds one run: ``plan.toml``, ``manifest.json``, three tables and ``leaderboard.html``."""

    path: Path

    @classmethod
    def create(cls, path: Path) -> RunFolder:
        """Make the folder where it is not there yet.

        Raises:
            RunError: It cannot be made or written.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                pass
        except OSError as error:
            raise RunError(f"cannot write the run folder {path}: {error.strerror}; give another with --out") from error
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Open a folder that a run has made.

        Raises:
            RunError: It is no run folder.
        """
        folder = cls(path)
        if not folder.plan_file.exists():
            raise RunError(f"{path} is no run folder: it has no plan.toml")
        return folder

    @property
    def plan_file(self) -> Path:
        """The plan, enough to do the run again."""
        return self.path / "plan.toml"

    @property
    def manifest_file(self) -> Path:
        """What the run met: versions, identities, fingerprints, counts."""
        return self.path / "manifest.json"

    @property
    def html_file(self) -> Path:
        """The leaderboard as one page."""
        return self.path / "leaderboard.html"

    def table(self, name: str) -> Path:
        """The Parquet file of a table: ``captions``, ``answers`` or ``verdicts``."""
        return self.path / f"{name}.parquet"

    def read_plan(self) -> Plan:
        """The plan of the run."""
        return make_plan(read_plan(self.plan_file), where=str(self.plan_file))

    def write_plan(self, plan: Plan) -> None:
        """Write ``plan.toml``."""
        write_whole(self.plan_file, plan.to_toml())

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Write ``manifest.json``."""
        write_whole(self.manifest_file, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that a reader finds the old text or the new one, never a part.

    Raises:
        RunError: The file cannot be written.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}") from error
