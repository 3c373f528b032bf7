"""The environment of a plan: made once, whole or not at all, with uv and with pip."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from tiny_wheels import use_installer, write_wheel

import alo_nb
from alo_nb.errors import PlanInvalidError, ProjectError, SourceError
from alo_nb.requirements import install
from alo_nb.requirements.environment import Environment, environment_for, this_environment


def made(planned, plan, **options):
    return environment_for(plan, planned.project, **options)


def said_by(environment, code):
    words = [environment.python, "-W", "error", "-c", code]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def left_behind(planned):
    """Return what lies in the folders of environments, but for logs and locks."""
    return [each.name for each in planned.root.glob(".alo/venvs/*/*") if each.name not in ("install.log", "lock")]


def test_when_all_is_there_the_running_python_is_used_and_nothing_is_made(planned):
    plan = planned.plan({"a": ["pandas>=2", "packaging", "x; python_version < '3'"]})
    assert made(planned, plan) == Environment(sys.executable)
    assert not (planned.root / ".alo").exists()


def test_missing_packages_come_into_an_environment_of_their_own(planned, installer):
    plan = planned.plan({"a": ["tiny-pear"], "b": ["tiny-apple<2 --force-reinstall"]})
    notes = []

    @contextmanager
    def note(count):
        notes.append(count)
        yield

    first = made(planned, plan, note=note)
    assert Path(first.folder).parents[1] == planned.root / ".alo" / "venvs"
    assert first.packages == ("tiny-apple==1.0", "tiny-pear==1.0")
    assert said_by(first, "import tiny_apple, tiny_pear; print(tiny_apple.__version__)") == "1.0"
    assert subprocess.check_output([Path(first.folder) / "bin" / "tiny-pear"], text=True) == "1.0\n"
    before = Path(first.folder).stat().st_mtime_ns
    assert made(planned, plan, note=note) == first
    assert (notes, Path(first.folder).stat().st_mtime_ns) == ([2], before)


def test_the_environment_has_alo_nb_as_it_is_here_and_can_be_a_kernel(planned, installer):
    found = made(planned, planned.plan({"a": ["tiny-apple"]}))
    code = (
        "import alo_nb, pandas, ipykernel_launcher, sys;"
        "from alo_nb.requirements.environment import this_environment as this;"
        "print(alo_nb.__file__, pandas.__version__, sys.prefix, *this().packages, sep='|')"
    )
    import pandas

    assert said_by(found, code).split("|") == [alo_nb.__file__, pandas.__version__, found.folder, "tiny-apple==2.0"]
    assert this_environment() == Environment(sys.executable)


def test_a_version_of_the_plan_goes_before_the_one_that_is_here(planned, installer):
    import sortedcontainers

    found = made(planned, planned.plan({"a": ["sortedcontainers==0.0.1"]}))
    assert sortedcontainers.__version__ != "0.0.1"
    assert found.packages == ("sortedcontainers==0.0.1",)
    assert said_by(found, "import sortedcontainers; print(sortedcontainers.__version__)") == "0.0.1"


def test_other_requirements_are_another_environment(planned, uv):
    one, two = (made(planned, planned.plan({"a": [f"tiny-apple=={each}.0"]})) for each in (1, 2))
    same = made(planned, planned.plan({"b": ["Tiny_Apple == 1.0"], "c": ["tiny-apple"]}))
    assert (one.packages, two.packages, same) == (("tiny-apple==1.0",), ("tiny-apple==2.0",), one)


def test_a_conflict_between_two_steps_is_told_and_nothing_is_made(planned, uv):
    with pytest.raises(PlanInvalidError, match=r"tiny-apple==1 for step 'a' .*tiny-apple>=2 for step 'b'"):
        made(planned, planned.plan({"a": ["tiny-apple==1"], "b": ["tiny-apple>=2"]}))
    assert not (planned.root / ".alo").exists()


def test_a_conflict_that_only_the_installer_knows_is_told_in_its_words_with_the_steps(planned, installer):
    plan = planned.plan({"a": ["tiny-plum"], "b": ["tiny-apple>=2"]})
    with pytest.raises(SourceError) as caught:
        made(planned, plan)
    places = [step.source.place for step in plan.pipelines[0].steps]
    assert caught.value.what.startswith(f"the packages of the plan cannot be installed: {installer} failed\n")
    assert f"tiny-plum for step 'a' ({places[0]}), tiny-apple>=2 for step 'b' ({places[1]})" in caught.value.where
    assert left_behind(planned) == []


def test_a_failed_install_leaves_nothing_but_its_log(planned, installer, wheels):
    with pytest.raises(SourceError, match="nowhere-to-be-found") as caught:
        made(planned, planned.plan({"a": ["tiny-lost"]}))
    log = Path(caught.value.where.rpartition("log: ")[2])
    assert "nowhere-to-be-found" in log.read_text()
    assert left_behind(planned) == []
    (wheels / "tiny_lost-1.0-py3-none-any.whl").unlink()
    write_wheel(wheels, "tiny-lost", "1.0")
    assert made(planned, planned.plan({"a": ["tiny-lost"]})).packages == ("tiny-lost==1.0",)


def test_what_comes_before_on_the_path_is_found_out(planned, uv, tmp_path, monkeypatch):
    before = tmp_path / "before" / "tiny_apple-0.1.dist-info"
    before.mkdir(parents=True)
    (before / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-apple\nVersion: 0.1\n")
    monkeypatch.setenv("PYTHONPATH", str(before.parent))
    with pytest.raises(SourceError, match=r"tiny-apple==2.0 .*PYTHONPATH"):
        made(planned, planned.plan({"a": ["tiny-apple==2.0"]}))
    assert left_behind(planned) == []


def test_an_environment_that_was_copied_with_its_project_is_made_anew(planned, uv, tmp_path):
    plan = planned.plan({"a": ["tiny-apple"]})
    first = made(planned, plan)
    elsewhere = type(planned)(Path(shutil.copytree(planned.root, tmp_path / "copy", symlinks=True)))
    second = made(elsewhere, plan)
    assert Path(second.folder).is_relative_to(elsewhere.root)
    assert second.packages == first.packages


def test_a_record_that_is_damaged_does_not_count(planned, uv):
    plan = planned.plan({"a": ["tiny-apple"]})
    first = made(planned, plan)
    (Path(first.folder).parent / "environment.json").write_text("{")
    second = made(planned, plan)
    assert second.folder != first.folder
    assert not Path(first.folder).exists()


MAKE = """\
from alo_nb.plan import read_plan
from alo_nb.project import Project
from alo_nb.requirements.environment import environment_for
from pathlib import Path
print(environment_for(read_plan("plan.yaml"), Project(Path.cwd())).folder)
"""


def test_two_processes_that_make_the_same_one_do_not_disturb_each_other(planned, uv):
    planned.plan({"a": ["tiny-pear"]})
    started = [subprocess.Popen([sys.executable, "-c", MAKE], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    folders = {process.communicate(timeout=120)[0] for process in started}
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len(folders) == 1
    assert len(left_behind(planned)) == 2  # the environment and its record


@pytest.fixture
def slow_uv(tmp_path, monkeypatch):
    """Put an installer before the others that never ends; return the file where it writes its process id."""
    reached, script = tmp_path / "reached", tmp_path / "slow" / "uv"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\n[ $1 = --version ] && exit\necho $$ > {reached}\nexec sleep 60\n")
    script.chmod(0o700)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    return reached


def wait_for(file):
    latest = time.monotonic() + 30
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < latest
        time.sleep(0.02)
    return int(file.read_text())


def test_a_shim_that_leads_to_no_uv_does_not_count(planned, wheels, slow_uv, monkeypatch):
    path = os.environ["PATH"]
    use_installer("pip", wheels, monkeypatch)
    monkeypatch.setenv("PATH", path)
    Path(path.partition(os.pathsep)[0], "uv").write_text("#!/bin/sh\necho pyenv: uv: command not found\nexit 127\n")
    assert made(planned, planned.plan({"a": ["tiny-apple"]})).packages == ("tiny-apple==2.0",)


def test_a_run_that_is_killed_while_it_installs_leaves_nothing_in_the_way(planned, uv, slow_uv, monkeypatch):
    plan = planned.plan({"a": ["tiny-apple"]})
    process = subprocess.Popen([sys.executable, "-c", MAKE])
    orphan = wait_for(slow_uv)
    process.kill()
    process.wait()
    try:
        (half,) = left_behind(planned)
        monkeypatch.setenv("PATH", os.environ["PATH"].partition(os.pathsep)[2])
        found = made(planned, plan)  # while the installer of the dead run is still there
        assert half.startswith("env-")
        assert Path(found.folder).name != half
        assert said_by(found, "import tiny_apple; print(tiny_apple.__version__)") == "2.0"
        assert sorted(left_behind(planned)) == sorted([Path(found.folder).name, "environment.json"])
    finally:
        os.kill(orphan, signal.SIGKILL)


def test_an_interrupt_ends_the_installer_and_leaves_nothing(planned, uv, slow_uv):
    planned.plan({"a": ["tiny-apple"]})
    process = subprocess.Popen([sys.executable, "-c", MAKE], stderr=subprocess.PIPE)
    child = wait_for(slow_uv)
    process.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in process.communicate(timeout=20)[1]
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert left_behind(planned) == []


def test_an_installer_that_hangs_is_ended_and_told(planned, uv, slow_uv, monkeypatch):
    monkeypatch.setattr(install, "TIMEOUT_S", 0.5)
    with pytest.raises(SourceError, match=r"uv took more than 0\.5 seconds"):
        made(planned, planned.plan({"a": ["tiny-apple"]}))
    assert left_behind(planned) == []


def test_a_folder_that_cannot_be_written_is_told(planned, uv):
    (planned.root / ".alo").mkdir()
    (planned.root / ".alo" / "venvs").write_text("in the way")
    with pytest.raises(ProjectError, match="venvs must be a folder"):
        made(planned, planned.plan({"a": ["tiny-apple"]}))


# what comes from elsewhere -------------------------------------------------------------------------------------------

SETUP = "import pathlib\npathlib.Path({tripwire!r}).touch()\nfrom setuptools import setup\nsetup(name='evil')\n"
HOSTILE = [
    "-e ./evil",
    "./evil",
    "evil @ file://{root}/evil",
    "file://{root}/evil",
    "-r evil.txt",
    "--requirement=evil.txt",
    "-c evil.txt",
    "git+file://{root}/evil",
    "-e git+ext::sh -c touch% {tripwire}",
    "--index-url http://127.0.0.1:9/simple",
    "--extra-index-url=http://127.0.0.1:9/simple",
    "--find-links ./evil",
    "tiny-apple --log={tripwire}",
    "--log {tripwire}",
    "tiny-apple --report={tripwire}",
    "tiny-apple --global-option=x --config-settings=y",
    "tiny-apple --target={root}/evil",
    "--python {root}/evil",
    "$(touch {tripwire})",
    "`touch {tripwire}`",
    "tiny-apple | touch {tripwire}",
    "tiny-apple; import os; os.system('touch {tripwire}')",
    "tiny-apple==1.0 && touch {tripwire}",
    "tiny-apple\n--log={tripwire}",
    "--trusted-host evil.example.org",
]


@pytest.mark.parametrize("door", ["plan", "file"])
@pytest.mark.parametrize("line", HOSTILE)
def test_a_hostile_requirement_is_refused_before_anything_happens(planned, wheels, tmp_path, line, door):
    tripwire = tmp_path / "tripwire"
    text = line.format(root=planned.root, tripwire=tripwire)
    plan = planned.plan({"a": ["tiny-apple", text]}) if door == "plan" else planned.file("a", f"tiny-apple\n{text}\n")
    for folder in (planned.root, planned.root / "assets" / "a"):
        (folder / "evil").mkdir()
        (folder / "evil" / "setup.py").write_text(SETUP.format(tripwire=str(tripwire)))
        (folder / "evil.txt").write_text("./evil\n")
    with pytest.raises(PlanInvalidError):
        made(planned, plan)
    assert not tripwire.exists()
    assert not (planned.root / ".alo").exists()


def test_options_are_refused_when_they_would_be_used_and_not_before(planned):
    options = "--index-url https://h.example.org/s"
    here = planned.plan({"a": [f"pandas {options}"]})
    assert made(planned, here) == Environment(sys.executable)
    with pytest.raises(PlanInvalidError, match="--allow-requirement-options"):
        made(planned, planned.plan({"a": [f"tiny-apple {options}"]}))


def test_options_go_to_the_installer_when_they_are_allowed(planned, installer, tmp_path, monkeypatch):
    more = tmp_path / "more"
    write_wheel(more, "tiny-fig", "3.0")
    lines = [f"tiny-fig --find-links {more}", "../../local/tiny_date-1.0-py3-none-any.whl", "-r other.txt"]
    plan = planned.file("a", "\n".join(lines))
    (planned.root / "assets" / "a" / "other.txt").write_text("tiny-apple<2\npandas\n")
    write_wheel(planned.root / "local", "tiny-date", "1.0")
    with pytest.raises(PlanInvalidError):
        made(planned, plan)
    found = made(planned, plan, allow_options=True)
    assert found.packages == ("tiny-apple==1.0", "tiny-date==1.0", "tiny-fig==3.0")
    assert made(planned, plan, allow_options=True) == found


def test_credentials_of_the_users_own_index_appear_nowhere(planned, installer, monkeypatch):
    for variable in ("PIP_NO_INDEX", "UV_NO_INDEX", "UV_OFFLINE"):
        monkeypatch.delenv(variable)
    index = "http://user:SECRETSECRET@127.0.0.1:9/simple"
    settings = {"PIP_INDEX_URL": index, "UV_DEFAULT_INDEX": index, "PIP_RETRIES": "0", "UV_HTTP_RETRIES": "0"}
    for variable, value in settings.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(SourceError) as caught:
        made(planned, planned.plan({"a": ["nowhere-to-be-found"]}))
    kept = [path.read_bytes() for path in planned.root.rglob("*") if path.is_file()]
    assert b"127.0.0.1" in b"".join(kept)  # the log tells where it looked
    assert b"SECRET" not in b"".join(kept)
    assert "SECRET" not in str(caught.value)


def test_the_record_says_what_was_installed(planned, uv):
    found = made(planned, planned.plan({"a": ["tiny-apple==1.0"]}))
    record = json.loads((Path(found.folder).parent / "environment.json").read_text())
    assert record == {"python": found.python, "folder": found.folder, "packages": ["tiny-apple==1.0"]}
