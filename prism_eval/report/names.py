"""Names of captioners in little room: what they share is left out, what tells them apart stays."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from prism_eval.report.text import one_line

_PART = re.compile(r"(?<==)[^&,()]+|\w+(?==)|[^-/:,()&=?_@ ]+")
"""What a name is made of: an option's value, its key, and the words between the marks of paths and addresses."""
_SERVED = re.compile(r"\b\w+:(?:/?[\w.-]+/)+(?=[\w.-])|(?<=[?&])base_url=[^&,()]*&?|[?&]base_url=[^&,()]*(?=$|[,)])")
"""What a spec says beside a served model's own name: the engine, whose model it is, and where it is served."""
_CUT, _ROOM = "…", 28
"""What stands for what is left out, and the columns beyond which a served model is called by its own name."""


def short_names(names: Sequence[str], width: int) -> dict[str, str]:
    """A name of at most ``width`` columns for each, all different, each on one line.

    Where a name is long, served models are called by their own names, without engine and address, if these tell them
    apart. Where one is too long still, parts are left out of all of them, those that most of them share first, and only
    as many as have to be: ``openai:Qwen/Qwen2.5-VL-3B-Instruct`` becomes ``Qwen2.5-VL-3B-Instruct``, then
    ``Qwen2.5…3B`` beside a 72B. One that is still too long is cut in its middle. Where the room is too small to tell
    them apart, they are numbered, however wide that is.

    Args:
        names: All that stand in one table.
        width: Columns of a terminal; a Chinese character has two.
    """
    names = list(dict.fromkeys(names))
    # An invisible character becomes a code in brackets.
    whole = _own_names([one_line(name, len(name) * 12) for name in names], min(width, _ROOM))
    # Two that differ by nothing one sees are numbered from the start.
    short = _numbered([_cut(text, width) for text in _fewer_parts(whole, width)], width)
    return dict(zip(names, short, strict=True))


def _own_names(names: list[str], width: int) -> list[str]:
    """Served models by their own names, if any name is wider than that and all stay different."""
    own = [_SERVED.sub("", name) for name in names]
    apart = all(own) and len(set(own)) == len(set(names))
    return own if apart and any(columns(name) > width for name in names) else names


def _fewer_parts(names: Sequence[str], width: int) -> list[str]:
    """The names without the parts they can spare, until all fit or none can be spared."""
    dropped: set[str] = set()
    short = list(names)
    for part in _by_worth(names):
        # What no name that is too long has makes none of them shorter.
        if not any(
            columns(text) > width and part in _PART.findall(name) for name, text in zip(names, short, strict=True)
        ):
            continue
        fewer = [_without(name, dropped | {part}) for name in names]
        # A part that is all there is of a name, or that tells it from another one, has to stay.
        if all(fewer) and len(set(fewer)) == len(set(names)):
            dropped.add(part)
            short = fewer
    return _phrases_whole(names, short, width)


def _phrases_whole(names: Sequence[str], short: Sequence[str], width: int) -> list[str]:
    """The short names, but those of several words whole where they fit: ``half the`` is no name for half the facts."""
    whole = [name if " " in name and columns(name) <= width else text for name, text in zip(names, short, strict=True)]
    return whole if len(set(whole)) == len(set(names)) else list(short)


def _by_worth(names: Sequence[str]) -> list[str]:
    """Every part once, the one that can be spared most easily first."""
    spread = Counter(part for name in names for part in set(_PART.findall(name)))
    places: dict[str, tuple[bool, bool, int]] = {}
    for name in names:
        head = len(_PART.findall(name.partition("?")[0]))
        for place, match in enumerate(_PART.finditer(name)):
            # A combinator's name says what was done; numbers are sizes and versions. Of options the last tell least, of
            # a name its beginning: who serves it.
            made, counts = name[match.end() :].startswith("("), any(map(str.isdigit, match.group()))
            worth = made, counts and place < head, place if place < head else -place
            places[match.group()] = max(worth, places.get(match.group(), worth))
    return sorted(spread, key=lambda part: (-spread[part], *places[part]))


def _without(name: str, dropped: set[str]) -> str:
    """The name without some of its parts; a mark stands where one is missing in the middle."""
    parts = list(_PART.finditer(name))
    stays = [part.group() not in dropped for part in parts]
    for place, (part, value) in enumerate(zip(parts, stays[1:], strict=False)):
        # The key of an option says nothing without its value.
        stays[place] &= value or name[part.end()] != "="
    kept = [place for place, stay in enumerate(stays) if stay]
    if not kept:
        return ""
    if len(kept) == len(parts):
        return name
    text = parts[kept[0]].group()
    for before, place in pairwise(kept):
        between = name[parts[before].end() : parts[place].start()]
        text += (between if place == before + 1 else _elision(between)) + parts[place].group()
    return _balanced(text + (name[parts[-1].end() :] if stays[-1] else ""))


def _elision(between: str) -> str:
    """What stands for parts that are left out: how deep in a combinator one is, and that a value follows."""
    return f"{'(' * between.count('(')}{_CUT}{')' * between.count(')')}{'=' if between.endswith('=') else ''}"


def _balanced(text: str) -> str:
    spare = text.count(")") - text.count("(")
    return text.replace(")", "", spare) if spare > 0 else text + f"{_CUT})" * -spare


def _numbered(names: Sequence[str], width: int) -> list[str]:
    """Those that are alike, each with its number in the table behind it."""
    alike = Counter(names)
    taken = {name for name, count in alike.items() if count == 1}
    unique = []
    for number, name in enumerate(names, 1):
        mark, text = f"#{number}", name
        while text in taken or (alike[name] > 1 and text == name):
            text = f"{_cut(name, max(width - len(mark), 0))}{mark}"
            mark = f"#{mark}"  # somebody may be called just that
        if alike[name] > 1:
            taken.add(text)
        unique.append(text if alike[name] > 1 else name)
    return unique


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def _cut(text: str, width: int) -> str:
    """The text cut in its middle to at most so many columns; two thirds of it are its beginning."""
    from rich.cells import set_cell_size

    if columns(text) <= width:
        return text
    if width < 1:
        return ""
    # The end of a model's name tells versions and sizes apart, so some of it is kept.
    tail = text[len(text) - (width - 1) // 3 :]
    while columns(tail) > width - 1:
        tail = tail[1:]
    return f"{set_cell_size(text, width - 1 - columns(tail)).rstrip()}{_CUT}{tail}"
