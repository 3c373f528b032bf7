"""The tutorial goes to ALO and back: the same bytes, the same code, and nothing of alo_nb in the files."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from example_project import copy_examples

from alo_nb.export.alo import Exported, export_alo
from alo_nb.export.load import load_plan
from alo_nb.plan import Plan, check, read_plan
from alo_nb.project import Project
from alo_nb.runner import RunRequest, run_plan
from alo_nb.steps.sources import Sources
from alo_nb.store import Run

REPOSITORY = Path(__file__).resolve().parents[2]
ALO = Path(__file__).parent / "alo_like" / "main.py"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("titanic")
    (root / ".alo").mkdir()
    copy_examples(root)
    return Project(root)


@pytest.fixture(scope="module")
def plan(project: Project) -> Plan:
    return read_plan(project.root / "plans" / "titanic.yaml")


@pytest.fixture(scope="module")
def exported(project: Project, plan: Plan) -> Exported:
    return export_alo(plan, Sources(plan, project).step, project, project.root / "for_alo")


@pytest.fixture(scope="module")
def original_run(project: Project, plan: Plan) -> Run:
    return run(plan, project)


def run(plan: Plan, project: Project) -> Run:
    return run_plan(RunRequest(plan=plan, project=project, find=Sources(plan, project).step))


def fingerprints(plan: Plan, project: Project) -> dict[str, str]:
    sources = Sources(plan, project)
    return {step.name: sources.step(step).fingerprint for each in plan.pipelines for step in each.steps}


def test_the_export_hands_on_the_same_bytes(exported: Exported, original_run: Run) -> None:
    there = run(read_plan(exported.plan), Project(exported.folder))

    assert len(there.digests()) == len(original_run.digests()) > 20
    assert there.digests() == original_run.digests()


def test_the_way_back_gives_the_same_code(project: Project, plan: Plan, exported: Exported) -> None:
    there = Project(exported.folder)
    loaded = load_plan(read_plan(exported.plan), there, exported.plan.with_name("back.ipynb"))

    back = read_plan(loaded.plan)
    assert {step.source.code for each in back.pipelines for step in each.steps} == {"back.ipynb"}
    assert fingerprints(back, there) == fingerprints(plan, project)


def test_the_plan_is_good_and_keeps_what_the_author_wrote(plan: Plan, exported: Exported) -> None:
    there = read_plan(exported.plan)

    assert check(there) == []
    assert "median  # median or dropna" in there.text
    assert "# Who survived the Titanic?" in there.text
    assert there.control == plan.control
    train = there.pipelines[0].steps[2]
    assert train.args == {"n_estimators": 100, "max_depth": 5}  # the first one stood on the magic line


def test_an_asset_file_needs_nothing_but_alo_and_packages(exported: Exported) -> None:
    files = sorted(exported.folder.glob("assets/*/asset_*.py"))
    assert len(files) == 5
    for file in files:
        tree = ast.parse(file.read_text("utf-8"))
        modules = {each.module for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
        names = {alias.name for each in ast.walk(tree) if isinstance(each, ast.Import) for alias in each.names}
        assert not any("alo_nb" in str(each) for each in modules | names)
        assert {each for each in modules if each.startswith("alolib")} == {"alolib.asset"}
        (asset,) = (each for each in tree.body if isinstance(each, ast.ClassDef))
        made = next(each for each in asset.body if getattr(each, "name", "") == "__init__")
        assert (asset.name, [each.arg for each in made.args.args]) == ("UserAsset", ["self", "asset_structure"])


def test_requirements_are_the_packages_in_their_versions(exported: Exported) -> None:
    from importlib.metadata import version

    lines = (exported.folder / "assets/inference/requirements.txt").read_text().splitlines()

    assert lines[1:] == [f"{name}=={version(name)}" for name in ("scikit-learn", "joblib", "pandas")]


def test_what_runs_it_without_alo_nb_gets_the_same_output(
    exported: Exported, original_run: Run, project: Project
) -> None:
    words = [sys.executable, str(ALO)]
    done = subprocess.run(words, cwd=exported.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    seen = json.loads(done.stdout)
    assert [*seen["train_pipeline"], *seen["inference_pipeline"]] == [each.step for each in original_run.steps]
    output = "inference_artifacts/output/output.csv"
    assert (exported.folder / output).read_bytes() == (project.root / output).read_bytes()
