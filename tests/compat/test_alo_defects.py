"""Each defect that was found in ALO 2.6.0 is not here: its data losses (A1 to A21) and its holes (S1 to S9).

The numbers are those of docs/alo-defects.md.
"""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

import alo_nb
from alo_nb.errors import AloNbError, PlanInvalidError, SourceError, StepArgumentError, StepOutputError, StepRunError
from alo_nb.external.archives import read_archive, write_archive
from alo_nb.files import folder_size
from alo_nb.plan import parse_plan, require_valid
from alo_nb.project import Project
from alo_nb.runner import RunRequest, run_plan
from alo_nb.steps.sources import Sources
from alo_nb.store import Run, RunStore

ASSET = """
from alolib.asset import Asset

class UserAsset(Asset):
    def __init__(self, asset_structure):
        super().__init__(asset_structure)
        {init}

    @Asset.decorator_run
    def run(self):
        asset = self.asset
        data, config = asset.load_data(), asset.load_config()
{body}
        asset.save_data(data)
        asset.save_config(config)
"""
MODEL = "from pathlib import Path\nPath(asset.get_model_path(), 'm').write_text('good')"


class Content:
    """An ALO project of local assets with one train and one inference pipeline."""

    def __init__(self, root: Path) -> None:
        self.root, self.project = root, Project(root)
        self.external: dict[str, object] = {}
        self.control: dict[str, object] = {}
        self.args: dict[str, Mapping[str, object]] = {}
        self.code: dict[str, Mapping[str, object]] = {}

    def write(self, step: str, body: str, *, init: str = "pass") -> None:
        folder = self.root / "assets" / step
        folder.mkdir(parents=True, exist_ok=True)
        lines = "\n".join(f"        {line}" for line in body.splitlines())
        (folder / f"asset_{step}.py").write_text(ASSET.format(body=lines, init=init))

    def plan_text(self, *steps: str, inference: tuple[str, ...] = ()) -> str:
        pipelines = {"train_pipeline": steps, "inference_pipeline": inference}
        local = {"code": "local", "branch": None, "requirements": []}
        return json.dumps(
            {
                "name": "content",
                "version": "1",
                "external_path": [{key: value} for key, value in self.external.items()],
                "user_parameters": [
                    {name: [{"step": each, "args": [dict(self.args.get(each, {}))]} for each in names]}
                    for name, names in pipelines.items()
                    if names
                ],
                "asset_source": [
                    {name: [{"step": each, "source": {**local, **self.code.get(each, {})}} for each in names]}
                    for name, names in pipelines.items()
                    if names
                ],
                "control": [{key: value} for key, value in self.control.items()],
            }
        )

    def run(self, *steps: str, inference: tuple[str, ...] = (), mode: str = "train", **options: object) -> Run:
        plan = parse_plan(self.plan_text(*steps, inference=inference), file="plan.yaml")
        require_valid(plan)
        find = Sources(plan, self.project, fetch=True).step
        return run_plan(RunRequest(plan=plan, project=self.project, find=find, mode=mode, **options))

    def text(self, path: str) -> str:
        return (self.root / path).read_text()

    def tree(self) -> dict[str, bytes]:
        return {str(each.relative_to(self.root)): each.read_bytes() for each in self.root.rglob("*") if each.is_file()}


@pytest.fixture
def content(tmp_path, monkeypatch):
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    monkeypatch.chdir(tmp_path)
    return Content(tmp_path)


@pytest.fixture
def good(content):
    """A project with a model of a good train run."""
    content.write("train", MODEL)
    content.run("train")
    assert content.text("train_artifacts/models/train/m") == "good"
    return content


# -- data loss and false success --------------------------------------------------------------------------------------


def test_A1_a_run_that_fails_in_train_leaves_the_good_model(good):
    good.write("train", "1 / 0")
    with pytest.raises(ZeroDivisionError):
        good.run("train")
    assert good.text("train_artifacts/models/train/m") == "good"


@pytest.mark.parametrize("path", ["/no/such/mount/models/", "./train_artifacts/models/"])
def test_A2_A3_a_model_source_that_is_away_or_the_models_folder_itself_empties_nothing(good, path):
    good.external = {"load_model_path": path}
    good.write("inference", "from pathlib import Path\nPath(asset.get_output_path(), 'o.csv').write_text('1')\n"
               "asset.save_summary('OK', 0.5)")  # fmt: skip
    with pytest.raises(AloNbError, match=re.escape(path)):
        good.run("train", inference=("inference",), mode="inference")
    assert good.text("train_artifacts/models/train/m") == "good"


def test_A4_data_inside_the_input_folder_is_refused_and_stays(content):
    content.write("input", "pass")
    data = content.root / "input" / "train" / "mydata"
    data.mkdir(parents=True)
    (data / "mine.csv").write_text("1")
    content.external = {"load_train_data_path": "./input/train/mydata/"}
    with pytest.raises(PlanInvalidError, match="lies in input/, which a run fills itself"):
        content.run("input")
    assert (data / "mine.csv").read_text() == "1"


@pytest.mark.parametrize("kind", ["missing", "a file", "empty"])
def test_A5_a_data_source_that_is_no_folder_with_files_is_an_error_that_names_it(content, kind):
    content.write("input", "pass")
    source = content.root / "nas"
    if kind == "a file":
        source.write_text("x")
    elif kind == "empty":
        source.mkdir()
    content.external = {"load_train_data_path": str(source)}
    with pytest.raises(SourceError, match="nas"):
        content.run("input")


def test_A6_a_step_name_cannot_reach_outside_of_the_project(content, tmp_path_factory):
    victim = tmp_path_factory.mktemp("victim")
    (victim / "precious").write_text("1")
    content.code = {str(victim): {"code": "https://127.0.0.1:9/x.git", "branch": "main"}}
    content.control = {"get_asset_source": "every"}
    with pytest.raises(AloNbError, match="step"):
        content.run(str(victim))
    assert (victim / "precious").read_text() == "1"


def test_A7_a_git_host_that_is_down_leaves_the_local_asset_and_its_edits(content):
    content.write("train", MODEL)
    content.code = {"train": {"code": "https://127.0.0.1:9/x.git", "branch": "main"}}
    content.control = {"get_asset_source": "every"}
    before = content.tree()
    with pytest.raises(SourceError):
        content.run("train")
    assert before.items() <= content.tree().items()


def test_A8_A9_the_history_keeps_its_cap_after_every_run_and_failures_evict_no_good_run(content):
    big = "from pathlib import Path\nwith open(asset.get_output_path() + 'big.csv', 'wb') as f: f.truncate(900_000)"
    content.control = {"backup_size": 3}
    content.write("train", f"{MODEL}\n{big}")
    good = content.run("train")
    content.write("train", f"{big}\n1 / 0")
    for _ in range(6):
        with pytest.raises(ZeroDivisionError):
            content.run("train")
        assert folder_size(content.root / "history") <= 3_000_000
    assert content.text(f"history/train/{good.id}/models/train/m") == "good"


KILLED = """
import json, sys
from pathlib import Path
import alo_nb.runner.backups as backups
from tests_content import Content
real = backups.shutil.copy2
def slow(*names, **options):
    open("copying", "w").close()
    __import__("time").sleep(60)
backups.shutil.copytree = slow
Content(Path.cwd()).run("train")
"""


def test_A10_a_process_that_is_killed_while_it_backs_up_leaves_no_half_backup(good, tmp_path_factory):
    helper = tmp_path_factory.mktemp("helper")
    (helper / "tests_content.py").write_text(Path(__file__).read_text())
    path = os.pathsep.join([str(helper), str(Path(alo_nb.__file__).parents[1])])
    before = sorted(each.name for each in (good.root / "history" / "train").iterdir())
    with subprocess.Popen([sys.executable, "-c", KILLED], cwd=good.root, env={**os.environ, "PYTHONPATH": path}) as run:
        deadline = time.monotonic() + 60
        while not (good.root / "copying").exists():
            assert run.poll() is None, "the run ended before it backed up"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
    assert sorted(each.name for each in (good.root / "history" / "train").iterdir()) == before
    assert RunStore(good.project).list()[0].status == "interrupted"
    good.run("train")
    assert list((good.root / ".alo" / "staging").iterdir()) == []


def test_A11_two_models_of_one_name_in_other_folders_survive_an_archive(tmp_path):
    models = tmp_path / "models"
    for parent in ("train/models/v1", "other/models/v1"):
        (models / parent).mkdir(parents=True)
        (models / parent / "w.bin").write_text(parent)
    (models / "flat.bin").write_text("flat")
    names = write_archive(models, tmp_path / "model.tar.gz")
    assert names == ("flat.bin", "other/models/v1/w.bin", "train/models/v1/w.bin")
    read_archive(tmp_path / "model.tar.gz", tmp_path / "out")
    assert {name: (tmp_path / "out" / name).read_text() for name in names} == {
        name: (models / name).read_text() for name in names
    }


def test_A12_every_data_source_counts_in_the_data_id(content):
    content.write("input", "pass")
    for name in ("first", "last"):
        (content.root / name).mkdir()
        (content.root / name / "a.csv").write_text("1")
    content.external = {"load_train_data_path": ["./first/", "./last/"]}
    before = content.run("input").ids["train_pipeline"].data_id
    (content.root / "first" / "a.csv").write_text("2")
    assert content.run("input").ids["train_pipeline"].data_id != before


def test_A13_a_step_called_lib_breaks_no_import_of_the_steps_behind_it(content):
    content.write("lib", "pass")
    content.write("train", "import wave\nimport _strptime\ndata['w'] = wave.__name__")
    before = list(sys.path)
    assert content.run("lib", "train").status == "success"
    assert sys.path == before


def test_A14_a_file_of_ours_is_never_seen_half_written(content):
    content.write("train", "for number in range(200):\n    asset.save_summary('x' * 32, number / 200, 'n' * 128)")
    path = re.compile(r"\w+_summary\.yaml|run\.json")
    seen: list[str] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for parent, _, names in os.walk(content.root):
                for name in filter(path.fullmatch, names):
                    try:
                        seen.append(Path(parent, name).read_text())
                    except FileNotFoundError:  # it was renamed between the two looks
                        continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    content.run("train")
    done.set()
    watcher.join()
    assert seen
    assert all(text.endswith(("version: ''\n", "}")) for text in seen)


def test_A15_runs_at_the_same_time_have_a_model_each(content):
    content.write("train", "from pathlib import Path\nimport time\n"
                  "folder = Path(asset.get_model_path())\n(folder / 'a').write_text(asset.load_args()['name'])\n"
                  "time.sleep(0.3)\n(folder / 'b').write_text(asset.load_args()['name'])")  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(Path(alo_nb.__file__).parents[1])}
    (content.root / "plan.yaml").write_text(content.plan_text("train"))
    command = [sys.executable, "-m", "alo_nb", "run", "plan.yaml", "--in-process", "--quiet", "--set"]
    runs = [subprocess.Popen([*command, f"train.name=r{n}"], cwd=content.root, env=environment) for n in range(4)]
    assert [run.wait() for run in runs] == [0, 0, 0, 0]
    models = [each / "models" / "train" for each in (content.root / "history" / "train").iterdir()]
    assert sorted((each / "a").read_text() for each in models) == ["r0", "r1", "r2", "r3"]
    assert all((each / "a").read_text() == (each / "b").read_text() for each in models)


@pytest.mark.parametrize("mode", ["file", "memory"])
def test_A16_a_step_that_saves_nothing_hands_on_nothing_of_an_earlier_run(content, mode):
    content.control = {"interface_mode": mode}
    content.write("input", "data['old'] = 1")
    content.write("train", "asset.save_info(str(sorted(data)))")
    content.run("input", "train")
    content.write("input", "pass")
    run = content.run("input", "train")
    assert run.step("input").data == run.step("train").data == ()


@pytest.mark.parametrize("text", ["no", "0", "off", "FALSE", "false"])
def test_A17_a_text_that_says_no_is_no(content, text):
    content.args = {"train": {"flag": text}}
    content.write("train", "data['flag'] = asset.check_args('flag', chng_type='bool')")
    assert content.run("train").step("train").data[0].summary == "False"


@pytest.mark.parametrize("shares", ["{'a': 0.3, 'b': 0.3}", "{'a': 1.4}", "{'a': 2, 'b': -1}"])
def test_A17_probabilities_that_are_none_are_refused_and_not_rewritten(content, shares):
    content.write("train", f"asset.save_summary('OK', 0.5, probability={shares})")
    with pytest.raises(StepOutputError, match="probabilit"):
        content.run("train")


def test_A18_an_error_in_the_constructor_is_the_one_that_is_shown(content):
    content.write("train", "pass", init="self.asset.load_args()['missing']")
    with pytest.raises(KeyError, match="missing") as caught:
        content.run("train")
    assert "asset_train.py, line 7" in caught.value.__notes__[0]


def test_A19_an_error_outside_of_an_except_block_says_what_was_wrong(content):
    content.write("train", "asset.save_error('no rows left')")
    with pytest.raises(StepRunError, match="no rows left"):
        content.run("train")
    content.write("train", "asset.check_args('depth', is_required=True)")
    with pytest.raises(StepArgumentError, match="depth"):
        content.run("train")


@pytest.mark.parametrize("mode", ["memory", "file"])
def test_A20_a_key_that_is_deleted_in_place_is_noticed_in_both_modes(content, mode):
    content.control = {"interface_mode": mode}
    content.write("input", "data['kept'] = 1")
    content.write("train", "del data['kept']")
    with pytest.raises(StepOutputError, match="kept"):
        content.run("input", "train")


def test_A21_the_size_of_a_folder_needs_no_process_and_survives_a_file_that_vanishes(tmp_path, monkeypatch):
    for number in range(50):
        (tmp_path / f"{number}").write_text("12345")
    real = os.lstat

    def vanishing(path, *words, **options):
        if str(path).endswith("7"):
            raise FileNotFoundError(path)
        return real(path, *words, **options)

    monkeypatch.setattr(os, "lstat", vanishing)
    monkeypatch.setattr(subprocess, "Popen", None)
    assert folder_size(tmp_path) == 5 * 45


# -- security ---------------------------------------------------------------------------------------------------------


def test_S1_a_model_archive_cannot_write_outside(good, tmp_path_factory):
    models = tmp_path_factory.mktemp("models")
    with tarfile.open(models / "model.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("../../pwned")
        member.size = 1
        archive.addfile(member, io.BytesIO(b"x"))
    good.write("inference", "pass")
    good.external = {"load_model_path": f"{models}/"}
    with pytest.raises(SourceError, match=r"has `\.\.` in its name"):
        good.run("train", inference=("inference",), mode="inference")
    assert not list(models.parent.rglob("pwned"))
    assert not list(good.root.rglob("pwned"))
    assert good.text("train_artifacts/models/train/m") == "good"


def test_S2_S3_S4_no_secret_of_git_plan_or_arguments_is_kept_or_logged(content):
    content.write("train", "asset.save_info(str(asset.load_args()))")
    repository = content.root / "assets" / "train" / ".git"
    repository.mkdir()
    (repository / "config").write_text("url = https://u:CANARY1@host/x.git")
    (content.root / "assets" / "train" / ".env").write_text("TOKEN=CANARY2")
    content.args = {"train": {"url": "https://u:CANARY3@host/x", "password": "CANARY4"}}
    content.external = {"save_train_artifacts_path": str(content.root / "saved")}
    run = content.run("train")
    kept = {name: text for name, text in content.tree().items() if not name.startswith("assets/")}
    assert f"history/train/{run.id}/experimental_plan.yaml" in kept
    leaks = [(name, canary) for name, text in kept.items() for canary in re.findall(rb"CANARY[1-3]", text)]
    assert leaks == []
    assert "CANARY4" not in json.dumps(run.to_dict())


def test_S5_an_option_in_a_requirement_reaches_no_pip(content):
    content.write("train", MODEL)
    content.code = {"train": {"requirements": ["--index-url=https://evil.example/simple", "pandas"]}}
    with pytest.raises(AloNbError, match="index-url"):
        content.run("train")


@pytest.mark.parametrize("branch", ["-f", ".", "--upload-pack=touch pwned", "-b x"])
def test_S6_a_branch_that_is_an_option_is_refused_before_git_runs(content, branch):
    content.code = {"train": {"code": "https://127.0.0.1:9/x.git", "branch": branch}}
    with pytest.raises(AloNbError, match="is no branch, tag or commit"):
        content.run("train")
    assert not (content.root / "pwned").exists()


def test_S7_data_between_steps_that_was_changed_on_disk_is_not_unpickled(content):
    content.control = {"interface_mode": "file"}
    content.write("input", "data['x'] = 1")
    content.write("train", "pass")
    content.run("input", "train")
    evil = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x0btouch pwned\x85R."
    for value in (each for each in (content.root / ".alo" / "cache" / "values").rglob("*") if each.is_file()):
        value.write_bytes(len(evil).to_bytes(8, "little") + evil)
    from alo_nb.runner import Selection

    with pytest.raises(AloNbError, match="was changed on disk"):
        content.run("input", "train", selection=Selection(only=("train",)))
    assert not (content.root / "pwned").exists()
    assert oct((content.root / ".alo").stat().st_mode)[-3:] == "700"


def test_S8_a_plan_builds_no_objects_evaluates_nothing_and_hides_no_second_key(content):
    for text, code in (
        ("name: !!python/object/apply:os.system ['touch pwned']", "YAML_TAG"),
        ("name: !!python/tuple [1]", "YAML_TAG"),
        ("name: a\nname: b", "YAML_DUPLICATE_KEY"),
    ):
        with pytest.raises(AloNbError, match=code):
            require_valid(parse_plan(text))
    content.args = {"train": {"x": "__import__('os').system('touch pwned')"}}
    content.write("train", "data['x'] = asset.check_args('x', chng_type='list')")
    content.run("train")
    assert not (content.root / "pwned").exists()


def test_S9_a_run_starts_no_process_for_local_assets(content, monkeypatch):
    content.write("train", MODEL)
    monkeypatch.setattr(subprocess, "Popen", None)
    monkeypatch.setattr(os, "system", None)
    assert content.run("train").status == "success"
