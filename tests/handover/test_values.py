"""Values as files: each content once, mapped privately, never trusted when it may have changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alo_nb.errors import InterfaceError
from alo_nb.handover import Channel, large, values
from alo_nb.handover.codec import decode, digest, encode, from_file, to_file
from alo_nb.handover.interface import Key
from alo_nb.handover.large import Large
from alo_nb.handover.values import Values, of_artifact
from alo_nb.project import Project
from alo_nb.store.batch import Batch
from alo_nb.store.store import Store

KEY = Key("20260101T000000Z-000001", "train_pipeline", "input")
STEPS = [KEY._replace(step=f"s{number}") for number in range(4)]
SIZE = 5 * 4096 // 8 + 3  # numbers in some pages


def larges(value):
    return [each for each in value.parts if isinstance(each, Large)]


def saved(store, value):
    encoded = encode(value, store.keep)
    store.put(encoded)
    return encoded


def loaded(store, encoded):
    return decode(store.get(encoded.digest).parts)


@pytest.fixture
def reads(monkeypatch):
    """The files that were read for their digests, and the number of buffers."""
    read = []
    for module, name in ((large, "digest_of_own"), (large, "digest_of_memory"), (values, "digest_of_own")):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda what, real=real: (read.append(what), real(what))[1])
    return read


# One step never sees what another does ------------------------------------------------------------------------------


def table():
    return pd.DataFrame({"a": np.arange(100.0), "b": np.arange(100), "s": [f"x{n}" for n in range(100)]})


WRITES = {
    "cell": lambda frame: frame.__setitem__("a", frame["a"].where(frame["b"] != 3, -1.0)),
    "loc": lambda frame: frame.loc.__setitem__((3, "a"), -1.0),
    "past pandas": lambda frame: frame["a"].array.__setitem__(3, -1.0),
    "text": lambda frame: frame["s"].array.__setitem__(3, "spoiled"),
    "column": lambda frame: frame.__setitem__("a", 0.0),
    "dropped": lambda frame: frame.pop("a"),
    "index": lambda frame: setattr(frame, "index", range(5, 105)),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_no_step_sees_what_another_does_to_a_table(interface, apart, write):
    expected = table()
    mine = table()
    Channel(interface, None, KEY).save("data", {"x": mine})
    readers = [Channel(interface, KEY, each) for each in STEPS]
    first, second = (each.load("data", "x") for each in readers[:2])
    write(mine)
    write(first)
    for each in (second, readers[2].load("data", "x")):
        pd.testing.assert_frame_equal(each, expected)
    readers[0].save("data", {"x": first})
    pd.testing.assert_frame_equal(Channel(interface, STEPS[0], KEY).load("data", "x"), first)
    pd.testing.assert_frame_equal(readers[3].load("data", "x"), expected)


def test_no_step_sees_what_another_does_to_an_array(interface, apart):
    mine = {"x": np.arange(100.0), "same": None}
    mine["same"] = mine["x"]
    Channel(interface, None, KEY).save("data", {"d": mine})
    readers = [Channel(interface, KEY, each) for each in STEPS[:2]]
    first, second = (each.load("data", "d") for each in readers)
    mine["x"][0] = first["x"][1] = 99
    assert first["same"] is first["x"]
    assert second["x"].tolist() == [*range(100)]


HELD = {
    "its array": lambda array, frame: array,
    "a column past pandas": lambda array, frame: frame["a"].array,
    "a part of its array": lambda array, frame: array[1:],
    "its memory": lambda array, frame: memoryview(array),
    "a cell": lambda array, frame: frame["cells"][0],
    "a column of another table": lambda array, frame: frame[["a"]]["a"].array,
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("hold", HELD.values(), ids=HELD)
def test_what_a_step_still_holds_can_be_written_to_and_reaches_nobody(interface, apart, hold, when):
    array = np.arange(100.0)
    frame = pd.DataFrame({"a": pd.Series(array, copy=False), "cells": [[number] for number in range(100)]}, copy=False)
    assert np.shares_memory(frame["a"].to_numpy(), array)
    expected = pd.DataFrame({"a": np.arange(100.0), "cells": [[number] for number in range(100)]})
    held = hold(array, frame) if when == "before" else None
    Channel(interface, None, KEY).save("data", {"x": frame, "y": array})
    first = Channel(interface, KEY, STEPS[0]).load("data", "x")
    written = hold(array, frame) if held is None else held
    written[0] = -1.0
    pd.testing.assert_frame_equal(first, expected)
    reader = Channel(interface, KEY, STEPS[1])
    pd.testing.assert_frame_equal(reader.load("data", "x"), expected)
    assert reader.load("data", "y").tolist() == expected["a"].tolist()


def test_both_modes_hold_the_same_bytes(tmp_path, apart):
    from alo_nb.handover import FileInterface, MemoryInterface

    project = Project(tmp_path)
    entries = []
    for interface in (MemoryInterface(), MemoryInterface(Values(project)), FileInterface(project)):
        Channel(interface, None, KEY).save("data", {"t": table(), "n": 1, "big": np.ones(1000)})
        entries.append(interface.entries(KEY, "data"))
    assert entries[0] == entries[1] == entries[2]


@settings(deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    writes=st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(0, 2)), max_size=4),
    start=st.sampled_from([0, 0, 1]),
)
def test_what_is_saved_again_is_what_it_is_then_and_never_taken_for_what_was_loaded(store, apart, writes, start):
    first = saved(store, np.zeros(SIZE))
    mine = loaded(store, first)[start:]
    for place, number in writes:
        mine[place % len(mine)] = number
    second = saved(store, mine)
    assert loaded(store, second).tolist() == mine.tolist()
    assert loaded(store, first).tolist() == [0.0] * SIZE
    assert (first.digest == second.digest) == (start == 0 and not mine.any())


# Nothing is read or written twice -----------------------------------------------------------------------------------


def test_a_new_buffer_is_hashed_once_and_one_that_was_not_changed_never(store, apart, reads):
    first = saved(store, table())
    assert len(larges(first)) == len(reads)
    reads.clear()
    mine = loaded(store, first)
    before = {path: path.stat() for path in store.root.rglob("*")}
    again = saved(store, mine)
    assert again.digest == first.digest
    assert {path: path.stat() for path in store.root.rglob("*")} == before
    if large._PAGE_FLAGS.exists():
        heads = [each for each in reads if isinstance(each, Path) and each.parent == store.root]
        assert len(heads) == len([each for each in first.parts[:1] if isinstance(each, Large)])  # the new pickle


def test_where_the_system_tells_nothing_of_pages_they_are_compared(store, apart, monkeypatch, tmp_path, reads):
    first = saved(store, np.zeros(SIZE))
    mine = loaded(store, first)
    monkeypatch.setattr(large, "_PAGE_FLAGS", tmp_path / "not there")
    reads.clear()
    assert saved(store, mine).digest == first.digest
    assert any(isinstance(each, memoryview) for each in reads)
    mine[7] = 1
    second = saved(store, mine)
    assert second.digest != first.digest
    assert loaded(store, second).tolist() == mine.tolist()


def test_pages_that_were_written_to_are_told_from_others():
    page = {name: sum(1 << bit for bit in bits).to_bytes(8, "little") for name, bits in FLAGS.items()}
    clean = page["never touched"] + page["read"] + page["moving"]
    assert not large._has_written_page(clean)
    for name in ("written", "swapped"):
        assert large._has_written_page(clean + page[name])
        assert large._has_written_page(page[name] + clean)


FLAGS = {
    "never touched": (),
    "read": (large._PRESENT, large._FILE),
    "moving": (large._SWAPPED, large._FILE),
    "written": (large._PRESENT, 56),
    "swapped": (large._SWAPPED,),
}


def test_a_file_of_the_cache_becomes_an_artifact_by_a_second_name_and_is_still_known(project, store, reads):
    encoded = saved(store, {"x": np.ones(1 << 18), "y": 1})
    [part] = larges(encoded)
    for _ in range(2):
        reads.clear()
        with Batch(Store.of(project), "20260101T000000Z-000001") as batch:
            entries = {each[3:]: batch.own_file(path, each) for each, path in store.files(encoded.digest).items()}
            batch.log("x", "dataset", entries)
            batch.commit()
        store.note_linked(encoded.digest)
        assert [each.digest for each in entries.values()] == [encoded.digest, part.digest]
        assert part.place.samefile(Store.of(project).objects.path(part.digest))
        assert store.is_whole(encoded.digest)
        assert not reads


def test_an_artifact_gives_the_value_back_when_the_cache_is_gone(project, store):
    table = pd.DataFrame({"a": np.arange(float(1 << 18)), "b": "x"})
    encoded = saved(store, table)
    with Batch(Store.of(project), "20260101T000000Z-000001") as batch:
        files = store.files(encoded.digest).items()
        batch.log("x", "dataset", {each[3:]: batch.own_file(path, each) for each, path in files})
        batch.commit()
    shutil.rmtree(store.root)
    found = of_artifact(Store.of(project), encoded.digest, encoded.summary)
    assert (found.parts, found.digest) == (encoded.parts, encoded.digest)
    back = decode(found.parts)
    pd.testing.assert_frame_equal(back, table)
    back.loc[0, "a"] = -1
    store.put(found)
    pd.testing.assert_frame_equal(loaded(store, encoded), table)


@pytest.mark.parametrize("change", [lambda path: flip(path), lambda path: os.utime(path, (1, 1))])
def test_a_second_name_makes_nothing_known_that_changed(store, apart, change, reads):
    encoded = saved(store, np.zeros(SIZE))
    path = larges(encoded)[-1].place
    change(path)
    reads.clear()
    store.note_linked(encoded.digest)
    store.is_whole(encoded.digest)
    assert reads == [path]


# What is not as it was written is never taken -----------------------------------------------------------------------


def flip(path):
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(raw)


def cut(path):
    path.chmod(0o644)
    os.truncate(path, 5)


DAMAGES = {"changed": flip, "cut": cut, "gone": lambda path: path.unlink()}


@pytest.mark.parametrize("which", ["first", "part"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_value_is_refused_and_made_good_by_the_next_one(store, apart, damage, which):
    encoded = saved(store, table())
    held, marks = store.get(encoded.digest), store.marks(encoded.digest)
    assert store.is_whole(encoded.digest, marks)
    path = store.first(encoded.digest) if which == "first" else larges(encoded)[-1].place
    damage(path)
    assert store.get(encoded.digest) is None
    assert not store.is_whole(encoded.digest, marks)
    if which == "part":
        with pytest.raises(InterfaceError, match="is gone or was changed on disk"):
            decode(held.parts)
    assert saved(store, table()).digest == encoded.digest
    pd.testing.assert_frame_equal(loaded(store, encoded), table())


@pytest.mark.parametrize("damage", [flip, Path.unlink])  # cutting it short would end the process: nothing of ours does
def test_what_was_loaded_from_a_file_that_changed_later_is_saved_anew(store, apart, damage):
    encoded = saved(store, np.zeros(SIZE))
    mine = loaded(store, encoded)
    mine.sum()  # every page is there now
    path = larges(encoded)[-1].place
    damage(path)
    expected = mine.tolist()
    again = saved(store, mine)
    assert loaded(store, again).tolist() == expected
    assert store.is_whole(again.digest)


def test_a_mapping_outlives_its_file(store, apart):
    encoded = saved(store, np.arange(float(SIZE)))
    mine = loaded(store, encoded)
    for path in store.files(encoded.digest).values():
        path.unlink()
    assert mine.tolist() == [*map(float, range(SIZE))]
    assert saved(store, mine).digest == encoded.digest
    assert loaded(store, encoded).tolist() == mine.tolist()


def test_no_more_is_mapped_than_leaves_descriptors_for_others(store, apart, monkeypatch):
    encoded = saved(store, [np.full(100, float(number)) for number in range(10)])
    before = len(large._mappings)
    monkeypatch.setattr(large.resource, "getrlimit", lambda _: (before * 4 + 16, 0))
    back = loaded(store, encoded)
    assert len(large._mappings) == before + 4
    assert [each[0] for each in back] == [*range(10)]
    back[9][0] = 5
    assert loaded(store, encoded)[9][0] == 9


def test_another_process_reads_each_file_once(store, apart, monkeypatch, reads):
    encoded = saved(store, table())
    reads.clear()
    monkeypatch.setattr(large, "_whole", {})
    marks = store.marks(encoded.digest)
    assert store.is_whole(encoded.digest, marks)
    assert not reads
    loaded(store, encoded)
    assert sorted(reads) == sorted(store.files(encoded.digest).values())
    loaded(store, encoded)
    assert sorted(reads) == sorted(store.files(encoded.digest).values())


# One file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [table, lambda: 1, lambda: [np.ones(100), b"x" * 70]])
def test_a_value_in_one_file_is_the_same(store, apart, make):
    encoded = saved(store, make())
    content = b"".join(map(bytes, to_file(encoded.parts)))
    parts = from_file(content)
    assert digest(parts) == encoded.digest
    assert [*map(bytes, encoded.contents())] == [*parts]
    assert repr(decode(parts)) == repr(make())
    for damaged in (content[: len(content) // 2], content[:66], content[:3], b"", b"no value at all" * 10):
        assert digest(from_file(damaged)) != encoded.digest


def test_buffers_can_be_used_in_place(store, apart):
    encoded = saved(store, [np.ones(3, "u1"), np.ones(5), np.ones(1000)])
    content = bytearray(b"".join(map(bytes, to_file(encoded.parts))))
    for each in encoded.contents():
        assert content.index(bytes(each)) % 64 == 0


def test_what_is_no_multiple_of_a_page_is_kept_to_the_last_byte(store):
    array = np.arange((1 << 20) + 1, dtype="u1")
    assert loaded(store, saved(store, array)).tobytes() == array.tobytes()
