"""A run that executes nothing: every step is kept from earlier runs, so no kernel is started for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from alo_nb.files import write_atomic
from alo_nb.headless.batch import NOTEBOOK
from alo_nb.headless.reading import Reading
from alo_nb.headless.run_notebook import run_notebook
from alo_nb.runner import ActiveRun, Event, RunRequest
from alo_nb.runner.events import StepFinished
from alo_nb.store import Run, new_run_id
from alo_nb.views.text import run_text, step_line

Outputs = dict[tuple[str, str], list[dict[str, Any]]]


def run_kept(request: RunRequest, reading: Reading) -> Run:
    """Run a plan in this process and leave the notebook that a kernel would leave; return the run's record.

    A step that has to run after all runs here.
    """
    outputs: Outputs = {}

    def note(event: Event) -> None:
        if isinstance(event, StepFinished):
            record = event.record
            outputs[record.pipeline, record.step] = [*map(_shown, event.shown), _result(step_line(record))]

    request = replace(
        request, run_id=request.run_id or new_run_id(), trigger="papermill", listeners=(*request.listeners, note)
    )
    active = ActiveRun(request)
    notebook = run_notebook(active, reading=reading)
    try:
        run = active.perform()
    finally:
        run = replace(active.run, notebook=str((active.folder / NOTEBOOK).relative_to(request.project.root)))
        text = json.dumps(_filled(notebook, outputs, run), ensure_ascii=False, indent=1)
        write_atomic(active.folder / NOTEBOOK, text + "\n")
        active.store.update(run)
    return run


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
