"""A whole notebook in another language: what the magics answer, what the form shows, and what is stored."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from lang.pseudo import Brackets, texts_of, untranslated
from socket_kernels import execute

import alo_nb
import alo_nb.lang
from alo_nb.lang import VARIABLE
from alo_nb.project import Project
from alo_nb.store import Run, RunStore

DATA = {
    # what a notebook says itself: names of pipelines and artifacts, values, units, commands
    *(
        "train",
        "inference",
        "pipeline",
        "all",
        "data",
        "config",
        "list",
        "dataset",
        "latest",
        "json",
        "ipynb",
        "notebook",
    ),
    *("int", "ok", "Out", "UTC", "ms", "cd", "alo", "nb", "run", "cell", "In", "Python", "git"),
    *("forced",),  # the reason of a run, which stays as it was recorded
}
VALUES = {"YAML", "yaml", "auto", "off", "recompute", "ignore", "once", "every", "file", "zip", "experimental", "plan"}
NOTE = re.compile("⟦note⟧: .*")  # what is to know about a plan is English, as its problems are


@pytest.fixture
def brackets(shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "ko")
    monkeypatch.setattr(alo_nb.lang, "_catalog", lambda _: Brackets())


LINES = [
    "%alo",
    "%alo_status",
    "%alo_run",
    "%alo_run --force",
    "%alo_status",
    "%alo_why q2",
    "%alo_dag",
    "%alo_show latest",
    "%alo_show q2",
    "%alo_preview q1.k",
    "%alo_lineage train-q1-data",
    "%alo_artifact show train-q1-data",
    "%alo_artifact use train-q1-data:v0",
    "%alo_artifact verify train-q1-data:v0",
    "%alo_export d",
    "%alo_suggest p1.ipynb",
    "%alo_doctor",
    "%alo_drop q2",
]


def shown_by(shell: Any, line: str) -> list[str]:
    """Return every text that a line shows: as text and as html."""
    result = shell.run(line)
    plain, html = (shell.ip.display_formatter.formatters[each] for each in ("text/plain", "text/html"))
    texts = [] if result is None else [plain(result), "\n".join(texts_of(html(result) or ""))]
    return [NOTE.sub("", each).replace(os.uname().nodename, "") for each in (shell.out, *texts)]


@pytest.mark.usefixtures("brackets")
def test_no_answer_of_a_magic_has_a_word_that_is_not_translated(shell, project: Path) -> None:
    shell.step("q1", "asset.x = 1", end="\nasset.save_data({'k': [1, 2]})\nasset.save_config({})")
    shell.step("q2", "x = 2")
    code, heading = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    plain = [heading("# q3"), code("z = [1, 2]"), heading("# q4"), code("y = sum(z)\nprint(y)")]
    nbformat.write(nbformat.v4.new_notebook(cells=plain), project / "p1.ipynb")
    found = {line: set().union(*(untranslated(each, DATA) for each in shown_by(shell, line))) for line in LINES}
    assert {line: words for line, words in found.items() if words} == {}


def widget_texts(widget: Any) -> list[str]:
    """Return every text of a widget and of those in it."""
    state = widget.get_state()
    own = [str(state[name]) for name in ("description", "placeholder", "tooltip") if state.get(name)]
    own += [str(each) for each in state.get("_options_labels") or ()]
    own += [str(each) for each in state.get("titles") or ()]
    own += texts_of(str(state.get("value"))) if type(widget).__name__ == "HTML" else []
    return own + [text for each in getattr(widget, "children", ()) for text in widget_texts(each)]


@pytest.mark.usefixtures("brackets")
def test_no_text_of_the_form_is_not_translated(shell, project: Path) -> None:
    shell.step("q1", "x = 1")
    shell.step("q2", "x = 2")
    form = shell.run("%alo_plan --widget")
    try:
        form.choose("train_pipeline", "q1")
        known = DATA | VALUES | {*re.findall("[A-Za-z]{2,}", form.bench.file.text)}
        assert {each for each in widget_texts(form) if untranslated(each, known)} == set()
    finally:
        form.close()


PIPELINE = """
%%alo_asset step=rows -q
import pandas as pd
asset.save_data({"frame": pd.DataFrame({"age": [22, 38, None], "fare": [7.25, 71.28, 8.05]})})
asset.save_config({"target": "fare"})
--
%%alo_asset step=clean how=drop -q
data, config = asset.load_data(), asset.load_config()
asset.save_data({"frame": data["frame"].dropna()})
asset.save_config(config)
asset.save_summary(result="fine", score=0.75, note="two rows", probability={"yes": 0.25, "no": 0.75})
--
run = %alo_run train
run
"""


def executed(folder: Path, language: str) -> tuple[nbformat.NotebookNode, Run]:
    """Run the example in a kernel of its own in a language; return the notebook and the record of its run."""
    folder.mkdir()
    (folder / ".alo").mkdir()
    cells = ["%load_ext alo_nb", *(each.strip() for each in PIPELINE.split("--"))]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells])
    execute(notebook, folder, env={**os.environ, VARIABLE: language})
    return notebook, next(iter(RunStore(Project(folder))))


CHANGING = {
    *("id", "started", "finished", "seconds", "folder", "made_in", "resources"),
    *("date", "file_path", "data_id"),
}


def without_times(value: Any) -> Any:
    """Return a record without what differs from run to run: times, ids and folders."""
    if isinstance(value, dict):
        return {key: without_times(each) for key, each in value.items() if key not in CHANGING}
    if isinstance(value, (list, tuple)):
        return [without_times(each) for each in value]
    return re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{6}", "RUN", value) if isinstance(value, str) else value


def test_a_pipeline_runs_in_korean_and_leaves_what_it_leaves_in_english(tmp_path: Path) -> None:
    (korean, there), (english, here) = (executed(tmp_path / each, each) for each in ("ko", "en"))
    shown = [each.cells[-1].outputs[-1]["data"] for each in (korean, english)]
    assert "◌ rows     캐시됨" in shown[0]["text/plain"]
    for word in ("성공", "점수 0.75"):
        assert word in shown[0]["text/plain"]
    for word in ("성공", "데이터", "시간"):
        assert word in shown[0]["text/html"]
    assert "success" in shown[1]["text/plain"]
    assert not re.search("[가-힣]", str(shown[1]))
    assert there.digests() == here.digests()
    assert without_times(there.to_dict()) == without_times(here.to_dict())
    stored = [each for each in (tmp_path / "ko").rglob("*") if each.is_file()]
    assert stored
    assert [each for each in stored if "성공".encode() in each.read_bytes()] == []


def test_the_command_line_shows_the_same_cards_in_korean(tmp_path: Path) -> None:
    executed(tmp_path / "p", "en")

    def said(*words: str, language: str) -> str:
        command = [sys.executable, "-m", "alo_nb", *words]
        environment = {**os.environ, VARIABLE: language}
        done = subprocess.run(command, cwd=tmp_path / "p", env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    assert "성공" in said("show", "latest", language="ko")
    assert "모두 정상입니다" in said("doctor", language="ko_KR.UTF-8")
    assert said("runs", "--json", language="ko") == said("runs", "--json", language="en")
    assert not re.search("[가-힣]", said("show", "latest", language="en"))
