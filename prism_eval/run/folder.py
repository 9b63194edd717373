"""The run folder: the names in it, and whether what lies there belongs together."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prism_eval.errors import NotThere, RunError, UsageError
from prism_eval.files.digests import sha256_of
from prism_eval.files.folders import user_path
from prism_eval.files.whole import write_whole
from prism_eval.plan import STAGES, Plan, Stage, make_plan, read_plan
from prism_eval.schema import utf8

TABLES: Mapping[Stage, str] = {"caption": "captions", "answer": "answers", "score": "verdicts"}
"""The table that each stage writes."""


@dataclass(frozen=True)
class RunFolder:
    """A folder that holds one run.

    In it lie ``plan.toml``, ``manifest.json``, three tables, ``thumbnails/`` and ``leaderboard.html``; engines
    leave their logs there.
    """

    path: Path

    @classmethod
    def create(cls, path: Path) -> RunFolder:
        """Make the folder where it is not there yet.

        Raises:
            NotThere: There is something else than a folder.
            RunError: It cannot be made or written.
        """
        path = user_path(path)
        # Whatever reads Parquet takes names for UTF-8, and would say so at the end of the run.
        if utf8(str(path)) != str(path):
            raise NotThere(f"cannot write the run folder {path}: its name is not UTF-8; give another with --out")
        try:
            path.mkdir(parents=True, exist_ok=True)
            # Asked by writing: permission bits say nothing of full disks, quotas and read-only mounts.
            with tempfile.TemporaryFile(dir=path):
                pass
        except OSError as error:
            # What is no folder was named by mistake; full disks and read-only mounts are nobody's slip.
            wrong = NotThere if isinstance(error, (FileExistsError, NotADirectoryError)) else RunError
            raise wrong(f"cannot write the run folder {path}: {error.strerror}; give another with --out") from error
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Open a folder that a run has made.

        Raises:
            NotThere: It is no run folder.
        """
        folder = cls(user_path(path))
        if not folder.plan_file.exists():
            raise NotThere(f"{path} is no run folder: it has no plan.toml")
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

    @property
    def calls_file(self) -> Path:
        """The calls that a shard asked for; a whole run has none."""
        return self.path / "calls.parquet"

    @property
    def thumbnails(self) -> Path:
        """The folder of small pictures of the run's images; a run from before, or without pictures, has none."""
        return self.path / "thumbnails"

    def thumbnail_files(self) -> Sequence[Path]:
        """Its files, in order of their names."""
        return sorted(self.thumbnails.glob("*.parquet"))

    def table(self, name: str) -> Path:
        """The Parquet file of a table: ``captions``, ``answers`` or ``verdicts``."""
        return self.path / f"{name}.parquet"

    def read_plan(self) -> Plan:
        """The plan of the run."""
        values = read_plan(self.plan_file)
        # Asked here, where nobody has forgotten a flag: an empty file is what a full disk leaves of a plan.
        if not values.get("captioners"):
            raise NotThere(f"{self.plan_file} names no captioner: it is no run's plan; do the run again")
        return make_plan(values, where=str(self.plan_file))

    def write_plan(self, plan: Plan) -> None:
        """Write ``plan.toml``."""
        write_whole(self.plan_file, plan.to_toml())

    def write_manifest(self, manifest: Mapping[str, object]) -> None:
        """Write ``manifest.json``, with the digests of the tables that it is of."""
        tables = {name: digest for name in TABLES.values() if (digest := self.digest_of(name))}
        # Of another run's, from which a manifest may be made, the tables are others.
        said = {name: value for name, value in manifest.items() if name != "tables"} | {"tables": tables}
        write_whole(self.manifest_file, json.dumps(said, indent=2, ensure_ascii=False) + "\n")

    def digest_of(self, name: str) -> str | None:
        """SHA-256 of a table's file, as 64 hexadecimal digits; ``None`` where there is none.

        Raises:
            RunError: It cannot be read, or is no file.
        """
        path = self.table(name)
        try:
            return sha256_of(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RunError(f"cannot read {path}: {error.strerror or error}") from error

    def refuse_another(self, plan: Plan) -> None:
        """Make sure that the folder does not hold the run of another plan.

        Raises:
            UsageError: It does; the message says by which key they differ.
        """
        # A plan alone is a run that came to nothing, refused by its server say: the command put right may go on.
        made = any(file.exists() for file in (self.manifest_file, *map(self.table, TABLES.values())))
        different = self.read_plan().difference(plan) if made and self.plan_file.exists() else ""
        if different:
            raise UsageError(
                f"{self.path} holds the run of another plan ({different!r} differs): "
                "give another folder with --out, or replace that run with --overwrite"
            )

    def clear(self) -> None:
        """Remove the run that lies there; the plan last, so that a clearing cut short is still known for a run."""
        tables = map(self.table, TABLES.values())
        logs = self.path.glob("vllm-*.log")
        told = (self.html_file, *tables, self.calls_file, *self.thumbnail_files(), *logs)
        made = (*told, self.manifest_file, self.plan_file)
        for file in made:
            _remove(file)
        with contextlib.suppress(OSError):  # there is none, or it holds what is not ours
            self.thumbnails.rmdir()

    def drop_after(self, stage: Stage) -> None:
        """Remove what was made from a stage's table, which has just been written anew."""
        for later in STAGES[STAGES.index(stage) + 1 :]:
            _remove(self.table(TABLES[later]))
        # The page is made after the verdicts, by whoever shows them.
        if stage != "score":
            _remove(self.html_file)


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:  # a folder of that name, say, which is none of ours
        raise RunError(f"cannot remove {file}: {error.strerror}; give another folder with --out") from error
