"""The folder for ALO: complete or not there, with a plan that ALO reads, and never over somebody's edits."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from alo_nb.errors import (
    AloNbError,
    ProjectError,
    SourceError,
    StepArgumentError,
    StepDefinitionError,
    UnknownStepError,
)
from alo_nb.export.alo import PLAN, Exported, export_alo
from alo_nb.plan import Plan, check, parse_plan, read_plan, require_valid
from alo_nb.project import Project
from alo_nb.runner import RunRequest, run_plan
from alo_nb.steps.sources import Sources

SAVE = "asset.save_data({'x': 1})\nasset.save_config(asset.load_config())"
SECRET = "https://me:hunter2@host/data"


def write_notebook(path: Path, *cells: str) -> None:
    content = [{"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": text} for n, text in enumerate(cells)]
    path.write_text(json.dumps({"cells": content, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


def plan_text(**steps: str) -> str:
    """A plan with these steps in the train pipeline; the value of each is its source."""
    lines = ["name: demo", 'version: "1"', "user_parameters:", "  - train_pipeline:"]
    lines += [f"    - step: {step}\n      args:" for step in steps]
    lines += ["asset_source:", "  - train_pipeline:"]
    lines += [f"    - step: {step}\n      source: {source}" for step, source in steps.items()]
    return "\n".join([*lines, "control:", "  - interface_mode: file\n"])


ALO_CLASS = """\
from alolib.asset import Asset

class UserAsset(Asset):
    @Asset.decorator_run
    def run(self):
        self.asset.save_data({"x": 1})
        self.asset.save_config(self.asset.load_config())
"""
CELL = "{code: steps.ipynb, branch: , requirements: []}"
LOCAL = "{code: local, branch: , requirements: []}"


class Desk:
    """A project, and an export of it."""

    def __init__(self, project: Project) -> None:
        self.project, self.folder = project, project.root / "for_alo"

    def plan(self, text: str) -> Plan:
        (self.project.root / "plan.yaml").write_text(text, encoding="utf-8")
        return read_plan(self.project.root / "plan.yaml")

    def export(self, plan: Plan | str, folder: Path | None = None) -> Exported:
        plan = self.plan(plan) if isinstance(plan, str) else plan
        require_valid(plan)
        return export_alo(plan, Sources(plan, self.project).step, self.project, folder or self.folder)

    def cells(self, *cells: str, **steps: str) -> str:
        """Write a notebook with these ordinary cells and steps, and return the plan for it."""
        write_notebook(
            self.project.root / "steps.ipynb",
            *cells,
            *(f"%%alo_asset step={name.partition('__')[0]} {body}" for name, body in steps.items()),
        )
        return plan_text(**dict.fromkeys(steps, CELL))

    def tree(self) -> dict[str, bytes]:
        files = (each for each in self.project.root.rglob("*") if each.is_file())
        return {str(each.relative_to(self.project.root)): each.read_bytes() for each in files}


@pytest.fixture
def desk(project: Project) -> Desk:
    return Desk(project)


def refused(desk: Desk, plan: Plan | str, kind: type[AloNbError], what: str, do: str = "") -> AloNbError:
    """Check that an export is refused and changes nothing."""
    plan = desk.plan(plan) if isinstance(plan, str) else plan
    before = desk.tree()
    with pytest.raises(kind) as caught:
        desk.export(plan)
    assert what in str(caught.value)
    assert do in str(caught.value)
    assert desk.tree() == before
    assert sorted(each.name for each in desk.project.root.iterdir() if each.name.startswith(".for")) == []
    return caught.value


# What is written ------------------------------------------------------------------------------------------------------


def test_the_folder_holds_assets_requirements_and_the_plan(desk: Desk) -> None:
    exported = desk.export(desk.cells("import yaml, json", input=f"\nprint(yaml, json)\n{SAVE}", train2=f"n=3\n{SAVE}"))

    assert exported.files == (
        "assets/input/asset_input.py",
        "assets/input/requirements.txt",
        "assets/train2/asset_train.py",
        "assets/train2/requirements.txt",
        PLAN,
    )
    from importlib.metadata import version

    lines = (desk.folder / "assets/input/requirements.txt").read_text().splitlines()
    assert lines == [
        "# What step input needs, in the versions that it was exported with.",
        f"PyYAML=={version('pyyaml')}",
    ]
    plan = read_plan(exported.plan)
    assert check(plan) == []
    assert [(each.name, each.args, each.source.requirements) for each in plan.pipelines[0].steps] == [
        ("input", {}, ("requirements.txt",)),
        ("train2", {"n": 3}, ()),
    ]
    assert "exported to for_alo\n  assets/input/asset_input.py\n" in repr(exported)
    assert repr(exported).endswith(f"  run it: cd for_alo && alo-nb run {PLAN}")


def test_the_new_folder_is_a_project_of_its_own_that_runs(desk: Desk) -> None:
    exported = desk.export(desk.cells(input=f"\n{SAVE}"))
    plan, there = read_plan(exported.plan), Project(desk.folder)

    assert (desk.folder / ".alo").is_dir()
    done = run_plan(RunRequest(plan=plan, project=there, find=Sources(plan, there).step, mode="train"))
    assert done.status == "success"
    assert (desk.folder / "history" / "train").is_dir()


def test_a_cell_that_both_pipelines_use_is_one_asset(desk: Desk) -> None:
    text = desk.cells(input=f"\n{SAVE}")
    both = text.replace("asset_source:", "  - inference_pipeline:\n    - step: input\n      args:\nasset_source:")
    both = both.replace("control:", f"  - inference_pipeline:\n    - step: input\n      source: {CELL}\ncontrol:")

    exported = desk.export(both)
    assert exported.files == ("assets/input/asset_input.py", "assets/input/requirements.txt", PLAN)
    assert [each.name for each in read_plan(exported.plan).pipelines] == ["train_pipeline", "inference_pipeline"]


def test_an_asset_folder_goes_along_as_it_is(desk: Desk) -> None:
    folder = desk.project.root / "assets" / "train"
    (folder / "deep" / "__pycache__").mkdir(parents=True)
    text = f"import engine\n{ALO_CLASS}"
    (folder / "asset_train.py").write_text(text)
    (folder / "engine.py").write_text("import yaml\nx = 1\n")
    (folder / "deep" / "table.bin").write_bytes(b"\0\1")
    (folder / "deep" / "__pycache__" / "a.pyc").write_bytes(b"")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("[core]")
    plan = plan_text(train=LOCAL)

    exported = desk.export(plan)
    assert set(exported.files) == {
        *(f"assets/train/{name}" for name in ("asset_train.py", "deep/table.bin", "engine.py", "requirements.txt")),
        PLAN,
    }
    assert (desk.folder / "assets/train/asset_train.py").read_text() == text
    assert "PyYAML==" in (desk.folder / "assets/train/requirements.txt").read_text()  # engine.py imports it


def test_requirements_that_an_asset_brings_along_stay(desk: Desk) -> None:
    folder = desk.project.root / "assets" / "train"
    folder.mkdir(parents=True)
    (folder / "asset_train.py").write_text(f"import no_such_package\n{SAVE}")
    (folder / "requirements.txt").write_text("no-such-package==1  # ours\n")
    plan = plan_text(train="{code: local, branch: , requirements: [requirements.txt, numpy]}")

    step = read_plan(desk.export(plan).plan).pipelines[0].steps[0]
    assert step.source.requirements == ("requirements.txt", "numpy")
    assert (desk.folder / "assets/train/requirements.txt").read_text() == "no-such-package==1  # ours\n"


def test_packages_of_the_plan_come_first_and_get_versions_where_they_have_none(desk: Desk) -> None:
    text = desk.cells(train=f"\nimport pandas, yaml\n{SAVE}")
    asked = "[Pandas, 'numpy<3', 'no-such-package', 'pyyaml --force-reinstall']"
    desk.export(text.replace("requirements: []", f"requirements: {asked}"))
    from importlib.metadata import version

    lines = (desk.folder / "assets/train/requirements.txt").read_text().splitlines()[1:]
    assert lines[:4] == [f"Pandas=={version('pandas')}", "numpy<3", "no-such-package", "pyyaml --force-reinstall"]


def test_a_module_beside_the_notebook_is_copied_beside_the_asset(desk: Desk) -> None:
    root = desk.project.root
    (root / "tools.py").write_text("import more\nx = more.x\n")
    (root / "more").mkdir()
    (root / "more" / "__init__.py").write_text("import yaml\nx = 1\n")
    exported = desk.export(desk.cells(train=f"\nimport tools\n{SAVE}"))

    assert {"assets/train/tools.py", "assets/train/more/__init__.py"} < set(exported.files)
    assert "PyYAML==" in (desk.folder / "assets/train/requirements.txt").read_text()
    assert exported.notes == (
        "step train imports tools, which was copied beside it",
        "step train imports more, which was copied beside it",
    )


def test_a_module_on_the_path_is_copied_too(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path_factory.mktemp("library")
    (library / "our_tools").mkdir()
    (library / "our_tools" / "__init__.py").write_text("from our_tools.deep import x\n")
    (library / "our_tools" / "deep.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(str(library))
    exported = desk.export(desk.cells(train=f"\nfrom our_tools import x\n{SAVE}"))

    assert {"assets/train/our_tools/__init__.py", "assets/train/our_tools/deep.py"} < set(exported.files)
    assert exported.notes == ("step train imports our_tools, which was copied beside it",)


def test_code_of_git_goes_along_without_its_history(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALO_NB_GIT_PROTOCOLS", "file")
    repository = tmp_path_factory.mktemp("repository")
    (repository / "asset_train.py").write_text(ALO_CLASS)
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "asset"]):
        subprocess.run([*git, *words], check=True)
    plan = desk.plan(plan_text(train=f"{{code: 'file://{repository}', branch: , requirements: []}}"))
    find = Sources(plan, desk.project, fetch=True).step
    exported = export_alo(plan, find, desk.project, desk.folder)

    assert exported.files == ("assets/train/asset_train.py", "assets/train/requirements.txt", PLAN)
    assert (desk.folder / "assets/train/asset_train.py").read_text() == ALO_CLASS
    assert read_plan(exported.plan).pipelines[0].steps[0].source.code == "local"


def test_an_import_that_the_code_can_do_without_is_left_alone(desk: Desk) -> None:
    body = f"\ntry:\n    import no_such_module as m\nexcept ImportError:\n    m = None\n{SAVE}"

    assert desk.export(desk.cells(train=body)).notes == ()


def test_what_alo_does_otherwise_is_noted(desk: Desk) -> None:
    text = desk.cells(train="\nasset.save_data(asset.load_data())\nasset.save_config({})")
    exported = desk.export(text + "  - get_external_data: once\n")

    assert [each.partition(",")[0].partition(":")[0] for each in exported.notes] == [
        "step train is the first of train_pipeline and calls load_data()",
        "get_external_data",
    ]


# Paths, names and values ----------------------------------------------------------------------------------------------


def test_paths_lead_from_the_new_folder_to_the_same_places(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    paths = ["load_train_data_path: [./data/one/, /abs/two/, 's3://bucket/three/']", "load_model_path: ../models"]
    text = desk.cells(train=f"\n{SAVE}") + "external_path:\n" + "".join(f"  - {each}\n" for each in paths)
    near, far = desk.export(text), desk.export(text, tmp_path_factory.mktemp("far") / "for_alo")

    root = desk.project.root
    assert read_plan(near.plan).external_path.load_train_data_path == (
        "../data/one/",
        "/abs/two/",
        "s3://bucket/three/",
    )
    assert read_plan(near.plan).external_path.load_model_path == f"{root.parent / 'models'}/"
    assert read_plan(far.plan).external_path.load_train_data_path[0] == f"{root / 'data' / 'one'}/"
    assert read_plan(far.plan).external_path.save_train_artifacts_path is None


def test_paths_to_adapt_when_the_folder_is_moved_are_named_in_the_plan_and_in_the_output(desk: Desk) -> None:
    text = desk.cells(train=f"\n{SAVE}")
    text += "external_path:\n  - load_train_data_path: [./data/one/, /abs/two/, 's3://bucket/three/']\n"
    exported = desk.export(text)

    wanted = "the paths that start at this folder when it is moved or copied: load_train_data_path (../data/one/)"
    assert exported.plan_notes == (f"adapt {wanted}",)
    assert f"  note: adapt {wanted}\n" in repr(exported)
    assert exported.plan.read_text().splitlines()[2] == f"# Adapt {wanted}"
    there = Project(desk.folder)
    plan = read_plan(exported.plan)
    again = export_alo(plan, Sources(plan, there).step, there, there.root / "again")
    assert "# Adapt " not in again.plan.read_text()  # from so far below, the path is written out


def test_an_export_without_such_paths_has_no_word_of_them(desk: Desk) -> None:
    exported = desk.export(desk.cells(train=f"\n{SAVE}"))

    assert exported.plan_notes == ()
    assert "# Adapt" not in exported.plan.read_text()


def test_cache_policies_stay_here(desk: Desk) -> None:
    text = desk.cells(train=f"cache=off\n{SAVE}")
    exported = desk.export(f"{text}alo_nb: [{{cache: {{train: recompute}}}}]\n")

    assert "\nalo_nb:" not in exported.plan.read_text()
    assert "cache" not in (exported.folder / "assets/train/asset_train.py").read_text()
    assert exported.plan_notes == ("its section alo_nb, the cache policies of steps, was left out: ALO has none",)


def test_what_was_filled_in_or_left_out_is_told(desk: Desk) -> None:
    text = desk.cells(train=f"\n{SAVE}").replace('version: "1"', 'version: ""').replace("branch: ,", "branch: dev,")
    exported = desk.export(text)

    assert exported.plan_notes == (
        "the plan has no version; 1.0.0 was filled in",
        "step train: its code lies in assets/ now, and branch dev was left out",
    )
    assert read_plan(exported.plan).version == "1.0.0"


@pytest.mark.parametrize(("name", "what"), [("123", "has no letter"), ("lib", "makes ALO forget"), ("bin", "")])
def test_names_that_break_alo_are_refused(desk: Desk, name: str, what: str) -> None:
    plan = desk.plan(desk.cells(**{name: f"\n{SAVE}"}).replace("step: 123", 'step: "123"'))
    if what:
        refused(desk, plan, StepDefinitionError, what, "another name")
    else:
        assert desk.export(plan).plan.is_file()


def test_one_name_for_two_codes_is_refused(desk: Desk) -> None:
    text = desk.cells(train=f"\n{SAVE}")
    write_notebook(desk.project.root / "other.ipynb", f"%%alo_asset step=train\nprint(1)\n{SAVE}")
    both = text.replace("asset_source:", "  - inference_pipeline:\n    - step: train\n      args:\nasset_source:")
    other = CELL.replace("steps", "other")
    both = both.replace("control:", f"  - inference_pipeline:\n    - step: train\n      source: {other}\ncontrol:")

    error = refused(desk, both, StepDefinitionError, "other code in the inference pipeline", "another name")
    assert error.where == "steps.ipynb, cell 1 and other.ipynb, cell 1"


@pytest.mark.parametrize(
    ("options", "what"), [("x={1,2}", "is a set"), ("x=[(1,2)]", "is a list"), ("x=1j", "is a complex")]
)
def test_an_argument_that_yaml_cannot_hold_is_refused(desk: Desk, options: str, what: str) -> None:
    error = refused(desk, desk.cells(train=f"{options}\n{SAVE}"), StepArgumentError, what, "hand over text")
    assert "the argument 'x' of step 'train'" in error.what


@pytest.mark.parametrize("place", ["args", "requirements", "path"])
def test_a_secret_of_the_plan_is_not_written_out(desk: Desk, place: str) -> None:
    text = desk.cells(train=f"\n{SAVE}")
    if place == "args":
        text = text.replace("args:", f"args:\n        - deep: [{{url: '{SECRET}'}}]")
    elif place == "requirements":
        text = text.replace("requirements: []", f"requirements: ['x @ {SECRET}']")
    else:
        text += f"external_path:\n  - save_train_artifacts_path: {SECRET}\n"
    plan = desk.plan(text)
    before = desk.tree()
    with pytest.raises(AloNbError) as caught:
        export_alo(plan, Sources(plan, desk.project).step, desk.project, desk.folder)

    assert "holds a password, a token or a key" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert desk.tree() == before


def test_a_secret_in_code_is_told_with_its_line(desk: Desk) -> None:
    exported = desk.export(desk.cells(train=f"\nurl = '{SECRET}'\n{SAVE}"))

    assert len(exported.notes) == 1
    assert "looks like it holds a password" in exported.notes[0]
    assert "hunter2" not in exported.notes[0]


def test_a_module_that_is_nowhere_is_refused(desk: Desk) -> None:
    error = refused(desk, desk.cells(train=f"\nimport no_such\n{SAVE}"), SourceError, "'no_such'", "install it")
    assert error.where == "steps.ipynb, cell 1, import of no_such"


def test_a_link_in_an_asset_folder_is_refused(desk: Desk) -> None:
    folder = desk.project.root / "assets" / "train"
    folder.mkdir(parents=True)
    (folder / "asset_train.py").write_text(SAVE)
    (folder / "secrets").symlink_to("/etc")

    refused(desk, plan_text(train=LOCAL), SourceError, "'secrets' is a link", "put the file itself")


def test_a_plan_without_steps_is_refused(desk: Desk) -> None:
    with pytest.raises(UnknownStepError, match="no steps to export"):
        export_alo(Plan(), Sources(Plan(), desk.project).step, desk.project, desk.folder)


# Again ----------------------------------------------------------------------------------------------------------------


def test_an_export_again_replaces_its_own_files_and_leaves_all_others(desk: Desk) -> None:
    first = desk.export(desk.cells(input=f"\n{SAVE}", old=f"\n{SAVE}"))
    (desk.folder / "main.py").write_text("mine")
    (desk.folder / "assets" / "old" / "notes.txt").write_text("mine too")
    desk.export(desk.cells(input=f"\nprint(2)\n{SAVE}", train=f"\n{SAVE}"))

    assert "print(2)" in (desk.folder / "assets/input/asset_input.py").read_text()
    assert (desk.folder / "assets/train/asset_train.py").is_file()
    assert not (desk.folder / "assets/old/asset_old.py").exists()
    assert (desk.folder / "main.py").read_text() == "mine"
    assert (desk.folder / "assets/old/notes.txt").read_text() == "mine too"
    assert "assets/old/asset_old.py" in first.files


@pytest.mark.parametrize("name", ["assets/input/asset_input.py", PLAN])
def test_a_file_that_was_edited_is_never_overwritten(desk: Desk, name: str) -> None:
    plan = desk.plan(desk.cells(input=f"\n{SAVE}"))
    desk.export(plan)
    with (desk.folder / name).open("a") as file:
        file.write("# mine\n")

    refused(desk, plan, ProjectError, f"not written like that here: {name}", "naming a new folder")


def test_a_file_that_stands_where_a_new_one_belongs_is_never_overwritten(desk: Desk) -> None:
    desk.export(desk.cells(input=f"\n{SAVE}"))
    (desk.folder / "assets" / "train").mkdir()
    (desk.folder / "assets" / "train" / "asset_train.py").write_text("mine")

    refused(desk, desk.cells(input=f"\n{SAVE}", train=f"\n{SAVE}"), ProjectError, "assets/train/asset_train.py")


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_folder_of_somebody_else_is_refused(desk: Desk, kind: str) -> None:
    if kind == "file":
        desk.folder.write_text("mine")
    else:
        desk.folder.mkdir()
        (desk.folder / "mine.txt").write_text("mine")

    refused(desk, desk.cells(input=f"\n{SAVE}"), ProjectError, "'for_alo' is", "name a new folder")


def test_an_empty_folder_is_fine(desk: Desk) -> None:
    desk.folder.mkdir()

    assert desk.export(desk.cells(input=f"\n{SAVE}")).plan.is_file()


def test_a_crash_between_two_files_is_put_right_by_the_next_export(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.export(desk.cells(input=f"\n{SAVE}", train=f"\n{SAVE}"))
    new = desk.plan(desk.cells(input=f"\nprint(2)\n{SAVE}", train=f"\nprint(2)\n{SAVE}"))
    replace, seen = Path.replace, []

    def crash(self: Path, target: Path) -> Path:
        if "assets" in str(self):
            seen.append(target)
            if len(seen) == 2:
                raise OSError(28, "No space left on device", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(ProjectError, match="No space left"):
        desk.export(new)
    monkeypatch.undo()

    files = [desk.folder / "assets" / each / f"asset_{each}.py" for each in ("input", "train")]
    assert {"print(2)" in each.read_text() for each in files} == {True, False}
    desk.export(new)
    assert {"print(2)" in each.read_text() for each in files} == {True}


def test_a_full_disk_leaves_nothing_behind(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = desk.plan(desk.cells(input=f"\n{SAVE}"))
    write = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if self.suffix == ".yaml":
            raise OSError(28, "No space left on device", str(self))
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    refused(desk, plan, ProjectError, "No space left", "choose another folder")


def test_an_older_plan_becomes_one_that_alo_2_6_reads(desk: Desk) -> None:
    write_notebook(desk.project.root / "steps.ipynb", f"%%alo_asset step=train\n{SAVE}")
    old = """\
external_path:
    - load_train_data: ./data/x/
user_parameters:
    - train_workflows:
        - step: train
          parameters: {a: 1}   # the only one
asset_source:
    - train_workflows:
        - step: train
          source: {code: steps.ipynb}
control:
    - reset_assets: True
"""
    text = desk.export(old).plan.read_text()

    assert check(parse_plan(text)) == []
    assert "name: for_alo\nversion: 1.0.0\n" in text
    assert "          - a: 1\n" in text
