"""Which packages code needs, by its imports."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from alo_nb.export.requirements import Installed, imports_of, requirement_lines


@pytest.fixture(scope="module")
def installed() -> Installed:
    return Installed()


def test_imports_are_found_wherever_they_stand() -> None:
    text = """
import os, pandas as pd, sklearn.ensemble
from alolib.asset import Asset
from __future__ import annotations
from . import neighbour
def f():
    from matplotlib.figure import Figure
    try:
        import cupy
    except ImportError:
        import numpy
    try:
        import polars
    finally:
        pass
"""
    found = imports_of(text)
    assert [(each.module, each.optional) for each in found] == [
        ("pandas", False),
        ("sklearn.ensemble", False),
        ("matplotlib.figure", False),
        ("cupy", True),
        ("numpy", False),
        ("polars", False),
    ]
    assert [each.line for each in found[:3]] == [2, 2, 7]


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("yaml", ["PyYAML"]),
        ("sklearn.ensemble", ["scikit-learn"]),
        ("mpl_toolkits.mplot3d", ["matplotlib"]),
        ("no_such_module", []),
    ],
)
def test_a_module_comes_from_a_distribution(installed: Installed, module: str, names: list[str]) -> None:
    assert installed.distributions(module) == names


def test_of_a_shared_namespace_only_the_distribution_with_the_module_counts(installed: Installed) -> None:
    shared = Installed()
    shared.__dict__["_by_module"] = {"yaml": ["PyYAML", "pandas"], "space": ["PyYAML", "pandas"]}

    assert shared.distributions("yaml.nodes") == ["PyYAML"]
    assert shared.distributions("space") == ["PyYAML", "pandas"]


def test_a_local_part_of_a_version_is_left_out(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    from alo_nb.export import requirements

    class Built:
        version = "2.1.0+cu118"

    monkeypatch.setattr(requirements, "distribution", lambda _: Built)
    assert installed.pinned("torch") == "torch==2.1.0"


def test_a_distribution_of_a_folder_is_known(installed: Installed) -> None:
    assert installed.is_local("alo-nb")  # the tests run on an editable install
    assert not installed.is_local("pandas")


def test_each_package_is_listed_once_however_it_is_spelled(installed: Installed) -> None:
    assert requirement_lines(["SciKit_Learn", "scikit-learn<9"], ["scikit-learn", "PyYAML"], installed) == [
        f"SciKit_Learn=={version('scikit-learn')}",
        f"PyYAML=={version('pyyaml')}",
    ]
