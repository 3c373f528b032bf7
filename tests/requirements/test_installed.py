"""What a live process is told about missing packages; nothing is ever installed into it."""

from __future__ import annotations

import importlib
import importlib.util
import shlex
import sys

import pytest
from packaging.requirements import Requirement

from alo_nb.errors import PlanInvalidError, SourceError
from alo_nb.requirements import verify
from alo_nb.requirements.installed import missing, require_installed


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Make packages seem installed: name, version, what it requires."""
    monkeypatch.syspath_prepend(tmp_path / "here")

    def install(name, version, *requires):
        folder = tmp_path / "here" / f"{name}-{version}.dist-info"
        folder.mkdir(parents=True)
        lines = [f"Requires-Dist: {each}" for each in requires]
        head = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        (folder / "METADATA").write_text("\n".join([*head, *lines]))
        importlib.invalidate_caches()

    return install


def lacking(*texts):
    return [str(each) for each in missing(map(Requirement, texts))]


def test_what_is_there_in_a_version_that_fits_is_not_missing(here):
    here("tiny_apple", "1.5")
    assert lacking("tiny-apple", "Tiny.Apple>=1,<2", "tiny-apple>=2", "tiny-pear") == ["tiny-apple>=2", "tiny-pear"]


def test_a_pre_release_that_is_there_counts(here):
    here("tiny_apple", "2.0rc1")
    assert lacking("tiny-apple>=1") == []


def test_extras_count_with_all_that_they_need(here):
    here(
        "tiny_apple", "1.0", "tiny-core; extra == 'red'", "tiny-pear; extra == 'big'", "tiny-apple[big]; extra == 'all'"
    )
    here("tiny_core", "1.0")
    assert lacking("tiny-apple[red]", "tiny-apple[big]", "tiny-apple[all]") == ["tiny-apple[big]", "tiny-apple[all]"]
    here("tiny_pear", "1.0")
    assert lacking("tiny-apple[all]") == []


def test_a_package_with_a_damaged_record_is_missing(here, tmp_path):
    here("tiny_apple", "not-a-version")
    assert lacking("tiny-apple") == ["tiny-apple"]


def told(planned, plan, **options):
    with pytest.raises(SourceError) as caught:
        require_installed(plan, planned.project, **{"notebook": True, "go_on": "GO", **options})
    return caught.value


def test_the_error_names_what_is_missing_who_wants_it_and_one_command(planned, here):
    here("tiny_apple", "1.0")
    plan = planned.plan({"input": ["pandas"], "train": ["tiny-apple>=2,<3", "tiny-pear[big] ; python_version > '3'"]})
    place = plan.pipelines[0].steps[1].source.place
    error = told(planned, plan)
    assert error.what == (
        "2 packages that the plan requires are not here: tiny-apple<3,>=2 (here is 1.0), tiny-pear[big]"
    )
    assert error.where == f"tiny-apple<3,>=2 for step 'train' ({place}), tiny-pear[big] for step 'train' ({place})"
    assert error.do == (
        "run `%pip install 'tiny-apple<3,>=2' 'tiny-pear[big]'`, and restart the kernel if one of them was imported "
        "before; or go on with what is here: GO"
    )


def test_outside_of_a_notebook_the_command_is_for_this_very_python(planned):
    error = told(planned, planned.plan({"a": ["tiny-apple"]}), notebook=False)
    assert error.do == f"run `{shlex.quote(sys.executable)} -m pip install tiny-apple`; or go on with what is here: GO"


def test_without_pip_the_command_is_one_of_uv(planned, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    plan = planned.plan({"a": ["tiny-apple"]})
    assert "`%uv pip install tiny-apple`" in told(planned, plan).do
    assert f"`uv pip install --python {sys.executable} tiny-apple`" in told(planned, plan, notebook=False).do


def test_options_of_the_plan_are_not_part_of_the_command(planned):
    error = told(planned, planned.plan({"a": ["tiny-apple --index-url https://h.example.org/s"]}))
    assert "`%pip install tiny-apple`" in error.do
    assert "(what the plan says besides is left out: --index-url https://h.example.org/s)" in error.do


def test_nothing_is_said_when_the_steps_that_run_have_what_they_need(planned):
    plan = planned.plan({"a": ["tiny-apple"], "b": ["pandas>=2", "packaging --index-url https://h.example.org/s"]})
    require_installed(plan, planned.project, steps={"b"}, notebook=True, go_on="GO")


def test_requirements_that_exclude_each_other_are_told_first(planned):
    with pytest.raises(PlanInvalidError, match="no version of tiny-apple suits everybody"):
        require_installed(
            planned.plan({"a": ["tiny-apple==1"], "b": ["tiny-apple==2"]}), planned.project, notebook=True, go_on="GO"
        )


def test_the_check_of_an_environment_says_what_python_does_not_find(capsys):
    assert verify.main(["pandas>=2"]) == 0
    assert verify.main(["pandas>=2", "tiny-apple"]) == 1
    assert capsys.readouterr().out.startswith("error: tiny-apple was installed and is not what Python finds first")
