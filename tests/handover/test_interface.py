from __future__ import annotations

import os
import sys
import threading
from types import ModuleType

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alo_nb.errors import InterfaceError
from alo_nb.files import try_lock
from alo_nb.handover import Channel, FileInterface, MemoryInterface
from alo_nb.handover.interface import Key, decoded, encode_all
from alo_nb.project import Project

KEY = Key("20260101T000000Z-000001", "train_pipeline", "input")
LATER = Key("20260101T000001Z-000002", "train_pipeline", "input")
VALUES = {"한글 key": np.arange(3), "b": None, "a/b": [1, {"c": "d"}], "": b"x", ".": 1, "line\u2028\n": 2}


@pytest.fixture(params=["memory", "file"])
def interface(request, tmp_path):
    return MemoryInterface() if request.param == "memory" else FileInterface(Project(tmp_path))


@pytest.fixture
def files(tmp_path):
    return FileInterface(Project(tmp_path))


def read(interface, key, kind, names):
    return {name: decoded(name, interface.read(key, kind, name)) for name in names}


def test_what_was_written_is_read_in_order(interface):
    interface.write(KEY, "data", encode_all(VALUES))
    interface.write(KEY, "config", encode_all({"c": 1}))
    assert [each.name for each in interface.entries(KEY, "data")] == list(VALUES)
    back = read(interface, KEY, "data", ["b", "한글 key", "line\u2028\n"])
    assert list(back) == ["b", "한글 key", "line\u2028\n"]
    assert back["한글 key"].tolist() == [0, 1, 2]
    assert read(interface, KEY, "config", ["c"]) == {"c": 1}


@settings(deadline=None, derandomize=True, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text(), st.recursive(st.integers() | st.text(), st.lists, max_leaves=5), max_size=5))
def test_both_interfaces_tell_the_same(files, values):
    memory, encoded = MemoryInterface(), encode_all(values)
    for each in (memory, files):
        each.write(KEY, "data", encoded)
    assert memory.entries(KEY, "data") == files.entries(KEY, "data")
    assert read(memory, KEY, "data", values) == read(files, KEY, "data", values) == values


def test_an_empty_save_is_a_save(interface):
    interface.write(KEY, "data", {})
    assert interface.entries(KEY, "data") == ()


def test_a_second_write_takes_the_place_of_the_first(interface):
    interface.write(KEY, "data", encode_all({"a": 1, "b": 2}))
    interface.write(KEY, "data", encode_all({"c": 3}))
    assert [each.name for each in interface.entries(KEY, "data")] == ["c"]


def test_outputs_that_are_not_there_are_an_error_and_not_nothing(interface):
    interface.write(KEY, "data", {})
    for call in (lambda: interface.entries(LATER, "data"), lambda: interface.read(KEY, "config", "x")):
        with pytest.raises(InterfaceError, match="the output of step 'input' is gone") as caught:
            call()
        assert caught.value.do == "run that step again"


def test_the_newest_outputs_are_those_that_were_promoted(interface):
    assert interface.latest("train_pipeline", "input") is None
    for key in (KEY, LATER):
        interface.write(key, "data", encode_all({"run": key.run_id}))
    assert interface.latest("train_pipeline", "input") is None
    interface.promote(KEY)
    interface.promote(KEY)
    assert interface.latest("train_pipeline", "input") == KEY
    assert interface.latest("inference_pipeline", "input") is None


def test_promoting_drops_the_older_outputs_of_that_step_only(interface):
    other = KEY._replace(step="train")
    for key in (KEY, other, LATER):
        interface.write(key, "data", encode_all({"x": 1}))
        interface.promote(key)
    assert interface.latest("train_pipeline", "input") == LATER
    assert read(interface, LATER, "data", ["x"]) == read(interface, other, "data", ["x"]) == {"x": 1}
    with pytest.raises(InterfaceError, match="is gone"):
        interface.entries(KEY, "data")


def test_the_outputs_of_a_run_in_progress_are_not_dropped(files):
    import os

    for key in (KEY, LATER):
        files.write(key, "data", encode_all({"x": 1}))
    files.promote(KEY)
    lock = try_lock(files.project.runs / KEY.run_id / "alive")
    try:
        files.promote(LATER)
        assert read(files, KEY, "data", ["x"]) == {"x": 1}
    finally:
        os.close(lock)


def test_another_process_finds_the_files(files):
    files.write(KEY, "data", encode_all(VALUES))
    files.promote(KEY)
    other = FileInterface(files.project)
    assert other.latest("train_pipeline", "input") == KEY
    assert read(other, KEY, "data", ["a/b"]) == {"a/b": [1, {"c": "d"}]}


@pytest.mark.parametrize("text", ["../../../etc", "", "20990101T000000Z-ffffff", "\udcff"])
def test_a_pointer_that_leads_nowhere_is_none(files, text):
    files.write(KEY, "data", {})
    files.promote(KEY)
    (files.project.own / "latest" / "train_pipeline" / "input").write_bytes(os.fsencode(text))
    assert files.latest("train_pipeline", "input") is None


def flip(path):
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda value, _: flip(value), "the output of a step was changed on disk"),
        (lambda value, _: value.write_bytes(b""), "the output of a step was changed on disk"),
        (lambda value, _: value.unlink(), "the output of step 'input' is gone"),
        (lambda _, manifest: manifest.write_text('[{"na'), "the output of a step was changed on disk"),
        (lambda _, manifest: manifest.unlink(), "the output of step 'input' is gone"),
    ],
)
def test_damaged_files_are_refused(files, damage, message):
    files.write(KEY, "data", encode_all({"x": np.arange(100)}))
    [value] = (each for each in (files.project.own / "cache" / "values").rglob("*") if each.is_file())
    manifest = files.project.runs / KEY.run_id / "interface" / "train_pipeline" / "input" / "data.json"
    damage(value, manifest)
    with pytest.raises(InterfaceError, match=message) as caught:
        read(files, KEY, "data", ["x"])
    assert caught.value.where in {str(value), str(manifest)}
    assert caught.value.do == "run that step again"


def test_a_value_that_is_there_already_is_not_written_again(files):
    values = encode_all({"x": np.arange(100)})
    files.write(KEY, "data", values)
    [value] = (each for each in (files.project.own / "cache" / "values").rglob("*") if each.is_file())
    before = value.stat()
    files.write(LATER, "data", values)
    assert value.stat() == before
    value.write_bytes(b"cut short")  # by a power loss
    files.write(LATER, "data", values)
    assert read(files, KEY, "data", ["x"])["x"].tolist() == list(range(100))


def test_a_value_whose_class_is_gone_is_named(interface):
    module = ModuleType("soon_gone")
    exec("class Box: pass", module.__dict__)
    sys.modules["soon_gone"] = module
    interface.write(KEY, "data", encode_all({"box": module.Box()}))
    del sys.modules["soon_gone"]
    with pytest.raises(
        InterfaceError, match=r"key 'box' cannot be loaded: ModuleNotFoundError: No module named 'soon_gone'"
    ):
        read(interface, KEY, "data", ["box"])


def test_an_error_while_writing_names_the_key():
    with pytest.raises(
        InterfaceError, match=r"key 'lock': a value of type lock cannot be handed to the next step"
    ) as caught:
        encode_all({"a": 1, "lock": threading.Lock()})
    assert caught.value.do.startswith("save what it is made of")


def test_a_channel_reads_the_step_before_and_writes_its_own(interface):
    own = KEY._replace(step="train")
    first, second = Channel(interface, None, KEY), Channel(interface, KEY, own)
    assert first.names("data") == ()
    first.save("data", {"x": [1], "z": 3})
    assert (second.names("data"), second.load("data", "x")) == (("x", "z"), [1])
    second.save("data", {"z": None, "y": 2}, unread=["z"])
    assert read(interface, own, "data", ["z", "y"]) == {"z": 3, "y": 2}
    assert (second.read["data"], second.handed_on["data"]) == ({"x"}, {"z"})
