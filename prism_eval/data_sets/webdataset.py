"""WebDataset shards: tar files whose members belong together by what stands before the first dot of their names.

The convention is that of the WebDataset library; img2dataset writes such tars, with a table beside each.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path, PurePosixPath
from typing import Self

from prism_eval.data_sets.picture import NO_PICTURE, SUFFIXES, Picture, as_caption, size_of, within_budget
from prism_eval.errors import DataError
from prism_eval.files.budgets import MAX_BYTES, MAX_CHARACTERS
from prism_eval.files.packed import unpacked
from prism_eval.plugins.identity import digest_of

_DESCRIBING = frozenset(
    {tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}
)
_LONGEST_HEADER = 2**20
_CAPTIONS = ("caption", "text", "txt")
"""The keys of a sample's JSON under which its caption stands."""


@dataclass(frozen=True)
class TarPart:
    """One tar file.

    Attributes:
        file: The file.
    """

    file: Path

    @property
    def name(self) -> str:
        """The file's name up to its first dot."""
        return self.file.name.partition(".")[0]

    @property
    def state(self) -> str:
        """A digest of the file's name and size."""
        return self.state_at(size_of(self.file))

    @property
    def weight(self) -> int:
        """The file's bytes."""
        return max(size_of(self.file), 0)

    def state_at(self, size: int) -> str:
        """What the state of a file of so many bytes is, which need not be there."""
        return digest_of([self.file.name, size])

    def count(self) -> None:
        """Nobody knows before it was read."""
        return

    def pictures(self) -> Iterator[Picture]:
        """The samples' pictures, one a sample.

        Raises:
            DataError: The file is no tar file, or is damaged or cut off.
        """
        try:
            with unpacked(self.file) as file:
                content = _Watched(file)
                # As a stream, from the first member to the last: nothing is looked up, nothing unpacked to disk.
                with tarfile.open(fileobj=content, mode="r|", tarinfo=_Member) as tar:
                    yield from self._samples(tar)
                if content.is_cut:
                    raise DataError(f"{self.file}: it is no whole tar file: it is cut off")
        except (tarfile.TarError, OSError, ValueError) as error:
            raise DataError(f"{self.file}: it is no whole tar file: {error}") from error

    def _samples(self, tar: tarfile.TarFile) -> Iterator[Picture]:
        sample: _Sample | None = None
        for member in tar:
            key, ending = _split(member.name)
            if sample is not None and sample.key != key:
                yield sample.picture()
                sample = None
            # Links and devices hold nothing of their own, and are never followed.
            if member.isfile():
                sample = sample or _Sample(key, self.file.name)
                sample.take(tar, member, ending)
        if sample is not None:
            yield sample.picture()


class _Member(tarfile.TarInfo):
    """A member whose long name and other headers are as long as names are: Python's reader takes them in whole."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """The member that a header describes."""
        member = super().frombuf(buf, encoding, errors)
        if member.type in _DESCRIBING and member.size > _LONGEST_HEADER:
            raise tarfile.ReadError(f"a header of {member.size:,} bytes")
        return member


class _Watched(io.RawIOBase):
    """What a tar file holds, and whether it ended as one does: Python's reader takes half a header for the end."""

    def __init__(self, file: BufferedIOBase) -> None:
        self._file = file
        self._last = b""
        self._over = False

    def read(self, size: int = -1) -> bytes:
        """So many bytes, or those that are left."""
        data = self._file.read(size)
        self._over = self._over or len(data) < size
        self._last = (self._last + data)[-tarfile.BLOCKSIZE :]
        return data

    @property
    def is_cut(self) -> bool:
        """Whether the file was read to an end that is not the block of zeros which every tar file ends with."""
        return self._over and self._last.strip(b"\0") != b""


class _Sample:
    """The members of one sample, as they come."""

    def __init__(self, key: str, archive: str) -> None:
        self.key = key
        self._archive = archive
        self._path, self._data, self._caption, self._problem = "", b"", "", ""

    def take(self, tar: tarfile.TarFile, member: tarfile.TarInfo, ending: str) -> None:
        """Take in a member; the first picture counts, and a text before what a JSON says."""
        if ending.endswith(SUFFIXES) and not self._path:
            self._path = member.name
            try:
                self._data = within_budget(_read(tar, member, MAX_BYTES))
            except OSError as error:
                self._problem = str(error)
        elif ending == ".txt":
            self._caption = as_caption(_read(tar, member, MAX_CHARACTERS)) or self._caption
        elif ending == ".json" and not self._caption:
            with suppress(ValueError, RecursionError):
                said = json.loads(_read(tar, member, MAX_CHARACTERS))
                found = [said.get(name) for name in _CAPTIONS] if isinstance(said, dict) else []
                self._caption = next(filter(None, map(as_caption, found)), "")

    def picture(self) -> Picture:
        """The sample as a picture, or what is wrong with it."""
        path = f"{self._archive}/{self._path or self.key}"
        if not self._path:
            return Picture(self.key, path, caption=self._caption, problem=NO_PICTURE)
        return Picture(self.key, path, self._data, self._caption, self._problem)


def _split(name: str) -> tuple[str, str]:
    """The key of a member and its ending in lower case, which begins at the first dot of the file's own name."""
    path = PurePosixPath(name)
    stem, dot, ending = path.name.partition(".")
    return str(path.with_name(stem)) if stem else name, f"{dot}{ending}".lower()


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo, most: int) -> bytes:
    """At most one byte more of a member than is wanted: the size that its header says is a claim."""
    file = tar.extractfile(member)
    # Of what the header claims: as much is set aside as is asked for.
    return file.read(max(0, min(member.size, most)) + 1) if file else b""
