"""A step that goes into an asset file and comes back is the same step, and gives the same bytes on its way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from export_corpus import (
    FAIL_IN_FUNCTIONS,
    SAVE,
    SHARED,
    STATEMENTS,
    as_class,
    as_function,
    asset_of,
    bodies,
    scope_of,
    step_of,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alo_nb.export.alo import export_alo
from alo_nb.export.asset_cell import from_asset_file, read_asset_file, shared_cells
from alo_nb.export.asset_file import to_asset_file
from alo_nb.handover.codec import encode
from alo_nb.plan import Pipeline, Plan, Step
from alo_nb.runner import RunRequest, run_plan
from alo_nb.steps.asset_line import AssetLine, StepCell
from alo_nb.steps.code import Block
from alo_nb.steps.definition import StepDefinition
from alo_nb.steps.sources import define_from_cell

ALO = Path(__file__).parent / "alo_like" / "main.py"


def came_back(text: str, name: str = "train") -> StepDefinition:
    """Return the step of the cells that an asset file becomes."""
    cell = from_asset_file(text)
    block = Block(cell.body, "new.ipynb[cell 2]", 2, "new.ipynb, cell 2")
    return define_from_cell(StepCell(AssetLine(name), block), scope_of(shared_cells(cell.taken)))


SETTINGS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
SHAPES = st.sampled_from([str, as_function, as_class])


@SETTINGS
@given(bodies(), SHAPES)
def test_the_way_into_a_file_and_back_keeps_the_fingerprint(body, shape):
    step = step_of(shape(body), *SHARED.values())
    file = to_asset_file(step)

    assert read_asset_file(file) is not None, file
    assert came_back(file).fingerprint == step.fingerprint, file
    assert to_asset_file(came_back(file)).partition("\n")[2] == file.partition("\n")[2]  # but for the cell's name


@SETTINGS
@given(body=bodies(), shape=SHAPES)
def test_the_file_hands_on_the_same_bytes(body, shape, digests, tmp_path_factory):
    step = step_of(shape(body), *SHARED.values())

    def outcome(step):
        try:
            return digests(step)
        except (NameError, TypeError) as error:  # `sum = sum([1])`, and `sum` once more: there it fails in a cell, too
            return str(error)

    file = to_asset_file(step)
    assert outcome(asset_of(file, tmp_path_factory.mktemp("asset"))) == outcome(step), file


@pytest.mark.parametrize("shape", [str, as_function], ids=["statements", "function"])
def test_every_statement_means_in_alo_what_it_means_in_a_cell(project, shape):
    """Each runs in a step of its own, in a process that has no alo_nb."""
    save = SAVE.replace("'result': result", "'result': repr(result)")
    steps = {"first": step_of("asset.save_data({'none': 0})\nasset.save_config(asset.load_config())", name="first")}
    for text in (STATEMENTS[name] for name in STATEMENTS if shape is str or name not in FAIL_IN_FUNCTIONS):
        name = f"step_{'a' * len(steps)}"
        steps[name] = step_of(shape(f"result = []\n{text}\n{save}"), *SHARED.values(), name=name)
    plan = Plan("demo", "1", (Pipeline("train_pipeline", tuple(map(Step, steps))),))
    expected = run_plan(RunRequest(plan, project, lambda step: steps[step.name], "train")).digests()
    exported = export_alo(plan, lambda step: steps[step.name], project, project.root / "for_alo")

    done = subprocess.run([sys.executable, ALO], cwd=exported.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["train_pipeline"]
    assert len(found) == len(steps) > 30
    for name, each in list(found.items())[1:]:
        text = json.loads(each["data"]["result"])
        assert encode(text).digest == expected[f"train_pipeline/{name}/data.result"], (steps[name].body.source, text)
