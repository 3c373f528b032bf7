from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import alo_nb

HEAVY = [
    "IPython", "blake3", "cloudpickle", "fsspec", "hypothesis", "ipywidgets", "matplotlib", "nbclient", "nbformat",
    "numpy", "pandas", "papermill", "psutil", "pyarrow", "sklearn", "sqlite3", "torch", "yaml", "asyncio", "concurrent",
    "logging", "socket", "subprocess", "threading",
]  # fmt: skip


def fresh(code, folder):
    environment = {**os.environ, "PYTHONPATH": str(Path(alo_nb.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {environment['PYTHONPATH']!r}); {code}"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_importing_the_package_loads_nothing_else(tmp_path):
    code = "import json; before = set(sys.modules); import alo_nb; print(json.dumps(sorted(set(sys.modules) - before)))"
    loaded = fresh(code, tmp_path)
    assert [each for each in loaded if each.partition(".")[0] == "alo_nb"] == ["alo_nb"]
    assert [each for each in loaded if each.partition(".")[0] in HEAVY] == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["Asset", "Plan", "Run", "AloNbError", "read_plan", "check"])
def test_a_name_loads_only_what_it_needs(tmp_path, name):
    code = f"import json; import alo_nb; alo_nb.{name}; print(json.dumps(sorted(sys.modules)))"
    heavy = {
        "IPython",
        "pandas",
        "numpy",
        "papermill",
        "nbformat",
        "ipywidgets",
        "yaml",
        "sqlite3",
        "sklearn",
        "blake3",
    }
    assert heavy.isdisjoint(fresh(code, tmp_path))


def test_every_name_that_is_offered_can_be_imported():
    for name in alo_nb.__all__:
        assert getattr(alo_nb, name) is not None
        assert name in dir(alo_nb)
    assert len(set(alo_nb.__all__)) == len(alo_nb.__all__)


def test_every_public_name_is_offered():
    import ast

    tree = ast.parse(Path(alo_nb.__file__).read_text(encoding="utf-8"))
    under_typing = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {alias.asname for node in under_typing.body for alias in node.names if node.module.startswith("alo_nb")}
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")}
    assert typed | functions == set(alo_nb.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'alo_nb' has no attribute 'nothing'"):
        alo_nb.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("name", "instead"),
    [("log", "use `run.log` of `run = alo_nb.init()`"), ("Table", "write it to a file and log that, with `artifact")],
)
def test_a_name_that_wandb_has_is_told_what_to_use_instead(name, instead):
    with pytest.raises(AttributeError, match=f"module 'alo_nb' has no attribute '{name}': ") as caught:
        getattr(alo_nb, name)
    assert instead in str(caught.value)
