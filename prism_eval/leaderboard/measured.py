"""What was measured, in the few words that stand above every number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prism_eval.leaderboard import writing
from prism_eval.leaderboard.imported import imported_facts
from prism_eval.leaderboard.rows import Row
from prism_eval.leaderboard.writing import counted
from prism_eval.run.reading import Manifest
from prism_eval.schema import Outcome


def measured(manifest: Manifest) -> tuple[str, ...]:
    """What data, how much of it, who read, and by which rules: what a score may mean at all comes first."""
    return tuple(_facts(manifest))


def failures(rows: Sequence[Row]) -> str:
    """How many answers are in no score, as ``88 of 108 answers failed``; empty where all are in one."""
    failed = sum(row.outcomes[Outcome.FAILED] for row in rows)
    return f"{failed:,} of {counted(sum(row.answers for row in rows), 'answer')} failed" if failed else ""


def kept_first(manifest: Manifest) -> bool:
    """Whether the limit has left the first items, and no random sample."""
    plan = manifest.get("plan") or {}
    # Plans of the time before there were samples do not say which.
    return bool(plan.get("limit")) and plan.get("first") is not False


def _facts(manifest: Manifest) -> Iterator[str]:
    if imported := manifest.get("imported"):
        yield from imported_facts(manifest)
        # Where nobody reads captions, the rest says nothing.
        if "rescored" not in imported:
            return
    plan, protocol = manifest.get("plan") or {}, manifest.get("protocol") or {}
    if plan.get("data") == "synthetic":
        yield "synthetic twins"
    if plan.get("limit") or plan.get("until_decided"):
        yield from _share(manifest)
    if looks := manifest.get("looks"):
        yield _stopped(looks)
    reasoner = manifest.get("reasoner") or {}
    lexical = (reasoner.get("identity") or {}).get("plugin") == "lexical"
    yield "lexical baseline, not a language model" if lexical else f"reasoner {reasoner.get('label', '?')}"
    yield f"protocol {protocol.get('name', '?')}, {protocol.get('edition', '?')} scoring"
    if isinstance(samples := protocol.get("samples"), int) and samples > 1:
        yield f"{samples} captions per image"
    if isinstance(orders := plan.get("orders"), int) and orders > 1:
        yield f"options in up to {orders} orders"
    if judge := manifest.get("judge"):
        yield f"judge {judge.get('label', '?')}"


def _stopped(looks: Mapping[str, Any]) -> str:
    """When a run that ends as soon as it is decided ended, and within which margin: a table may be of another."""
    margin = looks.get("margin")
    within = f" within {writing.margin(margin / 100)}" if isinstance(margin, int | float) else ""
    if looks.get("undecided"):
        return f"cannot tell{within} after {looks.get('taken')} of {looks.get('planned')} looks"
    images, of_images = looks.get("images", 0), looks.get("of_images", 0)
    share = f"{of_images - images:,} of {counted(of_images, 'image')} saved"
    return f"decided{within} at look {looks.get('taken')} of {looks.get('planned')}, {share}"


def _share(manifest: Manifest) -> Iterator[str]:
    """What ``limit`` has left of the benchmarks, where it has left anything out."""
    plan = manifest.get("plan") or {}
    drawn = not kept_first(manifest)
    one, each_of_many = ("random", "random samples of up to") if drawn else ("first", "first")
    seed = f", seed {plan.get('seed', 0)}" if drawn else ""
    entries = manifest["benchmarks"]
    asked = [entry["items"] for entry in entries if isinstance(entry.get("items"), int)]
    sizes = [entry["size"] for entry in entries if isinstance(entry.get("size"), int)]
    most = max(asked, default=0)
    each = " of each benchmark" if len(entries) > 1 else ""
    if len(sizes) < len(entries) or len(asked) < len(entries):
        yield f"{each_of_many if each else one} {counted(most, 'question')}{each}{seed}"
    elif sum(asked) < sum(sizes):
        alike = len(set(zip(asked, sizes, strict=True))) == 1
        yield (
            f"{one} {most:,} of {counted(sizes[0], 'question')}{each}{seed}"
            if alike
            else f"{each_of_many} {counted(most, 'question')}{each} ({sum(asked):,} of {sum(sizes):,}){seed}"
        )
