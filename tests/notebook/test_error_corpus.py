"""Every mistake of the corpus is a failed cell with its message, whoever runs the notebook."""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
import pytest
from error_corpus import CASES, Case

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
COLOURS = re.compile(r"(?:\x1b|#x1B)\[[0-9;]*m")  # as they are, and as an XML report spells them


def slug(case: Case) -> str:
    return re.sub(r"\W+", "-", case.name)


STRICT, LAX = CASES[::4], CASES[2::4]  # papermill runs all; without outputs to compare, both modes of nbval do the same


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a folder for each case, its notebook and its files in it."""
    root = tmp_path_factory.mktemp("corpus")
    for case in CASES:
        folder = root / slug(case)
        (folder / ".alo").mkdir(parents=True)
        cells = [nbformat.v4.new_code_cell(text) for text in ("%load_ext alo_nb", *case.cells)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), folder / "mistake.ipynb")
        for name, content in case.files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def run_papermill(folder: Path) -> tuple[int, str]:
    """Return the index of the failed cell and the first line of its error, as papermill reports them."""
    import papermill
    from socket_kernels import AsyncSocketKernelManager

    try:
        papermill.execute_notebook(
            folder / "mistake.ipynb",
            None,
            cwd=str(folder),
            progress_bar=False,
            log_output=False,
            kernel_manager_class=AsyncSocketKernelManager,
        )
    except papermill.PapermillExecutionError as error:
        return error.cell_index, f"{error.ename}: {error.evalue}".splitlines()[0]
    return -1, "papermill saw no error"


@pytest.fixture(scope="session")
def papermill_results(corpus: Path) -> dict[str, tuple[int, str]]:
    folders = [corpus / slug(case) for case in CASES]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        return {folder.name: result for folder, result in zip(folders, pool.map(run_papermill, folders), strict=True)}


@pytest.fixture(scope="session")
def nbval_results(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[tuple[str, int], str]]:
    """Return mode to (case, cell) to the text of its failure; passed cells are left out. Without our own guard."""
    work = tmp_path_factory.mktemp("nbval")
    (work / "pytest.ini").write_text(f"[pytest]\npythonpath = {Path(__file__).parents[1]}\n")
    (corpus / "conftest.py").write_text('pytest_plugins = ["socket_kernels"]\n')
    environment = {name: value for name, value in os.environ.items() if name != "ALO_NB_PROJECT"}
    running = {}
    for mode in ("--nbval", "--nbval-lax"):
        report = work / f"{mode}.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-c", str(work / "pytest.ini"), "-p", "no:cacheprovider", mode]
        command += [
            "--nbval-current-env",
            "--nbval-cell-timeout=60",
            f"--junitxml={report}",
            f"--rootdir={corpus}",
            *(str(corpus / slug(case)) for case in (LAX if mode == "--nbval-lax" else STRICT)),
        ]
        running[mode] = (
            report,
            subprocess.Popen(command, cwd=corpus, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT),
        )
    results = {}
    for mode, (report, process) in running.items():
        output = process.communicate(timeout=400)[0].decode()
        assert report.exists(), output
        results[mode] = dict(failures(report))
    return results


def failures(report: Path) -> list[tuple[tuple[str, int], str]]:
    found = []
    for item in ET.parse(report).getroot().iter("testcase"):
        failure = item.find("failure")
        place = re.search(r"([\w-]+)[./]mistake", item.get("classname", "") + item.get("file", ""))
        number = re.search(r"Cell (\d+)", item.get("name", ""))
        if failure is not None and place and number:
            found.append(
                ((place[1], int(number[1])), COLOURS.sub("", (failure.get("message") or "") + (failure.text or "")))
            )
    return found


def test_the_corpus_is_large_enough() -> None:
    assert len(CASES) >= 30
    assert len({slug(case) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=slug)
def test_papermill_fails_at_the_cell_and_says_why(case: Case, papermill_results: dict[str, tuple[int, str]]) -> None:
    index, line = papermill_results[slug(case)]

    assert line.startswith(case.says)
    assert index == len(case.cells)


@pytest.mark.parametrize(
    ("case", "mode"),
    [
        *(pytest.param(case, "--nbval", id=f"{slug(case)}-strict") for case in STRICT),
        *(pytest.param(case, "--nbval-lax", id=f"{slug(case)}-lax") for case in LAX),
    ],
)
def test_nbval_fails_at_the_cell_and_says_why(
    case: Case, mode: str, nbval_results: dict[str, dict[tuple[str, int], str]]
) -> None:
    failed = {cell: text for (name, cell), text in nbval_results[mode].items() if name == slug(case)}

    assert len(case.cells) in failed
    assert case.says in failed[len(case.cells)]
    assert min(failed) == len(case.cells)


def test_no_mistake_ran_code_from_a_plan(corpus: Path, papermill_results: dict[str, tuple[int, str]]) -> None:
    assert papermill_results
    assert not list(corpus.rglob("evil"))
