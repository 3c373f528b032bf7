"""The same ten trivial steps on a frame of 1,000 rows in four spellings: plan, script, notebook, and single cells."""

from __future__ import annotations

import json
from pathlib import Path

STEPS = tuple(f"step_{number}" for number in range(10))
IMPORTS = "import pandas as pd"
_FRAME = 'df = pd.DataFrame({"x": range(1000), "y": [0.5] * 1000})'
WORK = (_FRAME, *(f"df = df.assign(c{number}={2.0 ** (number - 2)})" for number in range(1, 10)))  # of each step
SAVE = "asset.save_data({'df': df})\nasset.save_config(asset.load_config())"
CHECK = 'print("sum", df.to_numpy().sum())'
EXPECTED = f"sum {sum(range(1000)) + 500.0 + sum(1000 * 2.0**k for k in range(-1, 8))}"


def write_project(folder: Path) -> None:
    """Write ``plan.yaml`` and ``steps.ipynb``, and what they are measured against: ``plain.py``, ``plain.ipynb``."""
    bodies = [
        "\n".join([_FRAME if name == STEPS[0] else f"df = asset.load_data()['df']\n{line}", SAVE])
        for name, line in zip(STEPS, WORK, strict=True)
    ]
    bodies[-1] += f"\n{CHECK}"
    cells = [f"%%alo_asset step={name}\n{body}" for name, body in zip(STEPS, bodies, strict=True)]
    (folder / "plan.yaml").write_text(plan_text())
    (folder / "steps.ipynb").write_text(notebook_text(IMPORTS, *cells))
    (folder / "plain.py").write_text("\n".join([IMPORTS, *_functions(), f"df = step_9()\n{CHECK}", ""]))
    plain = notebook_text(f"{IMPORTS}\n{WORK[0]}", *WORK[1:-1], f"{WORK[-1]}\n{CHECK}")
    (folder / "plain.ipynb").write_text(plain)


def _functions() -> list[str]:
    """Return the steps as functions, each of which calls the one before it."""
    loads = ["", *(f"    df = {name}()\n" for name in STEPS)]
    pieces = zip(STEPS, loads, WORK, strict=False)  # nobody calls the last one
    return [f"def {name}():\n{load}    {line}\n    return df" for name, load, line in pieces]


def plan_text() -> str:
    """Return a plan whose ten steps are cells of ``steps.ipynb``."""
    parameters = "\n".join(f"      - step: {name}\n        args:" for name in STEPS)
    source = "source: {code: steps.ipynb, branch: , requirements: []}"
    sources = "\n".join(f"      - step: {name}\n        {source}" for name in STEPS)
    return f"""\
name: ten steps
version: "1"
external_path:
  - load_train_data_path:
user_parameters:
  - train_pipeline:
{parameters}
asset_source:
  - train_pipeline:
{sources}
control:
  - interface_mode: memory
"""


def notebook_text(*sources: str) -> str:
    """Return a notebook whose cells hold these sources."""
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**code, "id": f"cell-{number}", "source": source} for number, source in enumerate(sources)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells})
