"""A live kernel: packages that a plan requires and the kernel lacks are named, and nothing is installed unasked."""

from __future__ import annotations

import subprocess
import sys

import pytest

from alo_nb.errors import SourceError
from alo_nb.notebook.session import current_session
from alo_nb.views.again import again_line

BODY = "asset.save_data({})\nasset.save_config({})"


@pytest.fixture
def notebook(shell, project):
    """A shell with a plan of two cells, of which the second one requires what is not here."""
    lines = ["name: small", "user_parameters:", "- train_pipeline:"]
    lines += ["  - {step: input, args: }", "  - {step: train, args: }", "asset_source:", "- train_pipeline:"]
    for name, wanted in (("input", "pandas>=2"), ("train", "tiny-apple==1.0")):
        lines.append(f"  - {{step: {name}, source: {{code: notebook, branch: , requirements: ['{wanted}']}}}}")
    (project / "plan.yaml").write_text("\n".join(lines) + "\n")
    shell.run("%alo_plan plan.yaml")
    shell.run(f"%%alo_asset step=input -n\n{BODY}")
    shell.run(f"%%alo_asset step=train -n\n{BODY}")
    return shell


def test_a_run_names_what_is_missing_and_the_command_for_this_kernel(notebook, project):
    error = notebook.error("%alo_run")
    assert isinstance(error, SourceError)
    assert error.what == "1 package that the plan requires is not here: tiny-apple==1.0"
    assert "step 'train'" in error.where
    assert error.do.startswith("run `%pip install tiny-apple==1.0`, and restart the kernel if")
    assert error.do.endswith("or go on with what is here: `%alo_plan plan.yaml --no-install`")
    assert not list(project.glob(".alo/venvs"))
    assert not list(project.glob(".alo/runs/*"))


def test_the_run_goes_on_with_what_is_here_when_it_is_told_to(notebook):
    run = notebook.run("%alo_run --no-install")
    assert run.status == "success"
    assert again_line(run) == "%alo_run --no-install"
    assert notebook.run("import alo_nb\nalo_nb.run(no_install=True)").status == "success"


def test_only_what_the_steps_that_run_require_counts(notebook):
    assert notebook.run("%alo_run --only input").status == "success"
    assert notebook.run(f"%%alo_asset step=input\n{BODY}").status == "success"
    assert isinstance(notebook.error(f"%%alo_asset step=train\n{BODY}"), SourceError)


def test_a_script_gets_a_command_for_a_terminal(notebook):
    with pytest.raises(SourceError) as caught:
        current_session().run()
    assert f"{sys.executable} -m pip install tiny-apple==1.0" in caught.value.do
    assert "alo_nb.run(no_install=True)" in caught.value.do


def test_requirements_of_code_in_git_come_with_the_code(shell, project, monkeypatch):
    repository = project / "elsewhere"
    repository.mkdir()
    (repository / "asset_train.py").write_text("def run(asset):\n    pass\n")
    (repository / "requirements.txt").write_text("tiny-apple==1.0\n")
    git = ["git", "-c", "user.name=n", "-c", "user.email=n@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], cwd=repository, check=True)
    monkeypatch.setenv("ALO_NB_GIT_PROTOCOLS", "file")
    source = f"{{code: 'file://{repository}', branch: , requirements: [requirements.txt]}}"
    (project / "plan.yaml").write_text(
        "name: small\nuser_parameters: [{train_pipeline: [{step: train, args: }]}]\n"
        f"asset_source: [{{train_pipeline: [{{step: train, source: {source}}}]}}]\n"
    )
    shell.run("%alo_plan plan.yaml")
    error = shell.error("%alo_run")
    assert "assets/train/requirements.txt, line 1" in error.where
