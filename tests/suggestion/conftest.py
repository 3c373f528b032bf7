"""Notebooks from cells, what is proposed for them, and both run."""

from __future__ import annotations

import ast
import io
import json
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from alo_nb.handover.codec import Encoded, decode, encode
from alo_nb.project import Project
from alo_nb.steps.module import new_module, start_afresh
from alo_nb.steps.sources import read_notebook
from alo_nb.suggestion import Proposal, propose, write_notebook


def save(path: Path, cells: Sequence[str], **metadata: object) -> Path:
    """Write cells as a notebook; those that begin as headings do are markdown."""
    content = [_cell(number, text) for number, text in enumerate(cells)]
    path.write_text(json.dumps({"cells": content, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return path


def _cell(number: int, text: str) -> dict[str, object]:
    if text.startswith(("# Title", "## ", "### ")):
        return {"cell_type": "markdown", "id": f"c{number}", "metadata": {}, "source": text}
    return {
        "cell_type": "code",
        "id": f"c{number}",
        "metadata": {},
        "source": text.splitlines(keepends=True),
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "old"}],
        "execution_count": number,
    }


def code_of(path: Path) -> list[str]:
    """Return the code cells of a notebook file."""
    cells = json.loads(path.read_text())["cells"]
    return ["".join(each["source"]) for each in cells if each["cell_type"] == "code"]


def printed_by_cells(cells: Sequence[str]) -> str:
    """Run code cells in their order, in one namespace, and return what they print."""
    namespace: dict[str, object] = {"__name__": "__main__", "display": lambda _: None}
    with redirect_stdout(io.StringIO()) as out:
        for text in cells:
            *before, last = ast.parse(text).body
            exec(compile(ast.Module(before, []), "<cell>", "exec", dont_inherit=True), namespace)
            if isinstance(last, ast.Expr):  # a notebook shows it
                value = eval(compile(ast.Expression(last.value), "<cell>", "eval", dont_inherit=True), namespace)
                out.write("" if value is None else f"{value}\n")
            else:
                exec(compile(ast.Module([last], []), "<cell>", "exec", dont_inherit=True), namespace)
    return out.getvalue()


class HandedOn:
    """The `asset` of a step without a run around it: what is saved is encoded, what is loaded is a copy of its own."""

    def __init__(self, data: dict[str, Encoded]) -> None:
        self.data = data

    def load_data(self) -> dict[str, object]:
        return {name: decode(each.parts) for name, each in self.data.items()}

    def save_data(self, data: dict[str, object]) -> None:
        assert self.data.keys() <= data.keys()  # ALO's rule: keys may be added, not removed
        self.data = {name: encode(value) for name, value in data.items()}

    def load_config(self) -> dict[str, object]:
        return {}

    def save_config(self, config: dict[str, object]) -> None:
        assert config == {}


def printed_by_steps(notebook: Path, steps: Sequence[str], folder: Path) -> str:
    """Run the step cells of a notebook, each from its file alone and in its own module; return what they print."""
    found, asset = read_notebook(notebook), HandedOn({})
    with redirect_stdout(io.StringIO()) as out:
        for name in steps:
            start_afresh()  # each step as if it ran alone: nothing that helpers keep goes on
            step = found.step(name)
            module = new_module(step, Project(folder))
            module.__dict__["asset"] = asset
            for code in step.body.compiled():
                exec(code, module.__dict__)
    return out.getvalue()


@pytest.fixture
def proposed(tmp_path: Path) -> Callable[..., Proposal]:
    """Returns what is proposed for cells."""

    def make(*cells: str, live: dict[str, object] | None = None) -> Proposal:
        return propose(save(tmp_path / "plain.ipynb", cells), live)

    return make


@pytest.fixture
def converted(tmp_path: Path) -> Callable[..., list[str]]:
    """Returns the code cells that are written for cells."""

    def make(*cells: str) -> list[str]:
        return code_of(write_notebook(propose(save(tmp_path / "plain.ipynb", cells)), tmp_path / "new.ipynb"))

    return make
