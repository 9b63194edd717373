"""Which kind of file system a path is on."""

from __future__ import annotations

import os
from pathlib import Path

_FUSE = ("fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.gcsfuse")
NETWORK = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "beegfs", "gpfs", "glusterfs", *_FUSE)
)
_MOUNTS = Path("/proc/self/mounts")


def network_file_system(path: Path, *, mounts: str | None = None) -> str | None:
    """The type of the network file system that holds ``path``; ``None`` on a local or unknown one.

    Args:
        path: A file or folder, existing or not.
        mounts: The mount table in the format of ``/proc/self/mounts``; by default this machine's, where it has one.
    """
    if mounts is None:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace") if _MOUNTS.exists() else ""
    real = os.path.realpath(path)
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        # The mount table writes a blank as \040, since blanks part its fields.
        point = fields[1].replace("\\040", " ")
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        # The deepest mount point holds the path; of two at one place the later hides the earlier.
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind if kind in NETWORK else None
