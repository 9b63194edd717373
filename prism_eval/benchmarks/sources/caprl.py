"""CapRL's own question files: one JSON list a benchmark, each entry an image, a chat prompt and an answer.

They are the data set ``internlm/CapRL-Evaluation-Files``: twelve files under ``json_file/``, and the images in
``bench_image_folder.zip``, which may stay packed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prism_eval.benchmarks.definition import Definition, Fields, Source
from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.errors import DataError

DATASET = "internlm/CapRL-Evaluation-Files"

_IMAGES = "bench_image_folder"
# The prompts are stored as they were sent to a model, in its chat format.
_CHAT_MARK = re.compile(r"<\|[a-z_]+\|>")
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
        fields=Fields(question=("prompt",), answer=("answer",), images=(("image",),)),
        kind="short",
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
        """The question file, in the folder that the data set has for them."""
        return self.folder / "json_file" / str(self.definition.caprl_file)

    @property
    def origin(self) -> str:
        """The question file's path."""
        return str(self.path)

    @property
    def image_folder(self) -> Path:
        """The data set, where images lie unpacked or in their zip file."""
        return self.folder

    def rows(self) -> Iterator[Row | RowError]:
        """The entries in order, chat markers and foreign paths taken off."""
        entries = self._entries()
        if isinstance(entries, RowError):
            yield entries
            return
        for number, entry in enumerate(entries):
            where = f"{self.path} entry {number + 1}"
            if isinstance(entry, dict):
                yield Row(number, tidied(entry), where)
            else:
                yield RowError("line is not JSON", f"{where}: expected an object, found {type(entry).__name__}")

    def size(self) -> int | None:
        """How many entries the file has; ``None`` if it cannot be read."""
        entries = self._entries()
        return None if isinstance(entries, RowError) else len(entries)

    def _entries(self) -> list[object] | RowError:
        if not self.path.is_file():
            raise DataError(f"no CapRL question file {self.path}; download the data set {DATASET} to {self.folder}")
        try:
            # One list, which cannot be read line by line; it is text alone, the images lie beside it.
            entries = json.loads(self.path.read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            return RowError("file does not open", f"{self.path}: not JSON: {error}")
        if not isinstance(entries, list):
            return RowError("file does not open", f"{self.path}: expected a list of questions")
        return entries


def plain_prompt(prompt: str) -> str:
    """The question in a chat prompt: without the markers of turns and pictures."""
    return _ROLE.sub("", _CHAT_MARK.sub("", prompt)).strip()


def tidied(entry: dict[str, object]) -> dict[str, object]:
    """An entry with its question in plain text, and the paths of its pictures from the image folder on."""
    prompt, image = entry.get("prompt"), entry.get("image")
    changes: dict[str, object] = {}
    if isinstance(prompt, str):
        changes["prompt"] = plain_prompt(prompt)
    if image is not None:
        changes["image"] = [_inside(path) if isinstance(path, str) else path for path in _shown(image)]
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
