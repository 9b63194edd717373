from pathlib import Path

from prism_eval.files.filesystems import network_file_system

MOUNTS = """/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb /home/local xfs rw 0 0
"""


def test_the_nearest_mount_decides():
    assert network_file_system(Path("/home/me/store.sqlite"), mounts=MOUNTS) == "nfs4"
    assert network_file_system(Path("/home/local/store.sqlite"), mounts=MOUNTS) is None
    assert network_file_system(Path("/homestead/store.sqlite"), mounts=MOUNTS) is None


def test_without_a_mount_table_nothing_is_claimed():
    assert network_file_system(Path("/home/me"), mounts="") is None
