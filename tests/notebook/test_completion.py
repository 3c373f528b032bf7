"""Completion on the lines of magics, through IPython's own completer."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

import alo_nb
from alo_nb.notebook.artifact_verbs import VERBS
from alo_nb.notebook.completion import candidates
from alo_nb.notebook.session import Session, current_session
from alo_nb.project import Project
from alo_nb.steps.magic_line import Grammar
from alo_nb.store import Run, RunStore
from alo_nb.store.artifact import Artifact
from alo_nb.store.logging import log_version
from alo_nb.store.store import Store

RUN = "20260101T00000{}Z-00000{}"
pytestmark = pytest.mark.filterwarnings("ignore::IPython.core.completer.ProvisionalCompleterWarning")


def completions(shell, text):
    return {each.text for each in shell.ip.Completer.completions(text, len(text))}


def test_completion_offers_options_steps_and_modes(shell):
    shell.run("%%alo_asset step=preprocess -n\npass")
    shell.run("%%alo_asset step=train -n\npass")
    assert completions(shell, "%%alo_asset st") == {"step="}
    assert completions(shell, "%%alo_asset step=") >= {"step=preprocess", "step=train"}
    assert completions(shell, "%%alo_asset step=pre") == {"step=preprocess"}
    assert completions(shell, "%%alo_asset step=x --d") == {"--define-only"}
    assert completions(shell, "%alo_asset step=x pipeline=i") == {"pipeline=inference"}
    assert completions(shell, "%alo_run ") >= {"train", "inference", "all", "--from="}
    assert completions(shell, "%alo_run --from=t") == {"--from=train"}
    assert completions(shell, "%alo_run --interface-mode=") == {"--interface-mode=memory", "--interface-mode=file"}
    assert {"%alo_run", "%alo_status"} <= completions(shell, "%alo_")


def test_completion_leaves_ordinary_code_alone(shell):
    shell.run("%%alo_asset step=preprocess -n\npass")
    assert completions(shell, "impo") >= {"import"}
    assert completions(shell, "%timei") >= {"%timeit"}
    assert completions(shell, "%%alo_asset step=x\nimpo") >= {"import"}


MAGICS = [
    each.name
    for each in pkgutil.iter_modules([str(Path(alo_nb.__file__).parents[1] / "magics")])
    if each.name != "alo_asset"
]


@pytest.mark.parametrize("name", MAGICS)
def test_what_is_offered_for_a_magic_is_what_it_parses(project, name):
    grammar = importlib.import_module(f"alo_nb.magics.{name}").GRAMMAR
    offered = candidates(Session(), f"%{name} -", "-")
    assert {each.strip("-=") for each in offered if each.startswith("--")} == {*grammar.options, *grammar.switches}


def test_a_new_magic_is_completed_without_a_word_in_the_completion(shell, monkeypatch):
    module = ModuleType("alo_nb.magics.alo_new")
    module.GRAMMAR = Grammar("%alo_new", {"kind": "a or b"}, words=1, takes={0: "STEP", "kind": "a|b"})
    monkeypatch.setitem(sys.modules, module.__name__, module)
    shell.run("%%alo_asset step=preprocess -n\npass")
    assert completions(shell, "%alo_new ") >= {"preprocess", "--kind="}
    assert completions(shell, "%alo_new --kind=") == {"--kind=a", "--kind=b"}


def test_every_verb_of_artifacts_is_offered():
    offered = candidates(Session(), "%alo_artifact ", "")
    assert {each for each in offered if not each.startswith("--")} == {*VERBS}


@pytest.fixture
def full(shell, project):
    """A shell whose project has two runs, and three versions of `raw`, of which one is called `best`."""
    for number in (1, 2):
        run = RunStore(Project(project)).start(Run(id=RUN.format(number, number), mode="", trigger="init"))
        RunStore(Project(project)).finish(run, "success")
    for number in range(3):
        artifact = Artifact("raw", "dataset", store=Store.of(Project(project)))
        with artifact.new_file("f") as file:
            file.write(str(number))
        log_version(artifact, aliases=["best"] if number == 1 else [])
    return shell


@pytest.mark.parametrize("magic", ["alo_show", "alo_diff", "alo_lineage", "alo_pin"])
def test_runs_are_offered_by_their_ids(full, magic):
    assert completions(full, f"%{magic} 2026") == {RUN.format(1, 1), RUN.format(2, 2)}


@pytest.mark.parametrize(
    "line", ["%alo_show ", "%alo_diff ", "%alo_diff raw:v1 ", "%alo_lineage ", "%alo_artifact use "]
)
def test_artifacts_are_offered_by_name_and_then_by_alias_and_version(full, line):
    assert completions(full, f"{line}r") == {"raw"}
    assert completions(full, f"{line}raw:") == {"raw:best", "raw:latest", "raw:v0", "raw:v1", "raw:v2"}
    assert completions(full, f"{line}raw:b") == {"raw:best"}


def test_values_of_options_are_offered_behind_a_blank_and_in_lists_too(full):
    full.run("%%alo_asset step=train -n\npass")
    assert completions(full, "%alo_run --from ") == {"train"}
    assert completions(full, "%alo_run --only=x,t") == {"--only=x,train"}
    assert completions(full, "%alo_runs --sort job") == {"job_type"}
    assert completions(full, "%alo_history --status=f") == {"--status=failed"}
    assert completions(full, "%alo_history --status failed tr") == {"train"}
    assert completions(full, "%alo_lineage raw --format s") == {"svg"}


def test_a_file_may_be_completed_where_a_magic_takes_one(full, project):
    (project / "data.csv").touch()
    assert completions(full, "%alo_artifact log raw da") == {"data.csv"}
    assert candidates(current_session(), "%alo_plan da", "da") == []


def test_completion_makes_no_store(shell, project):
    (project / ".alo").rmdir()
    for line in ("%alo_show r", "%alo_artifact use r", "%alo_runs --sort=", "%alo_lineage raw:", "%alo_pin "):
        candidates(current_session(), line, line.split(" ")[-1])
    assert not (project / ".alo").exists()


def test_completion_is_quiet_while_the_plan_is_broken(shell, project):
    (project / "plan.yaml").write_text(
        "name: small\nuser_parameters:\n  - train_pipeline:\n    - step: a\n"
        "asset_source:\n  - train_pipeline:\n    - step: a\n      source: {code: notebook}\n"
    )
    shell.run("%alo_plan plan.yaml")
    assert candidates(current_session(), "%%alo_asset step=", "step=") == ["step=a"]
    (project / "plan.yaml").write_text("name: [")
    assert candidates(current_session(), "%%alo_asset step=", "step=") == []
