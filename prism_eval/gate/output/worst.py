"""The items that lost most, with what was asked and answered: what somebody who was woken looks at first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from prism_eval.errors import UsageError
from prism_eval.gate.comparison import Comparison, Flip
from prism_eval.gate.side import Side, keys
from prism_eval.leaderboard.markdown import escaped
from prism_eval.leaderboard.writing import points
from prism_eval.report.explorer.plain import anchor
from prism_eval.report.text import one_line
from prism_eval.report.thumbnails import is_digest
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import LABEL, Table, read_manifest, reasoners_of
from prism_eval.run.thumbnails import kept

MOST = 3
_LONGEST = 300
"""Characters of a text that are shown: what was read of a reply is at its end, which is kept."""
_ASKED = ("benchmark", "item", "images", "question", "gold", "answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """An item that lost.

    Attributes:
        flip: Which, and by how much.
        question: What was asked; empty where neither side keeps it.
        gold: What is accepted, likewise.
        replies: What was answered by the baseline's and by the candidate's caption; ``None`` where it is not kept, as
            in a saved baseline, or the call failed.
        link: Where it is published; empty where it is not.
        picture: The address of its first image there; empty where that is not.
    """

    flip: Flip
    question: str
    gold: str
    replies: tuple[str | None, str | None]
    link: str = ""
    picture: str = ""


def worst(comparison: Comparison, *, site: str = "") -> tuple[Worst, ...]:
    """The items that lost most, at most `MOST`.

    Args:
        comparison: The comparison.
        site: The address of the candidate's published site, as ``report --bundle`` writes one; empty where there is
            none. Pictures are shown from there alone: whoever publishes images may, and GitHub shows no others.

    Raises:
        UsageError: That is no address.
        RunError: The texts cannot be read.
    """
    home = _home(site)
    flips = comparison.lost[:MOST]
    before, now = (_texts(side, flips) for side in (comparison.baseline, comparison.candidate))
    pictured = _pictured(comparison.candidate) if home and flips else frozenset()
    return tuple(_worst(flip, before.get(flip, {}), now.get(flip, {}), home, pictured) for flip in flips)


def in_markdown(items: Sequence[Worst]) -> str:
    """They as Markdown, each text on a line of its own; nothing where there is none."""
    return "\n".join(_lines(items)) + "\n" if items else ""


def _worst(flip: Flip, before: Mapping[str, Any], now: Mapping[str, Any], home: str, pictured: frozenset[str]) -> Worst:
    said = now or before
    image = next(iter(said.get("images") or ()), "")
    return Worst(
        flip=flip,
        question=said.get("question") or "",
        gold=_gold(said.get("gold")),
        replies=(before.get("answer"), now.get("answer")),
        link=f"{home}#{anchor(flip.benchmark, flip.item)}" if home else "",
        picture=f"{home}thumbnails/{image[:2]}/{image}.webp" if image in pictured else "",
    )


def _home(site: str) -> str:
    if not site:
        return ""
    parts = urlsplit(site)
    if parts.scheme not in ("https", "http") or not parts.netloc:
        raise UsageError(f"{site!r} is no address of a site: https://...")
    # Whatever stands in it, Markdown sees no end of the address.
    return quote(site.rstrip("/"), safe=":/?=&%~+@,;") + "/"


def _pictured(side: Side) -> frozenset[str]:
    folder = Path(side.where)
    return frozenset(filter(is_digest, kept(RunFolder(folder)))) if folder.is_dir() else frozenset()


def _texts(side: Side, flips: Sequence[Flip]) -> dict[Flip, dict[str, Any]]:
    """What a run's table of verdicts has of some items, of several captions and orders the first; nothing of a file."""
    import pyarrow as pa
    import pyarrow.compute as pc

    folder = Path(side.where)
    if not flips or not folder.is_dir():
        return {}
    table = Table(folder, "verdicts").where("captioner", side.label)
    # Of several reasoners the first one's verdicts are those that count.
    reasoners = reasoners_of(read_manifest(folder))
    if len(reasoners) > 1:
        table = table.where("reasoner", str(reasoners[0].get("label")))
    wanted = pa.array([f"{flip.benchmark}\0{flip.item}" for flip in flips])
    places = pc.index_in(wanted, keys(table.columns({"benchmark": LABEL, "item": LABEL})).combine_chunks())
    rows = table.take(places.drop_null().to_numpy(), _ASKED).to_pylist()
    by_name = {(row["benchmark"], row["item"]): row for row in rows}
    return {flip: row for flip in flips if (row := by_name.get((flip.benchmark, flip.item)))}


def _gold(cell: str | None) -> str:
    try:
        golds = json.loads(cell or "[]")
    except (ValueError, RecursionError):
        return str(cell)
    return " or ".join(map(str, golds)) if isinstance(golds, list) else str(golds)


def _lines(items: Sequence[Worst]) -> Iterator[str]:
    yield from ("#### What lost most", "")
    for one in items:
        name = escaped(one_line(f"{one.flip.benchmark} item {one.flip.item}", _LONGEST))
        titled = f"[{name}]({one.link})" if one.link else name
        yield from (f"**{titled}**: {points(one.flip.before)} before, {points(one.flip.after)} now", "")
        if one.picture:
            yield from (f"![its image]({one.picture})", "")
        said = (("asked", one.question), ("accepted", one.gold), *zip(("before", "now"), one.replies, strict=True))
        for word, text in said:
            if text:
                yield f"- {word}: {escaped(one_line(text, _LONGEST))}"
        yield ""
