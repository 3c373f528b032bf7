"""``alo-nb run --strict``, ``%alo_run --strict`` and ``alo_nb.run(strict=True)``: a broken contract ends the run."""

from __future__ import annotations

import json

import pytest

import alo_nb
from alo_nb.errors import StepOutputError
from alo_nb.headless.cli import main
from alo_nb.notebook.session import set_session

TRAIN = """\
df = asset.load_data()["df"]
{change}
asset.save_data({{"df": df}})
asset.save_config(asset.load_config())"""
INPUT = """\
asset.save_data({"df": pd.DataFrame({"a": range(30), "b": 0.5})})
asset.save_config(asset.load_config())"""
DROP = "df = df.drop(columns='b')"
LOST = "data.df lost column 'b' (2 columns in run "


@pytest.fixture
def small(project):
    """A good run has been; `train` now drops a column."""
    project.write(input=INPUT, train=TRAIN.format(change=""))
    assert main(["run", "plan.yaml", "--in-process", "-q"]) == 0
    project.write(input=INPUT, train=TRAIN.format(change=DROP))
    yield project
    set_session(None)


@pytest.mark.parametrize("where", [["--in-process"], []], ids=["here", "kernel"])
def test_a_strict_run_fails_at_the_step_and_one_without_it_warns(small, capfd, where):
    assert main(["run", "plan.yaml", "--strict", *where]) == 1
    record = small.record()
    assert record["status"] == "failed"
    assert [(each["step"], each["status"]) for each in record["steps"]] == [("input", "success"), ("train", "failed")]
    assert LOST in capfd.readouterr().err
    assert main(["run", "plan.yaml", *where]) == 0
    told = capfd.readouterr()
    assert f"train: {LOST}" in told.out + told.err
    assert main(["run", "plan.yaml", "--strict", *where]) == 0  # accepted


def test_the_executed_notebook_repeats_that_it_is_strict(small):
    assert main(["run", "plan.yaml", "--strict", "-q"]) == 1
    (written,) = small.root.glob(".alo/runs/*/notebook.ipynb")
    sources = ["".join(each["source"]) for each in json.loads(written.read_text(encoding="utf-8"))["cells"]]
    assert "strict=True" in next(each for each in sources if "RecordedRun(" in each)
    assert "--strict" in sources[0]


def test_python_and_json_tell_the_break(small, capsys):
    with pytest.raises(StepOutputError, match="breaks its contract"):
        alo_nb.run("train", plan="plan.yaml", strict=True)
    assert main(["run", "plan.yaml", "--in-process", "--json"]) == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    broken = {each["step"]: [(b["what"], b["name"], b["inherited"]) for b in each["breaks"]] for each in steps}
    assert broken == {"input": [], "train": [("lost column", "b", False)], "last": [("lost column", "b", True)]}
