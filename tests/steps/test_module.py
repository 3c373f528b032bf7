from __future__ import annotations

import inspect
import pickle
import sys
from pathlib import Path

import pytest

from alo_nb.project import Project
from alo_nb.steps.module import StepNamespaces, new_module

SHARED = ("import math", "OFFSET = 10", "def shift(x):\n    return x + OFFSET", "class Base:\n    unit = 'm'")
BODY = """\
from dataclasses import dataclass
SCALE = 2
MORE: int = 3

@dataclass
class Box(Base):
    size: int

def grow(x):
    return shift(x) * SCALE + MORE + math.floor(0.5)

with open("ran.txt", "a") as file:
    file.write("x")
for number in range(3):
    box = Box(number)
"""


@pytest.fixture
def ran(define, project):
    def run(body=BODY, cells=SHARED, place=project):
        step = define(body, *cells)
        module = new_module(step, place)
        for code in step.body.compiled():
            exec(code, module.__dict__)
        return module

    return run


def test_an_instance_of_a_steps_class_loads_in_a_fresh_process(ran, project, fresh):
    (project.root / "box.pkl").write_bytes(pickle.dumps(ran().box))
    got = fresh("import pickle, alo_nb.modules; b = pickle.load(open('box.pkl', 'rb')); print(b, b.unit)")
    assert got == "Box(size=2) m"


def test_an_instance_of_a_class_beside_an_asset_class_loads_in_a_fresh_process(ran, project, fresh):
    body = "class Box:\n    size = 4\n\nclass UserAsset(Asset):\n    def run(self): pass\n"
    module = ran(body, ["from alo_nb import Asset"])
    (project.root / "box.pkl").write_bytes(pickle.dumps(module.Box()))
    assert fresh("import pickle; print(pickle.load(open('box.pkl', 'rb')).size)") == "4"


def test_a_step_with_future_imports_has_an_importable_file(ran, fresh):
    module = ran("from __future__ import annotations\n\ndef f(x: int):\n    return shift(x)")
    assert fresh(f"import {module.__name__} as m; print(m.f(1), m.f.__annotations__)") == "11 {'x': 'int'}"


def test_a_worker_process_runs_a_function_of_a_step(ran):
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    try:
        assert Parallel(n_jobs=2, backend="loky")(delayed(ran().grow)(n) for n in range(4)) == [23, 25, 27, 29]
    finally:
        get_reusable_executor().shutdown(wait=True)


def test_importing_the_file_does_not_run_the_steps_statements(ran, project, fresh):
    module = ran()
    assert (project.root / "ran.txt").read_text() == "x"
    assert fresh(f"import {module.__name__} as m; print(m.grow(1), hasattr(m, 'box'))") == "25 False"
    assert (project.root / "ran.txt").read_text() == "x"


def test_the_source_of_a_steps_class_and_function_can_be_read(ran):
    module = ran()
    assert inspect.getsource(module.Box) == "@dataclass\nclass Box(Base):\n    size: int\n"
    module = ran("def f():\n    return 1\nx = f()")
    source = Path(module.__file__).read_text()
    assert "def f():\n    return 1" in source
    assert "# x = f()" in source


def test_the_source_of_a_function_can_be_read_below_a_cells_name(notebook, project):
    step = notebook("%%alo_asset step=a\ndef f():\n    return 1\nx = f()").step("a")
    module = new_module(step, project)
    exec(step.body.compiled()[0], module.__dict__)
    assert inspect.getsource(module.f) == "def f():\n    return 1\n"


def test_an_edited_helper_is_a_new_module_and_leaves_old_pickles_alone(ran):
    cells = ["class Box:\n    def size(self): return 1"]
    old = pickle.dumps(ran("b = Box()", cells).b)
    new = pickle.dumps(ran("b = Box()", ["class Box:\n    def size(self): return 2"]).b)
    assert (pickle.loads(old).size(), pickle.loads(new).size()) == (1, 2)


def test_a_second_project_of_the_session_gets_the_files_too(ran, tmp_path, define):
    ran()
    second = Project(tmp_path / "second")
    second.root.mkdir()
    module = ran(place=second)
    written = {each.name for each in second.modules.iterdir()}
    home = {type(module.box).__module__, module.shift.__module__, type(module.box).__mro__[1].__module__}
    assert {f"{each.rpartition('.')[2]}.py" for each in home} <= written


def test_a_helper_that_fails_while_it_is_defined_fails_the_same_way_again(ran, project):
    cells = ["from pathlib import Path", "class Box:\n    size = len(Path('size.txt').read_text())"]
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            ran("Box.size", cells)
    (project.root / "size.txt").write_text("abc")
    assert ran("got = Box.size", cells).got == 3


def test_every_run_gets_a_namespace_of_its_own(ran):
    first, second = ran("items = []\nitems.append(1)"), ran("items = []\nitems.append(1)")
    assert first is not second
    assert second.items == [1]


def test_a_step_may_have_any_allowed_name(define, project):
    from dataclasses import replace

    for name in ("lib", "train-2", "1st", "전처리", "a.b", "class"):
        module = new_module(replace(define("x = 1"), name=name), project)
        assert module.__name__.rpartition(".")[2].isidentifier()
        assert sys.modules[module.__name__] is module


def test_the_names_of_the_last_run_can_be_read():
    from types import ModuleType

    steps, module = StepNamespaces(), ModuleType("m")
    assert repr(steps) == "steps that have run: none yet"
    module.x = 1
    steps.keep("train", module)
    assert steps.train.x == steps["train"].x == 1
    assert dir(steps) == ["train"]
    assert repr(steps) == "steps that have run: train"
    with pytest.raises(AttributeError, match=r"no step 'trian' has run in this session; did you mean 'train'\?"):
        steps.trian  # noqa: B018
    assert not hasattr(steps, "_repr_html_")
