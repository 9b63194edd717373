"""The images that questions are made for, each once, whatever its files are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from prism_eval.benchmarks.checks import opens
from prism_eval.errors import DataError
from prism_eval.files.budgets import MAX_BYTES, regular
from prism_eval.questions.question import Question
from prism_eval.questions.question_set import QuestionSet
from prism_eval.schema import Image

_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"})


def image_rows(
    folder: Path, questions: QuestionSet, *, excluded: Mapping[str, str], limit: int = 0
) -> Iterator[Question]:
    """A row for each image of a folder and of those in it, in the order of their paths; its file is put into the set.

    What cannot be asked about is a row as well: a file that is no image, and an image of a benchmark.

    Args:
        folder: Where the images lie.
        questions: The set.
        excluded: Images that are left out, by digest, and the benchmark that shows them.
        limit: Images at most; 0 for all.

    Raises:
        DataError: There is no image.
        RunError: The set cannot be written.
    """
    seen: set[str] = set()
    for path in _files(folder):
        if limit and len(seen) >= limit:
            return
        name = str(path.relative_to(folder))
        try:
            data = _read(path)
        except OSError as error:
            yield _failed(
                name, Image(name.encode("utf-8", "replace")), f"its file cannot be read: {error.strerror or error}"
            )
            continue
        image = Image(data, name)
        if image.digest in seen:
            continue
        seen.add(image.digest)
        if shown_in := excluded.get(image.digest):
            yield _failed(name, image, f"it is in the benchmark {shown_in}")
        elif not opens(image):
            yield _failed(name, image, "it does not open as an image")
        else:
            file = questions.add_image(image)
            yield Question(id=image.digest, image=file, image_digest=image.digest, image_name=name, state="image")


def _files(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS and not path.is_dir())
    if not found:
        raise DataError(f"{folder} holds no images ({', '.join(sorted(_ENDINGS))}): name a folder that does")
    return found


def _read(path: Path) -> bytes:
    if (size := path.stat().st_size) > MAX_BYTES:
        raise OSError(f"it has {size:,} bytes, more than {MAX_BYTES:,}")
    return regular(path).read_bytes()


def _failed(name: str, image: Image, reason: str) -> Question:
    return Question(
        id=image.digest, image="", image_digest=image.digest, image_name=name, state="failed", reasons=(reason,)
    )
