"""Edits one after the other, on every plan: each changes its own lines, means what was meant, and can be undone."""

from __future__ import annotations

import difflib
from copy import deepcopy

import pytest
from edited_plans import PLANS, REPOSITORY
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alo_nb.errors import PlanEditError
from alo_nb.plan import parse_plan
from alo_nb.plan.describe import plan_view
from alo_nb.plan.draft import meaning
from alo_nb.plan.editor import (
    add_step,
    disable_step,
    disabled_steps,
    duplicate_step,
    enable_step,
    move_step,
    remove_argument,
    remove_step,
    set_argument,
    set_control,
    set_head,
    set_key_profile,
    set_source,
)
from alo_nb.plan.plan_file import PlanFile

EXAMPLES = [*REPOSITORY.glob("example_notebooks/data/**/*.yaml")]
ALL = {**PLANS, **{each.parent.parent.name: each.read_text(encoding="utf-8") for each in EXAMPLES}}
TRAIN, INFERENCE = "train_pipeline", "inference_pipeline"
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1000, 1000),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from(["median", "a b", "no", "1e-5", "it's", 'say "x"', "# x", "a: b", "한글", ""]),
    st.lists(st.sampled_from([1, "a", None]), max_size=3),
)
NAMES = st.sampled_from(["lr", "max_depth", "x_columns", "remark", "new one"])  # each in one line, where it is there


def view(text):
    plan = parse_plan(text.removeprefix("\ufeff"))
    return {"ui": plan.ui_args_detail, **plan_view(plan)}


def counted(before, after):
    """How many lines went, and how many came."""
    lines = [each.splitlines() for each in (before, after)]
    codes = difflib.SequenceMatcher(None, *lines, autojunk=False).get_opcodes()
    changed = [(last - first, stop - start) for kind, first, last, start, stop in codes if kind != "equal"]
    return sum(gone for gone, _ in changed), sum(came for _, came in changed)


class Editing(RuleBasedStateMachine):
    """`wanted` is what the plan is to mean; it is changed by hand beside each edit."""

    @initialize(name=st.sampled_from(sorted(ALL)))
    def open(self, name):
        self.original = ALL[name]
        self.file = PlanFile.new("plan.yaml", self.original)
        self.wanted = view(self.original)
        self.number = 0

    @property
    def steps(self):
        return [(pipeline, step) for pipeline, steps in self.wanted["pipelines"].items() for step in steps]

    def edit(self, change, *args, **options):
        """Make an edit; one that is refused leaves the text as it was, and is no edit of the wanted plan either."""
        before = self.file.text
        try:
            self.file.edit(change, *args, **options)
        except PlanEditError:
            assert self.file.text == before
            return None
        return counted(before, self.file.text)

    @precondition(lambda self: self.steps)
    @rule(data=st.data(), name=NAMES, value=VALUES)
    def give_an_argument(self, data, name, value):
        pipeline, step = data.draw(st.sampled_from(self.steps))
        is_new = name not in step["args"]
        lines = self.edit(set_argument, pipeline, step["step"], name, deepcopy(value))
        if lines is not None:
            step["args"][name] = value
            assert lines[1] <= (2 if is_new else 1)  # a first argument comes with its key
            assert lines[0] <= 1

    @precondition(lambda self: any(step["args"] for _, step in self.steps))
    @rule(data=st.data())
    def take_an_argument_away(self, data):
        pipeline, step = data.draw(st.sampled_from([each for each in self.steps if each[1]["args"]]))
        name = data.draw(st.sampled_from(sorted(step["args"])))
        lines = self.edit(remove_argument, pipeline, step["step"], name)
        if lines is not None:
            del step["args"][name]
            assert lines[1] <= 1

    @rule(data=st.data(), pipeline=st.sampled_from([TRAIN, INFERENCE]))
    def add_a_step(self, data, pipeline):
        self.number += 1
        name, steps = f"new_{self.number}", self.wanted["pipelines"].get(pipeline, [])
        after = data.draw(st.sampled_from([None, "", *(each["step"] for each in steps)]))
        lines = self.edit(add_step, pipeline, name, after, code="local", branch="main")
        if lines is None:
            return
        at = len(steps) if after is None else next((n + 1 for n, each in enumerate(steps) if each["step"] == after), 0)
        made = {"step": name, "args": {}, "code": "local", "branch": "main", "requirements": [], "ui_args": None}
        self.wanted["pipelines"].setdefault(pipeline, []).insert(at, made)
        assert lines[0] <= 2  # of a plan without a line end, or of an empty list beside its key

    @precondition(lambda self: self.steps)
    @rule(data=st.data())
    def take_a_step_out(self, data):
        pipeline, step = data.draw(st.sampled_from(self.steps))
        lines = self.edit(remove_step, pipeline, step["step"])
        if lines is not None:
            self.wanted["pipelines"][pipeline].remove(step)
            assert lines[1] == 0 or not self.wanted["pipelines"][pipeline]

    @precondition(lambda self: self.steps)
    @rule(data=st.data(), to=st.integers(0, 5))
    def move_a_step(self, data, to):
        pipeline, step = data.draw(st.sampled_from(self.steps))
        before = sorted(each.strip() for each in self.file.text.splitlines())
        if self.edit(move_step, pipeline, step["step"], to) is not None:
            steps = self.wanted["pipelines"][pipeline]
            steps.remove(step)
            steps.insert(to, step)
            assert sorted(each.strip() for each in self.file.text.splitlines()) == before

    @precondition(lambda self: self.steps)
    @rule(data=st.data())
    def copy_a_step(self, data):
        pipeline, step = data.draw(st.sampled_from(self.steps))
        self.number += 1
        name = f"copy_{self.number}"
        lines = self.edit(duplicate_step, pipeline, step["step"], name)
        if lines is not None:
            steps = self.wanted["pipelines"][pipeline]
            steps.insert(steps.index(step) + 1, deepcopy(step) | {"step": name})
            assert lines[0] <= 1

    @precondition(lambda self: self.steps)
    @rule(data=st.data())
    def put_a_step_aside_and_bring_it_back(self, data):
        pipeline, step = data.draw(st.sampled_from(self.steps))
        before = self.file.text
        if self.edit(disable_step, pipeline, step["step"]) is None:
            return
        assert step["step"] in disabled_steps(self.file.text, pipeline)
        assert len(self.file.text.splitlines()) == len(before.splitlines())
        assert self.edit(enable_step, pipeline, step["step"]) is not None
        assert self.file.text == before

    @precondition(lambda self: self.steps)
    @rule(data=st.data(), wanted=st.lists(st.sampled_from(["pandas", "numpy==1.26", "a b", "x; python_version>'3'"])))
    def change_requirements(self, data, wanted):
        pipeline, step = data.draw(st.sampled_from(self.steps))
        lines = self.edit(set_source, pipeline, step["step"], requirements=wanted)
        if lines is not None:
            step["requirements"] = wanted
            assert lines[1] <= max(1, len(wanted))

    @precondition(lambda self: self.steps)
    @rule(data=st.data(), branch=st.sampled_from([None, "main", "v1.0", "1.0"]))
    def change_the_branch(self, data, branch):
        pipeline, step = data.draw(st.sampled_from(self.steps))
        lines = self.edit(set_source, pipeline, step["step"], branch=branch)
        if lines is not None:
            step["branch"] = branch
            assert max(lines) <= 1

    @rule(key=st.sampled_from(["interface_mode", "backup_size"]), data=st.data())
    def change_control(self, key, data):
        value = data.draw(st.sampled_from(["file", "memory"] if key == "interface_mode" else [1, 500]))
        lines = self.edit(set_control, key, value)
        if lines is not None:
            self.wanted["control"][key] = value
            assert lines[1] <= 2  # a new last line, and the line end before it

    @rule(key=st.sampled_from(["name", "version"]), value=st.sampled_from(["demo", "2.2", "no", "1.0.0"]))
    def change_the_head(self, key, value):
        lines = self.edit(set_head, key, value)
        if lines is not None:
            self.wanted[key] = value
            assert lines[1] <= 2

    @rule(name=st.sampled_from(["work", None]))
    def change_the_profile(self, name):
        lines = self.edit(set_key_profile, name)
        if lines is not None:
            self.wanted["aws_key_profile"] = name
            assert lines[1] <= 3

    @invariant()
    def the_text_means_what_was_meant(self):
        if hasattr(self, "wanted"):
            found = view(self.file.text)
            for each in (found, self.wanted):
                each["pipelines"] = {name: steps for name, steps in each["pipelines"].items() if steps}
            assert meaning(found) == meaning(self.wanted)

    def teardown(self):
        if not hasattr(self, "file"):
            return
        last = self.file.text
        while self.file.can_undo:
            self.file.undo()
        assert self.file.text == self.original
        while self.file.can_redo:
            self.file.redo()
        assert self.file.text == last


Editing.TestCase.settings = settings(
    max_examples=40, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestEditing = Editing.TestCase


@pytest.mark.parametrize("name", ALL)
def test_almost_no_edit_of_a_usual_plan_is_refused(name):
    """What is refused is what would lose a comment, or touch more than was asked for; not what people do every day."""
    text = ALL[name]
    for pipeline in parse_plan(text.removeprefix("\ufeff")).pipelines:
        for step in pipeline.step_names():
            set_argument(text, pipeline.name, step, "brand_new", 1)
            set_source(text, pipeline.name, step, branch="main", requirements=["pandas"])
            duplicate_step(text, pipeline.name, step, "copy")
            move_step(text, pipeline.name, step, 0)
            remove_step(text, pipeline.name, step)
