"""What a step hands on, as a line, as a card, and in the status."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alo_nb.cache.explained import FRESH, NEVER_RUN, Explained
from alo_nb.store.breaks import Break
from alo_nb.store.records import OutputRecord, Run, StepRecord
from alo_nb.store.runs import RunStore
from alo_nb.views.cards import whole_step_card
from alo_nb.views.html import status_html
from alo_nb.views.named import StepOfRun, named
from alo_nb.views.overview import status_text
from alo_nb.views.signature import SHOWN, signature_card
from alo_nb.views.step_card import went_out
from alo_nb.views.text import signature_line


def table(rows, *columns, **about):
    described = {name: {"dtype": "float64", "nulls": 0, "min": 0.5, "max": 80.0} for name in columns}
    signature = {"type": "DataFrame", "rows": rows, "width": len(columns), "columns": described, **about}
    return OutputRecord("dataframe", f"DataFrame {rows}x{len(columns)}", 9, f"b3:{rows}{columns}", signature)


def value(name, summary="list 2", digest="b3:1"):
    return OutputRecord(name, summary, 9, digest, {"type": summary.partition(" ")[0]})


BEFORE = StepRecord(
    "train_pipeline", "input", "success", data=(table(891, "Age", "Cabin"), value("x")), config=(value("y"),)
)
AFTER = StepRecord(
    "train_pipeline",
    "preprocess",
    "success",
    data=(table(712, "Age", "Age_bin"), value("x"), value("note", "str 4")),
    config=(value("y", digest="b3:2"), value("x_columns")),
    upstream="input",
)


def test_a_line_says_what_a_step_makes_of_what_it_is_given():
    line = "dataframe 891x2 -> 712x2, +Age_bin -Cabin; x list 2; +note str 4; config ~y +x_columns"
    assert signature_line(AFTER, BEFORE) == line


def test_a_step_that_changes_nothing_or_has_none_before_it_says_what_it_hands_on():
    assert signature_line(BEFORE, BEFORE) == "dataframe 891x2; x list 2"
    assert signature_line(BEFORE) == "dataframe 891x2, x list 2"


def test_records_of_earlier_versions_have_lines_without_columns():
    bare = [
        replace(each, data=tuple(replace(output, signature={}) for output in each.data)) for each in (BEFORE, AFTER)
    ]
    assert signature_line(bare[1], bare[0]).startswith("dataframe 891x2 -> 712x2; x list 2")


def test_many_columns_make_a_short_line():
    wide = replace(AFTER, data=(table(891, *(f"c{n}" for n in range(500))),))
    assert len(signature_line(wide, BEFORE)) < 120
    assert "+c0 +c1" in signature_line(wide, BEFORE)


def test_the_status_shows_the_line_in_text_and_html():
    rows = [
        Explained("train_pipeline", "input", "cell 1", FRESH, last=BEFORE),
        Explained("train_pipeline", "preprocess", "cell 2", FRESH, last=AFTER),
        Explained("train_pipeline", "train", "cell 3", NEVER_RUN),
    ]
    line = signature_line(AFTER, BEFORE)
    assert line in status_text(rows)
    assert line.replace(">", "&gt;") in status_html(rows)


BROKEN = Break("data.dataframe", "lost column", "Cabin", "2 columns in run 0000aa", "2 now")


@pytest.fixture
def found(project):
    """The newest `preprocess`, whose run has both steps."""
    store = RunStore(project)
    run = store.start(Run("20990101T000000Z-000001", mode="train", plan="small"))
    record = replace(AFTER, breaks=(BROKEN, replace(BROKEN, name="Age", inherited=True)))
    store.finish(replace(run, steps=(BEFORE, record)), "success")
    return named(project, "preprocess")


def test_a_card_has_the_line_the_breaks_and_each_column(project, found):
    card = signature_card(project, found)
    lines = [re.sub(" {2,}", "  ", each.strip()) for each in card.text.splitlines()]
    assert lines == [
        "✔ preprocess · train_pipeline · run 20990101T000000Z-000001",
        f"hands on  {signature_line(AFTER, BEFORE)}",
        "broken  data.dataframe lost column 'Cabin' (2 columns in run 0000aa, 2 now)",
        "value  column  type  nulls  range  distinct",
        "data.dataframe  DataFrame 712x2",
        "Age  float64  0  0.5 to 80",
        "Age_bin  float64  0  0.5 to 80",
        "data.x  list 2",
        "data.note  str 4",
        "config.y  list 2",
        "config.x_columns  list 2",
    ]
    for text in ("Age_bin", "0.5 to 80", "lost column", "config.x_columns"):
        assert text in card.html


def test_the_card_of_a_step_has_the_line_and_the_breaks(project, found):
    text = whole_step_card(project, found).text
    assert went_out(AFTER, BEFORE) in text
    assert "lost column 'Cabin'" in text
    assert "'Age'" not in text  # the step before it broke that


def test_a_step_whose_inputs_are_of_another_run_is_compared_with_that_run(project, found):
    store = RunStore(project)
    run = store.start(Run("20990102T000000Z-000002", mode="train", plan="small"))
    alone = replace(AFTER, inputs_from=found.run.id)
    run = store.finish(replace(run, steps=(alone,)), "success")
    assert signature_line(AFTER, BEFORE) in signature_card(project, StepOfRun(run, alone)).text
    lost = replace(alone, inputs_from="20000101T000000Z-000000")
    assert "hands on" not in signature_card(project, StepOfRun(run, lost)).text


def test_of_very_many_columns_the_first_are_shown(project):
    record = replace(BEFORE, data=(table(3, *(f"c{n}" for n in range(SHOWN + 7))),))
    run = Run("20990101T000000Z-000001", steps=(record,))
    card = signature_card(project, StepOfRun(run, record))
    assert "and 7 more" in card.text
    assert f"c{SHOWN}" not in card.text
    wide = OutputRecord("w", "DataFrame 3x5000", 9, "b3:0", {"type": "DataFrame", "dtypes": {"float64": 5000}})
    record = replace(BEFORE, data=(wide,))
    assert "5000 columns" in signature_card(project, StepOfRun(run, record)).text


@given(name=st.text(alphabet="<>&\"'/=ab가", min_size=1, max_size=10))
def test_names_are_text_in_html(name):
    record = replace(AFTER, data=(table(3, name),))
    html = status_html(
        [
            Explained("train_pipeline", "input", "c", FRESH, last=BEFORE),
            Explained("train_pipeline", "preprocess", "c", FRESH, last=record),
        ]
    )
    assert (
        f"+{name} ".replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("'", "&#x27;")
        in html
    )
