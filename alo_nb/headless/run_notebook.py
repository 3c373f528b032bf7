"""The run notebook: a plan as a notebook with one code cell for each step, which tells how to repeat itself."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterator
from typing import Any

from alo_nb.headless.reading import AS_WRITTEN, Reading
from alo_nb.plan import Step
from alo_nb.plan.redact import redact, redact_all
from alo_nb.runner import ActiveRun, RunRequest
from alo_nb.steps.definition import StepDefinition
from alo_nb.views.again import command_words

NOTEBOOK = "notebook.ipynb"  # in the folder of its run


def run_notebook(active: ActiveRun, *, timeout: float | None = None, reading: Reading = AS_WRITTEN) -> dict[str, Any]:
    """Return the notebook that performs a run, ready for papermill.

    Parameters
    ----------
    active : ActiveRun
        The run, checked and not entered; its id and its choice of steps go into the notebook.
    timeout : float, optional
        Seconds that each step may take.
    reading : Reading
        How the plan was read, which the notebook repeats.

    Returns
    -------
    dict
        Notebook format 4.5, with cell ids. ``metadata.alo_nb`` of a code cell says what it is for:
        ``{"part": "setup"}``, ``{"pipeline": ..., "step": ...}`` or ``{"pipeline": ..., "part": "save"}``.
    """
    cells = [*_opening_cells(active, reading)]
    for pipeline in active.setup.pipelines:
        cells.append(_markdown(f"## {pipeline.name}"))
        for step in pipeline.steps:
            if step.name in active.setup.chosen[pipeline.name]:
                cells += _step_cells(
                    pipeline.name, step, active.setup.definitions[pipeline.name, step.name], active.request, timeout
                )
        saving = f"run.save({_text(pipeline.name)})"
        cells.append(_code(f"{pipeline.name}/save", saving, pipeline=pipeline.name, part="save"))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": kernel, "alo_nb": {"run": active.run.id}},
        "cells": [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(cells, start=1)],
    }


def _opening_cells(active: ActiveRun, reading: Reading) -> Iterator[dict[str, Any]]:
    yield _markdown(_title(active))
    yield _code("setup", _setup(active, reading), part="setup")


def _step_cells(
    pipeline: str, step: Step, definition: StepDefinition, request: RunRequest, timeout: float | None
) -> Iterator[dict[str, Any]]:
    limit = {} if timeout is None else {"timeout": timeout}
    yield _markdown("\n\n".join(_about(step, definition, request)))
    call = f"run.step({_text(pipeline)}, {_text(step.name)})"
    yield _code(f"{pipeline}/{step.name}", call, pipeline=pipeline, step=step.name, **limit)


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(label: str, source: str, **about: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": {"alo_nb": about},
        "source": f"# papermill_description={label}\n{source}",
        "outputs": [],
        "execution_count": None,
    }


def _title(active: ActiveRun) -> str:
    run, request = active.run, active.request
    return (
        f"# {run.plan or 'plan'}: run {run.id}\n\n"
        f"plan `{run.plan_path}`, mode {run.mode}, {run.interface_mode} mode, project `{request.project.root}`\n\n"
        "Run it again with this command, or run the cells of this notebook again: they make a new run.\n\n"
        + _fenced(redact(command_line(request)), "sh")
    )


def command_line(request: RunRequest) -> str:
    """Return the command that starts this run again, from any folder."""
    words = ["alo-nb", "run", str(request.plan.path), "--mode", request.mode, "--project", str(request.project.root)]
    return shlex.join([*words, *command_words(request.asked())])


def _setup(active: ActiveRun, reading: Reading) -> str:
    request, selection = active.request, active.request.selection
    options = {
        "project": str(request.project.root),
        "run_id": active.run.id,
        "mode": request.mode,
        "first": selection.first,
        "last": selection.last,
        "only": selection.only,
        "excluded": selection.excluded,
        "force": request.caching.force,
        "resume": request.caching.resume,
        "inputs": request.caching.inputs,
        "overrides": dict(request.overrides),
        "interface_mode": request.interface_mode,
        "train_id": request.train_id,
        "strict": request.strict_contracts,
        **reading.given(),
    }
    given = [f"    {name}={literal(value)}," for name, value in options.items() if value]
    given += [] if request.caching.on else ["    cache=False,"]
    lines = ["from alo_nb.headless.recorded import RecordedRun", "", "run = RecordedRun("]
    return "\n".join([*lines, f"    {_text(str(request.plan.path))},", *given, ")", "run"])


def literal(value: Any) -> str:
    """Return Python code for a value that a command line can give; unlike `repr`, also for infinity and NaN."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({_text(str(value))})"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (list, tuple)):
        inner = ", ".join(literal(each) for each in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(each)}" for key, each in value.items()) + "}"
    return repr(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if value.isprintable() else ascii(value)


def _about(step: Step, definition: StepDefinition, request: RunRequest) -> Iterator[str]:
    yield f"### {step.name}"
    given = {
        name.partition(".")[2]: value for name, value in request.overrides.items() if name.startswith(f"{step.name}.")
    }
    args = redact_all({**definition.args, **step.args, **given})
    yield "\n".join(f"- {_in_line(name, value)}" for name, value in args.items()) or "no arguments"
    yield f"from {definition.body.label}"
    yield _fenced(definition.body.source.strip("\n"), "python")


def _in_line(name: object, value: Any) -> str:
    return f"`{name}` = `{value!r}`".replace("\n", " ")


def _fenced(text: str, language: str) -> str:
    """Return `text` as a fenced block whose fence is longer than any in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"
