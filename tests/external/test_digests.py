from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alo_nb.errors import SourceError
from alo_nb.external.digests import folder_digest

PART = st.sampled_from(["a", "b", "ab", "한글", "a b", ".x"])
FILES = st.dictionaries(st.lists(PART, min_size=1, max_size=3).map("/".join), st.binary(max_size=3), max_size=5)


def filled(folder, files):
    """Write `files` below `folder`, as far as a name is not taken by a folder; return those that were written."""
    written = {}
    for name, content in files.items():
        path = folder / name
        if path.is_dir() or any((folder / each).is_file() for each in Path(name).parents):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written[name] = content
    return written


@settings(max_examples=150, deadline=None, derandomize=True)
@given(one=FILES, two=FILES)
def test_digests_are_equal_if_and_only_if_the_trees_are(one, two):
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        one, two = filled(Path(first), one), filled(Path(second), two)
        assert (folder_digest(Path(first)) == folder_digest(Path(second))) == (one == two)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(files=FILES)
def test_the_digest_is_of_the_files_and_not_of_the_order_in_which_they_came(files):
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        kept = filled(Path(first), files)
        filled(Path(second), dict(reversed(kept.items())))
        assert folder_digest(Path(first)) == folder_digest(Path(second))


def test_what_stands_between_two_files_does_not_move_from_one_to_the_other(tmp_path):
    for number, files in enumerate([{"a": b"bc", "d": b""}, {"a": b"b", "d": b"c"}, {"ab": b"c", "d": b""}]):
        filled(tmp_path / str(number), files)
    assert len({folder_digest(tmp_path / str(number)) for number in range(3)}) == 3


def test_the_form_is_a_prefix_and_64_hex_digits_and_stays_the_same(tmp_path):
    filled(tmp_path, {"deep/b": b"2", "a": b"1"})
    assert re.fullmatch(r"b3:[0-9a-f]{64}", folder_digest(tmp_path))
    assert folder_digest(tmp_path) == "b3:ccd6f2369b47b77a278e780266b9bbdf8be9b1147b15087123c26e656fb85259"


def test_empty_folders_links_modes_and_times_do_not_count(tmp_path):
    filled(tmp_path / "a", {"x": b"1"})
    before = folder_digest(tmp_path / "a")
    (tmp_path / "a" / "empty").mkdir()
    (tmp_path / "a" / "link").symlink_to("x")
    (tmp_path / "a" / "x").chmod(0o600)
    os.utime(tmp_path / "a" / "x", (0, 0))
    assert folder_digest(tmp_path / "a") == before


def test_a_change_deep_in_a_big_file_changes_the_digest(tmp_path):
    big = tmp_path / "big"
    big.write_bytes(bytes(20_000_000))
    before = folder_digest(tmp_path)
    with big.open("r+b") as file:
        file.seek(12_345_678)
        file.write(b"\1")
    assert folder_digest(tmp_path) != before


@pytest.mark.parametrize("name", ["nowhere", "file"])
def test_no_folder_has_no_digest(tmp_path, name):
    (tmp_path / "file").write_text("1")
    with pytest.raises(SourceError, match=f"the files of '{name}' cannot be read: ") as caught:
        folder_digest(tmp_path / name)
    assert caught.value.where == str(tmp_path / name)


def test_a_name_that_is_no_text_has_its_place(tmp_path):
    with open(os.fsencode(tmp_path) + b"/\xff", "wb"):  # noqa: PTH123  # a name that is no UTF-8
        pass
    assert folder_digest(tmp_path) != folder_digest(Path(tempfile.mkdtemp(dir=tmp_path)))
