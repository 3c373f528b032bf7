from __future__ import annotations

import json
import os
import threading

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alo_nb.errors import StoreError
from alo_nb.store.metrics import MetricsFile, flat, history_of, read_metrics
from alo_nb.store.tracking import init

VALUES = st.dictionaries(
    st.text(max_size=5), st.integers() | st.floats(allow_nan=False) | st.text(max_size=5), max_size=4
)


@example([{",\n{": "},\n{\r", "\r": '"},\r{'}, {"a": 1}, {"\n": "\n", "x": ',\n"'}])
@given(st.lists(VALUES, max_size=10))
def test_metrics_come_back_as_they_were_logged(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("m") / "metrics.jsonl"
    file = MetricsFile(path)
    for step, values in enumerate(rows):
        file.add(step, values)
    file.close()
    assert [(step, values) for step, _, values in read_metrics(path)] == [*enumerate(rows)]


def test_nothing_is_lost_while_the_file_is_being_written(tmp_path):
    file = MetricsFile(tmp_path / "metrics.jsonl")
    stop = threading.Event()

    def flush():
        while not stop.is_set():
            file.flush()

    thread = threading.Thread(target=flush)
    thread.start()
    for step in range(20_000):
        file.add(step, {"x": step})
    stop.set()
    thread.join()
    file.close()
    assert [step for step, _, _ in read_metrics(tmp_path / "metrics.jsonl")] == [*range(20_000)]


def test_what_could_not_be_written_is_written_later(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.mkdir()
    file = MetricsFile(path)
    file.add(0, {"x": 1})
    with pytest.raises(IsADirectoryError):
        file.close()
    path.rmdir()
    file.close()
    assert history_of(path, "x") == [(0, 1)]


def test_a_line_that_was_cut_off_costs_only_itself(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 0, "time": 1.0, "values": {"x": 1}}\n{"step": 1, "ti')
    assert history_of(path, "x") == [(0, 1)]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # a fork is the test
def test_a_forked_child_leaves_the_run_to_its_parent(store):
    with init() as run:
        run.log({"x": 1})
        child = os.fork()
        if child == 0:
            run.log({"x": 2})
            run.finish()
            os._exit(0)
        os.waitpid(child, 0)
        run.log({"x": 3})
    assert history_of(store.project.runs / run.id / "metrics.jsonl", "x") == [(0, 1), (1, 3)]
    assert run.summary["x"] == 3


def test_nested_metrics_are_joined_and_other_things_refused():
    assert flat({"train": {"loss": 1.5}, "ok": True}) == {"train.loss": 1.5, "ok": True}
    with pytest.raises(StoreError, match=r"'t\.x' is list, no number"):
        flat({"t": {"x": [1]}})


def test_steps_go_up(store):
    with init() as run:
        run.log({"a": 1}, step=5)
        run.log({"b": 2}, step=5)
        with pytest.raises(StoreError, match="lies behind step 5"):
            run.log({"a": 1}, step=4)
        run.log({"a": 3}, step=9, commit=True)
        assert run.step == 10
    path = store.project.runs / run.id / "metrics.jsonl"
    assert [(step, values) for step, _, values in read_metrics(path)] == [(5, {"a": 1, "b": 2}), (9, {"a": 3})]


def test_each_step_is_one_line_of_json(tmp_path):
    file = MetricsFile(tmp_path / "metrics.jsonl")
    for step in range(2):
        file.add(step, {"loss": 0.5, "note": "a\nb"})
    file.close()
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [0, 1]
    assert lines[0].endswith('"values": {"loss": 0.5, "note": "a\\nb"}}')
