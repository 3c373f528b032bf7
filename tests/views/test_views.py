"""Records as text and html: safe in every front end, equal in what they say, and comparable when asked to be."""

from __future__ import annotations

import html
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alo_nb.cache.decision import Cause
from alo_nb.cache.explained import Explained
from alo_nb.plan import Pipeline, Plan, Step
from alo_nb.steps.capture import Scope
from alo_nb.steps.code import Block
from alo_nb.steps.definition import define_step
from alo_nb.store import OutputRecord, Run, StepRecord
from alo_nb.views import html as as_html
from alo_nb.views import text as as_text
from alo_nb.views.card import pairs_text
from alo_nb.views.overview import StatusTable, status_text
from alo_nb.views.plan_card import plan_card, shown_plan
from alo_nb.views.why import Why

RUN = Run(
    id="20261121T093000Z-1f3a9c",
    status="failed",
    mode="all",
    plan="titanic",
    started="2026-11-21T09:30:00.000Z",
    finished="2026-11-21T09:30:05.000Z",
    steps=(
        StepRecord(
            pipeline="train_pipeline",
            step="train",
            status="success",
            seconds=3.456,
            args={"n": 50},
            data=(OutputRecord("df", "DataFrame 891x12", 1000, "b3:0"), OutputRecord("columns", "list 4", 10, "b3:1")),
            config=(OutputRecord("y", "str 8", 10, "b3:2"),),
        ),
        StepRecord(
            pipeline="inference_pipeline", step="output", status="failed", seconds=0.042, error="KeyError: 'a' <b>"
        ),
    ),
    summaries={
        "train_pipeline": {
            "result": "trained",
            "score": 0.82,
            "note": "50 trees",
            "probability": {"yes": 0.3, "no": 0.7},
        }
    },
    outputs=("train_artifacts/models/train/model.joblib",),
)

RUN_TEXT = """\
titanic · all · failed · run 20261121T093000Z-1f3a9c
  train_pipeline
    ✔ train     3.46 s  df 891x12, columns list 4
    score 0.82 · trained · 50 trees · yes 0.30, no 0.70
  inference_pipeline
    ✖ output     42 ms  KeyError: 'a' <b>
  model     train_artifacts/models/train/model.joblib"""

SMALL = replace(RUN, steps=RUN.steps[1:], summaries={}, outputs=())
CELL = "text-align:left;padding:2px 12px 2px 0;vertical-align:top"
GREY, RED = as_html.COLOURS["never"], as_html.COLOURS["failed"]
HEAD = f'<th style="{CELL};color:{GREY};font-weight:normal">'
SMALL_HTML = (
    '<div class="mathjax_ignore tex2jax_ignore" style="font-size:13px;line-height:1.5;word-break:keep-all">'
    f'<div><b>titanic</b> · all · <span style="font-weight:bold;color:{RED}">failed</span> · '
    f'<span style="color:{GREY}">run 20261121T093000Z-1f3a9c</span></div>'
    '<table style="border-collapse:collapse;margin:2px 0">'
    f"<thead><tr>{HEAD}</th>{HEAD}inference</th>{HEAD}time</th>{HEAD}data</th>{HEAD}config</th></tr></thead>"
    f'<tbody><tr style="background:none">'
    f'<td style="{CELL}"><span style="color:{RED}">✖</span></td><td style="{CELL}"><b>output</b></td>'
    f'<td style="{CELL}"><span style="white-space:nowrap">42 ms</span></td>'
    f'<td style="{CELL}">KeyError: &#x27;a&#x27; &lt;b&gt;</td><td style="{CELL}"></td></tr></tbody></table></div>'
)


def test_a_run_as_text():
    assert as_text.run_text(RUN) == RUN_TEXT


def test_a_run_as_html():
    assert as_html.run_html(SMALL) == SMALL_HTML


class Reader(HTMLParser):
    """Collects what a browser would make of a text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text, self.open = set(), {}, "", []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value)
            self.text += value if name == "alt" else ""  # what is heard of an image
        if tag not in {"br", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")


TAGS = {"div", "b", "span", "br", "table", "thead", "tbody", "tr", "th", "td", "code", "img"}
HOSTILE = st.one_of(
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "</td></table><style>*{}</style>",
            '" onmouseover="x',
            "' style='x",
            "&lt;",
            "<!--",
            "]]>",
        ]
    ),
    st.text(alphabet="<>&\"'/=!-; \tabc가é", max_size=12),
)


def safe(text):
    """Check that a text is html of our own tags only, and return it as read by a browser."""
    found = Reader(text)
    assert found.tags <= TAGS
    assert set(found.attributes) <= {"class", "style", "title", "alt", "src"}
    assert set(found.attributes.get("class", ())) <= {as_html.NO_MATH}
    assert all(each.startswith("data:image/svg+xml;base64,") for each in found.attributes.get("src", ()))
    assert not any("url" in each or "expression" in each for each in found.attributes.get("style", ()))
    assert found.open == []
    return found


@given(key=HOSTILE, value=HOSTILE, error=HOSTILE, name=HOSTILE, kind=HOSTILE)
def test_whatever_a_record_holds_is_text_in_html(key, value, error, name, kind):
    good, bad = RUN.steps
    outputs = (OutputRecord(key, kind, 1, ""),)
    run = replace(
        RUN,
        plan=name,
        mode=kind,
        steps=(
            replace(good, args={key: value}, data=outputs, config=outputs),
            replace(bad, error=error or "x", step=name),
        ),
        summaries={"train_pipeline": {"score": value, "result": error, "note": key, "probability": {key: 0.5}}},
        outputs=(f"train_artifacts/{key}/{value}",),
        notebook=value,
    )
    read = safe(as_html.run_html(run)).text
    for each in (name or "notebook", f"{key}={value!r}", as_text.outputs_line(outputs), error, key):
        assert each in read


@given(name=HOSTILE, key=HOSTILE, value=HOSTILE)
def test_whatever_a_plan_or_a_status_holds_is_text_in_html(name, key, value):
    steps = (Step(key, {key: value}),)
    plan = Plan(name=name, path=Path("/plans") / "plan<b>.yaml", pipelines=(Pipeline("train_pipeline", steps),))
    found = safe(plan_card(plan).html)
    assert key in found.text
    assert "plan<b>.yaml" in found.text
    assert pairs_text({key: value}) in found.text
    rows = StatusTable(
        [
            Explained(
                "train_pipeline",
                key,
                value,
                "stale",
                replace(RUN.steps[0], data=(OutputRecord(key, value, 1, ""),)),
                causes=(Cause("code", value, value),),
            )
        ]
    )
    assert value in safe(Why(tuple(rows))._repr_html_()).text
    read = safe(as_html.status_html(rows)).text
    assert value in read
    assert as_text.outputs_line(rows[0].last.data) in read
    assert value in safe(as_html.progress_html([("failed", key, value)])).text


def test_a_definition_is_one_safe_line():
    step = define_step("s", Block("pass", "f", 1, "cell <1>"), Scope(), args={"a": "<script>"})
    assert safe(as_html.definition_html(step)).text == as_text.definition_text(step)
    assert "a='<script>'" in as_text.definition_text(step)


@pytest.mark.parametrize("status", ["success", "failed", "interrupted", "running"])
def test_every_state_of_a_run_can_be_shown(status):
    run = replace(RUN, status=status, steps=tuple(replace(each, status=status) for each in RUN.steps))
    assert status in as_text.run_text(run)
    assert status in safe(as_html.run_html(run)).text
    assert "train" in safe(as_html.progress_html([(status, "train", "")])).text


def test_text_and_html_of_a_run_hold_the_same_facts():
    text, read = as_text.run_text(RUN), Reader(as_html.run_html(RUN)).text
    facts = [
        "titanic",
        "all",
        "failed",
        RUN.id,
        "train",
        "3.46 s",
        "df 891x12",
        "columns list 4",
        "42 ms",
        "KeyError: 'a' <b>",
    ]
    facts += [
        "✔",
        "✖",
        "0.82",
        "trained",
        "50 trees",
        "yes",
        "0.30",
        "no",
        "0.70",
        RUN.outputs[0],
        "model",
        "inference",
    ]
    for fact in facts:
        assert fact in text
        assert fact in read


def test_text_and_html_of_a_status_hold_the_same_facts():
    rows = StatusTable(
        [
            Explained(
                "train_pipeline", "train", "cell In[3]", "stale", RUN.steps[0], causes=(Cause("code", "code new"),)
            ),
            Explained("train_pipeline", "x", "gone", "unknown"),
        ]
    )
    text, read = repr(rows), Reader(as_html.status_html(rows)).text
    assert text == status_text(rows)
    for fact in ("train", "cell In[3]", "▲ stale", "code new", "df 891x12, columns list 4", "x", "gone", "? unknown"):
        assert fact in text
        assert fact in read


def test_text_and_html_of_a_plan_hold_the_same_facts(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    pipelines = (Pipeline("train_pipeline", (Step("a"), Step("b"))), Pipeline("inference_pipeline", ()))
    plan = Plan(name="p", path=tmp_path / "plan.yaml", pipelines=pipelines)
    assert as_text.plan_text(plan) == (
        "plan p  plan.yaml\n  train_pipeline      a → b\n  inference_pipeline  (no steps)"
    )
    shown = shown_plan(plan)
    read = Reader(shown.html).text
    for fact in ("p", "plan.yaml", "train", "a", "b", "inference"):
        assert fact in shown.text
        assert fact in read


def test_deterministic_output_has_no_time_and_no_id(monkeypatch):
    monkeypatch.setenv("ALO_NB_DETERMINISTIC", "1")
    later = replace(
        RUN,
        id="20270101T000000Z-ffffff",
        started="2027-01-01T00:00:00.000Z",
        finished="2027-01-01T01:00:00.000Z",
        steps=tuple(replace(each, seconds=each.seconds * 100) for each in RUN.steps),
    )
    assert as_text.run_text(RUN) == as_text.run_text(later)
    assert as_html.run_html(RUN) == as_html.run_html(later)
    for shown in (as_text.run_text(RUN), html.unescape(as_html.run_html(RUN))):
        assert RUN.id not in shown
        assert "3.46" not in shown
        assert "42 ms" not in shown
        assert "<run id>" in shown


@pytest.mark.parametrize("value", ["", "0"])
def test_deterministic_output_is_off_unless_asked_for(monkeypatch, value):
    monkeypatch.setenv("ALO_NB_DETERMINISTIC", value)
    assert RUN.id in as_text.run_text(RUN)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 ms"),
        (0.0421, "42 ms"),
        (0.1, "0.10 s"),
        (9.994, "9.99 s"),
        (59.4, "59 s"),
        (61, "1 min 1 s"),
        (3725, "62 min 5 s"),
    ],
)
def test_durations(seconds, shown):
    assert as_text.duration(seconds) == shown


def test_a_table_is_as_wide_as_its_cells():
    assert as_text.table([{"a": 1, "b": "long text"}, {"a": "가"}], ("a", "b")) == "a   b\n1   long text\n가"
    assert as_text.table([], ("a", "b")) == "a  b"


def test_nothing_to_show_says_what_to_do():
    assert "%%alo_asset step=NAME" in status_text(())


CACHED = StepRecord(
    "train_pipeline",
    "preprocess",
    "success",
    1.2,
    data=(OutputRecord("dataframe", "DataFrame 891x12", 1, "b3:1"),),
    reason="nothing changed since run 20261121T093000Z-2f9cab",
    cached_from="20261121T093000Z-2f9cab",
    inputs_from="20261121T093000Z-2f9cab",
    upstream="input",
    fetched=True,
)
RAN = replace(
    CACHED, step="train", cached_from="", inputs_from="", fetched=False, reason="argument lr changed: 0.1 -> 0.01"
)


def test_a_cached_step_says_so_and_of_which_run_and_whose_inputs(monkeypatch):
    monkeypatch.delenv("ALO_NB_DETERMINISTIC", raising=False)
    line = as_text.step_line(CACHED)
    assert line == "◌ preprocess    cached  dataframe 891x12  (run 2f9cab) · inputs: input of run 2f9cab"
    read = safe(as_html.run_html(Run("r", steps=(CACHED,)))).text
    assert all(each in read for each in ("◌", "cached", "run 2f9cab", "inputs: input of run 2f9cab"))


def test_a_step_that_ran_says_why_but_not_that_it_ran_for_the_first_time():
    assert as_text.step_line(RAN).endswith("dataframe 891x12 · argument lr changed: 0.1 -> 0.01")
    assert as_text.step_line(replace(RAN, reason="never run")).endswith("dataframe 891x12")
    assert len(as_text.why_it_ran(replace(RAN, reason="x" * 500))) == 80
    assert "lr changed: 0.1 -> 0.01" in safe(as_html.run_html(Run("r", steps=(RAN,)))).text


def test_where_outputs_are_compared_the_words_stay_and_run_ids_go(monkeypatch):
    monkeypatch.setenv("ALO_NB_DETERMINISTIC", "1")
    run = Run("r", steps=(CACHED,))
    shown = f"{as_text.step_line(CACHED)}{as_html.run_html(run)}{as_text.run_text(run)}"
    assert "cached" in shown
    assert "2f9cab" not in shown


def test_every_state_has_a_sign_and_a_colour():
    assert {*as_html.COLOURS} == {*as_text.GLYPHS}
    signs = {as_text.GLYPHS[each] for each in ("fresh", "cached", "stale", "running", "failed", "never", "unknown")}
    assert signs == {*"✔◌▲▶✖?", "\N{EN DASH}"}
