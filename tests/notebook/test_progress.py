"""The live table of a run: which step of which pipeline, and warnings as warnings."""

from __future__ import annotations

from alo_nb.notebook.progress import Progress
from alo_nb.runner.events import RunFinished, RunStarted, StepFinished, Warned
from alo_nb.store import Run, StepRecord

TRAIN, BOTH = (("train_pipeline", "input"),), (("train_pipeline", "input"), ("inference_pipeline", "input"))


def shown(monkeypatch, event) -> str:
    told: list[str] = []
    monkeypatch.setattr("alo_nb.notebook.progress.display", lambda data, **_: told.append(data["text/plain"]))
    Progress()(event)
    return "\n".join(told)


def test_steps_of_both_pipelines_are_told_apart(monkeypatch) -> None:
    both = shown(monkeypatch, RunStarted(Run("r"), BOTH))
    assert [line[2:].strip() for line in both.splitlines()] == ["train · input", "inference · input"]
    one = shown(monkeypatch, RunStarted(Run("r"), (*TRAIN, ("train_pipeline", "fit"))))
    assert [line[2:].strip() for line in one.splitlines()] == ["input", "fit"]


def test_a_warning_has_the_sign_of_a_warning(monkeypatch) -> None:
    assert shown(monkeypatch, Warned("a key is lost")).startswith("▲ warning  a key is lost")


class Handle:
    """What `display` returns: it keeps the text that stands there."""

    def update(self, data, **_) -> None:
        self.text = data["text/plain"]


def test_a_run_that_fails_after_its_last_step_is_not_left_all_green(monkeypatch) -> None:
    handle, progress = Handle(), Progress()
    monkeypatch.setattr("alo_nb.notebook.progress.display", lambda *_, **__: handle)
    steps = tuple(StepRecord(*each, "success") for each in BOTH)
    for event in (RunStarted(Run("r"), BOTH), *(StepFinished(each) for each in steps)):
        progress(event)
    progress(RunFinished(Run("r", "failed", steps=steps, error="StepOutputError: no csv")))
    assert handle.text.splitlines()[-1] == "✖ inference · run  StepOutputError: no csv"
