from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import alo_nb
from alo_nb.errors import ProjectError
from alo_nb.files import (
    folder_size,
    is_locked,
    locked,
    make_folder,
    remove,
    replace_folder,
    restore_folders,
    try_lock,
    write_atomic,
)


def test_a_file_is_written_whole_with_its_folders(tmp_path):
    path = tmp_path / "a" / "b.txt"
    for content in ("한글", b"\x00", "\udcff"):
        write_atomic(path, content)
        assert path.read_bytes() == (
            content if isinstance(content, bytes) else content.encode(errors="backslashreplace")
        )
    assert [each.name for each in path.parent.iterdir()] == ["b.txt"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "b.txt"
    path.write_text("old")
    with pytest.raises(TypeError):
        write_atomic(path, 5)
    target = tmp_path / "folder"
    target.mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomic(target, "new")
    assert path.read_text() == "old"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["b.txt", "folder"]


def test_a_file_has_the_permissions_that_other_new_files_have(tmp_path):
    write_atomic(tmp_path / "ours", "x")
    (tmp_path / "usual").write_text("x")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("ours", "usual")}
    assert len(modes) == 1


# -- removal ---------------------------------------------------------------------------------------------------------


def test_files_folders_and_links_are_removed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    root = tmp_path / "root"
    (root / "folder" / "deep").mkdir(parents=True)
    (root / "file").touch()
    (root / "link").symlink_to(outside)
    (root / "folder" / "link").symlink_to(outside)
    for name in ("folder", "file", "link", "missing"):
        remove(root / name, within=root)
    assert list(root.iterdir()) == []
    assert (outside / "kept").exists()


@pytest.mark.parametrize("path", [".", "..", "../outside", "sub/..", "sub/../..", "link/x", "../root"])
def test_nothing_is_removed_that_is_not_strictly_below(tmp_path, path):
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "sub").mkdir(parents=True)
    (outside / "x").mkdir(parents=True)
    (root / "link").symlink_to(outside)
    with pytest.raises(ProjectError, match=r"refused to delete .*: it does not lie below"):
        remove(root / path, within=root)
    assert (outside / "x").is_dir()
    assert (root / "sub").is_dir()


# -- folders in place of folders -------------------------------------------------------------------------------------


def tree(folder, **files):
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_a_folder_takes_the_place_of_another(tmp_path):
    current, trash = tmp_path / "deep" / "current", tmp_path / "trash"
    replace_folder(tree(tmp_path / "one", a="1"), current, trash)
    assert (current / "a").read_text() == "1"
    replace_folder(tree(tmp_path / "two", b="2"), current, trash)
    assert [each.name for each in current.iterdir()] == ["b"]
    assert list(trash.iterdir()) == []
    assert not (tmp_path / "two").exists()


CRASH = """
import os, sys
from pathlib import Path
from alo_nb import files
stop = int(sys.argv[1])
calls = []
def step(call):
    def counted(*args, **options):
        if len(calls) == stop:
            os._exit(9)
        calls.append(call)
        return call(*args, **options)
    return counted
for name in ("rename", "mkdir", "write_text", "unlink"):
    setattr(Path, name, step(getattr(Path, name)))
files.shutil.rmtree = step(files.shutil.rmtree)
files.replace_folder(Path("new"), Path("current"), Path("trash"))
"""


STEPS = 8  # calls that `replace_folder` makes, each of which may be the last


@pytest.mark.parametrize("stop", range(STEPS + 1))
def test_a_crash_at_any_moment_leaves_the_old_folder_or_the_new_one(tmp_path, monkeypatch, stop):
    tree(tmp_path / "new", a="new")
    tree(tmp_path / "current", a="old")
    environment = {**os.environ, "PYTHONPATH": str(Path(alo_nb.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", CRASH, str(stop)], cwd=tmp_path, env=environment, check=False)
    assert done.returncode == (9 if stop < STEPS else 0)
    monkeypatch.chdir(tmp_path)
    restore_folders(Path("trash"))
    found = (tmp_path / "current" / "a").read_text()
    assert found == ("old" if (tmp_path / "new").exists() else "new")
    assert not (tmp_path / "trash").exists() or list((tmp_path / "trash").iterdir()) == []


def test_nothing_to_restore_is_fine(tmp_path):
    restore_folders(tmp_path / "none")


# -- locks -----------------------------------------------------------------------------------------------------------


def test_a_lock_is_held_by_one_and_seen_by_all(tmp_path):
    path = tmp_path / "lock"
    assert not is_locked(path)
    assert not path.exists()
    handle = try_lock(path)
    assert try_lock(path) is None
    assert is_locked(path)
    os.close(handle)
    assert not is_locked(path)
    with locked(path):
        assert is_locked(path)
    assert not is_locked(path)


def test_a_lock_dies_with_its_process(tmp_path):
    code = "import alo_nb.files as f, pathlib; f.try_lock(pathlib.Path('lock')); print('held', flush=True); input()"
    environment = {**os.environ, "PYTHONPATH": str(Path(alo_nb.__file__).parents[1])}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment, **pipes) as process:
        process.stdout.readline()
        assert is_locked(tmp_path / "lock")
        process.kill()
    assert not is_locked(tmp_path / "lock")


def test_a_lock_that_is_not_let_go_in_time_is_an_error_that_names_its_owner(tmp_path):
    path = tmp_path / "lock"
    refused = pytest.raises(ProjectError, match=f"process {os.getpid()} has kept the lock")
    with locked(path), refused, locked(path, patience_s=0.05):
        pass


def test_a_lock_file_that_is_deleted_while_one_waits_is_made_again(tmp_path):
    path = tmp_path / "lock"
    entered = threading.Event()

    def wait():
        with locked(path):
            entered.set()

    with locked(path):
        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.05)
        path.unlink()
    waiting.join()
    assert entered.is_set()
    assert path.exists()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # a fork is the test
def test_a_child_that_was_forked_under_a_lock_does_not_keep_it(tmp_path):
    path = tmp_path / "lock"
    with locked(path):
        child = os.fork()
        if child == 0:
            time.sleep(5)
            os._exit(0)
    with locked(path, patience_s=1):
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_a_folder_is_made_with_its_parents_each_synced_in_the_one_above(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr("alo_nb.files.sync", synced.append)
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert synced == [tmp_path, tmp_path / "a"]


@settings(deadline=None, derandomize=True, max_examples=20)
@given(st.dictionaries(st.sampled_from("abcdef"), st.binary(max_size=50)))
def test_the_size_of_a_folder_is_that_of_its_files(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("f")
    for name, content in files.items():
        (folder / name).mkdir()
        (folder / name / "x").write_bytes(content)
    assert folder_size(folder) == sum(map(len, files.values()))
    assert folder_size(folder / "missing") == 0
