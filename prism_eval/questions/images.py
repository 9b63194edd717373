"""The images that questions are made for, each once, whatever a data set calls it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from prism_eval.benchmarks.checks import opens
from prism_eval.data_sets.picture import Part, Picture
from prism_eval.errors import DataError
from prism_eval.questions.excluded import Excluded
from prism_eval.questions.question import Question
from prism_eval.questions.question_set import QuestionSet
from prism_eval.schema import Image


def image_rows(
    parts: Sequence[Part], questions: QuestionSet, *, excluded: Excluded | None, limit: int = 0
) -> Iterator[Question]:
    """A row for each image of a data set, in its order; the images are put into the set.

    What cannot be asked about is a row as well: what is no image or cannot be read, an image of a benchmark, and a part
    that is damaged.

    Args:
        parts: The data set's, as `prism_eval.data_sets.opening.open_data_set` gives them.
        questions: The set.
        excluded: Images that are left out.
        limit: Images at most; 0 for all.

    Raises:
        RunError: The set cannot be written.
    """
    seen: set[str] = set()
    for part, picture in _pictures(parts):
        if limit and len(seen) >= limit:
            return
        if picture.problem:
            yield _failed(picture, _named(part, picture), picture.problem)
            continue
        image = Image(picture.data, picture.path)
        if image.digest in seen:
            continue
        seen.add(image.digest)
        if not opens(image):
            yield _failed(picture, image.digest, "it does not open as an image")
        elif excluded and (why := excluded.why(image)):
            yield _failed(picture, image.digest, f"it {why}")
        else:
            yield Question(
                id=image.digest,
                image=questions.add_image(image),
                image_digest=image.digest,
                image_name=image.name,
                state="image",
            )


def _pictures(parts: Sequence[Part]) -> Iterator[tuple[Part, Picture]]:
    for part in parts:
        try:
            yield from ((part, picture) for picture in part.pictures())
        except DataError as error:
            yield part, Picture("", part.name, problem=str(error))


def _named(part: Part, picture: Picture) -> str:
    """An id for what has no bytes of its own: of where it should have been."""
    return hashlib.sha256(f"{part.name}/{picture.key}/{picture.path}".encode("utf-8", "replace")).hexdigest()


def _failed(picture: Picture, digest: str, reason: str) -> Question:
    return Question(
        id=digest, image="", image_digest=digest, image_name=picture.path, state="failed", reasons=(reason,)
    )
