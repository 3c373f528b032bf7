"""What the magics show is readable: in light and dark theme, in wide and narrow windows."""

from __future__ import annotations

import pytest

from tests.browser.looks import faults
from tests.browser.shop import CELLS, PLAN

pytestmark = pytest.mark.slow

WORK = """\
import alo_nb
with alo_nb.init(name="tuning", config={"rate": 0.1}, tags=["first"]) as run:
    for step in range(5):
        run.log({"loss": 1 / (1 + step)})
    artifact = alo_nb.Artifact("raw", "dataset", metadata={"rows": 3})
    with artifact.new_file("raw.txt") as file:
        file.write("1 2 3")
    run.log_artifact(artifact)
"""
SHOWN = (
    *("%alo_run", "%alo_run train --force train.depth=7", "%alo_status", "%alo_why train", "%alo_history", "%alo_runs"),
    "import alo_nb\nruns = %alo_runs\nalo_nb.diff(*runs['id'][:2])",
    *(WORK, "alo_nb.show(run.id)", "%alo_artifact ls", "%alo_lineage raw:latest", "%alo_show train", "%alo"),
    "%alo_run train --force train.depth=10",  # divides by zero
)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_card_is_readable_and_whole_in_wide_and_in_narrow_windows(open_notebook, project, theme):
    (project / "plan.yaml").write_text(PLAN)
    notebook = open_notebook(project / "shop.ipynb", [*CELLS, *SHOWN], theme=theme)
    notebook.run_all()
    assert "ZeroDivisionError" in notebook.error()
    found = []
    for width in (1300, 700):
        notebook.resize(width)
        for number, each in enumerate(notebook.shown()):
            found += [f"at {width} px, output {number}: {said}" for said in faults(each)]
    assert found == []
