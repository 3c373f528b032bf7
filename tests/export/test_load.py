"""Assets become cells that mean the same, and nothing is run or overwritten on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alo_nb.errors import MagicUsageError, ProjectError, SourceError
from alo_nb.export.alo import PLAN, export_alo
from alo_nb.export.load import load
from alo_nb.plan import Plan, check, read_plan
from alo_nb.project import Project
from alo_nb.runner import RunRequest, run_plan
from alo_nb.steps.asset_line import step_cell
from alo_nb.steps.capture import NOTHING_CAPTURED, Scope
from alo_nb.steps.code import Block
from alo_nb.steps.definition import StepDefinition
from alo_nb.steps.sources import Sources, define_from_cell, read_notebook

SAVE = "asset.save_data({'x': x})\nasset.save_config(asset.load_config())"
HAND_WRITTEN = """\
# -*- coding: utf-8 -*-
import os, sys
from alolib.asset import Asset
sys.path.append(os.path.dirname(os.path.abspath(__file__)))

class UserAsset(Asset):
    def __init__(self, asset_structure):
        super().__init__(asset_structure)
        self.args = self.asset.load_args()

    @Asset.decorator_run
    def run(self):
        total = sum(self.args.get("values", [1, 2]))
        self.asset.save_data({"total": total})
        self.asset.save_config(self.asset.load_config())

if __name__ == "__main__":
    UserAsset({}).run()
"""
CELLS = ("from pathlib import Path\n\nimport yaml", "LIMIT = 3", "def clean(x):\n    return x * LIMIT")
STEPS = {"input": "\nx = clean(2)\n" + SAVE, "train": "n=3\nimport json\n\n\ndef run(asset):\n"
         "    asset.save_data({'x': json.dumps(yaml.safe_load('[1]')), 'n': asset.check_args('n')})\n"
         "    asset.save_config(asset.load_config())"}  # fmt: skip


def write_asset(project: Project, step: str, text: str = HAND_WRITTEN) -> Path:
    folder = project.root / "assets" / step
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"asset_{step}.py").write_text(text, encoding="utf-8")
    return folder


def write_plan(project: Project, *steps: str, code: str = "local", requirements: str = "[]") -> Path:
    lines = ["# My plan", "name: demo", 'version: "1"', "user_parameters:", "  - train_pipeline:"]
    lines += [f"    - step: {step}\n      args:\n        - values: [4, 5]  # two of them" for step in steps]
    lines += ["asset_source:", "  - train_pipeline:"]
    source = f"{{code: {code}, branch: , requirements: {requirements}}}"
    lines += [f"    - step: {step}\n      source: {source}" for step in steps]
    (project.root / "plan.yaml").write_text("\n".join([*lines, "control:", "  - interface_mode: memory\n"]))
    return project.root / "plan.yaml"


def notebook_cells(path: Path) -> list[str]:
    return ["".join(each["source"]) for each in json.loads(path.read_text("utf-8"))["cells"]]


def exported(project: Project, cells: tuple[str, ...] = CELLS) -> tuple[Project, dict[str, str]]:
    """Export a notebook with these cells; return the new project and the fingerprints of its steps."""
    texts = [*cells, *(f"%%alo_asset step={name} {body}" for name, body in STEPS.items())]
    content = [{"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": text} for n, text in enumerate(texts)]
    (project.root / "steps.ipynb").write_text(json.dumps({"cells": content, "metadata": {}, "nbformat": 4}))
    plan = read_plan(write_plan(project, *STEPS, code="steps.ipynb"))
    sources = Sources(plan, project)
    made = export_alo(plan, sources.step, project, project.root / "for_alo")
    steps = plan.pipelines[0].steps
    return Project(made.folder), {each.name: sources.step(each).fingerprint for each in steps}


def scope_of(*cells: str) -> Scope:
    scope = Scope()
    for text in cells:
        scope.add(Block(text, "", 1, ""))
    return scope


def defined(cell: str, scope: Scope) -> StepDefinition:
    """Return the step that a cell defines in a notebook with these names."""
    found = step_cell(cell, file="", label="")
    assert found is not None
    return define_from_cell(found, scope)


def run(plan: Plan, project: Project) -> dict[str, str]:
    return run_plan(RunRequest(plan=plan, project=project, find=Sources(plan, project).step, mode="train")).digests()


# One asset ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["assets/train", "assets/train/asset_train.py", "train"])
def test_an_asset_becomes_a_cell_with_its_text_as_it_is(project: Project, path: str) -> None:
    write_asset(project, "train")
    loaded = load(path, project, scope=Scope())

    assert loaded.steps == ("train",)
    assert loaded.cell == f"%%alo_asset step=train\n{HAND_WRITTEN}".rstrip("\n")
    plan = read_plan(write_plan(project, "train"))
    local = Sources(plan, project).step(plan.pipelines[0].steps[0])
    assert defined(loaded.cell, Scope()).fingerprint == local.fingerprint
    assert repr(loaded) == "step train: its cell stands below; nothing has run"


def test_a_path_is_seen_from_the_project_too(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    write_asset(project, "train")
    (project.root / "notebooks").mkdir()
    monkeypatch.chdir(project.root / "notebooks")

    assert load("assets/train", project, scope=Scope()).steps == ("train",)


def test_the_file_of_a_step_with_a_number_is_found_by_its_letters(project: Project) -> None:
    folder = write_asset(project, "train2")
    (folder / "asset_train2.py").rename(folder / "asset_train.py")

    assert load("assets/train2", project, scope=Scope()).steps == ("train2",)


def test_a_file_of_another_name_says_which_step_it_is(project: Project) -> None:
    folder = write_asset(project, "other")
    folder.rename(folder.with_name("somewhere"))

    assert load("assets/somewhere", project, scope=Scope()).steps == ("other",)


def test_an_exported_asset_is_its_old_cell_where_the_notebook_has_what_it_takes_along(project: Project) -> None:
    there, fingerprints = exported(project)
    scope = scope_of(*CELLS)

    for step, body in STEPS.items():
        loaded = load(there.root / "assets" / step, there, scope=scope)
        assert loaded.cell == f"%%alo_asset step={step}\n{body.partition(chr(10))[2]}"
        assert defined(loaded.cell, scope).fingerprint == fingerprints[step]
        assert loaded.notes == ()


@pytest.mark.parametrize("cells", [(), ("LIMIT = 4", *CELLS[::2]), (CELLS[0], CELLS[1])])
def test_elsewhere_it_is_the_whole_file(project: Project, cells: tuple[str, ...]) -> None:
    there, _ = exported(project)
    loaded = load(there.root / "assets" / "input", there, scope=scope_of(*cells))

    assert "class UserAsset(Asset):" in loaded.cell
    assert loaded.notes == (
        "it is the whole file, since this notebook lacks what the step once took along: LIMIT, clean",
    )
    assert defined(loaded.cell, scope_of(*cells)).captured == NOTHING_CAPTURED


def test_a_cell_that_the_open_plan_would_not_use_is_told(project: Project) -> None:
    write_asset(project, "train")
    plan = read_plan(write_plan(project, "train"))

    (note,) = load("assets/train", project, scope=Scope(), open_plan=plan).notes
    assert note == "the open plan takes step train from its folder; write `code: notebook` there to use the cell"


def test_a_name_of_the_notebook_that_would_slip_into_the_cell_is_refused(project: Project) -> None:
    write_asset(project, "train")
    with pytest.raises(SourceError, match="would take along 'sum'") as caught:
        load("assets/train", project, scope=scope_of("def sum(values):\n    return 0"))

    assert "rename it in the notebook" in caught.value.do


def test_an_asset_that_imports_a_module_beside_it_is_refused(project: Project) -> None:
    folder = write_asset(project, "train", f"import engine\n{HAND_WRITTEN}")
    (folder / "engine.py").write_text("x = 1")
    with pytest.raises(SourceError, match="imports 'engine', a module beside its file") as caught:
        load("assets/train", project, scope=Scope())

    assert "code: local" in caught.value.do


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("assets/trian", "there is no asset 'trian'; did you mean 'train'?"),
        ("assets/empty", "holds no file asset_*.py"),
        ("assets/two", "holds asset_a.py, asset_b.py"),
        ("assets/latin", "cannot be read"),
    ],
)
def test_what_is_no_asset_is_refused(project: Project, path: str, what: str) -> None:
    write_asset(project, "train")
    for name in ("empty", "two", "latin"):
        (project.root / "assets" / name).mkdir()
    for name in ("a", "b"):
        (project.root / "assets" / "two" / f"asset_{name}.py").write_text("")
    (project.root / "assets" / "latin" / "asset_latin.py").write_bytes(b"x = '\xe4'")
    with pytest.raises(SourceError) as caught:
        load(path, project, scope=Scope())

    assert what in str(caught.value)


def test_a_new_notebook_is_for_plans(project: Project) -> None:
    write_asset(project, "train")
    with pytest.raises(MagicUsageError, match="only a plan"):
        load("assets/train", project, scope=Scope(), notebook=Path("new.ipynb"))


# A plan ---------------------------------------------------------------------------------------------------------------


def test_a_plan_becomes_a_notebook_with_the_old_cells_and_a_plan_that_names_them(project: Project) -> None:
    there, fingerprints = exported(project)
    loaded = load(PLAN, there, scope=Scope())

    assert notebook_cells(loaded.notebook) == [
        "%load_ext alo_nb",
        "%alo_project ..",
        "%alo_plan experimental_plan_cells.yaml",
        "import yaml\n\nLIMIT = 3\n\n\ndef clean(x):\n    return x * LIMIT",
        *(f"%%alo_asset step={step}\n{body.partition(chr(10))[2]}" for step, body in STEPS.items()),
        "%alo_run",
    ]
    plan = read_plan(loaded.plan)
    assert check(plan) == []
    assert plan.text.startswith("# My plan\nname: demo\n")
    sources = Sources(plan, there)
    assert {each.name: sources.step(each).fingerprint for each in plan.pipelines[0].steps} == fingerprints
    assert run(plan, there) == run(read_plan(there.root / PLAN), there)


def test_assets_of_other_people_become_cells_as_they_are(project: Project) -> None:
    for step in ("input", "train"):
        write_asset(project, step)
    path = write_plan(project, "input", "train", requirements="[requirements.txt, pyyaml]")
    (project.root / "assets" / "train" / "requirements.txt").write_text("# why\nnumpy  # for sums\n\n")
    loaded = load("plan.yaml", project, scope=Scope())

    assert loaded.notebook == project.root / "plan_cells.ipynb"
    assert notebook_cells(loaded.notebook)[1:3] == [
        "%alo_plan plan_cells.yaml",
        f"%%alo_asset step=input\n{HAND_WRITTEN}".rstrip("\n"),
    ]
    plan = read_plan(loaded.plan)
    assert [each.source.requirements for each in plan.pipelines[0].steps] == [("pyyaml",), ("numpy", "pyyaml")]
    assert "# My plan" in plan.text
    assert "values: [4, 5]  # two of them" in plan.text
    assert run(plan, project) == run(read_plan(path), project)


def test_an_asset_with_modules_beside_it_stays_in_its_folder(project: Project) -> None:
    write_asset(project, "input")
    folder = write_asset(project, "train", f"import engine\n{HAND_WRITTEN}")
    (folder / "engine.py").write_text("x = 1")
    write_plan(project, "input", "train")
    loaded = load("plan.yaml", project, scope=Scope())

    assert loaded.steps == ("input",)
    assert loaded.notes == ("step train stays in its folder, since it imports engine from there",)
    assert [each.source.code for each in read_plan(loaded.plan).pipelines[0].steps] == ["plan_cells.ipynb", "local"]


def test_two_assets_that_took_along_different_things_of_one_name_do_not_mix(project: Project) -> None:
    there, _ = exported(project)
    input_file = there.root / "assets" / "input" / "asset_input.py"
    train = there.root / "assets" / "train"
    text = input_file.read_text().replace("Step input", "Step train").replace("LIMIT = 3", "LIMIT = 4")
    (train / "asset_train.py").write_text(text)
    expected = run(read_plan(there.root / PLAN), there)

    loaded = load(PLAN, there, scope=Scope())
    assert sum("class UserAsset" in each for each in notebook_cells(loaded.notebook)) == 1
    assert run(read_plan(loaded.plan), there) == expected


def test_steps_of_the_inference_are_defined_and_run_with_their_pipeline(project: Project) -> None:
    for step in ("input", "inference"):
        write_asset(project, step)
    text = write_plan(project, "input").read_text()
    text = text.replace("asset_source:", "  - inference_pipeline:\n    - step: inference\n      args:\nasset_source:")
    source = "{code: local, branch: , requirements: []}"
    text = text.replace("control:", f"  - inference_pipeline:\n    - step: inference\n      source: {source}\ncontrol:")
    (project.root / "plan.yaml").write_text(text)

    cells = notebook_cells(load("plan.yaml", project, scope=Scope()).notebook)
    assert [each.partition("\n")[0] for each in cells if "alo_asset" in each] == [
        "%%alo_asset step=input",
        "%%alo_asset step=inference -n",
    ]


@pytest.mark.parametrize("name", ["plan_cells.ipynb", "plan_cells.yaml"])
def test_nothing_is_overwritten(project: Project, name: str) -> None:
    write_asset(project, "train")
    write_plan(project, "train")
    (project.root / name).write_text("mine")
    with pytest.raises(ProjectError, match=f"'{name}' is there already") as caught:
        load("plan.yaml", project, scope=Scope())

    assert "--to NAME.ipynb" in caught.value.do
    assert (project.root / name).read_text() == "mine"
    assert len(list(project.root.glob("plan_cells.*"))) == 1
    assert load("plan.yaml", project, scope=Scope(), notebook=Path("new.ipynb")).plan == project.root / "new.yaml"


def test_a_notebook_that_cannot_be_written_leaves_no_plan(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    write_asset(project, "train")
    write_plan(project, "train")
    replace = Path.replace

    def full(self: Path, target: Path) -> Path:
        if target.suffix == ".ipynb":
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        load("plan.yaml", project, scope=Scope())
    assert sorted(each.name for each in project.root.iterdir()) == ["assets", "plan.yaml"]


def test_a_plan_of_cells_has_nothing_to_load(project: Project) -> None:
    write_plan(project, "train", code="notebook")
    with pytest.raises(SourceError, match="its steps are no asset folders"):
        load("plan.yaml", project, scope=Scope())


def test_a_folder_with_a_blank_in_its_name_is_named_in_python(project: Project) -> None:
    write_asset(project, "train")
    write_plan(project, "train")
    cells = notebook_cells(load("plan.yaml", project, scope=Scope(), notebook=Path("my steps.ipynb")).notebook)

    assert cells[1] == 'import alo_nb\n\nalo_nb.use_plan("my steps.yaml")'


def test_what_was_loaded_is_shown_with_a_link(project: Project) -> None:
    write_asset(project, "train")
    write_plan(project, "train")
    loaded = load("plan.yaml", project, scope=Scope(), notebook=Path("a&b.ipynb"))

    assert repr(loaded) == "wrote a&b.ipynb with the cells of train, and a&b.yaml; nothing has run"
    assert '<a href="a&amp;b.ipynb">a&amp;b.ipynb</a> with the cells of train, and a&amp;b.yaml' in loaded._repr_html_()


def test_the_notebook_is_a_good_one(project: Project) -> None:
    import nbformat

    write_asset(project, "train")
    write_plan(project, "train")
    loaded = load("plan.yaml", project, scope=Scope())

    nbformat.validate(nbformat.read(loaded.notebook, as_version=4))
    assert set(read_notebook(loaded.notebook).cells) == {"train"}
