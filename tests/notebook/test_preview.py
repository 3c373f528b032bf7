"""``%alo_preview`` on the outputs of steps that have run in a notebook."""

from __future__ import annotations

import pytest

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.completion import candidates
from alo_nb.notebook.session import current_session

STEP = """\
%%alo_asset step=make -q
import numpy, pandas
asset.save_data({"frame": pandas.DataFrame({"a": [1, 2]}), "grid": numpy.zeros((2, 2)), "own": Own()})
asset.save_config({"lr": 0.5})
"""


@pytest.fixture
def ran(shell):
    shell.run("class Own:\n    def __setstate__(self, state): raise ValueError")
    shell.run(STEP)
    return shell


def test_it_shows_what_a_step_has_saved(ran):
    assert "DataFrame 2x1" in repr(ran.run("%alo_preview make.frame"))
    assert "2x2" in repr(ran.run("%alo_preview make.grid"))
    assert "0.5" in repr(ran.run("%alo_preview make.lr"))
    assert "DataFrame 2x1" in repr(ran.run("%alo_preview make.frame:v0"))


def test_a_class_of_the_notebook_is_not_started(ran):
    assert "nothing of your own code is started" in repr(ran.run("%alo_preview make.own"))


def test_steps_and_then_their_keys_are_completed(ran):
    session = current_session()
    assert "make." in candidates(session, "%alo_preview ma", "ma")
    found = candidates(session, "%alo_preview make.", "make.")
    assert {"make.frame", "make.grid", "make.own", "make.lr"} <= {*found}


def test_without_a_name_it_says_what_to_write(ran):
    error = ran.error("%alo_preview")
    assert isinstance(error, MagicUsageError)
    assert "STEP.KEY" in str(error)
