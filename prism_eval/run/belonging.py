"""Whether what lies in a run folder belongs together."""

from __future__ import annotations

from prism_eval.errors import RunError
from prism_eval.plan import STAGES, Stage
from prism_eval.run.folder import TABLES, RunFolder
from prism_eval.run.reading import Table, read_manifest


def check_belonging(folder: RunFolder, *stages: Stage, manifest: bool = False) -> None:
    """Make sure that the plan of a folder and what was made by it belong together.

    Args:
        folder: The run folder.
        *stages: The stages whose tables must be there; the others' are looked at where they are.
        manifest: Whether the manifest is to be read too.

    Raises:
        RunError: A table is missing, or one of them is of another plan.
    """
    plan = folder.read_plan()
    again = f"do the run again: prism-eval run --plan {folder.plan_file} --out {folder.path}"
    # The digest through a stage: verdicts of another judge are wrong, captions under another judge are not.
    there = [stage for stage in STAGES if stage in stages or folder.table(TABLES[stage]).exists()]
    for stage in there:
        table = Table(folder.path, TABLES[stage])
        if table.plan_digest() != plan.digest_through(stage):
            raise RunError(f"{table.path} is not of the plan beside it ({folder.plan_file}); {again}")
    if manifest and read_manifest(folder.path).get("plan_digest") != plan.digest:
        raise RunError(f"{folder.manifest_file} is not of the plan beside it ({folder.plan_file}); {again}")
