"""``%alo_dag`` in a real shell: the plan with its states, a run with its times, and the drawing as a file."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

import alo_nb

SAVE = "asset.save_data({'x': list(range(%d))})\nasset.save_config({})"
PASS = "asset.save_data(asset.load_data())\nasset.save_config(asset.load_config())"


@pytest.fixture
def notebook(shell):
    """A notebook of two steps that have run, the first of which was edited since, and one that has not."""
    shell.step("input", SAVE % 3, end="")
    shell.step("train", PASS, end="")
    shell.run("import alo_nb\nrun = alo_nb.run()")
    shell.step("input", SAVE % 4, options="-n", end="")
    shell.step("report", PASS, options="-n", end="")
    return shell


def files(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_the_plan_is_shown_with_the_states_of_its_steps_and_nothing_is_run(notebook, project) -> None:
    before = files(project)
    shown = notebook.run("%alo_dag")
    lines = [line.split() for line in repr(shown).splitlines()]
    assert ["▲", "input", "stale"] in lines
    assert any(line[1:] == ["report", "never"] for line in lines)
    assert 'src="data:image/svg+xml;base64,' in shown._repr_html_()
    assert files(project) == before


def test_a_run_is_shown_with_its_times(notebook) -> None:
    run = notebook.ip.user_ns["run"]
    shown = notebook.run(f"%alo_dag --run {run.id}")
    text = repr(shown)
    assert text.startswith("notebook · success · run ")
    assert "→ x list 3" in text
    assert f"times of run {run.id}" in text
    assert repr(notebook.run(f"%alo_dag run={run.id[-6:]}")) == text
    assert repr(alo_nb.dag(run.id)) == text


def test_the_drawing_is_written_to_a_file_too(notebook, project) -> None:
    assert "there is no folder pictures" in str(notebook.error("%alo_dag --svg pictures/plan.svg"))
    assert not (project / "pictures").exists()
    (project / "pictures").mkdir()
    shown = notebook.run("%alo_dag --svg pictures/plan.svg")
    assert repr(shown).endswith("written to pictures/plan.svg")
    written = (project / "pictures" / "plan.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(written).tag == "{http://www.w3.org/2000/svg}svg"
    assert written.strip() == shown.svg
    assert "cannot be written" in str(notebook.error("%alo_dag --svg pictures"))


def test_depth_folds_the_steps_in_the_middle(shell) -> None:
    for number in range(6):
        shell.step(f"s{number}", PASS if number else SAVE % 3, options="-n", end="")
    assert "+4 more" in repr(shell.run("%alo_dag --depth 1"))
    assert "depth is a number of steps" in str(shell.error("%alo_dag --depth 0"))


def test_what_cannot_be_drawn_says_what_to_do(shell) -> None:
    assert "%%alo_asset step=NAME" in str(shell.error("%alo_dag"))
    shell.run("import alo_nb\nwith alo_nb.init('p') as tracked: tracked.log({'loss': 1})")
    run = alo_nb.runs().iloc[0]["id"]
    assert f"`%alo_show {run}` shows the run" in str(shell.error(f"%alo_dag --run {run}"))
    assert "there is no run" in str(shell.error("%alo_dag --run 20200101T000000Z-000000"))


def test_a_run_a_plan_and_a_difference_show_their_pictures(notebook) -> None:
    run = notebook.ip.user_ns["run"]
    other = notebook.run("import alo_nb\nalo_nb.run()")
    shown = notebook.ip.display_formatter.format
    for value, said in (
        (run, "◌ train  cached"),
        (other, "✔ report  success"),
        (notebook.run("%alo_plan"), "  train\n      input\n      train\n      report"),
        (alo_nb.show(run.id), "◌ input  cached"),
        (notebook.run(f"%alo_diff {run.id} {other.id}"), "≠ input   differs first  code, output"),
    ):
        html = shown(value)[0]["text/html"]
        assert html.count('src="data:image/svg+xml;base64,') == 1 + ("<details><summary>times" in html)
        assert len(html) < 200_000
        assert said in html
