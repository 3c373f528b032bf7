from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alo_nb.errors import PlanInvalidError
from alo_nb.plan import Source, parse_plan
from alo_nb.project import Project
from alo_nb.requirements import has_requirements
from alo_nb.requirements.collect import MAX_BYTES, MAX_LINES, collect, require_good


def wants(found):
    return [(str(each.requirement), each.step, str(each.place)) for each in found.wants]


def rows(found):
    return [(each.severity, each.code, str(each.place)) for each in found.problems]


def test_requirements_come_in_the_order_of_the_steps_with_step_and_line(planned):
    plan = planned.plan({"input": ["pandas>=2", "requirements.txt"], "train": ["tiny-apple==1.0 # why"]})
    (planned.root / "assets/input/requirements.txt").write_text("# ours\n\nnumpy>=1\ntiny-pear  # nice\n")
    code = [step.source.place for step in plan.pipelines[0].steps]
    assert wants(planned.collect(plan)) == [
        ("pandas>=2", "input", str(code[0])),
        ("numpy>=1", "input", "assets/input/requirements.txt, line 3"),
        ("tiny-pear", "input", "assets/input/requirements.txt, line 4"),
        ("tiny-apple==1.0", "train", str(code[1])),
    ]
    assert planned.collect(plan).problems == ()


def test_a_plan_can_be_asked_for_some_steps_only(planned):
    plan = planned.plan({"input": ["pandas"], "train": ["numpy"]})
    assert [each[0] for each in wants(planned.collect(plan, steps={"train"}))] == ["numpy"]


def test_a_requirement_for_another_python_is_left_out(planned):
    plan = planned.plan({"a": ["x; python_version < '3'", "y; python_version >= '3'"]})
    assert [each.name for each in planned.collect(plan).wants] == ["y"]


def test_a_condition_that_cannot_be_judged_is_a_problem(planned):
    (problem,) = planned.collect(planned.file("a", "x; python_version ~= 'abc'")).problems
    assert (problem.severity, problem.code, problem.place.line) == ("error", "PLAN_REQUIREMENT", 1)


def test_a_line_that_ends_in_a_backslash_goes_on_and_keeps_its_number(planned):
    found = planned.collect(planned.file("a", "numpy \\\n  >=1\\\n\npandas\n"))
    assert wants(found) == [
        ("numpy>=1", "a", "assets/a/requirements.txt, line 1"),
        ("pandas", "a", "assets/a/requirements.txt, line 4"),
    ]


def test_a_missing_file_is_an_error_and_a_missing_folder_a_warning(planned):
    plan = planned.plan({"a": ["requirements.txt"]})
    found = planned.collect(plan)
    assert rows(found) == [("error", "PLAN_REQUIREMENT_FILE", str(plan.pipelines[0].steps[0].source.place))]
    assert "assets/a/requirements.txt" in found.problems[0].message
    (planned.root / "assets/a").rmdir()
    (problem,) = planned.collect(plan).problems
    assert (problem.severity, problem.do) == ("warning", "write the file, or remove the line from the plan")


@pytest.mark.parametrize(
    "source",
    [
        Source("https://h.example.org/x.git", requirements=("requirements.txt",)),
        Source("function:m.f", requirements=("requirements.txt",), repository="https://h.example.org/x.git"),
    ],
)
def test_a_file_that_comes_with_code_from_git_need_not_be_there_before(planned, source):
    plan = planned.plan({"a": []})
    (planned.root / "assets/a").rmdir()
    step = replace(plan.pipelines[0].steps[0], source=source)
    (problem,) = planned.collect(replace(plan, pipelines=(replace(plan.pipelines[0], steps=(step,)),))).problems
    assert (problem.severity, problem.code) == ("warning", "PLAN_REQUIREMENT_FILE")
    assert problem.message.endswith("before the code is fetched from git")
    assert problem.do.startswith("nothing: ")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#" * (MAX_BYTES + 1), b"\n" * (MAX_LINES + 1)])
def test_a_file_that_is_no_list_is_a_problem(planned, content):
    plan = planned.file("a", "")
    (planned.root / "assets/a/requirements.txt").write_bytes(content)
    (problem,) = planned.collect(plan).problems
    assert (problem.severity, problem.code) == ("error", "PLAN_REQUIREMENT_FILE")


def test_a_pipe_in_the_place_of_the_file_is_not_read(planned):
    plan = planned.plan({"a": ["requirements.txt"]})
    os.mkfifo(planned.root / "assets/a/requirements.txt")
    assert [each.code for each in planned.collect(plan).problems] == ["PLAN_REQUIREMENT_FILE"]


def test_a_notebook_step_has_its_file_beside_the_plan(planned):
    plan = planned.plan({"a": ["requirements.txt"]}, code="steps.ipynb")
    (planned.root / "requirements.txt").write_text("numpy")
    assert wants(planned.collect(plan)) == [("numpy", "a", "requirements.txt, line 1")]


ALO_3 = """\
name: p
version: "1.0"
control: {backup: {type: size, value: 5MB}}
solution:
  pip: {requirements: [requirements.txt, "numpy==9", 'numpy==8']}
  function:
    a: {def: f.one, argument: {}}
    b: {def: f.two, argument: {}}
  train: {pipeline: [a, b]}
"""


def test_what_all_functions_of_alo_3_share_counts_once_and_lies_beside_the_plan(planned):
    path = planned.root / "deep" / "plan.yaml"
    path.parent.mkdir()
    path.write_text(ALO_3)
    (path.parent / "requirements.txt").write_text("pandas\n-r other.txt\n")
    found = planned.collect(parse_plan(ALO_3, file="plan.yaml", path=path))
    assert [each.name for each in found.wants] == ["pandas", "numpy", "numpy"]
    assert sorted(each.code for each in found.problems) == ["PLAN_REQUIREMENT", "PLAN_REQUIREMENT_CONFLICT"]
    assert {each.key for each in found.problems} == {"solution > pip > requirements"}


def test_bad_lines_of_a_file_are_problems_with_their_place(planned):
    text = "pandas\n-r other.txt\n--index-url https://h.example.org/s\npkg = 1\ntorch==1 --force-reinstall\n"
    found = planned.collect(planned.file("a", text))
    place = "assets/a/requirements.txt, line {}".format
    assert rows(found) == [
        ("error", "PLAN_REQUIREMENT", place(2)),
        ("warning", "PLAN_REQUIREMENT", place(3)),
        ("error", "PLAN_REQUIREMENT", place(4)),
        ("warning", "PLAN_REQUIREMENT", place(5)),
    ]
    assert [each.text for each in found.passed_on] == ["-r other.txt", "--index-url https://h.example.org/s"]


def test_with_consent_only_what_nobody_understands_stays_an_error(planned):
    text = "-r other.txt\npkg = 1\n-e git+https://u:SECRETSECRET@h.example.org/x\n"
    found = planned.collect(planned.file("a", text), allow_options=True)
    assert [(each.severity, each.code) for each in found.problems] == [
        ("warning", "PLAN_REQUIREMENT"),
        ("error", "PLAN_REQUIREMENT"),
        ("error", "PLAN_SECRET_IN_URL"),
    ]


def test_lines_of_the_plan_that_the_plan_reports_are_not_reported_twice(planned):
    plan = planned.plan({"a": ["-r other.txt", "--index-url https://h.example.org/s"]})
    assert len([each for each in plan.problems if each.code == "PLAN_REQUIREMENT"]) == 2
    assert planned.collect(plan).problems == ()


def test_a_secret_in_the_plan_is_reported_once(planned):
    plan = planned.plan({"a": ["x @ https://u:SECRETSECRET@h.example.org/x.whl"]})
    found = planned.collect(plan, allow_options=True)
    assert [each.code for each in plan.problems if each.severity == "error"] == ["PLAN_SECRET_IN_URL"]
    assert found.new_problems(plan) == []


def test_bad_requirements_are_told_as_all_that_is_wrong_with_a_plan(planned):
    plan = planned.file("a", "numpy==1\nnumpy==2\n-e .\n")
    with pytest.raises(PlanInvalidError) as caught:
        require_good(plan, planned.collect(plan))
    assert [each.code for each in caught.value.problems] == ["PLAN_REQUIREMENT_CONFLICT", "PLAN_REQUIREMENT"]
    assert "assets/a/requirements.txt, line 3: " in str(caught.value)


def test_a_step_that_cannot_be_a_folder_is_not_looked_for(planned):
    plan = planned.plan({"a": ["requirements.txt"]})
    (planned.root / "requirements.txt").write_text("-e .")
    step = replace(plan.pipelines[0].steps[0], name="..")
    hostile = replace(plan, pipelines=(replace(plan.pipelines[0], steps=(step,)),))
    assert planned.collect(hostile).problems == ()


def test_a_plan_made_in_python_with_something_else_than_text_is_left_to_the_plan(planned):
    plan = planned.plan({"a": []})
    step = replace(plan.pipelines[0].steps[0], source=Source("local", requirements=(1, "numpy")))
    odd = replace(plan, pipelines=(replace(plan.pipelines[0], steps=(step,)),))
    assert [each.name for each in planned.collect(odd).wants] == ["numpy"]


def test_a_plan_says_whether_it_requires_anything(planned):
    assert not has_requirements(planned.plan({"a": []}))
    assert has_requirements(planned.plan({"a": [], "b": ["numpy"]}))


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(["numpy", "==1", " ", "-e", "\\", "\n", "#", ";", "@", "://", "."])).map("".join)
)
def test_no_text_makes_the_reader_fail(tmp_path_factory, text):
    root = tmp_path_factory.getbasetemp()
    (root / "assets" / "a").mkdir(parents=True, exist_ok=True)
    (root / "assets" / "a" / "requirements.txt").write_text(text, encoding="utf-8", newline="")
    source = Source("local", requirements=("requirements.txt", text))
    plan = parse_plan(
        "name: p\nuser_parameters: [{train_pipeline: [{step: a}]}]\n"
        "asset_source: [{train_pipeline: [{step: a, source: {code: local}}]}]"
    )
    step = replace(plan.pipelines[0].steps[0], source=source)
    plan = replace(plan, pipelines=(replace(plan.pipelines[0], steps=(step,)),))
    for allow in (False, True):
        collect(plan, Project(root), allow_options=allow)
