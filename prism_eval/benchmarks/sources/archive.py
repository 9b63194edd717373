"""Reading images out of a zip archive, without unpacking it and without trusting its names."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections import defaultdict
from pathlib import Path, PurePosixPath

from prism_eval.benchmarks.rows import RowError
from prism_eval.files.budgets import regular

_BIT_BY_BIT = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Ways of packing that Python undoes a piece at a time: of the others it makes all that a piece becomes at once."""


class Archive:
    """A zip file whose members are looked up by the paths that rows give.

    Raises:
        RowError: The file is not a zip archive, or a member's name leads out of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(regular(path))
        # Fields of its directory that make no sense raise whatever Python makes of them.
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OverflowError) as error:
            raise RowError("archive does not open", f"{path}: not a zip archive: {error}") from error
        # By file name: a row's path and the archive's often differ in the folders before it.
        self._members: defaultdict[str, list[zipfile.ZipInfo]] = defaultdict(list)
        for member in self._zip.infolist():
            # Nothing is unpacked, but who meets such a name has been handed something other than a data set.
            self._check(member.filename)
            self._members[PurePosixPath(member.filename).name].append(member)

    def find(self, path: PurePosixPath) -> zipfile.ZipInfo | None:
        """The member at this path, or the only one whose path ends with it or that it ends with."""
        candidates = self._members.get(path.name, [])
        exact = [member for member in candidates if member.filename == str(path)]
        loose = [member for member in candidates if _overlap(PurePosixPath(member.filename), path)]
        chosen = exact or loose
        # An archive may hold the same name in two folders: which of them a row means is not for us to guess.
        return chosen[0] if len(chosen) == 1 or exact else None

    def read(self, member: zipfile.ZipInfo, *, most: int) -> bytes:
        """A member's bytes; of one that has more than ``most``, some more than those.

        The size that the archive's directory says is a claim.

        Raises:
            RowError: It is damaged, encrypted, or packed in a way that cannot be read.
        """
        if member.compress_type not in _BIT_BY_BIT:
            message = f"{self.path}: member {member.filename!r} is packed as few archives are: pack it with deflate"
            raise RowError("image unreadable", message)
        try:
            with self._zip.open(member) as file:
                return file.read(most + 1)
        except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, NotImplementedError) as error:
            message = f"{self.path}: member {member.filename!r} cannot be read: {error}"
            raise RowError("image unreadable", message) from error

    def _check(self, name: str) -> None:
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0:1]:
            raise RowError("unsafe path", f"{self.path}: refused, member {name!r} leads out of the archive")


def _overlap(one: PurePosixPath, other: PurePosixPath) -> bool:
    length = min(len(one.parts), len(other.parts))
    return one.parts[-length:] == other.parts[-length:]
