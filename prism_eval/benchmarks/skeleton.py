"""The text that ``prism-eval benchmarks new`` writes."""

from __future__ import annotations

import re

from prism_eval.errors import UsageError

# Valid as it stands, so that a first author changes something that works.
_TEXT = """\
# A benchmark for prism-eval. Put its data into DATA/{name}/: a Parquet file, or data.jsonl and images/. Then:
#   prism-eval benchmarks verify {name}.toml --data DATA
#   prism-eval run --benchmark {name}.toml --data DATA --captioner ocr
# Every key is explained in docs/benchmarks.md.
name = "{name}"
title = "{title}"
summary = "One sentence: what the questions are about."
licence = "CC-BY-4.0"
homepage = "https://example.org/{name}"
citation = "@misc{{{name}}}"
# "choice", "short", or "options": multiple choice where a row has options, a short answer elsewhere.
kind = "options"

[source]
dataset = "owner/{name}"
split = "test"
# revision = "the full commit, so that every run reads the same rows"

# Each entry names a column; a list gives the names it may go by.
[fields]
id = ["id"]
question = "question"
answer = "answer"
options = "options"
images = [["image", "image_path"]]

# Options as a list, or as "lettered" ("A. 2; B. 3"), "columns" or "fixed".
[options]
format = "list"

# Multiple choice: is the gold the option's "letter", its "text", or its "index" from 0?
[answer]
choice = "letter"

# Scorer per edition; `prism-eval plugins` lists the scorers.
[scoring]
official = "strict"
strict = "strict"
"""


def skeleton(name: str) -> str:
    """The text of a new definition, valid as it stands.

    Raises:
        UsageError: The name is not one a benchmark can have.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise UsageError(f"benchmark name {name!r}: use lower-case letters, digits, '_' and '-'")
    return _TEXT.format(name=name, title=name.replace("_", " ").replace("-", " ").title())
