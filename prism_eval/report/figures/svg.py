"""A matplotlib figure as SVG inside the page: its colours are the page's, and equal figures are equal bytes.

Matplotlib writes styles as attributes that the page's content security policy forbids, a style sheet, a date and
absolute colours. What comes out here has presentation attributes only, and colours that follow the theme.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

INK, QUIET, RULE, PAPER = "#010101", "#020202", "#030303", "#040404"
"""Stand-ins for the page's colours: matplotlib wants a colour, the page decides which."""
SERIES = tuple(f"#0501{number:02x}" for number in range(6))
"""The same for the six colours that tell series apart, beside their shapes."""

_PAGE = {INK: "var(--ink)", QUIET: "var(--quiet)", RULE: "var(--rule)", PAPER: "var(--paper)"} | {
    colour: f"var(--series-{number})" for number, colour in enumerate(SERIES, 1)
}
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_XLINK = "{http://www.w3.org/1999/xlink}href"
_PLAIN: dict[RcKeyType, object] = {
    "svg.fonttype": "none",
    "font.size": 12.5,
    # A name may hold a dollar sign; it is no formula.
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": QUIET,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "axes.unicode_minus": True,
    "path.simplify": False,
}


@contextmanager
def canvas(width: float, height: float) -> Iterator[Figure]:
    """An empty figure of so many units (pixels at its natural size) in the page's style."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(), warnings.catch_warnings():
        # A user's own style must not change the page, nor letters that the measuring font lacks fill a terminal.
        mpl.rcdefaults()
        mpl.rcParams.update(_PLAIN)
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        # Figure, not pyplot: no window, no state, nothing to close.
        # A dot an inch in 72: the unit of the SVG that comes out.
        yield Figure(figsize=(width / 72, height / 72), dpi=72)


def inline(figure: Figure, name: str, label: str) -> Markup:
    """The figure as an element of the page.

    Args:
        figure: Drawn under `canvas`, and still under it.
        name: What no other figure of the page is called; its parts are named after it.
        label: What it shows, in a sentence, for who cannot see it.
    """
    import matplotlib as mpl
    from markupsafe import Markup

    stream = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    # Matplotlib escapes the texts it writes; the tree is taken apart and written again, escaped once more.
    root = ET.fromstring(stream.getvalue())  # noqa: S314 - written three lines above, by matplotlib
    _clean(root)
    root.attrib = {
        "class": "figure",
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-label": label,
        "focusable": "false",
    }
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - the escaped tree


def _clean(element: ET.Element) -> None:
    """Make an element and all in it plain: no name spaces, no style, the page's colours."""
    element.tag = element.tag.rpartition("}")[2]
    for child in [*element]:
        if child.tag.endswith(("metadata", "style")):
            element.remove(child)
        else:
            _clean(child)
    attributes = {key: value for key, value in element.attrib.items() if key not in {"style", "id", _XLINK}}
    if element.tag in {"path", "clipPath"} and "id" in element.attrib:
        attributes["id"] = element.attrib["id"]
    if _XLINK in element.attrib:
        attributes["href"] = element.attrib[_XLINK]
    if attributes.get("transform", "").startswith("rotate(-0 "):
        del attributes["transform"]
    attributes |= _presentation(element.attrib.get("style", ""))
    element.attrib = {key: _NUMBER.sub(_short, value) for key, value in attributes.items()}
    element.tail = None
    if element.tag != "text":
        element.text = None


def _presentation(style: str) -> Mapping[str, str]:
    """A style's declarations as attributes, without fonts' names: those are the page's."""
    declared = (part.partition(":")[::2] for part in style.split(";") if ":" in part)
    said = {key.strip(): value.strip() for key, value in declared}
    if font := said.pop("font", ""):
        said["font-size"] = re.findall(r"[\d.]+px", font)[0]
    said.pop("font-family", None)
    return {key: _PAGE.get(value.lower(), value) for key, value in said.items()}


def _short(number: re.Match[str]) -> str:
    return f"{float(number.group()):.2f}"
