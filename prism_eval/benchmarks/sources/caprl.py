"""CapRL's own question files: one JSON list a benchmark, each entry an image, a chat prompt and an answer.

They are the data set ``internlm/CapRL-Evaluation-Files``: twelve files under ``json_file/``, and the images in
``bench_image_folder.zip``, which may stay packed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase

from prism_eval.benchmarks.definition import Definition, Fields, Source
from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.benchmarks.sources.jsonl import json_rows, json_size
from prism_eval.errors import DataError
from prism_eval.files.digests import sha256_of
from prism_eval.schema import option_letters

DATASET = "internlm/CapRL-Evaluation-Files"

_IMAGES = "bench_image_folder"
# The prompts are stored as they were sent to a model, in its chat format.
_CHAT_MARK = re.compile(r"<\|[a-z_]+\|>")
_OPTION = re.compile(r"[ \t]*(?:\((?=[A-Z]\)))?(?P<letter>[A-Z])[.):][ \t]*(?P<text>\S.*)")
_HEADER = re.compile(r"[ \t]*(?:options|choices)[ \t]*:[ \t]*", re.IGNORECASE)
_FEWEST = 2
"""Options; of one there is nothing to choose."""
_ROLE = re.compile(r"\A\s*user\n|\n\s*assistant\s*\Z")


def caprl_definition(definition: Definition) -> Definition:
    """The definition of a benchmark's CapRL file: every entry a question with its answer as it stands."""
    source = Source(dataset=DATASET, split="test", files=(f"json_file/{definition.caprl_file}", f"{_IMAGES}.zip"))
    return Definition(
        name=definition.name,
        title=f"{definition.title} (CapRL's questions)",
        summary=definition.summary,
        licence="Apache-2.0 (question files); images as the benchmark",
        homepage="https://github.com/InternLM/CapRL",
        citation=definition.citation,
        source=source,
        fields=Fields(
            question=("prompt",), answer=("answer",), images=(("image",),), options=("options",), stored=("stored",)
        ),
        kind="options",
        scoring=definition.scoring,
        caprl_file=definition.caprl_file,
        variant=definition.variant,
    )


@dataclass(frozen=True)
class CapRLSource:
    """The rows of one question file.

    Attributes:
        definition: What `caprl_definition` made.
        folder: The downloaded data set.
        revision: Its commit, where that is known.
    """

    definition: Definition
    folder: Path
    revision: str | None = None

    @property
    def path(self) -> Path:
        """The question file, in the folder that the data set has for them: one list, or JSON Lines."""
        path = self.folder / "json_file" / str(self.definition.caprl_file)
        lines = path.with_suffix(".jsonl")
        return lines if lines.is_file() and not path.is_file() else path

    @property
    def origin(self) -> str:
        """The question file's path."""
        return str(self.path)

    @property
    def digest(self) -> str | None:
        """SHA-256 of the question file as it lies there, as 64 hexadecimal digits; ``None`` if it cannot be read."""
        try:
            return sha256_of(self.path)
        except OSError:
            return None

    @property
    def image_folder(self) -> Path:
        """The data set, where images lie unpacked or in their zip file."""
        return self.folder

    def rows(self) -> Iterator[Row | RowError]:
        """The entries in order, chat markers and foreign paths taken off; their prompts as they stand beside them."""
        self._check()
        for row in json_rows(self.path):
            yield row._replace(values=tidied(row.values)) if isinstance(row, Row) else row

    def size(self) -> int | None:
        """How many entries the file has; ``None`` if it cannot be read."""
        self._check()
        try:
            return json_size(self.path)
        except RowError:
            return None

    def _check(self) -> None:
        if not self.path.is_file():
            raise DataError(f"no CapRL question file {self.path}; download the data set {DATASET} to {self.folder}")


def plain_prompt(prompt: str) -> str:
    """The question in a chat prompt: without the markers of turns and pictures."""
    return _ROLE.sub("", _CHAT_MARK.sub("", prompt)).strip()


def with_options(text: str, gold: str) -> tuple[str, list[str]]:
    """The question in a text, and its options, where they stand on lines of their own and the gold is one's letter.

    Args:
        text: A question, the lines ``A. ...``, ``B. ...`` and so on, and perhaps words behind them.
        gold: The gold answer.

    Returns:
        The text without those lines, and the options; the text as it is and none, where there is any doubt.
    """
    lines = text.split("\n")
    marks = [_OPTION.fullmatch(line) for line in lines]
    starts = [number for number, mark in enumerate(marks) if mark and mark["letter"] == "A"]
    if len(starts) != 1:
        return text, []
    start, options = starts[0], []
    for letter, mark in zip(ascii_uppercase, marks[start:], strict=False):
        if mark is None or mark["letter"] != letter:
            break
        options.append(mark["text"].strip())
    rest = lines[:start] + lines[start + len(options) :]
    doubtful = any(_OPTION.fullmatch(line) for line in rest) or not "".join(lines[:start]).strip()
    if doubtful or len(options) < _FEWEST or gold not in option_letters(len(options)):
        return text, []
    return "\n".join(line for line in rest if not _HEADER.fullmatch(line)).strip(), options


def tidied(entry: Mapping[str, object]) -> dict[str, object]:
    """An entry with its question in plain text, its options apart, and its pictures' paths from the image folder on."""
    prompt, image = entry.get("prompt"), entry.get("image")
    changes: dict[str, object] = {"options": []}
    if isinstance(prompt, str):
        question, options = with_options(plain_prompt(prompt), str(entry.get("answer")).strip())
        changes |= {"prompt": question, "options": options, "stored": prompt}
    if image is not None:
        changes["image"] = [_inside(path) if isinstance(path, str) else path for path in _shown(image)]
    if (answer := entry.get("answer")) is not None:
        # The program puts whatever it is into a text: a list is compared as Python writes it.
        changes["answer"] = str(answer)
    return {**entry, **changes}


def _shown(image: object) -> Iterator[object]:
    """The pictures of an entry: its paths, or those in the chat messages that CapRL's program hands to its model."""
    for one in image if isinstance(image, list) else [image]:
        content = one.get("content") if isinstance(one, dict) else None
        if isinstance(content, list):
            yield from (part["image"] for part in content if isinstance(part, dict) and "image" in part)
        else:
            yield one


def _inside(path: str) -> str:
    """A path on the authors' machine, from the image folder on: some entries still hold the whole of it."""
    _, folder, after = path.rpartition(f"{_IMAGES}/")
    return f"{_IMAGES}/{after}" if folder else path
