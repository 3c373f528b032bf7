"""``--system`` and ``--allow-python-tags``: the command, its kernel and its notebook read one and the same plan."""

from __future__ import annotations

import json

import pytest


def metadata(**args):
    """Return a solution_metadata that gives the step ``input`` arguments."""
    selected = [{"step": "input", "args": args}]
    return {"pipeline": [{"type": "train", "parameters": {"selected_user_parameters": selected}}]}


SYSTEM = metadata(rows=4)


def rows_of(project):
    return [step["args"]["rows"] for step in project.record()["steps"] if step["step"] == "input"]


@pytest.mark.parametrize("more", [(), ("--in-process",)])
@pytest.mark.parametrize("as_file", [True, False])
def test_a_solution_metadata_goes_before_the_plan(project, alo_nb, as_file, more):
    system = json.dumps(SYSTEM)
    if as_file:
        (project.root / "system.yaml").write_text(system)
    code, _, err = alo_nb("run", "plan.yaml", "--system", "system.yaml" if as_file else system, *more)
    assert (code, err) == (0, "")
    assert rows_of(project) == [4]
    assert "rows: 7" in (project.root / "plan.yaml").read_text()


def test_the_notebook_and_its_command_line_name_the_metadata(project, alo_nb):
    (project.root / "system.yaml").write_text(json.dumps(SYSTEM))
    alo_nb("run", "plan.yaml", "--system", "system.yaml", "--no-install")
    content = json.loads((project.root / project.record()["notebook"]).read_text())
    title, setup = ("".join(cell["source"]) for cell in content["cells"][:2])
    assert f"--system {project.root}/system.yaml --no-install" in title
    assert f'system="{project.root}/system.yaml"' in setup
    assert "no_install=True" in setup


def test_set_goes_before_the_metadata(project, alo_nb):
    alo_nb("run", "plan.yaml", "--in-process", "--system", json.dumps(SYSTEM), "--set", "input.rows=5")
    assert rows_of(project) == [5]


def test_check_shows_what_the_metadata_changes_and_what_is_wrong_with_it(project, alo_nb):
    system = {"pipeline": [*SYSTEM["pipeline"], {"type": "predict"}]}
    code, out, _ = alo_nb("check", "plan.yaml", "--json", "--system", json.dumps(system))
    found = json.loads(out)
    assert code == 1
    assert found["plan"]["pipelines"]["train_pipeline"][0]["args"] == {"rows": 4}
    assert {"PLAN_SYSTEM", "PLAN_CHOICE"} <= {each["code"] for each in found["problems"]}


@pytest.mark.parametrize(
    ("system", "code"), [("{", "YAML_SYNTAX"), ("none.yaml", "PLAN_NOT_FOUND"), ("", "PLAN_NOT_FILE")]
)
def test_metadata_that_cannot_be_read_is_one_problem(project, alo_nb, system, code):
    status, out, _ = alo_nb("check", "plan.yaml", "--json", "--system", system)
    (problem,) = json.loads(out)["problems"]
    assert (status, problem["code"]) == (1, code)
    assert problem["message"].startswith("solution metadata: ")
    assert alo_nb("run", "plan.yaml", "--system", system)[0] == 1
    assert not (project.root / ".alo").exists()


@pytest.mark.parametrize(
    "args", [{"password": "SECRETSECRET"}, {"source": "https://user:SECRETSECRET@h.example.org/x"}]
)
def test_text_with_a_secret_is_not_taken_for_it_would_be_kept(project, alo_nb, args):
    system = metadata(**args)
    code, out, err = alo_nb("run", "plan.yaml", "--system", json.dumps(system))
    assert code == 2
    assert "SECRET" not in out + err
    assert "--system FILE" in err
    assert not (project.root / ".alo").exists()


def test_a_secret_in_a_file_reaches_the_step_and_no_file_of_the_project(project, alo_nb, tmp_path_factory):
    system = metadata(rows=4, password="SECRETSECRET")
    path = tmp_path_factory.mktemp("elsewhere") / "system.json"
    path.write_text(json.dumps(system))
    project.write(
        input="assert asset.load_args()['password'] == 'SECRET' * 2\nasset.save_data({})\nasset.save_config({})",
        train="asset.save_data({})\nasset.save_config({})",
    )
    code, _, err = alo_nb("run", "plan.yaml", "--system", str(path))
    assert (code, err) == (0, "")
    kept = [each for each in project.root.rglob("*") if each.is_file() and b"SECRETSECRET" in each.read_bytes()]
    assert kept == []


ALO_3 = """\
name: p
version: "1.0"
control: {backup: {type: size, value: 5MB}}
solution:
  function:
    work: {def: work.run, argument: {rows: !Python "2 + 3"}}
  train: {pipeline: [work]}
"""


def test_expressions_in_a_plan_run_only_when_they_are_allowed(project, alo_nb):
    (project.root / "alo3.yaml").write_text(ALO_3)
    (project.root / "work.py").write_text("def run(pipeline, rows=0):\n    open('rows', 'w').write(str(rows))\n")
    code, out, _ = alo_nb("check", "alo3.yaml", "--json")
    (refused,) = [each for each in json.loads(out)["problems"] if each["code"] == "YAML_TAG"]
    assert (code, refused["severity"], refused["line"]) == (1, "error", 6)
    assert alo_nb("run", "alo3.yaml")[0] == 1
    _, out, _ = alo_nb("check", "alo3.yaml", "--json", "--allow-python-tags")
    found = json.loads(out)
    assert [each["severity"] for each in found["problems"] if each["code"] == "YAML_TAG"] == ["note"]
    assert found["plan"]["pipelines"]["train_pipeline"][0]["args"] == {"rows": 5}
    alo_nb("run", "alo3.yaml", "--allow-python-tags")
    assert (project.root / "rows").read_text() == "5"
