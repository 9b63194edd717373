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
    written = [stage for stage in STAGES if folder.table(TABLES[stage]).exists()]
    # Whoever looked into a run that goes on would look more often than was planned.
    if plan.until_decided and not written:
        where = f"--plan {folder.plan_file} --out {folder.path}"
        raise RunError(f"{folder.path} has no verdict yet: it runs until decided; to go on: prism-eval run {where}")
    there = [stage for stage in STAGES if stage in stages or stage in written]
    for stage in there:
        table = Table(folder.path, TABLES[stage])
        if table.plan_digest() != plan.digest_through(stage):
            raise RunError(f"{table.path} is not of the plan beside it ({folder.plan_file}); {again}")
    if manifest and read_manifest(folder.path).get("plan_digest") != plan.digest:
        raise RunError(f"{folder.manifest_file} is not of the plan beside it ({folder.plan_file}); {again}")
