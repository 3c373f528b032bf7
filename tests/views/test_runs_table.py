"""The table of runs: a DataFrame to compute with, and a display that says what is worth seeing first."""

from __future__ import annotations

import re

import pandas as pd

import alo_nb
from alo_nb.notebook.looking import runs
from alo_nb.project import Project
from alo_nb.views.sparkline import sparkline, sparkline_text


def shown_columns(text: str) -> list[str]:
    return text.splitlines()[0].split()


def tracked(accuracy: float, *, loss: float = 0.1, fails: bool = False) -> None:
    with alo_nb.init("digits", job_type="train") as run:
        run.log({"accuracy": accuracy, "loss": loss})
        if fails:
            run.finish(exit_code=1)


def test_it_is_a_table_with_every_column_and_what_pandas_makes_of_it_is_plain(digits: Project) -> None:
    table = runs()
    assert isinstance(table, pd.DataFrame)
    assert {"id", "finished", "train_id", "metrics.loss"} <= {*table.columns}
    assert type(table[["id"]]) is type(table.head()) is type(table[table.status == "failed"]) is pd.DataFrame


def test_columns_without_values_and_what_others_say_are_left_out(digits: Project) -> None:
    columns = shown_columns(repr(runs()))
    assert {"id", "status", "started", "seconds", "metrics.loss", "config.rate"} <= {*columns}
    assert not {"train_id", "mode", "finished"} & {*columns}


def test_the_best_of_each_metric_is_marked_and_what_failed_is_red_and_never_best(project: Project) -> None:
    for accuracy, loss, fails in ((0.5, 0.9, False), (0.7, 0.3, False), (0.6, 0.4, False), (0.99, 0.01, True)):
        tracked(accuracy, loss=loss, fails=fails)
    html = runs()._repr_html_()
    assert re.findall(r"<b>(.*?)</b>", html) == ["0.7", "0.3"]
    assert [line.count("*") for line in repr(runs()).splitlines()[2:]] == [0, 0, 2, 0]
    [red] = re.findall(r'color:[^"]*">(✖ failed)', html)
    assert red


def test_each_metric_is_a_line_from_the_oldest_run_to_the_newest_however_the_rows_are_sorted(project: Project) -> None:
    for accuracy in (0.1, 0.4, 0.8):
        tracked(accuracy)
    for table in (runs(), runs(sort="accuracy", descending=False), runs(sort="accuracy", descending=True)):
        assert repr(table).splitlines()[1].split()[0] == "▁▄█"
        assert "metrics.accuracy in 3 runs: 0.1 to 0.8" in table._repr_html_()


def test_no_runs_and_one_run_are_shown_too(project: Project) -> None:
    assert repr(runs()) == "no runs"
    tracked(0.5)
    assert "0.5" in repr(runs())
    assert "<b>" not in runs()._repr_html_()
    assert len(repr(runs()).splitlines()) == 2


def test_of_many_runs_and_columns_the_rest_is_counted_and_named(project: Project) -> None:
    for number in range(70):
        with alo_nb.init("many", config={f"c{number:02}": 1}):
            pass
    text = repr(runs())
    assert "+10 more" in text
    assert "more columns: config.c" in text
    assert len(runs()) == 70


def test_a_sparkline_takes_numbers_as_they_are() -> None:
    assert sparkline_text([]) == sparkline_text([1.0]) == sparkline([1.0], "x") == ""
    assert sparkline_text([2.0, 2.0]) == "▅▅"
    assert len(sparkline_text([*range(10_000)])) == 40
    assert len(sparkline([*range(10_000)], "many")) < 3000
    assert sparkline_text([float("nan"), 1e308, -1e308, float("inf"), 0.0]) == "█▁▅"
    assert 'alt="says &quot;x&quot;"' in sparkline([1.0, 2.0], 'says "x"')
