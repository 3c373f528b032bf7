"""A command that has nothing to do says so at once, and only then."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time

import pytest

RESULT = "train_artifacts/models/train/model.txt"
READS = """\
import own
df = asset.load_data()["df"]
with open("beside.txt") as file:
    text = file.read()
with open(asset.get_model_path() + "model.txt", "w") as file:
    file.write(text + str(own.FACTOR))
asset.save_data({"df": df})
asset.save_config(asset.load_config())"""


@pytest.fixture
def settled(project, alo_nb):
    """A project whose plan has run, and that knows it."""
    project.write(train=READS)
    (project.root / "beside.txt").write_text("1")
    (project.root / "own.py").write_text("FACTOR = 2\n")
    (project.root / "data").mkdir()
    (project.root / "data" / "x.csv").write_text("a\n1\n")
    plan = (project.root / "plan.yaml").read_text()
    assert "external_path" not in plan
    (project.root / "plan.yaml").write_text(f"external_path:\n  - load_train_data_path: data\n{plan}")
    time.sleep(0.1)  # what changes while a run looks at it is not believed
    code, out, err = alo_nb("run", "plan.yaml", "--in-process")
    assert code == 0, err
    assert "nothing to do" not in out
    return project


def runs(project):
    return {path.name for path in (project.root / ".alo").glob("runs/*")}


def has_something_to_do(project, alo_nb, *words):
    before = runs(project)
    code, out, err = alo_nb("run", "plan.yaml", "--in-process", *words)
    assert code == 0, err
    said = "nothing to do" in out
    assert said == (runs(project) == before)
    return not said


def test_the_second_run_says_that_there_is_nothing_to_do_and_shows_the_first(settled, alo_nb):
    [first] = runs(settled)
    before = settled.files("train_artifacts")
    code, out, _ = alo_nb("run", "plan.yaml")
    assert code == 0
    assert out.startswith(f"nothing to do: all is as in run {first}; --force runs it again\n")
    assert "train" in out
    assert runs(settled) == {first}
    assert settled.files("train_artifacts") == before


def test_it_imports_nothing_but_what_starting_needs(settled):
    code = "import sys; from alo_nb.headless.cli import main; main(['run', 'plan.yaml', '-q']); print(*sys.modules)"
    for _ in range(2):  # the first one leaves the receipt for a process such as this
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if name.startswith("alo_nb")}
    assert loaded == {
        *("alo_nb", "alo_nb.headless", "alo_nb.headless.cli", "alo_nb.headless.options", "alo_nb.headless.receipt"),
        *("alo_nb.headless.commands", "alo_nb.headless.commands.run", "alo_nb.option_texts"),
    }
    assert not {"yaml", "pandas", "IPython", "papermill", "sqlite3", "dataclasses"} & {*done.stdout.split()}


def test_for_programs_it_is_the_record_of_that_run(settled, alo_nb):
    code, out, _ = alo_nb("run", "plan.yaml", "--json")
    assert code == 0
    assert json.loads(out)["id"] in runs(settled)
    assert alo_nb("run", "plan.yaml", "-q") == (0, "", "")


def replace(path, old, new):
    path.write_text(path.read_text().replace(old, new))


def edit(name, text):
    def change(root):
        (root / name).write_text(text)

    return change


def same_size_and_time(root):
    path = root / "beside.txt"
    before = path.stat()
    path.write_text("9")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES = {
    "the plan": lambda root: replace(root / "plan.yaml", "external_path", "# a comment\nexternal_path"),
    "a cell": lambda root: (root / "steps.ipynb").write_text(
        (root / "steps.ipynb").read_text().replace("own.F", "3 + own.F")
    ),
    "a module": edit("own.py", "FACTOR = 3\n"),
    "a file that a step read": edit("beside.txt", "2"),
    "such a file with its old size and time": same_size_and_time,
    "the data": edit("data/x.csv", "a\n2\n"),
    "more data": edit("data/y.csv", "a\n2\n"),
    "less data": lambda root: (edit("data/y.csv", "a\n2\n")(root), (root / "data" / "x.csv").unlink()),
    "a result that somebody deleted": lambda root: (
        root / "train_artifacts" / "models" / "train" / "model.txt"
    ).unlink(),
    "a result that somebody edited": edit(RESULT, "0"),
    "the cache": lambda root: shutil.rmtree(root / ".alo" / "cache"),
    "the values": lambda root: shutil.rmtree(root / ".alo" / "cache" / "values"),
    "the record": lambda root: shutil.rmtree(next((root / ".alo" / "runs").iterdir())),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_has_changed_there_is_something_to_do_once(settled, alo_nb, change):
    change(settled.root)
    time.sleep(0.1)
    assert has_something_to_do(settled, alo_nb)
    assert not has_something_to_do(settled, alo_nb)
    made = (settled.root / RESULT).read_text()
    text, factor = (settled.root / "beside.txt").read_text(), (settled.root / "own.py").read_text().split()[-1]
    extra = 3 if "3 + own.F" in (settled.root / "steps.ipynb").read_text() else 0
    assert made == f"{text}{int(factor) + extra}"


def test_a_new_module_that_hides_an_installed_one_is_noticed(settled):
    (settled.root / "pandas.py").write_text("raise ImportError('not the real one')")
    words = [sys.executable, "-m", "alo_nb", "run", "plan.yaml", "--in-process"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, "not the real one" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    "words",
    [["--force"], ["--no-cache"], ["--only", "train"], ["--from", "train"], ["--strict"], ["--set", "input.rows=3"]],
    ids=" ".join,
)
def test_a_command_that_asks_for_more_gets_it(settled, alo_nb, words):
    assert has_something_to_do(settled, alo_nb, *words)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}', '{"format": 99}', "null"])
def test_a_receipt_that_is_none_is_no_receipt(settled, alo_nb, text):
    for path in (settled.root / ".alo" / "cache" / "receipts").iterdir():
        path.write_text(text)
    assert has_something_to_do(settled, alo_nb)


def test_a_run_that_saves_its_results_elsewhere_does_so_each_time(settled, alo_nb):
    plan = (settled.root / "plan.yaml").read_text()
    save = "  - load_train_data_path: data\n  - save_train_artifacts_path: elsewhere\n"
    (settled.root / "plan.yaml").write_text(plan.replace("  - load_train_data_path: data\n", save))
    for _ in range(2):
        assert has_something_to_do(settled, alo_nb)


def test_a_file_that_changes_while_the_run_goes_on_is_looked_at_again(project, alo_nb):
    project.write(train="from pathlib import Path\nPath('own.py').touch()\n" + READS)
    (project.root / "beside.txt").write_text("1")
    (project.root / "own.py").write_text("FACTOR = 2\n")
    for _ in range(2):
        assert has_something_to_do(project, alo_nb)
