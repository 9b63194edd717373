"""A set of questions on disk: a folder that is a prism-eval benchmark as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from prism_eval.data_sets.picture import read_picture
from prism_eval.errors import DataError, RunError, UsageError
from prism_eval.files.budgets import lines, regular
from prism_eval.files.whole import replacing, write_whole
from prism_eval.questions.definition import definition_of
from prism_eval.questions.question import Question, State
from prism_eval.schema import Image

_SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "image/tiff": ".tif",
    "image/webp": ".webp",
}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True)
class QuestionSet:
    """A folder with questions: ``NAME.toml``, ``NAME/data.jsonl`` with all of them, and ``NAME/images/``.

    The definition asks the questions that were kept, or all of a set that was not filtered yet; its variants ask those
    of another state: `prism-eval run --benchmark SET/NAME.toml --data SET`.

    Attributes:
        folder: The folder.
        name: The benchmark's name.
    """

    folder: Path
    name: str

    @classmethod
    def open(cls, folder: Path) -> QuestionSet:
        """A set that is there.

        Raises:
            UsageError: The folder is none.
        """
        found = [path for path in sorted(folder.glob("*.toml")) if (folder / path.stem / "data.jsonl").is_file()]
        if len(found) != 1:
            raise UsageError(
                f"{folder} is no set of questions: it holds no NAME.toml beside NAME/data.jsonl; "
                "`prism-eval questions build` makes one"
                if not found
                else f"{folder} holds {len(found)} sets of questions: name a folder with one"
            )
        return cls(folder, found[0].stem)

    @classmethod
    def create(cls, folder: Path, name: str = "") -> QuestionSet:
        """A new set, or the one that is there already.

        Args:
            folder: Where it is to be.
            name: The benchmark's name; by default the folder's.

        Raises:
            UsageError: The name is none that a benchmark can have, or the folder holds another set.
            RunError: The folder cannot be made.
        """
        name = name or re.sub(r"[^a-z0-9_-]+", "-", folder.absolute().name.lower()).strip("-_")
        if not _NAME.fullmatch(name):
            raise UsageError(f"name of the questions {name!r}: use lower-case letters, digits, '_' and '-'")
        made = cls(folder, name)
        try:
            made.images.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"cannot write {made.images}: {error.strerror or error}; give another folder") from error
        return made

    @property
    def definition(self) -> Path:
        """The benchmark's definition."""
        return self.folder / f"{self.name}.toml"

    @property
    def rows(self) -> Path:
        """The questions, one a line."""
        return self.folder / self.name / "data.jsonl"

    @property
    def images(self) -> Path:
        """The folder of the images."""
        return self.folder / self.name / "images"

    @property
    def run(self) -> Path:
        """The folder of the run in which they were answered."""
        return self.folder / "run"

    @property
    def writing(self) -> Path:
        """The folder of the run in which they were written."""
        return self.folder / "build"

    @property
    def kept(self) -> Path:
        """The kept questions in the layout of CapRL-QA-75K."""
        return self.folder / f"{self.name}.parquet"

    def read(self) -> list[Question]:
        """The questions, in the order of the file.

        Raises:
            DataError: The file cannot be read, or a line is no question.
        """
        questions = list(self._read())
        seen: set[str] = set()
        for one in questions:
            if one.id in seen:
                raise DataError(f"{self.rows}: two questions have the id {one.id!r}: give one of them another")
            seen.add(one.id)
        return questions

    def _read(self) -> Iterator[Question]:
        try:
            with regular(self.rows).open("rb") as file:
                for number, line in enumerate(lines(file), start=1):
                    if line.strip():
                        yield self._question(line, number)
        except OSError as error:
            raise DataError(f"cannot read {self.rows}: {error.strerror or error}") from error

    def _question(self, line: bytes, number: int) -> Question:
        try:
            return Question.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the line"
            raise DataError(f"{self.rows} line {number}: {where}: {first['msg']}") from error

    def write(self, questions: Iterable[Question]) -> None:
        """Write the questions, and the definition that asks them.

        Raises:
            RunError: They cannot be written.
        """
        states: set[State] = set()
        with replacing(self.rows) as file:
            for one in questions:
                states.add(one.state)
                file.write(one.model_dump_json(exclude_none=True).encode("utf-8", "replace") + b"\n")
        write_whole(self.definition, definition_of(self.name, states))

    def add_image(self, image: Image) -> str:
        """Put an image into the set; returns the name of its file there.

        Raises:
            RunError: It cannot be written.
        """
        name = image.digest + _SUFFIXES.get(image.media_type, "")
        target = self.images / name
        # Copied, not linked: a file under a digest must not change with whatever it was copied from.
        if not target.exists():
            with replacing(target) as file:
                file.write(image.data)
        return name

    def shown(self, questions: Iterable[Question]) -> Iterator[Image]:
        """The images of questions, each once, called as its file in the set; none for a file that cannot be read.

        Raises:
            DataError: A row names a file outside the set.
        """
        # Of what could not be made an image of the set there is no file.
        files = {one.image: self.image_file(one) for one in questions if one.image}
        for name, path in files.items():
            with suppress(OSError):
                yield Image(read_picture(path), name)

    def image_file(self, question: Question) -> Path:
        """Where the image of a question lies.

        Raises:
            DataError: Its row names a file outside the set.
        """
        path = self.images / question.image
        if path.parent != self.images or question.image in ("", ".", ".."):
            raise DataError(f"{self.rows}: question {question.id}: {question.image!r} is no file in {self.images}")
        return path
