"""The card of a step: what came in, what it made of that, with which arguments, and what comes next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alo_nb.cache.trace import Trace, Traces
from alo_nb.project import Project
from alo_nb.store.batch import Batch
from alo_nb.store.index import VersionRow
from alo_nb.store.records import OutputRecord, Run, StepRecord
from alo_nb.store.runs import RunStore
from alo_nb.store.store import Store
from alo_nb.views.named import StepOfRun
from alo_nb.views.step_card import Around, arguments_text, around, cell_card, headline, step_card, went_out

from .safety import outputs


def table(name: str, rows: int, digest: str, **nulls: int) -> OutputRecord:
    columns = {column: {"dtype": "float64", "nulls": count} for column, count in nulls.items()}
    signature = {"type": "DataFrame", "rows": rows, "width": len(nulls), "columns": columns}
    return OutputRecord(name, f"DataFrame {rows}x{len(nulls)}", 9, f"b3:{digest}", signature)


def value(name: str, digest: str, summary: str = "dict 3") -> OutputRecord:
    return OutputRecord(name, summary, 9, f"b3:{digest}")


BEFORE = StepRecord(
    "train_pipeline",
    "input",
    "success",
    data=(table("dataframe", 891, "0", Age=177, Cabin=689), value("kept", "1")),
    config=(value("y_column", "2", "'Survived'"), value("gone", "3", "1")),
)
STEP = StepRecord(
    "train_pipeline",
    "preprocess",
    "success",
    0.4,
    fingerprint="b3:a1b2c3d4",
    args={"handling": "dropna", "n": 3},
    origins={"handling": "plan", "n": "this run"},
    defaults={"n": 1, "depth": 5},
    data=(table("dataframe", 712, "4", Age=0), value("kept", "1"), value("model", "5", "Model")),
    config=(value("y_column", "2", "'Survived'"), value("x_columns", "6", "list 4")),
    position="2/4",
    upstream="input",
    reason="never run",
)
RUN = Run("20991121T093000Z-1f3a9c", "success", "train", "cell", "titanic", steps=(BEFORE, STEP))
ROW = VersionRow(7, "train-preprocess-data", "dataset", 7, "", 1, 1, "", RUN.id, "", {}, (), "", False, ())


def text(record: StepRecord = STEP, known: Around | None = None, **changes: Any) -> str:
    card = step_card(StepOfRun(replace(RUN, **changes), record), known or Around(BEFORE))
    return next(outputs(card))


def test_a_card_says_all_in_six_lines() -> None:
    came = (ROW._replace(name="train-input-data", number=3),)
    assert text(known=Around(BEFORE, came, (ROW,), "train is now stale: its input changed")).splitlines() == [
        "✔ preprocess: ok - dataframe 891x2 -> 712x1, model Model",
        "  train pipeline · step 2/4 · 0.40 s · code a1b2c3 · data v7 (new) · run 1f3a9c",
        "  in    dataframe 891x2, kept dict 3  ← input v3",
        "  out   dataframe 712x1 (-179 rows, -Cabin, nulls 866 -> 0), kept unchanged, model Model (new);"
        " config +x_columns -gone",
        "  args  n=3 (this run), depth=5 (default), handling=dropna (plan)",
        "  next  train is now stale: its input changed",
    ]


def test_the_html_says_the_same() -> None:
    card = step_card(StepOfRun(RUN, STEP), Around(BEFORE))
    html = card.html.replace('<span style="white-space:nowrap">-&gt;</span>', "-&gt;")
    assert html != card.html  # an arrow is not broken in two
    for said in ("<b>preprocess</b>", "step 2/4", "-179 rows", "nulls 866 -&gt; 0", "handling=dropna (plan)"):
        assert said in html


def test_nothing_that_differs_from_run_to_run_is_shown_where_outputs_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALO_NB_DETERMINISTIC", "1")
    came = (ROW._replace(name="train-input-data", number=3),)
    shown = text(known=Around(BEFORE, came, (ROW,)))
    assert shown.splitlines()[1] == "  train pipeline · step 2/4"
    assert "v3" not in shown
    later = replace(STEP, seconds=9.0, fingerprint="b3:ffffff")
    made = (ROW._replace(number=8, run="other"),)
    assert text(later, Around(BEFORE, (), made), id="20991122T093000Z-ffffff") == shown


def test_data_that_an_earlier_run_has_made_is_unchanged() -> None:
    assert "data v7 (unchanged)" in text(known=Around(BEFORE, (), (ROW._replace(run="another"),)))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "✔ preprocess: ok - dataframe 891x2 -> 712x1, model Model"),
        ({"data": BEFORE.data}, "✔ preprocess: ok - data unchanged"),
        ({"data": ()}, "✔ preprocess: ok - no data"),
        (
            {"cached_from": "20991120T000000Z-abcdef"},
            "◌ preprocess: cached - nothing changed since run abcdef; -f runs it",
        ),
        ({"status": "failed", "error": "KeyError: 'a'"}, "✖ preprocess: failed - KeyError: 'a'"),
        ({"status": "interrupted"}, "✖ preprocess: interrupted - interrupted"),
        ({"status": "running", "data": ()}, "▶ preprocess: running - no data"),
    ],
)
def test_the_first_line_has_one_form(changes: dict[str, Any], line: str) -> None:
    assert headline(replace(STEP, **changes), BEFORE) == line


def test_a_failed_step_says_how_it_is_opened() -> None:
    shown = text(replace(STEP, status="failed", error="KeyError: 'a'", data=()))
    assert "next  %alo_debug 1f3a9c/preprocess opens it" in shown
    assert "out " not in shown


def test_secrets_among_arguments_and_defaults_are_masked() -> None:
    record = replace(STEP, args={"api_key": "hunter2"}, defaults={"password": "hunter2"}, origins={"api_key": "plan"})
    assert arguments_text(record) == "password=*** (default), api_key=*** (plan)"


def test_counts_of_a_sample_are_not_compared() -> None:
    sampled = replace(STEP.data[0], signature={**STEP.data[0].signature, "sampled": 100})
    assert "nulls" not in went_out(replace(STEP, data=(sampled,)), BEFORE)


def test_of_many_values_the_first_are_named() -> None:
    record = replace(STEP, data=tuple(value(f"v{n}", f"{n}") for n in range(10_000)))
    shown = text(record)
    assert "9994 more" in shown
    assert len(shown) < 2000


def test_steps_that_had_to_run_first_are_named_below(project: Project) -> None:
    shown = cell_card(project, RUN).text.splitlines()
    assert shown[0].startswith("✔ preprocess: ok")
    assert shown[-1] == "  first  ✔ input      0 ms  dataframe 891x2, kept dict 3"


def trace(project: Project, digest: str) -> None:
    run = f"20991120T000000Z-{digest * 6}"
    upstream = {"data": {"dataframe": f"b3:{digest}", "kept": "b3:9"}, "config": {}}
    read = {"data": ("dataframe",), "config": ()}
    Traces(project).add(Trace(run, "train_pipeline", "train", upstream=upstream, read=read))


def test_the_step_after_it_is_stale_when_what_it_has_read_is_another(project: Project) -> None:
    found = StepOfRun(RUN, STEP)
    assert around(project, found, "train").next == "train has not run yet"
    trace(project, "0")
    assert around(project, found, "train").next == "train is now stale: its input changed"
    trace(project, "4")
    assert around(project, found, "train").next == "train: its input is as it was"  # `kept` it has not read
    assert around(project, found).next == ""


def test_the_versions_of_a_step_come_from_the_store(project: Project) -> None:
    runs = RunStore(project)
    run = runs.finish(replace(runs.start(replace(RUN, steps=())), steps=RUN.steps), "success")
    with Batch(Store.of(project), run.id) as batch:
        batch.log("train-input-data", "dataset", {"x": batch.bytes(b"x")}, step="train/input")
        batch.use("train-input-data", step="train/preprocess")
        batch.log("train-preprocess-data", "dataset", {"x": batch.bytes(b"y")}, step="train/preprocess")
        batch.commit()
    found = StepOfRun(run, run.steps[1])
    known = around(project, found)
    assert [each.name for each in known.came] == ["train-input-data"]
    assert "← input v0" in text(known=known)
    assert "data v0 (new)" in text(known=known)
