from __future__ import annotations

import pytest

from alo_nb.store import file_system
from alo_nb.store.file_system import network_file_system

MOUNTS = """\
overlay / overlay rw 0 0
proc /proc proc rw 0 0
tmpfs {root}/local tmpfs rw 0 0
server:/home {root}/nfs nfs4 rw 0 0
/dev/sda1 {root}/nfs/disk ext4 rw 0 0
//server/share {root}/with\\040blank cifs rw 0 0
me@server:/ {root}/ssh fuse.sshfs rw 0 0
/dev/sdb1 {root}/usb fuseblk rw 0 0
server:/old {root}/over nfs rw 0 0
tmpfs {root}/over tmpfs rw 0 0
"""


@pytest.fixture
def mounts(tmp_path, monkeypatch):
    """A root whose mounts are those above."""
    (tmp_path / "mounts").write_text(MOUNTS.format(root=tmp_path))
    monkeypatch.setattr(file_system, "_MOUNTS", tmp_path / "mounts")
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        *(("", ""), ("local/a", ""), ("nfs", "nfs4"), ("nfs/project/.alo/index", "nfs4"), ("nfs/disk/project", "")),
        *(("with blank/a", "cifs"), ("ssh/a", "fuse.sshfs"), ("usb/a", ""), ("over/a", ""), ("nfs2/a", "")),
    ],
)
def test_a_folder_is_on_the_deepest_and_last_mount_that_holds_it(mounts, folder, kind):
    assert network_file_system(mounts / folder) == kind


def test_a_link_is_followed_to_where_it_leads(mounts):
    (mounts / "nfs").mkdir()
    (mounts / "link").symlink_to(mounts / "nfs")
    assert network_file_system(mounts / "link" / "a") == "nfs4"


def test_a_system_that_does_not_tell_is_taken_for_local(tmp_path, monkeypatch):
    monkeypatch.setattr(file_system, "_MOUNTS", tmp_path / "none")
    assert network_file_system(tmp_path) == ""
