from __future__ import annotations

import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alo_nb.errors import StoreError
from alo_nb.store.aside import Aside
from alo_nb.store.journal import NOTHING, Change, Journal, _decode, encode

VALUES = st.dictionaries(
    st.text(max_size=10),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3),
        max_leaves=8,
    ),
    max_size=6,
)
CHANGES = st.builds(Change, st.integers(1, 10**12), st.text(max_size=10), VALUES)


@pytest.fixture
def journal(tmp_path):
    aside = Aside(tmp_path)
    yield Journal(tmp_path, aside)
    aside.close()


def fill(journal, count, start=1):
    for number in range(start, start + count):
        journal.write(Change(number, "run", {"id": str(number)}))


@given(CHANGES)
def test_a_change_comes_back_as_it_was(change):
    assert _decode(change.number, encode(change)) == change


@given(CHANGES, st.data())
def test_a_change_that_was_altered_in_any_byte_is_noticed(change, data):
    content = bytearray(encode(change))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    try:
        found = _decode(change.number, bytes(content))
    except (ValueError, TypeError, KeyError):
        return
    assert found == change  # a blank of the first line that became another


@given(CHANGES, st.data())
def test_a_change_that_was_cut_short_is_noticed(change, data):
    content = encode(change)
    end = data.draw(st.integers(0, len(content) - 2))
    with pytest.raises((ValueError, TypeError, KeyError)):
        _decode(change.number, content[:end])


def test_changes_come_in_the_order_of_their_numbers(journal):
    fill(journal, 3, start=998)
    assert [each.number for each in journal.since(997)] == [998, 999, 1000]
    assert journal.numbers() == [998, 999, 1000]
    assert journal.last() == 1000


def test_a_number_is_given_once(journal):
    fill(journal, 1)
    with pytest.raises(FileExistsError):
        journal.write(Change(1, "run", {"id": "other"}))
    assert journal.read(1).values == {"id": "1"}
    assert [each.name for each in journal.aside.folder().iterdir()] == ["alive"]


def test_a_number_is_given_once_where_there_are_no_hard_links(journal, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EOPNOTSUPP, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    fill(journal, 2)
    with pytest.raises(OSError, match="no links"):
        journal.write(Change(2, "run", {"id": "other"}))
    assert [each.values["id"] for each in journal.since(0)] == ["1", "2"]


def test_a_missing_change_hides_later_ones_only_from_those_who_go_step_by_step(journal):
    fill(journal, 3)
    journal.path(2).unlink()
    assert [each.number for each in journal.since(0)] == [1]
    assert [each.number for each in journal.behind(0)] == [1, 3]
    assert [each.number for each in journal.behind(1)] == [3]


def test_a_damaged_change_says_nothing_and_is_named_when_it_is_read(journal):
    fill(journal, 2)
    path = journal.path(1)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-9])
    assert [(each.number, each.kind) for each in journal.since(0)] == [(1, NOTHING), (2, "run")]
    with pytest.raises(StoreError, match="change 1 of the store is damaged"):
        journal.read(1)


def test_files_that_are_no_changes_are_passed_over(journal):
    fill(journal, 1)
    folder = journal.path(1).parent
    for name in ("notes.txt", "000000002.json.bak", "12.json", ".000000003.json"):
        (folder / name).write_text("x")
    (folder.parent / "README").write_text("x")
    (folder.parent / "000007").write_text("no folder")
    assert (journal.numbers(), journal.last()) == ([1], 1)
