"""alo-nb new: a project that works at once, from a terminal."""

from __future__ import annotations

import pytest


def test_the_commands_of_the_readme_work_one_after_the_other(project, alo_nb, monkeypatch):
    code, out, _ = alo_nb("new", "press_wear")
    assert code == 0
    assert out.startswith("new project press_wear\n")
    assert out.endswith("  next: cd press_wear && alo-nb run experimental_plan.yaml\n")

    monkeypatch.chdir(project.root / "press_wear")
    text = (project.root / "press_wear" / "README.md").read_text()
    commands = [line.partition("#")[0].split()[1:] for line in text.splitlines() if line.startswith("alo-nb ")]
    assert [each[0] for each in commands] == ["check", "run", "export"]
    for words in commands:
        quick = ["--in-process"] if words[0] == "run" else []
        code, out, err = alo_nb(*words, *quick)
        assert code == 0, err
    assert (project.root / "press_wear" / "inference_artifacts" / "output" / "output.csv").is_file()


@pytest.mark.slow
def test_its_notebook_runs_from_top_to_bottom(project, alo_nb, monkeypatch):
    import papermill

    alo_nb("new", "press_wear")
    monkeypatch.chdir(project.root / "press_wear")
    done = papermill.execute_notebook("press_wear.ipynb", "out.ipynb", progress_bar=False)

    assert "inference_pipeline" in done.cells[-1].outputs[-1]["data"]["text/plain"]


def test_a_folder_that_is_there_is_refused(project, alo_nb):
    (project.root / "mine").mkdir()
    code, _, err = alo_nb("new", "mine")

    assert code == 1
    assert "there is a 'mine' already" in err
    assert "choose another name" in err
