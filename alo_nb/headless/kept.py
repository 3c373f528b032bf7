"""A run that executes nothing: every step is kept from earlier runs, so no kernel is started for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from alo_nb.files import write_atomic
from alo_nb.headless.failures import as_of_a_cell
from alo_nb.headless.reading import Reading
from alo_nb.headless.run_notebook import NOTEBOOK, run_notebook
from alo_nb.runner import ActiveRun, Event
from alo_nb.runner.events import RunFinished, RunStarted, StepFinished
from alo_nb.runner.setup import Setup
from alo_nb.store import Run
from alo_nb.views.text import run_text, step_line

Outputs = dict[tuple[str, str], list[dict[str, Any]]]


def run_kept(setup: Setup, reading: Reading) -> Run:
    """Run a plan in this process and leave the notebook that a kernel would leave; return the run's record.

    A step that has to run after all runs here.
    """
    outputs: Outputs = {}

    def write(event: Event) -> None:
        if isinstance(event, StepFinished):
            record = event.record
            outputs[record.pipeline, record.step] = [*map(_shown, event.shown), _result(step_line(record))]
        elif isinstance(event, (RunStarted, RunFinished)):  # from the start, because the record names it
            text = json.dumps(_filled(notebook, outputs, event.run), ensure_ascii=False, indent=1)
            write_atomic(path, text + "\n")

    request = replace(setup.request, trigger="papermill", listeners=(write, *setup.request.listeners))
    active = ActiveRun(request, setup)
    path = active.store.folder(active.run.id) / NOTEBOOK
    active.run = replace(active.run, notebook=str(path.relative_to(request.project.root)))
    notebook = run_notebook(active, reading=reading)
    with as_of_a_cell(active.masked):
        return active.perform()


def _filled(notebook: Mapping[str, Any], outputs: Outputs, run: Run) -> dict[str, Any]:
    """Return the notebook with what its cells would show."""
    cells = []
    for cell in notebook["cells"]:
        about = cell["metadata"].get("alo_nb", {})
        found = outputs.get((about.get("pipeline", ""), about.get("step", "")), [])
        if about.get("part") == "save" and run.complete[-1:] == (about["pipeline"],):
            found = [_result(run_text(run))]
        cells.append({**cell, "outputs": found} if cell["cell_type"] == "code" else cell)
    return {**notebook, "cells": cells}


def _shown(shown: Mapping[str, Any]) -> dict[str, Any]:
    if "stream" in shown:
        return {"output_type": "stream", "name": shown["stream"], "text": shown["text"]}
    return {"output_type": "display_data", "data": shown["data"], "metadata": shown.get("metadata", {})}


def _result(text: str) -> dict[str, Any]:
    return {"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}, "execution_count": None}
