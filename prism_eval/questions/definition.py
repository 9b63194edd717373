"""The definition file that makes a set of questions a benchmark."""

from __future__ import annotations

from collections.abc import Collection

from prism_eval.questions.question import State

_TEXT = """\
# Questions made for images. What is asked by default is what state "{state}" says; the variants ask the others:
#   prism-eval run --benchmark {name}.toml --data . --captioner NAME
#   prism-eval run --benchmark {name}.toml:dropped --data . --captioner NAME
name = "{name}"
title = "{title}"
summary = "Multiple choice on images of one's own."
licence = "of the images"
homepage = "none"
citation = "none"
kind = "choice"
where = [{{ column = "state", equals = ["{state}"] }}]

[source]
dataset = "{name}"
split = "test"

[fields]
id = ["id"]
question = "question"
answer = "answer"
options = "options"
images = [["image"]]

[options]
format = "list"

[answer]
choice = "letter"

[scoring]
official = "seedbench2plus"
caprl = "caprl_math"
prism = "prism"
strict = "strict"
"""
_VARIANT = """
[variants.{state}]
where = [{{ column = "state", equals = ["{state}"] }}]
"""
_IMAGES = """
# The images that questions are to be written of: no questions yet.
[variants.image]
kind = "short"
ask = "What can be asked about it?"
where = [{ column = "state", equals = ["image"] }]

[variants.image.fields]
question = []
options = []
answer = "image_digest"
"""
_ASKED: tuple[str, ...] = ("open", "kept", "dropped", "undecided")
"""The states that have a variant."""
_FILTERED = frozenset({"kept", "dropped", "undecided"})


def definition_of(name: str, states: Collection[State]) -> str:
    """The text of the definition.

    Args:
        name: The benchmark's.
        states: Those of the set's questions: of one that was not filtered all are asked; of one of which nothing was
            kept, nothing is.
    """
    state = "open" if "open" in states or not _FILTERED.intersection(states) else "kept"
    title = name.replace("_", " ").replace("-", " ").title()
    variants = "".join(_VARIANT.format(state=one) for one in _ASKED)
    return _TEXT.format(name=name, title=title, state=state) + variants + _IMAGES
