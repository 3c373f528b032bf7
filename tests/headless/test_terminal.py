from __future__ import annotations

import io
import re
import time

import pytest

from alo_nb.headless import terminal
from alo_nb.headless.terminal import Terminal, end_block
from alo_nb.project import Project
from alo_nb.runner.events import RunFinished, RunStarted, StepFinished, StepLogged, StepStarted, Warned
from alo_nb.step_api import LogRecord
from alo_nb.store import OutputRecord, Run, StepRecord

PIPELINE = "train_pipeline"
STEP = StepRecord(PIPELINE, "train", "success", 0.5, data=(OutputRecord("df", "DataFrame 3x1", 9, "b3:0"),))
RUN = Run(
    "20261121T093000Z-1f3a9c",
    "failed",
    plan="small",
    started="2026-11-21T09:30:00.000Z",
    finished="2026-11-21T09:30:02.500Z",
    steps=(STEP,),
    summaries={PIPELINE: {"score": 0.82, "result": "OK"}},
    outputs=("train_artifacts/models/train/model.pkl",),
    notebook=".alo/runs/1/notebook.ipynb",
)
EVENTS = (
    RunStarted(RUN, ((PIPELINE, "train"),)),
    StepStarted(PIPELINE, "train"),
    StepLogged(PIPELINE, "train", LogRecord("info", "not shown")),
    StepLogged(PIPELINE, "train", LogRecord("warning", "few rows")),
    StepFinished(STEP),
    Warned("disk almost full"),
    RunFinished(RUN),
)


class Screen(io.StringIO):
    def isatty(self):
        return True


class GoneReader(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


def shown(stream, project):
    terminal = Terminal(stream, project)
    for event in EVENTS:
        terminal(event)
    return stream.getvalue()


def test_a_file_gets_one_line_a_step(project):
    lines = shown(io.StringIO(), project).splitlines()
    assert lines[:3] == ["train_pipeline", "    train: [warning] few rows", "  ✔ train    0.50 s  df 3x1"]
    assert lines[3] == "  [warning] disk almost full"
    assert "\x1b" not in "".join(lines)


def test_a_terminal_gets_a_line_about_the_running_step_that_is_replaced(project):
    text = shown(Screen(), project)
    assert "\r\x1b[K  ▶ train\r\x1b[K" in text
    assert "\r\x1b[K  ✔ train    0.50 s  df 3x1\n" in text


def test_the_end_block_says_how_it_went_and_where_everything_lies(project, monkeypatch):
    (project.root / "below").mkdir()
    monkeypatch.chdir(project.root / "below")
    assert end_block(RUN, project).splitlines() == [
        "small · all · failed · 1 step in 2.50 s · run 20261121T093000Z-1f3a9c",
        "  train_pipeline: score 0.82 · OK",
        "  model     ../train_artifacts/models/train/model.pkl",
        "  notebook  ../.alo/runs/1/notebook.ipynb",
    ]


def test_a_reader_that_went_away_does_not_fail_the_run(project):
    assert shown(GoneReader(), project) == ""


def test_a_file_gets_a_line_before_and_after_an_installation(project):
    stream = io.StringIO()
    with Terminal(stream, project).installing(1):
        assert stream.getvalue() == "installing 1 package for this plan\n"
    assert re.fullmatch(r"installed 1 package for this plan in .*s\n", stream.getvalue().partition("\n")[2])


def test_a_terminal_counts_the_seconds_of_an_installation_in_one_line(project, monkeypatch):
    monkeypatch.setattr(terminal, "TICK", 0.01)
    stream = Screen()
    with Terminal(stream, project).installing(3):
        while stream.getvalue().count("installing 3 packages for this plan … 0 s") < 2:
            time.sleep(0.01)
    text = stream.getvalue()
    assert text.count("\n") == 1
    assert re.fullmatch(r"\r\x1b\[Kinstalled 3 packages for this plan in .*s\n", text[text.rindex("\r") :])


def test_an_installation_that_fails_leaves_no_line_that_says_otherwise(project):
    stream = Screen()
    with pytest.raises(ValueError, match="x"), Terminal(stream, project).installing(3):
        raise ValueError("x")
    assert "installed" not in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")
