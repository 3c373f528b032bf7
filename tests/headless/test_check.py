"""alo-nb check: the mistakes that people make most are found before a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alo_nb.headless.commands.check import examine
from alo_nb.plan import Problem
from alo_nb.project import Project

PLAN = """\
name: demo
version: "1"
external_path: {external}
user_parameters: [{{train_pipeline: [{{step: train, args: [{args}]}}]}}]
asset_source: [{{train_pipeline: [{{step: train, source: {{code: {code}}}}}]}}]
control: []
"""
READS = "args = asset.load_args()\nasset.save_data({'x': args['limit']})\n"


def found(
    project: Project, *, external: str = "", args: str = "", code: str = "local", text: str = READS
) -> list[Problem]:
    """Return what is found in a plan of one step, whose asset has this text."""
    folder = project.root / "assets" / "train"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "asset_train.py").write_text(text, encoding="utf-8")
    (project.root / "plan.yaml").write_text(PLAN.format(external=external or "[]", args=args, code=code))
    return examine("plan.yaml", project)[1]


@pytest.mark.parametrize("key", ["load_train_data_path", "load_inference_data_path", "load_model_path"])
@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("./data/trian/", "does not exist here; did you mean 'train'?"),
        ("./data/table.csv", "a file, and a folder is needed"),
        ("/no/such/folder/", "does not exist here"),
        ("C:\\\\data\\\\train", "a path of Windows"),
    ],
)
def test_a_folder_to_load_from_that_is_not_here_is_a_warning(project: Project, key: str, path: str, what: str) -> None:
    (project.root / "data" / "train").mkdir(parents=True)
    (project.root / "data" / "table.csv").write_text("")
    (problem,) = found(project, external=f'[{{{key}: "{path}"}}]')

    assert (problem.severity, problem.code) == ("warning", "PLAN_PATH")
    assert what in problem.message
    assert problem.message.startswith(f"{key} is ")
    assert problem.key == f"external_path > {key}"
    assert (Path(problem.place.file).name, problem.place.line) == ("plan.yaml", 3)
    assert problem.do


@pytest.mark.parametrize("path", ["./data/train/", "s3://bucket/none/", ""])
def test_a_folder_that_is_here_and_one_of_s3_are_good(project: Project, path: str) -> None:
    (project.root / "data" / "train").mkdir(parents=True)

    assert found(project, external=f"[{{load_train_data_path: '{path}'}}]") == []


def test_a_path_that_no_run_takes_is_told_once(project: Project) -> None:
    (problem,) = found(project, external="[{load_train_data_path: ~/data/}]")

    assert problem.severity == "error"


@pytest.mark.parametrize("args", ["{limit: 3}", "{limit: 3, limits: 4}", "{depth: 3}", ""])
def test_arguments_that_the_code_may_read_are_good(project: Project, args: str) -> None:
    assert found(project, args=args) == []


def test_a_misspelt_argument_is_told_with_the_name_that_the_code_reads(project: Project) -> None:
    (problem,) = found(project, args="{limt: 3}")

    assert (problem.severity, problem.code) == ("warning", "PLAN_ARGUMENT")
    assert problem.message == "step 'train' reads no argument 'limt'; did you mean 'limit'?"
    assert problem.key == "user_parameters > train_pipeline > train > args > limt"
    assert problem.place.line == 4


def test_any_argument_of_a_step_that_reads_none_is_told(project: Project) -> None:
    (problem,) = found(project, args="{depth: 3}", text="asset.save_data({})\n")

    assert problem.message == "step 'train' reads no argument 'depth'"


def test_a_file_beside_the_step_may_read_arguments(project: Project) -> None:
    folder = project.root / "assets" / "train"
    folder.mkdir(parents=True)
    (folder / "engine.py").write_text("def run(asset): return asset.load_args()['depth']\n")

    assert found(project, args="{depth: 3}", text="import engine\nengine.run(asset)\n") == []


def test_a_syntax_error_of_an_asset_is_found_with_its_file_and_line(project: Project) -> None:
    (problem,) = found(project, text="x = 1\nif x\n")

    assert (problem.severity, problem.code) == ("error", "PLAN_SOURCE")
    assert "step 'train' is not valid Python" in problem.message
    assert "asset_train.py, line 2: if x" in problem.message


def test_a_syntax_error_of_a_cell_is_found_with_its_cell_and_line(project: Project) -> None:
    cells = [
        {"cell_type": "code", "metadata": {}, "source": text}
        for text in ("n = 1", "%%alo_asset step=train\nx = 1\nif x\n")
    ]
    (project.root / "steps.ipynb").write_text(json.dumps({"cells": cells}))
    (problem,) = found(project, code="steps.ipynb")

    assert (problem.severity, problem.code) == ("error", "PLAN_SOURCE")
    assert "steps.ipynb, cell 2, line 3: if x" in problem.message
