from __future__ import annotations

import io

import pytest

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
