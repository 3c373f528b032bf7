from __future__ import annotations

import re

import pytest
from edited_plans import PLANS, USUAL
from hypothesis import given, settings
from hypothesis import strategies as st

from alo_nb.errors import PlanEditError
from alo_nb.plan.places import BOM
from alo_nb.plan.text_edit import editable_text, edited_text

SECRET = USUAL.replace("max_depth: 5", "password: hunter2-hunter2")
MANY = {
    **PLANS,
    "secret": SECRET,
    "mac": USUAL.replace("\n", "\r"),
    "no end": USUAL.rstrip("\n"),
    "no plan": "name: [\n",
}


@pytest.mark.parametrize("name", MANY)
def test_what_is_shown_and_not_touched_comes_back_byte_for_byte(name):
    shown = editable_text(MANY[name])
    assert "\r" not in shown
    assert "hunter2" not in shown
    assert edited_text(MANY[name], shown) == MANY[name]
    assert edited_text(MANY[name], shown.replace("\n", "\r\n")) == MANY[name]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(MANY)), st.data())
def test_a_line_that_is_typed_is_the_only_one_that_differs(name, data):
    text = MANY[name]
    lines = editable_text(text).split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    new = data.draw(st.text(st.characters(categories=("L", "N", "Zs"), include_characters=":- "), max_size=20))
    edited = edited_text(text, "\n".join([*lines[:at], new, *lines[at:]]))
    ends = "\r\n" if "\r\n" in text else "\r" if "\r" in text else "\n"
    old = text.removeprefix(BOM).split(ends)
    assert edited.startswith(BOM) == text.startswith(BOM)
    assert edited.removeprefix(BOM).split(ends) == [*old[:at], new, *old[at:]]


def test_a_secret_stays_where_its_line_stays_and_its_mask_is_never_written():
    shown = editable_text(SECRET)
    assert "hunter2-hunter2" in edited_text(SECRET, shown.replace("backup_size: 1000", "backup_size: 5"))
    new = edited_text(SECRET, shown.replace("password: '***1'", "password: other-secret"))
    assert new == SECRET.replace("hunter2-hunter2", "other-secret")
    with pytest.raises(PlanEditError, match="holds a secret, which is masked"):
        edited_text(SECRET, shown.replace("password: '***1'", "password: '***1' # mine"))


TWO = """\
user_parameters:
  - train_pipeline:
      - step: a
        args:
          - password: of-a-secret
      - step: b
        args:
          - password: of-b-secret
"""


@pytest.mark.parametrize(("gone", "kept"), [("a", "b"), ("b", "a")])
def test_a_step_never_gets_the_secret_of_another_one(gone, kept):
    steps = {
        name: f"      - step: {name}\n        args:\n          - password: '***{n}'\n"
        for n, name in ((1, "a"), (2, "b"))
    }
    shown = editable_text(TWO)
    assert shown == "user_parameters:\n  - train_pipeline:\n" + steps["a"] + steps["b"]
    edited = edited_text(TWO, shown.replace(steps[gone], "").replace(f"step: {kept}", "step: first"))
    assert edited.count("password") == 1
    assert f"step: first\n        args:\n          - password: of-{kept}-secret\n" in edited


@pytest.mark.parametrize(
    "edit",
    [
        lambda shown: shown.replace("***2", "***1"),
        lambda shown: shown.replace("***1", "***x").replace("***2", "***1").replace("***x", "***2"),
        lambda shown: shown + "          - password: '***1'\n",
        lambda shown: shown + "          - password: '***'\n",
    ],
)
def test_a_line_with_a_secret_that_is_copied_or_moved_is_refused(edit):
    with pytest.raises(PlanEditError, match="holds a secret, which is masked"):
        edited_text(TWO, edit(editable_text(TWO)))


def test_a_mask_that_was_copied_from_another_plan_is_refused_and_stars_of_ones_own_are_not():
    with pytest.raises(PlanEditError, match="holds a secret, which is masked"):
        edited_text(USUAL, USUAL + "# password: '***1'\n")
    assert edited_text(USUAL, USUAL + "# *** mine ***\n") == USUAL + "# *** mine ***\n"


def test_a_mark_is_never_a_text_that_the_plan_has():
    text = f"# ***1 and ***2\n{TWO}"
    assert re.findall(r"\*{3}\d", editable_text(text)) == ["***1", "***2", "***3", "***4"]
    assert edited_text(text, editable_text(text)) == text


def test_merges_of_secrets_are_told_apart_too():
    text = "".join(f"{name}_password: &{name} {{k: of-{name}-secret}}\n{name}: {{<<: *{name}}}\n" for name in "ab")
    shown = editable_text(text)
    lines = shown.split("\n")
    assert len({*lines}) == len(lines)
    assert edited_text(text, "\n".join(lines[2:])) == "".join(text.splitlines(keepends=True)[2:])


def test_a_secret_of_several_lines_is_edited_elsewhere():
    text = USUAL.replace("max_depth: 5", "password: |\n              one line-of-secret\n              two")
    with pytest.raises(PlanEditError, match="several lines"):
        editable_text(text)
