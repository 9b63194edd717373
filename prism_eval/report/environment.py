"""The door to the page: what is written by strangers is made text here, what runs or styles is let in by its hash."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from prism_eval.leaderboard import AnyColumn, Row, writing
from prism_eval.leaderboard.column import told
from prism_eval.leaderboard.history import answer_of
from prism_eval.report import text
from prism_eval.statistics import Estimate

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

STYLES = ("frame.css", "tables.css", "charts.css", "losses.css", "sections.css", "explorer.css")
"""The page's styles, in the order in which one may overrule another."""
HEAD_SCRIPTS = ("theme.js",)
"""What runs before anything is painted."""
SCRIPTS = ("tables.js", "pairs.js", "explorer.js")
"""What runs when the page is there."""

_NEGATIVE = re.compile(r"(?<![^ \[])-(?=\d)")
# Where a label may be broken: behind what parts a path, an address or the options of a spec.
_BREAKS = re.compile(r"(?<=[-/:,(&=_.])")


@functools.cache  # it keeps its templates as code; a page has some twenty of them
def environment() -> Environment:
    """The templates, with every filter they use; whatever they print is visible and escaped."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("prism_eval.report"),
        autoescape=True,
        finalize=_finalize,
        # A misspelt name is an error here, where it would be an empty cell on the page.
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(styles=STYLES, head_scripts=HEAD_SCRIPTS, scripts=SCRIPTS)
    made.filters.update(
        points=writing.points,
        duration=writing.duration,
        score=writing.score,
        place=writing.place,
        whole=writing.count,
        counted=writing.counted,
        signed=_signed,
        minus=_minus,
        p_value=writing.p_value,
        breakable=_breakable,
        ends=_ends,
        level=_level,
        fallen=answer_of,
        told=_told,
        pretty=_pretty,
        toml=_toml,
        compact=_compact,
        prompts=_prompts,
    )
    made.tests["estimate"] = lambda value: isinstance(value, Estimate)
    return made


def policy(environment: Environment, *, site: bool = False) -> str:
    """The content security policy of a page that has exactly `STYLES` and the two lists of scripts in it.

    Args:
        environment: The templates.
        site: Whether pictures and data may be loaded from beside the page, too.
    """
    style, script = (" ".join(_hashes(environment, names)) for names in (STYLES, (*HEAD_SCRIPTS, *SCRIPTS)))
    own = " 'self'" if site else ""
    allowed = f"style-src {style}; script-src {script}{own}; img-src data:{own}"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hashes(environment: Environment, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        # Hashed as the page has it: Jinja takes the last line break of a file away.
        source = environment.get_template(name).render()
        yield f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _finalize(value: object) -> object:
    from markupsafe import Markup

    return text.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _breakable(label: str) -> Markup:
    """The label with places to break a line at; every piece is escaped as it is joined."""
    from markupsafe import Markup

    return Markup("<wbr>").join(_BREAKS.split(text.visible(label)))


def _ends(estimate: Estimate | None) -> str:
    """The ends of an interval in points: ``[47.7, 49.1]``."""
    return "" if estimate is None else writing.ends(estimate.low, estimate.high)


def _level(estimate: Estimate) -> int:
    """The tenth of the scale that a score lies in, from 0 to 9: how dark its cell is."""
    return min(int(10 * estimate.value), 9)


def _told(columns: Iterable[AnyColumn], rows: Sequence[Row]) -> list[AnyColumn]:
    # A table without a row keeps its head.
    return told(columns, rows) if rows else list(columns)


def _signed(value: float) -> str:
    """A difference in points."""
    return _minus(writing.signed(value))


def _minus(said: str) -> str:
    """The text with a minus as wide as a plus before its numbers; a hyphen in a name stays one."""
    return _NEGATIVE.sub("\N{MINUS SIGN}", said)


def _compact(value: object) -> Markup:
    """A value as JSON for a script element: nothing in it can end the element."""
    from jinja2.utils import htmlsafe_json_dumps

    return htmlsafe_json_dumps(value, dumps=json.dumps, separators=(",", ":"), ensure_ascii=False)


def _toml(plan: Mapping[str, object]) -> str:
    """A plan as the file that repeats it; what it leaves open is left out."""
    import tomli_w

    try:
        return tomli_w.dumps({key: value for key, value in plan.items() if value is not None})
    except (TypeError, RecursionError):  # it holds nulls, say, which TOML has no word for: no plan of ours does
        return _pretty(plan)


def _prompts(protocol: Mapping[str, object]) -> list[tuple[str, list[tuple[str, str]]]]:
    """By stage of a protocol, the texts that are sent: whatever of it is written in words."""
    stages = {stage: said for stage in ("caption", "answer") if isinstance(said := protocol.get(stage), Mapping)}
    return [
        (stage, [(str(name).replace("_", " "), text) for name, text in said.items() if isinstance(text, str)])
        for stage, said in stages.items()
    ]


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
