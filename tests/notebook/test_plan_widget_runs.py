"""Runs that the plan widget starts: in a process of their own, followed and stopped."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from clicked_plan import TRAIN, chips

import alo_nb
from alo_nb.notebook.widget import runs as runs_module
from alo_nb.notebook.widget.look import is_shown


@pytest.mark.slow
def test_a_run_goes_on_in_a_process_of_its_own_and_its_states_are_shown(form, path):
    form.choose(TRAIN, "fit")
    form.arguments.controls["depth"].value = 7
    form.guard(form.runs.start)()
    assert form.last_error is None
    assert "depth: 7" in path.read_text()
    assert form.runs.run_button.disabled
    form.runs.wait(120)
    assert form.last_error is None, form.runs.log_tail.value
    assert "success" in form.runs.state.value
    assert chips(form, TRAIN) == ["✔ prep", "✔ fit !"]
    assert form.runs.bar.value == 2
    assert form.picture.value.count("fresh") >= 2
    run = alo_nb.Run.from_dict(json.loads(sorted(Path(".alo/runs").iterdir())[-1].joinpath("run.json").read_text()))
    assert run.step("fit").args["depth"] == 7
    form.guard(form.runs.start)()
    form.runs.wait(120)
    assert f"nothing to do: all is as in run {run.id[-6:]}" in form.runs.state.value
    form.runs.what.value = "everything"
    form.guard(form.runs.start)()
    form.runs.wait(120)
    assert run.id[-6:] not in form.runs.state.value
    assert "success" in form.runs.state.value


@pytest.mark.slow
def test_a_long_run_is_stopped_and_a_failed_one_says_why(form, monkeypatch):
    monkeypatch.setattr(runs_module, "LOOK_EVERY_S", 0.05)
    form.choose(TRAIN, "fit")
    form.arguments.new_name.value, form.arguments.new_value.value = "seconds", "100"
    form.guard(form.arguments.add)()
    form.guard(form.runs.start)()
    form.guard(form.runs.start)()
    assert "a run is going on" in str(form.last_error)
    waited = threading.Event()
    assert "never run" in form.arguments.state.value
    while "▶ running" not in form.arguments.state.value and not waited.wait(0.1):
        assert form.runs._thread.is_alive(), form.runs.log_tail.value
    assert any(each.startswith("▶ fit") for each in chips(form, TRAIN))
    form.guard(form.runs.stop)()
    form.runs.wait(60)
    assert "interrupted" in form.runs.state.value
    form.arguments.controls["seconds"].value = 0
    form.arguments.controls["depth"].value = 13
    form.runs.what.value = "only this step"
    form.guard(form.runs.start)()
    form.runs.wait(120)
    assert "failed" in form.runs.state.value
    assert "division by zero" in form.runs.steps.value
    assert "ZeroDivisionError" in form.runs.log_tail.value
    assert "✖ fit !" in chips(form, TRAIN)


def test_a_run_that_needs_a_step_or_a_notebook_that_nobody_knows_says_so(form, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    form.choose("", "")
    form.runs.what.value = "from this step on"
    form.guard(form.runs.start)()
    assert "which one" in str(form.last_error)
    form.choose(TRAIN, "fit")
    form.arguments.code.value = "notebook"
    form.guard(form.runs.start)()
    assert "not known which file this notebook is" in str(form.last_error)


@pytest.mark.slow
def test_an_override_is_for_the_run_and_not_in_the_plan_and_two_runs_are_compared(form, path):
    before = path.read_text()
    for override in ("", "fit.depth=7"):
        form.runs.override.value = override
        form.guard(form.runs.start)()
        assert form.last_error is None
        form.runs.wait(120)
        assert "success" in form.runs.state.value, form.runs.log_tail.value
    assert path.read_text() == before
    form.refresh()
    assert len(form.past.run.options) == 2
    form.choose(TRAIN, "fit")
    assert "this run: 7" in form.arguments.fields.rows["depth"].hint.value
    assert "last run: 7" in form.arguments.fields.rows["depth"].hint.value
    form.guard(form.past.compare)()
    assert form.last_error is None
    assert "depth" in form.past.card.value
    form.guard(form.past.show)()
    assert form.last_error is None
    assert "fit" in form.past.card.value
    form.past.other.value = form.past.run.value
    form.guard(form.past.compare)()
    assert "this is one run" in str(form.last_error)


def test_an_override_that_is_none_is_told_and_changes_nothing(form):
    form.runs.override.value = "fitt.depth=7"
    assert "did you mean 'fit'" in str(form.last_error)
    assert "fitt" in form.message.value
    form.guard(form.runs.start)()
    assert "did you mean 'fit'" in str(form.last_error)
    assert form.runs.running is None
    assert form.bench.runs.overrides == {}


def test_a_plan_with_errors_is_not_run(form):
    form.text.area.value = form.text.area.value.replace("interface_mode: memory", "interface_mode: memroy")
    form.guard(form.text.take)()
    form.guard(form.bar.save)()
    form.guard(form.runs.start)()
    assert "the plan cannot run: interface_mode is 'memroy'" in str(form.last_error)
    assert form.runs.running is None


@pytest.mark.slow
def test_what_a_step_prints_is_shown_while_it_runs_and_another_plan_shows_nothing_of_it(form, path, monkeypatch):
    monkeypatch.setattr(runs_module, "LOOK_EVERY_S", 0.05)
    path.with_name("other.yaml").write_text(path.read_text())
    form.guard(form.bar.reload)()
    form.runs.override.value = "fit.seconds=60"
    form.guard(form.runs.start)()
    assert form.last_error is None
    pause = threading.Event()
    while "depth is 5" not in form.runs.state.value and not pause.wait(0.05):
        assert form.runs.is_running, form.runs.log_tail.value
    form.bar.plans.value = path.with_name("other.yaml")
    assert not is_shown(form.runs.state)
    form.bar.plans.value = path
    assert is_shown(form.runs.state)
    assert "depth is 5" in form.runs.log_tail.value
    form.guard(form.runs.stop)()
    form.runs.wait(60)
    assert "interrupted" in form.runs.state.value
