"""What ``%alo_why`` and ``%alo_status`` say of steps, without running any, in a real kernel's shell."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

import alo_nb
from alo_nb.cache.explained import Explained

FRAME = """\
import pandas as pd
df = pd.DataFrame({"a": range(%d), "b": 0.5})
asset.save_data({"df": df})
asset.save_config({})"""
HELPER = "def double(x):\n    return 2 * x"
TRAIN = """\
df = asset.load_data()["df"]
rate = asset.check_args("rate", default=0.1, chng_type="float")
asset.save_data({"df": df, "model": double(rate)})
asset.save_config({})"""
LAST = "asset.save_data(asset.load_data())\nasset.save_config(asset.load_config())"


@pytest.fixture
def notebook(shell):
    """A notebook of three steps that have run."""
    shell.step("input", FRAME % 4, end="")
    shell.run(HELPER)
    shell.step("train", TRAIN, options="rate=0.1", end="")
    shell.step("last", LAST, end="")
    return shell


def told(step: str) -> Explained:
    (found,) = alo_nb.why(step).steps
    return found


def states() -> dict[str, str]:
    return {each.step: each.state for each in alo_nb.status()}


def files(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_nothing_changed_says_so_and_why_it_ran_last(notebook):
    text = repr(notebook.run("%alo_why train"))

    assert text.startswith("✔ train · train · fresh · would be taken from run ")
    assert text.splitlines()[1].endswith("executed it for the first time")
    assert states() == {"input": "fresh", "train": "fresh", "last": "fresh"}


def test_asking_writes_nothing(notebook, project):
    before = files(project)
    notebook.run("%alo_why last")
    notebook.run("%alo_status")

    assert files(project) == before


CHANGES = {
    "code": ("train", TRAIN.replace("df, ", "df.copy(), "), "rate=0.1", "code changed", ["df.copy()"]),
    "argument": ("train", TRAIN, "rate=0.2", "argument rate changed: 0.1 -> 0.2", []),
}


@pytest.mark.parametrize(("step", "body", "options", "text", "lines"), CHANGES.values(), ids=CHANGES)
def test_one_change_in_a_cell_is_the_one_cause(notebook, step, body, options, text, lines):
    notebook.step(step, body, options=f"{options} -n", end="")
    (cause,) = told(step).causes

    assert cause.text.startswith(text)
    assert all(line in cause.detail for line in lines)
    assert states() == {"input": "fresh", "train": "stale", "last": "unknown"}


def test_a_helper_in_another_cell_is_named_with_the_lines_that_differ(notebook):
    notebook.run(HELPER.replace("2 *", "3 *"))
    (cause,) = told("train").causes

    assert cause.text.startswith("helper double() in ")
    assert cause.detail.splitlines() == ["-    return 2 * x", "+    return 3 * x"]


def test_an_input_that_became_another_is_told_by_rows_and_columns(notebook):
    changed = (FRAME % 4).replace("0.5}", "[0.5, 0.5, 1, 2]}")
    notebook.step("input", changed, end="")
    found = told("train")
    (cause,) = found.causes

    assert (found.state, cause.text) == ("stale", "input df from input changed")
    assert cause.detail == "2 of 4 rows differ, in column b; by 1.5 at most"


def test_behind_a_step_that_runs_nobody_can_tell_and_that_step_is_named_with_its_reason(notebook):
    notebook.step("train", TRAIN, options="rate=0.3 -n", end="")
    found = told("last")

    assert (found.state, found.causes) == ("unknown", ())
    assert (found.waits_for, found.waits_why) == ("train", "argument rate changed: 0.1 -> 0.3")
    assert "step train runs first: argument rate changed: 0.1 -> 0.3" in repr(alo_nb.why("last"))


def test_what_would_run_anyway_is_told_also_behind_a_step_that_runs(notebook):
    notebook.step("input", FRAME % 5, options="-n", end="")
    notebook.step("train", TRAIN, options="rate=0.3 -n", end="")

    assert [each.text for each in told("train").causes] == ["argument rate changed: 0.1 -> 0.3"]
    assert states() == {"input": "stale", "train": "stale", "last": "unknown"}


def test_after_the_run_the_reason_that_was_recorded_is_shown(notebook):
    notebook.step("train", TRAIN, options="rate=0.2", end="")

    assert repr(alo_nb.why("train")).splitlines()[1].endswith(": argument rate changed: 0.1 -> 0.2")
    assert told("train").last.reason == "argument rate changed: 0.1 -> 0.2"


def test_of_a_step_that_was_taken_over_the_origin_is_told_and_no_more(notebook):
    first = told("train").run
    again = alo_nb.run()

    line = f"  run {again.id[-6:]} took it from run {first[-6:]}"
    assert repr(alo_nb.why("train")).splitlines()[1:] == [line]


def test_the_status_shows_what_would_be_taken_though_the_last_run_failed(notebook):
    before = repr(alo_nb.status())
    notebook.error("%alo_run train train.rate=words")

    assert told("train").last.status == "failed"
    assert repr(alo_nb.status()) == before
    assert "+model 0.2" in before


def test_what_was_told_is_what_the_run_does(notebook):
    notebook.step("input", (FRAME % 4).replace("0.5", "0.25"), end="")
    expected = {each.step: each.state for each in alo_nb.status()}
    run = alo_nb.run()

    assert expected == {"input": "fresh", "train": "stale", "last": "unknown"}
    assert [bool(each.cached_from) for each in run.steps] == [True, False, True]  # `last` reads nothing that changed
    assert run.step("train").reason == "input df from input changed"
    assert set(states().values()) == {"fresh"}


def test_a_new_step_was_never_run_and_a_failed_one_failed(notebook):
    notebook.step("new", LAST, options="-n", end="")
    assert told("new").state == "never"
    assert repr(alo_nb.why("new")) == "– new · train · never · never run"  # noqa: RUF001

    notebook.error(f"%%alo_asset step=new\n1 / 0\n{LAST}")
    assert told("new").state == "failed"
    assert told("new").reason == "its last run failed: ZeroDivisionError: division by zero"


def test_policies_are_told(notebook):
    notebook.step("train", TRAIN, options="rate=0.1 cache=recompute -n", end="")
    assert told("train").reason == "policy cache=recompute"
    assert told("last").waits_for == "train"

    notebook.step("train", TRAIN, options="rate=0.1 cache=ignore -n", end="")
    assert told("last").state == "fresh"


def test_a_step_that_kept_nothing_says_so(shell):
    shell.step("s", "x = 1", options="cache=off")
    assert told("s").reason == "policy cache=off"

    shell.step("s", "x = 1", options="-n")
    assert (told("s").state, told("s").reason) == ("unknown", "nothing is kept of its last run")


def test_a_variable_of_the_notebook_that_changed_is_told_and_one_that_is_gone(shell):
    shell.run("limit = 1")
    shell.step("s", "y = limit", options="use=limit")
    assert told("s").state == "fresh"

    shell.run("limit = 2")
    assert [each.text for each in told("s").causes] == ["notebook variable limit changed"]

    shell.run("del limit")
    assert (told("s").state, told("s").reason) == (
        "unknown",
        "it uses the notebook variable 'limit', which is not here",
    )


def test_secrets_are_not_shown(notebook):
    notebook.step("train", TRAIN, options="rate=0.1 api_key=hunter2hunter2", end="")
    notebook.step("train", TRAIN, options="rate=0.1 api_key=correcthorse", end="")

    notebook.step("train", TRAIN + "\nkey = 'hunter2hunter2'", options="rate=0.1 api_key=hunter2hunter2 -n", end="")
    shown = repr(alo_nb.why("train")) + alo_nb.why("train")._repr_html_()
    assert "api_key" in shown
    assert "hunter2" not in shown
    assert "correcthorse" not in shown


def test_no_step_of_this_name_is_an_error_with_the_nearest(notebook):
    assert "no pipeline has a step 'trian'; did you mean 'train'?" in str(notebook.error("%alo_why trian"))
    assert "write `%alo_why STEP`" in str(notebook.error("%alo_why"))


def test_text_and_html_say_the_same_and_where_outputs_are_compared_without_run_ids(notebook, monkeypatch):
    monkeypatch.setenv("ALO_NB_DETERMINISTIC", "1")
    notebook.step("train", TRAIN, options="rate=0.2 -n", end="")
    facts = {"input": "nothing changed since", "train": "rate changed: 0.1 -> 0.2", "last": "runs first"}
    for step, fact in facts.items():
        found = alo_nb.why(step)
        assert fact in html.unescape(found._repr_html_())
        assert fact in repr(found)
        assert told(step).last_run not in f"{found!r}{found._repr_html_()}"
