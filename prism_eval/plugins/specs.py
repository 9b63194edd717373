"""Spec strings: ``NAME(PART, PART):MODEL?key=value&key=value``, the way the command line names a plugin.

Parts are spec strings themselves. Values and the model are percent-decoded, so that ``%26`` is an ampersand and ``%2C``
a comma. A value that is a JSON object or list, as in ``extra_body={"top_k": 20, "stop": ["&"]}``, is read as one.
The key ``label`` names the plugin in tables; those of `_ABOUT` say how large its model is, what its tokens cost, how
fast it is and how much it writes. They change no call. Every other key is an option of the plugin.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from prism_eval.errors import UsageError

_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_SPECIAL = re.compile(r"[%&?,()]")
_ABOUT = ("params_b", "price_in", "price_out", "speed_in", "speed_out", "reply_tokens", "on_gpus")
_DEEPEST, _MOST, _QUOTED = 32, 256, 60
"""Parts within parts, parts beside each other, and characters of them that are quoted."""
_ABOVE_NONE = {"speed_in", "speed_out", "on_gpus"}


@dataclass(frozen=True)
class Spec:
    """A parsed spec string.

    Attributes:
        text: The string as it was given.
        name: The plugin's name.
        model: What stands behind the colon.
        parts: The specs between the parentheses.
        options: The plugin's options.
        label: What tables call it.
        own: What it says of the model itself: ``params_b`` in billions, ``price_in`` and ``price_out`` for a million
            tokens, ``speed_in`` and ``speed_out`` in tokens that one GPU reads and writes a second, ``reply_tokens`` of
            a mean reply, ``on_gpus`` that its servers have together.
    """

    text: str
    name: str
    model: str | None
    parts: tuple[Spec, ...]
    options: dict[str, str]
    label: str | None
    own: Mapping[str, float] = field(default_factory=dict)

    @property
    def about(self) -> Mapping[str, float]:
        """What is said of its model; of one that is made of one part, what the part says holds for it."""
        inner = self.parts[0].about if len(self.parts) == 1 else {}
        return {**inner, **self.own}

    @property
    def asked(self) -> Spec:
        """The spec without what no call depends on; itself where it says nothing of the kind."""
        parts = tuple(part.asked for part in self.parts)
        return replace(self, parts=parts, own={}) if self.own or parts != self.parts else self

    @classmethod
    def parse(cls, text: str, *, depth: int = 0) -> Spec:
        """Read a spec string.

        Args:
            text: The string.
            depth: How many others it is a part of.

        Raises:
            UsageError: The string is not of the form.
        """
        if depth > _DEEPEST:
            raise UsageError(f"{text[:_QUOTED]!r} is a part of more than {_DEEPEST} others: nobody needs so many")
        text = text.strip()
        match = _NAME.match(text)
        if not match:
            raise UsageError(f"{text!r} names no plugin: a spec is NAME, NAME:MODEL or NAME:MODEL?key=value")
        rest = text[match.end() :]
        parts: tuple[Spec, ...] = ()
        if rest.startswith("("):
            end = _closing(rest, text)
            inside = split_specs(rest[1:end])
            if len(inside) > _MOST:
                raise UsageError(f"{text[:_QUOTED]!r} has {len(inside):,} parts: nobody needs more than {_MOST}")
            parts = tuple(cls.parse(part, depth=depth + 1) for part in inside)
            rest = rest[end + 1 :]
        head, question_mark, query = rest.partition("?")
        if head and not head.startswith(":"):
            raise UsageError(f"cannot read {head!r} in {text!r}: after the name comes :MODEL or ?key=value")
        options = read_options(query, text) if question_mark else {}
        label = options.pop("label", None)
        own = {key: _number(options.pop(key), key, text) for key in _ABOUT if key in options}
        if ("speed_in" in own) != ("speed_out" in own):
            raise UsageError(f"{text!r} gives one of speed_in and speed_out: GPU hours need both")
        return cls(text, match.group(), unquote(head[1:]) or None, parts, options, label, own)

    def written(self) -> str:
        """A spec string that reads as this one: the label last, what means something in a spec percent-encoded."""
        parts = f"({', '.join(part.written() for part in self.parts)})" if self.parts else ""
        model = f":{_quoted(self.model)}" if self.model else ""
        own = {key: f"{value:.12g}" for key, value in self.own.items()}
        options = self.options | own | ({"label": self.label} if self.label else {})
        query = "&".join(f"{key}={_quoted(value)}" for key, value in options.items())
        return f"{self.name}{parts}{model}" + (f"?{query}" if query else "")


def split_specs(text: str) -> list[str]:
    """Split at the commas that are outside parentheses and JSON; empty pieces are dropped."""
    pieces, depth, start = [], 0, 0
    # By hand: a comma inside a part's parentheses belongs to the part, which no regular expression can count.
    for index, character in _outside_json(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            pieces.append(text[start:index])
            start = index + 1
    pieces.append(text[start:])
    return [piece.strip() for piece in pieces if piece.strip()]


def _number(value: str, key: str, text: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    least = "above 0" if key in _ABOVE_NONE else "0 or more"
    if not 0 <= number < math.inf or (key in _ABOVE_NONE and not number):
        raise UsageError(f"{key}={value!r} in {text!r} will not do: give a number, {least}")
    return number


def _quoted(text: str) -> str:
    return _SPECIAL.sub(lambda character: f"%{ord(character[0]):02X}", text)


def _closing(rest: str, text: str) -> int:
    depth = 0
    for index, character in _outside_json(rest):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return index
    raise UsageError(f"a parenthesis is not closed in {text!r}")


def read_options(query: str, text: str) -> dict[str, str]:
    """The options of a spec string: what follows its ``?``, percent-decoded.

    Args:
        query: ``key=value&key=value``.
        text: The whole string, for messages.

    Raises:
        UsageError: An option is not of the form, or is given twice.
    """
    options: dict[str, str] = {}
    ends = [index for index, character in _outside_json(query) if character == "&"]
    starts = [0, *(end + 1 for end in ends)]
    for pair in filter(None, (query[start:end] for start, end in zip(starts, [*ends, None], strict=True))):
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"cannot read {pair!r} in {text!r}: options are key=value, joined by &")
        if unquote(key) in options:
            raise UsageError(f"{unquote(key)!r} is given twice in {text!r}")
        options[unquote(key)] = unquote(value)
    return options


def _outside_json(text: str) -> Iterator[tuple[int, str]]:
    """The characters that are in no JSON value, each with its place."""
    index = 0
    while index < len(text):
        end = _end_of_json(text, index) if text[index] in "{[" and text[index - 1 : index] == "=" else None
        if end is None:
            yield index, text[index]
        index = end or index + 1


def _end_of_json(text: str, start: int) -> int | None:
    """Where the JSON value ends that begins at a place; ``None`` where none does, as with a prompt's ``{caption}``."""
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return end
