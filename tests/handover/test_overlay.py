"""Outputs that stand for the latest ones of a step, until it runs again."""

from __future__ import annotations

import pytest

from alo_nb.handover import FileInterface, MemoryInterface
from alo_nb.handover.interface import Key, decoded, encode_all
from alo_nb.handover.overlay import Overlay
from alo_nb.project import Project

OWN, LENT = Key("run-1", "train_pipeline", "a"), Key("run-2", "train_pipeline", "a")


def save(interface, key, value):
    interface.write(key, "data", encode_all({"x": value}))
    interface.write(key, "config", {})
    interface.promote(key)


@pytest.fixture(params=["memory", "file"])
def base(request, tmp_path):
    found = MemoryInterface() if request.param == "memory" else FileInterface(Project(tmp_path))
    save(found, OWN, 1)
    return found


def test_lent_outputs_go_first_until_the_step_runs_again_and_the_base_stays_as_it_was(base) -> None:
    overlay = Overlay()
    assert overlay.over(base) is base
    overlay.put(LENT, {"data": encode_all({"x": 2}), "config": {}})
    seen = overlay.over(base)
    assert seen.latest("train_pipeline", "a") == LENT
    assert decoded("x", seen.read(LENT, "data", "x")) == 2
    assert [each.name for each in seen.entries(LENT, "data")] == ["x"]
    assert (base.latest("train_pipeline", "a"), decoded("x", seen.read(OWN, "data", "x"))) == (OWN, 1)
    assert seen.latest("train_pipeline", "b") is None
    again = Key("run-3", "train_pipeline", "a")
    save(seen, again, 3)
    assert seen.latest("train_pipeline", "a") == base.latest("train_pipeline", "a") == again
    assert overlay.over(base) is base
