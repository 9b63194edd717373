"""`file:captions.jsonl` reads captions a user already has."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from prism_eval.captioners.base import Captioner, Lookup
from prism_eval.errors import Cause, DataError, PermanentError
from prism_eval.files.budgets import MAX_CHARACTERS, lines
from prism_eval.files.digests import sha256_of
from prism_eval.files.folders import user_path
from prism_eval.files.jsonable import jsonable
from prism_eval.files.parquet import batches, damage
from prism_eval.plugins import runtime
from prism_eval.plugins.identity import identity_of
from prism_eval.schema import Caption, Image

# `image` and `image_name` as in a run's own captions.parquet, the rest as people call them.
_IMAGE_COLUMNS = ("digest", "sha256", "image", "image_path", "path", "image_name")
_TEXT_COLUMNS = ("caption", "text")
_DIGEST = re.compile(r"[0-9a-f]{64}")

# A stranger's file: nothing is known of a cell until it is looked at.
_Row = Mapping[str, object]
# By sample. Under None stands the caption of a file that numbers none: it serves for every sample.
_Captions = dict[int | None, str]


@dataclass(kw_only=True)
class File(Captioner):
    """Captions out of a JSONL or Parquet file, one a row.

    Of these columns a row needs one that names the image and one that holds the caption:

    - ``digest`` or ``sha256``: SHA-256 of the image file's bytes; ``image``, ``image_path``, ``path`` or
      ``image_name``: its path, or a digest. An image is looked up by digest, then by path, then by a file name that
      no other path in the file has.
    - ``caption`` or ``text``: the caption; a row where it is null is passed over.
    - ``sample`` (if there is one): which of the image's captions this is, from 0; without it, the only one.

    So a run folder's ``captions.parquet`` of one captioner can be read back. Identity is the file's content: moving the
    file changes nothing, editing it makes every answer new.

    Attributes:
        model: Path of the file.

    Raises:
        DataError: The file cannot be read, or a row is not as described; the message names the row.
    """

    model: Path = runtime()
    _index: dict[str, _Captions] = field(init=False, repr=False, default_factory=dict)
    _paths_by_name: dict[str, set[str]] = field(init=False, repr=False, default_factory=dict)
    _has_digests: bool = field(init=False, repr=False, default=False)
    _sha256: str = field(init=False, repr=False, default="")

    def __post_init__(self) -> None:
        path = user_path(self.model)
        # Read once more for the hash: a Parquet reader jumps about in the file, and passes over columns.
        try:
            self._sha256 = sha256_of(path)
        except OSError as error:
            raise DataError(f"cannot read the captions file {self.model}: {error.strerror or error}") from error
        # A text that many rows repeat is held once.
        texts: dict[str, str] = {}
        for where, row in _rows(path):
            self._add(where, row, texts)

    @property
    def identity(self) -> Mapping[str, object]:
        """The plugin and the SHA-256 of the file's content."""
        return {**identity_of(self), "sha256": self._sha256}

    async def caption(self, images: Sequence[Image], *, sample: int, question: str | None = None) -> Caption:
        """Look the images up.

        Raises:
            PermanentError: The file has no caption for an image, or cannot tell which.
        """
        return Caption("\n\n".join(self._look_up(image, sample) for image in images))

    @property
    def needs_bytes(self) -> bool:
        """Whether any row names its image by digest."""
        return self._has_digests

    def has(self, image: Image, sample: int) -> bool:
        """Whether the file has a caption for an image, and says which."""
        try:
            self._look_up(image, sample)
        except PermanentError:
            return False
        return True

    def lookups(self) -> Iterator[Lookup]:
        """The file itself."""
        yield self

    def seen(self, images: Sequence[Image]) -> Sequence[object]:
        """The images and their names, by which they are looked up where the file gives no digests."""
        return [[image.digest, image.name] for image in images]

    def _add(self, where: str, row: _Row, texts: dict[str, str]) -> None:
        # NaN is what pandas writes for null.
        text = jsonable(_one_of(row, _TEXT_COLUMNS, where))
        sample = _sample(jsonable(row.get("sample")), where)
        # A call that failed is a row without a text in a run's table: a gap, where the file as a whole is good.
        if text is None:
            return
        if not isinstance(text, str):
            raise DataError(f"{where}: the caption is not text")
        if len(text) > MAX_CHARACTERS:
            raise DataError(f"{where}: a caption of {len(text):,} characters, more than {MAX_CHARACTERS:,}")
        text = texts.setdefault(text, text)
        keys = {_key(row[column], where) for column in _IMAGE_COLUMNS if row.get(column) is not None}
        if not keys:
            raise DataError(f"{where}: no image is named; give one of {', '.join(_IMAGE_COLUMNS)}")
        # The same caption twice is no conflict: a table of questions repeats it for each of them.
        for key in keys:
            captions = self._index.setdefault(key, {})
            if captions.setdefault(sample, text) != text or (None in captions and len(captions) > 1):
                raise DataError(f"{where}: image {key} has a caption already; number several with a column 'sample'")
            self._has_digests |= bool(_DIGEST.fullmatch(key))
            self._paths_by_name.setdefault(PurePosixPath(key).name, set()).add(key)

    def _look_up(self, image: Image, sample: int) -> str:
        captions = self._captions_of(image)
        text = captions.get(sample, captions.get(None))
        if text is None:
            # The whole digest of an image without a name: it is what the missing row would have to hold.
            which = f", sample {sample}," if captions else ""
            missing = f"no caption for image {image.name or image.digest}{which} in {self.model}"
            raise PermanentError(missing, cause=Cause.MISSING)
        return text

    def _captions_of(self, image: Image) -> _Captions:
        # From what cannot be mistaken to what can: a path may be of another data set, a name of another folder.
        path = _normal(image.name)
        # A digest is worked out only where the file has any: to ask for names alone must not read the images.
        keys = (image.digest, path) if self._has_digests else (path,)
        for key in keys:
            if key in self._index:
                return self._index[key]
        paths = self._paths_by_name.get(PurePosixPath(path).name, set())
        if len(paths) > 1:
            listed = " and ".join(sorted(paths)[:2])
            either = f"image {image.name} could be {listed} in {self.model}; give digests instead"
            raise PermanentError(either, cause=Cause.MISSING)
        return self._index[next(iter(paths))] if paths else {}


def _rows(path: Path) -> Iterator[tuple[str, _Row]]:
    """Every row with the words that say where it is."""
    reader = _parquet_rows if path.suffix.lower() in {".parquet", ".pq"} else _json_rows
    for number, row in enumerate(reader(path), start=1):
        # A blank line is none, but counts, so that a row's number is its line's.
        if row is not None:
            yield f"{path} row {number}", row


def _json_rows(path: Path) -> Iterator[_Row | None]:
    # As bytes: text that is no UTF-8 is then a mistake of its row, named by its number like any other.
    with path.open("rb") as stream:
        for number, line in enumerate(lines(stream), start=1):
            # Editors on Windows put a byte order mark before the first line.
            text = line.removeprefix(codecs.BOM_UTF8).strip()
            yield _json_row(text, f"{path} row {number}") if text else None


def _json_row(text: bytes, where: str) -> _Row:
    try:
        row = json.loads(text)
    # Brackets nested a thousand deep are no syntax error to the parser: its stack ends first.
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not a line of JSON in UTF-8; a captions file is JSONL or Parquet") from error
    if not isinstance(row, dict):
        raise DataError(f"{where}: not a JSON object")
    return row


def _parquet_rows(path: Path) -> Iterator[_Row]:
    import pyarrow.parquet as pq

    try:
        names = pq.read_schema(path).names
        with pq.ParquetFile(path, read_dictionary=[name for name in names if name in _TEXT_COLUMNS]) as table:
            wanted = {*_IMAGE_COLUMNS, *_TEXT_COLUMNS, "sample"}.intersection(names)
            # Of the columns that are used: other people's tables hold images beside captions.
            for batch in batches(table, sorted(wanted), path=path):
                yield from batch.to_pylist()
    except damage() as error:
        raise DataError(f"{path}: not a readable Parquet file: {str(error).splitlines()[0]}") from error


def _one_of(row: _Row, columns: Sequence[str], where: str) -> object:
    for column in columns:
        if column in row:
            return row[column]
    raise DataError(f"{where}: no column {' or '.join(map(repr, columns))}; it has {', '.join(row) or 'none'}")


def _sample(value: object, where: str) -> int | None:
    # pandas makes fractions of whole numbers in a column with gaps.
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    if whole is not None and (not isinstance(whole, int) or isinstance(whole, bool) or whole < 0):
        raise DataError(f"{where}: sample {value!r} is not a whole number from 0")
    return whole


def _key(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise DataError(f"{where}: {value!r} names no image; give a path or a digest")
    # A digest in capitals is the same digest; paths are left alone, as file systems tell capitals apart.
    return value.lower() if _DIGEST.fullmatch(value.lower()) else _normal(value)


def _normal(path: str) -> str:
    # A file written on Windows is read elsewhere; and `./a.png` is `a.png`.
    return str(PurePosixPath(path.replace("\\", "/")))
