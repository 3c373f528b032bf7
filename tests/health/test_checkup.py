"""The doctor: every line that is not in order is provoked by an environment that is really broken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import alo_nb
from alo_nb.health import folder, stored
from alo_nb.health.checkup import Checkup, check_up
from alo_nb.health.finding import Check, Place
from alo_nb.health.front_end import EXTENSION, Surroundings, front_end_checks, front_end_name, server_command
from alo_nb.health.packages import python_checks
from alo_nb.health.report import label, report_rows, report_text
from alo_nb.health.stored import Wishes
from alo_nb.project import Project
from alo_nb.store.file_system import network_file_system
from alo_nb.views.checkup import checkup_card

NOBODY = 65534
HERE, NOTEBOOK, SHELL = Place(), Place(is_notebook=True), Surroundings({})
HIDE = """
import importlib.metadata, sys
from importlib.machinery import PathFinder

hidden = set(sys.argv[1].split(","))

class Hider:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    def find_distributions(context=importlib.metadata.DistributionFinder.Context()):
        found = importlib.metadata.MetadataPathFinder.find_distributions(context)
        return (each for each in found if (each.metadata["Name"] or "").lower() not in hidden)

sys.meta_path.insert(0, Hider)
PathFinder.find_distributions = Hider.find_distributions
from alo_nb.headless.cli import main
sys.exit(main(["doctor", *sys.argv[2:]]))
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder that is the current one."""
    (tmp_path / ".alo").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def looked(root: Path, place: Place = HERE, **options: object) -> Checkup:
    return check_up(place, SHELL, project=Project(root), **options)  # type: ignore[arg-type]


def only(found: Checkup, name: str, state: str) -> Check:
    [check] = [each for each in found.checks if (each.name, each.state) == (name, state)]
    return check


@contextmanager
def somebody_else() -> Iterator[None]:
    """Let the body run without the rights of root, who may write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_where_all_is_in_order_every_line_says_so(root: Path) -> None:
    found = looked(root)
    assert [each for each in found.checks if each.state != "ok" or each.do] == []
    assert found.ok
    assert report_text(found.checks).endswith("all is in order")
    names = {each.name for each in found.checks}
    assert names == {
        *("python", "alo_nb", "packages", "git", "front_end", "widgets"),
        *("project", "locks", "disk", "plan", "store"),
    }


def test_it_changes_nothing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    assert looked(tmp_path).ok
    assert [*tmp_path.iterdir()] == []


# Packages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", ["papermill", "pyyaml,yaml", "packaging", "blake3", "psutil"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(root: Path, hidden: str) -> None:
    done = subprocess.run([sys.executable, "-c", HIDE, hidden, "--json"], capture_output=True, text=True, cwd=root)
    assert (done.returncode, done.stderr) == (1, "")
    wrong = [each for each in json.loads(done.stdout)["checks"] if each["state"] == "problem"]
    name = hidden.partition(",")[0]
    assert [each["check"] for each in wrong] == ["packages"]
    assert f"{name} is missing; needed: >=" in wrong[0]["what"]
    assert wrong[0]["do"].startswith((f"{sys.executable} -m pip install ", "uv pip install "))
    assert f"'{name}>=" in wrong[0]["do"]


def test_texts_that_are_slow_without_pyarrow_are_noted(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", HIDE, "pyarrow", "--json"], capture_output=True, text=True, cwd=root)
    assert (done.returncode, done.stderr) == (0, "")
    [check] = [each for each in json.loads(done.stdout)["checks"] if each["state"] == "note"]
    assert check["check"] == "texts"
    assert check["do"].endswith(" pyarrow")


def test_a_package_that_is_too_old_is_named_with_both_versions(root: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    about = site / "papermill-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: papermill\nVersion: 1.0\n")
    code = "import sys; from alo_nb.headless.cli import main; sys.exit(main(['doctor']))"
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, env=environment)
    assert done.returncode == 1
    assert "✖ packages    papermill 1.0; needed: >=2.6" in done.stdout
    assert "do: " in done.stdout


def test_alo_nb_that_is_not_the_one_installed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alo_nb, "__version__", "9.9")
    [check] = [each for each in python_checks(HERE) if each.name == "alo_nb"]
    assert check.state == "problem"
    assert "9.9 runs from" in check.what
    assert "install" in check.do


def test_git_that_is_not_here_is_noted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    check = only(looked(root), "git", "note")
    assert check.do == "conda install git"


def test_a_language_that_does_not_exist_is_noted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALO_NB_LANG", "kr")
    check = only(looked(root, NOTEBOOK), "language", "note")
    assert "ALO_NB_LANG is 'kr'" in check.what
    assert check.do == '%config Alo.lang = "en"'


# The front end -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("around", "name"),
    [
        (Surroundings({}), "terminal"),
        (Surroundings({}, shell="TerminalInteractiveShell"), "IPython"),
        (Surroundings({"VSCODE_PID": "1"}, shell="Z", takes_input=True), "VS Code"),
        (Surroundings({}, names=("__vsc_ipynb_file__",), shell="Z", takes_input=True), "VS Code"),
        (Surroundings({"COLAB_RELEASE_TAG": "x"}, shell="Z", takes_input=True), "Colab"),
        (Surroundings({}, shell="Z"), "a program that runs the notebook, e.g. papermill"),
        (Surroundings({}, shell="Z", takes_input=True, server=("/v/bin/python", "/v/bin/jupyter-lab")), "JupyterLab"),
        (
            Surroundings({}, shell="Z", takes_input=True, server=("/v/bin/python", "/v/bin/jupyter", "lab")),
            "JupyterLab",
        ),
        (Surroundings({}, shell="Z", takes_input=True, server=("p", "jupyter-notebook")), "Jupyter Notebook"),
        (Surroundings({}, shell="Z", takes_input=True, server=("p", "jupyterhub-singleuser")), "JupyterHub"),
        (Surroundings({}, shell="Z", takes_input=True), ""),
    ],
)
def test_the_front_end_is_known_by_its_traces(around: Surroundings, name: str) -> None:
    assert front_end_name(around) == name


def test_a_server_without_widgets_is_told_of_with_its_own_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alo_nb.health.front_end._FOR_ALL", ())
    python = tmp_path / "my env" / "bin" / "python"
    around = Surroundings({}, shell="Z", takes_input=True, server=(str(python), "jupyter-lab"))
    *_, check = front_end_checks(around)
    assert (check.name, check.state) == ("widgets", "problem")
    assert check.do == f"!'{python}' -m pip install jupyterlab-widgets"
    (tmp_path / "my env" / EXTENSION).mkdir(parents=True)
    *_, check = front_end_checks(around)
    assert (check.name, check.state) == ("widgets", "ok")


def test_the_command_of_the_server_is_read_from_the_system() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as server:
        command = server_command({"JPY_PARENT_PID": str(server.pid)})
        server.communicate(b"\n")
    assert command[-2:] == ("-c", "input()")
    assert server_command({"JPY_PARENT_PID": str(server.pid)}) == ()
    assert server_command({"JPY_PARENT_PID": "x"}) == server_command({}) == ()


# The project folder --------------------------------------------------------------------------------------------------


@pytest.fixture
def open_root() -> Iterator[Path]:
    """A project folder that the one without rights owns, below folders that anybody may look through."""
    root = Path(tempfile.mkdtemp(prefix="alo-nb-", dir="/tmp"))
    (root / ".alo").mkdir()
    for each in (root, root / ".alo"):
        each.chmod(0o755)
        os.chown(each, NOBODY if os.geteuid() == 0 else -1, -1)
    yield root
    for each in (root, root / ".alo"):
        each.chmod(0o755)
    shutil.rmtree(root)


@pytest.mark.parametrize("below", ["", ".alo"])
def test_a_folder_of_ours_that_cannot_be_written_names_the_command_that_lets_us(open_root: Path, below: str) -> None:
    (open_root / below).chmod(0o555)
    with somebody_else():
        check = only(looked(open_root), "project", "problem")
    assert check.what == f"{open_root / below} cannot be written: Permission denied"
    assert check.do == f"chmod -R u+rwX {open_root / below}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_a_folder_of_somebody_else_names_the_command_that_makes_it_ours(open_root: Path) -> None:
    os.chown(open_root / ".alo", 0, -1)
    with somebody_else():
        check = only(looked(open_root), "project", "problem")
    assert check.do == f"sudo chown -R {NOBODY} {open_root / '.alo'}"


def test_a_folder_that_cannot_even_be_looked_into_is_told_of(tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "project"
    inner.mkdir(parents=True)
    inner.parent.chmod(0)
    try:
        with somebody_else():
            assert "cannot be written" in only(looked(inner), "project", "problem").what
    finally:
        inner.parent.chmod(0o755)


def test_a_folder_of_the_system_that_takes_no_files_sends_elsewhere() -> None:
    check = only(looked(Path("/proc"), NOTEBOOK), "project", "problem")
    assert "/proc cannot be written" in check.what
    assert check.do


def test_a_project_folder_that_does_not_exist_is_told_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ALO_NB_PROJECT", str(tmp_path / "gone"))
    check = only(check_up(HERE, SHELL), "project", "problem")
    assert "does not exist" in check.what
    assert check.do


def test_the_home_folder_is_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "everything below it" in only(looked(tmp_path), "project", "problem").what
    (tmp_path / ".alo").mkdir()
    assert looked(tmp_path).ok


def test_a_disk_without_locks_is_a_problem(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(folder.fcntl, "flock", refuse)
    check = next(each for each in looked(root).checks if each.name == "locks")
    assert check.state == "problem"
    assert "no file locks" in check.what
    assert [*root.glob(".alo-nb-*")] == []


def test_a_network_drive_is_noted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = root / "mounts"
    mounts.write_text(f"server:/x {root} nfs4 rw 0 0\n")
    monkeypatch.setattr("alo_nb.store.file_system._MOUNTS", mounts)
    assert network_file_system(root) == "nfs4"
    check = only(looked(root), "locks", "note")
    assert "nfs4, a network drive" in check.what
    assert check.do == "export ALO_NB_PROJECT=DIR"


@pytest.mark.parametrize(("free", "state"), [(3e9, "ok"), (1e9, "note"), (1e8, "problem")])
def test_little_room_is_told_of_with_what_makes_some(
    root: Path, monkeypatch: pytest.MonkeyPatch, free: float, state: str
) -> None:
    usage = shutil.disk_usage(root)._replace(free=int(free))
    monkeypatch.setattr(folder.shutil, "disk_usage", lambda _: usage)
    check = next(each for each in looked(root).checks if each.name == "disk")
    assert (check.state, check.do) == (state, "" if state == "ok" else "alo-nb gc --yes")
    assert check.what == f"{free / 1e9:.1f} GB are free"


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/dev/full").exists(), reason="mounting a small disk takes root")
def test_a_full_disk_is_told_of(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(small)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        (small / "filling").write_bytes(b"x" * (small.stat().st_blksize * 16))
        check = next(each for each in looked(small).checks if each.state == "problem")
        assert (check.name, check.do) == ("disk", "alo-nb gc --yes")
    finally:
        subprocess.run(["umount", str(small)], check=True)


# Plans ---------------------------------------------------------------------------------------------------------------

PLAN = """
name: small
user_parameters:
  - train_pipeline:
    - step: a
asset_source:
  - train_pipeline:
    - step: a
      source: {{code: {code}, requirements: [{requirements}]}}
external_path:
  - load_train_data_path: {data}
"""


def write_plan(root: Path, *, code: str = "notebook", requirements: str = "", data: str = "") -> None:
    text = textwrap.dedent(PLAN).format(code=code, requirements=requirements, data=data)
    (root / "experimental_plan.yaml").write_text(text)


def test_a_good_plan_is_told_with_its_steps(root: Path) -> None:
    write_plan(root)
    assert only(looked(root), "plan", "ok").what == "experimental_plan.yaml: train 1"


def test_a_plan_that_cannot_be_read_is_told_of(root: Path) -> None:
    (root / "experimental_plan.yaml").write_text("name: [")
    check = only(looked(root), "plan", "problem")
    assert check.what.startswith("experimental_plan.yaml: ")
    assert check.do == "alo-nb check experimental_plan.yaml"
    assert only(looked(root, NOTEBOOK), "plan", "problem").do == "%alo_plan experimental_plan.yaml --widget"


def test_a_plan_that_cannot_be_run_is_told_of_with_its_first_error(root: Path) -> None:
    (root / "experimental_plan.yaml").write_text("name: small\nuser_parameters: 3\n")
    assert only(looked(root), "plan", "problem").what.startswith("experimental_plan.yaml: ")


def test_the_open_plan_is_looked_at_and_no_other(root: Path) -> None:
    (root / "experimental_plan.yaml").write_text("name: [")
    (root / "other").mkdir()
    write_plan(root / "other")
    found = looked(root, plan=root / "other" / "experimental_plan.yaml")
    assert only(found, "plan", "ok").what == "other/experimental_plan.yaml: train 1"
    assert found.ok


def test_packages_of_a_plan_that_are_not_here_are_noted_with_one_command(root: Path) -> None:
    write_plan(root, requirements="no-such-package==1.0, other-one")
    check = only(looked(root, NOTEBOOK), "plan_packages", "note")
    assert "no-such-package==1.0, other-one" in check.what
    assert check.do == "%pip install no-such-package==1.0 other-one"


def test_a_plan_that_needs_git_or_s3_is_a_problem_without(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_plan(root, code="https://example.com/x.git", data="s3://bucket/x/")
    assert looked(root).ok
    monkeypatch.setenv("PATH", str(root))
    monkeypatch.setitem(sys.modules, "s3fs", None)
    found = looked(root)
    assert "takes code from git" in only(found, "git", "problem").what
    assert "alo-nb[s3]" in only(found, "s3", "problem").do


def test_an_environment_that_has_lost_its_python_is_noted(root: Path) -> None:
    home = root / ".alo" / "venvs" / "0123"
    (home / "env-1").mkdir(parents=True)
    values = {"python": str(home / "env-1" / "bin" / "python"), "folder": str(home / "env-1"), "packages": []}
    (home / "environment.json").write_text(json.dumps(values))
    check = only(looked(root), "environment", "note")
    assert check.do == f"rm -r {home}"
    (home / "env-1" / "bin").mkdir()
    (home / "env-1" / "bin" / "python").symlink_to(sys.executable)
    assert looked(root).ok


# The store -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def stored_one(root: Path) -> Path:
    with alo_nb.init("digits") as run:
        model = alo_nb.Artifact("model", "model")
        with model.new_file("weights.txt") as file:
            file.write("1" * 100_000)
        run.log_artifact(model)
    return root


def test_damage_that_can_be_repaired_names_the_command_and_the_command_repairs_it(stored_one: Path) -> None:
    (stored_one / ".alo" / "store.json").write_text("no")
    found = looked(stored_one)
    assert only(found, "store", "problem").do == "alo-nb doctor --repair"
    assert only(looked(stored_one, NOTEBOOK), "store", "problem").do == "%alo_doctor --repair"
    repaired = looked(stored_one, wishes=Wishes(repair=True))
    assert repaired.ok
    assert "repaired: store.json" in report_text(repaired.checks)
    assert looked(stored_one).ok


def test_a_store_that_another_process_holds_is_told_of(stored_one: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "WAIT_S", 0.2)
    code = (
        "import sys; from pathlib import Path; from alo_nb.files import locked\n"
        "with locked(Path('.alo/write.lock')): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        holder.stdout.readline()
        check = only(looked(stored_one), "store", "problem")
        assert f"process {holder.pid} has kept the lock" in check.what
        assert check.do
        holder.stdin.close()
    assert looked(stored_one).ok


def test_a_key_of_the_cache_that_cannot_be_read_is_named(stored_one: Path) -> None:
    key = stored_one / ".alo" / "cache" / "key"
    key.mkdir(parents=True)
    check = only(looked(stored_one), "store", "problem")
    assert str(key) in check.what
    assert check.do == f"mv {key} {key}.old"
    key.rename(f"{key}.old")
    assert looked(stored_one).ok


def test_a_store_of_a_newer_alo_nb_is_told_of_and_left_alone(stored_one: Path) -> None:
    text = json.dumps({"format": 99})
    (stored_one / ".alo" / "store.json").write_text(text)
    command = [sys.executable, "-m", "alo_nb", "doctor", "--repair"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=stored_one)
    assert done.returncode == 1
    assert "the store is of format 99" in done.stdout
    assert "do: update alo_nb: pip install --upgrade alo-nb" in done.stdout
    assert (stored_one / ".alo" / "store.json").read_text() == text


# What is shown -------------------------------------------------------------------------------------------------------


def test_text_html_and_json_say_the_same(root: Path) -> None:
    (root / "experimental_plan.yaml").write_text("name: [")
    found = looked(root, NOTEBOOK)
    card = checkup_card(found)
    for each in report_rows(found.checks):
        assert each["what"].splitlines()[0] in card.text
        assert each["do"] in card.text
        assert label(each["check"]) in card.html
    assert "<script" not in card.html
    assert card.text.splitlines()[-1] == "1 problem"


def test_what_comes_from_files_is_escaped(root: Path) -> None:
    evil = root / "plans" / "<img src=x onerror=alert(1)>.yaml"
    evil.parent.mkdir()
    evil.write_text("name: [")
    card = checkup_card(looked(root))
    assert "<img" not in card.html
    assert "<img" in card.text


def test_a_front_end_that_nobody_knows_has_no_tick() -> None:
    check, *_ = front_end_checks(Surroundings({}, shell="Z", takes_input=True))
    assert (check.name, check.state) == ("front_end", "unknown")
    assert report_text([check]).startswith("? front end  not known")
    assert Checkup((check,)).ok
    assert "?" in checkup_card(Checkup((check,))).html
