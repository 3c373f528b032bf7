"""Plans that require packages, from the command line: a kernel that has them, or an error that says what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_wheels import use_installer, write_wheel

ASSET = """\
import sys

from alolib.asset import Asset


class UserAsset(Asset):
    def run(self):
        import tiny_apple

        self.asset.save_data({{**self.asset.load_data(), "{name}": [tiny_apple.__version__, sys.prefix]}})
        self.asset.save_config(self.asset.load_config())
        print("apple", tiny_apple.__version__, sys.prefix)
"""


@pytest.fixture
def assets(project, tmp_path_factory, monkeypatch):
    """A function that writes a plan of asset steps with their requirements; a list of lines is ``requirements.txt``."""
    wheels = tmp_path_factory.mktemp("wheels")
    for version in ("1.0", "2.0"):
        write_wheel(wheels, "tiny-apple", version)
    write_wheel(wheels, "tiny-pear", "1.0", ["tiny-apple>=1"])
    use_installer("uv", wheels, monkeypatch)

    def write(steps):
        lines = ["name: small", "version: '1'", "user_parameters:", "- train_pipeline:"]
        lines += [f"  - {{step: {name}, args: }}" for name in steps]
        lines += ["asset_source:", "- train_pipeline:"]
        for name, requirements in steps.items():
            folder = project.root / "assets" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"asset_{name}.py").write_text(ASSET.format(name=name))
            if isinstance(requirements, list):
                (folder / "requirements.txt").write_text("\n".join(requirements))
            shown = "requirements.txt" if isinstance(requirements, list) else requirements
            lines += [f"  - step: {name}", f"    source: {{code: local, branch: , requirements: ['{shown}']}}"]
        (project.root / "plan.yaml").write_text("\n".join(lines) + "\n")

    return write


def environments(project):
    return sorted(project.root.glob(".alo/venvs/*/env-*"))


def test_steps_find_their_packages_in_a_kernel_of_the_plans_own(project, assets, alo_nb):
    assets({"input": ["tiny-pear  # brings an apple"], "train": "tiny-apple<2 --force-reinstall"})
    code, out, err = alo_nb("run", "plan.yaml")
    assert (code, err) == (0, "")
    assert out.startswith("installing 2 packages for this plan\ninstalled 2 packages for this plan in ")
    (folder,) = environments(project)
    printed = ["".join(cell["outputs"][0]["text"]) for cell in project.cells()[1:3]]
    assert printed == [f"apple 1.0 {folder}\n"] * 2
    code, out, _ = alo_nb("run", "plan.yaml", "--mode", "train")
    assert (code, "install" in out, environments(project)) == (0, False, [folder])


def test_a_plan_that_has_all_it_requires_runs_in_the_running_python(project, assets, alo_nb):
    assets({"input": "pandas>=2"})
    (project.root / "assets/input/asset_input.py").write_text(
        ASSET.format(name="input").replace("tiny_apple", "pandas").replace("apple", "pandas")
    )
    assert alo_nb("run", "plan.yaml")[0] == 0
    assert f" {sys.prefix}\n" in project.cells()[1]["outputs"][0]["text"][0]
    assert not (project.root / ".alo" / "venvs").exists()


def test_commands_of_the_plans_packages_are_found_by_its_steps(project, assets, alo_nb):
    assets({"input": "tiny-apple"})
    body = "import os, shutil\n        print(os.environ['VIRTUAL_ENV'], shutil.which('python'))\n        "
    path = project.root / "assets/input/asset_input.py"
    path.write_text(path.read_text().replace("import tiny_apple\n", body + "import tiny_apple\n"))
    assert alo_nb("run", "plan.yaml")[0] == 0
    (folder,) = environments(project)
    assert f"{folder} {folder}/bin/python\n" in "".join(project.cells()[1]["outputs"][0]["text"])


def test_in_process_nothing_is_installed_and_the_command_is_named(project, assets, alo_nb):
    assets({"input": "tiny-apple==1.0"})
    code, out, err = alo_nb("run", "plan.yaml", "--in-process")
    assert (code, out) == (1, "")
    assert err.startswith("SourceError: 1 package that the plan requires is not here: tiny-apple==1.0\n")
    assert f"{sys.executable} -m pip install tiny-apple==1.0`" in err
    assert "--no-install" in err
    assert not (project.root / ".alo").exists()


@pytest.mark.parametrize("more", [(), ("--in-process",)])
def test_no_install_runs_with_what_is_there(project, assets, alo_nb, more):
    assets({"input": "tiny-apple"})
    code, _, err = alo_nb("run", "plan.yaml", "--no-install", *more)
    assert code == 1
    assert "ModuleNotFoundError: No module named 'tiny_apple'" in err
    assert not environments(project)


def test_the_notebook_of_a_run_says_in_another_kernel_what_is_missing(project, assets, alo_nb):
    assets({"input": "tiny-apple"})
    alo_nb("run", "plan.yaml")
    words = [sys.executable, "-m", "papermill", "--no-progress-bar", project.record()["notebook"], "again.ipynb"]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert "`%pip install tiny-apple`" in done.stderr


def test_a_conflict_between_steps_stops_run_and_check_before_anything_is_made(project, assets, alo_nb):
    assets({"input": "tiny-apple==1.0", "train": ["", "tiny-apple>=2"]})
    code, _, err = alo_nb("run", "plan.yaml")
    assert code == 1
    assert "PLAN_REQUIREMENT_CONFLICT" in err
    assert "tiny-apple==1.0 for step 'input' (plan.yaml, line 10)" in err
    assert "tiny-apple>=2 for step 'train' (assets/train/requirements.txt, line 2)" in err
    code, out, _ = alo_nb("check", "plan.yaml", "--json")
    (found,) = [each for each in json.loads(out)["problems"] if each["severity"] == "error"]
    assert (code, found["code"]) == (1, "PLAN_REQUIREMENT_CONFLICT")
    assert (found["file"], found["line"]) == ("assets/train/requirements.txt", 2)
    assert not (project.root / ".alo").exists()


def test_check_names_bad_lines_and_missing_files(project, assets, alo_nb):
    assets({"input": ["pandas", "-r ../other.txt"], "train": "requirements.txt"})
    code, out, _ = alo_nb("check", "plan.yaml", "--json")
    found = [each for each in json.loads(out)["problems"] if each["severity"] == "error"]
    assert code == 1
    assert [(each["code"], each["file"], each["line"]) for each in found] == [
        ("PLAN_REQUIREMENT", "assets/input/requirements.txt", 2),
        ("PLAN_REQUIREMENT_FILE", "plan.yaml", 12),
    ]


def test_options_need_consent_for_run_and_check(project, assets, alo_nb, tmp_path_factory):
    more = tmp_path_factory.mktemp("more")
    write_wheel(more, "tiny-apple", "3.0")
    assets({"input": [f"--find-links {more}", "tiny-apple==3.0"]})
    assert alo_nb("check", "plan.yaml")[0] == 1
    code, _, err = alo_nb("run", "plan.yaml")
    assert (code, "--find-links" in err) == (1, True)
    assert not environments(project)
    assert alo_nb("check", "plan.yaml", "--allow-requirement-options")[0] == 0
    assert alo_nb("run", "plan.yaml", "--allow-requirement-options")[0] == 0
    setup = "".join(project.cells()[0]["source"])
    assert "allow_requirement_options=True" in setup


def test_a_refused_line_of_the_plan_itself_can_be_allowed(project, assets, alo_nb, tmp_path_factory):
    more = tmp_path_factory.mktemp("more")
    write_wheel(more, "tiny-apple", "3.0")
    assets({"input": f"tiny-apple --find-links={more}"})
    assert alo_nb("run", "plan.yaml")[0] == 1
    assert alo_nb("run", "plan.yaml", "--allow-requirement-options")[0] == 0
    assert "apple 3.0" in project.cells()[1]["outputs"][0]["text"][0]


def test_quiet_installs_without_a_word(project, assets, alo_nb):
    assets({"input": "tiny-apple"})
    assert alo_nb("run", "plan.yaml", "--quiet") == (0, "", "")


def test_an_install_that_fails_is_one_error_and_no_run(project, assets, alo_nb):
    assets({"input": "nowhere-to-be-found"})
    code, _, err = alo_nb("run", "plan.yaml")
    assert code == 1
    assert err.startswith("SourceError: the packages of the plan cannot be installed: uv failed\n")
    assert "log: .alo/venvs/" in err
    assert not (project.root / ".alo" / "runs").exists()


def test_sigterm_while_installing_ends_the_command_and_its_installer(project, assets, tmp_path, monkeypatch):
    assets({"input": "tiny-apple"})
    slow = tmp_path / "slow" / "uv"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\n[ $1 = --version ] && exit\necho $$ > reached\nexec sleep 60\n")
    slow.chmod(0o700)
    monkeypatch.setenv("PATH", f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
    words = [sys.executable, "-m", "alo_nb", "run", "plan.yaml"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    reached, latest = project.root / "reached", time.monotonic() + 30
    while not (reached.exists() and reached.read_text()):
        assert time.monotonic() < latest
        time.sleep(0.02)
    process.terminate()
    assert (process.communicate(timeout=20)[1], process.returncode) == ("interrupted\n", 143)
    installer, latest = Path(f"/proc/{reached.read_text().strip()}/cmdline"), time.monotonic() + 10
    while installer.exists() and installer.read_bytes():  # one that has ended is there until somebody asks
        assert time.monotonic() < latest
        time.sleep(0.02)
    assert not environments(project)


def test_a_plan_without_requirements_loads_nothing_that_handles_them(project, new_process):
    loaded = new_process(
        "import sys\nfrom alo_nb.headless.cli import main\n"
        "assert main(['run', 'plan.yaml', '--in-process', '--quiet', '--only', 'input']) == 0\n"
        "print(sorted(name for name in sys.modules if name.startswith(('alo_nb.requirements', 'packaging.req'))))"
    )
    assert loaded == "['alo_nb.requirements']\n"
