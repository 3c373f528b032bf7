"""What keeps two cells together, what is refused, and what the new cells look like."""

from __future__ import annotations

import json

import pytest

from alo_nb.errors import ProjectError, SourceError, StepDefinitionError
from alo_nb.suggestion import propose, write_notebook

from .conftest import save


def obstacles(proposal) -> list[tuple[str, str]]:
    """Return where each obstacle stands, and what it is."""
    return [(f"{e.place.cell}:{e.place.line}", e.what) for cut in proposal.closed for e in cut.obstacles]


# What does not survive ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "used", "what"),
    [
        ("v = (x * x for x in [1, 2])", "print(sum(v))", "a generator"),
        ("def count():\n    yield 1\nv = count()", "print(list(v))", "a generator"),
        ("v = lambda x: x", "print(v(1))", "a lambda"),
        ("v = {'f': [lambda x: x]}", "print(v['f'][0](1))", "a lambda"),
        ("from collections import defaultdict\nv = defaultdict(lambda: 0)", "print(v['a'])", "a lambda"),
        (
            "def outer(n):\n    def inner():\n        return n\n    return inner\nv = outer(2)",
            "print(v())",
            "made inside",
        ),
        ("v = open('x.txt')", "print(v.read())", "an open file"),
        ("import sqlite3\nv = sqlite3.connect('x.db')", "print(v.total_changes)", "a connection"),
        ("import threading\nv = threading.Lock()", "print(v.locked())", "runs or is locked"),
        ("import matplotlib.pyplot as plt\nfigure, v = plt.subplots()", "v.plot([1])", "a figure"),
        ("v = zip([1], [2])", "print(list(v))", "an iterator"),
        ("import pandas as pd\nv = pd.read_csv('x.csv', chunksize=2)", "print(next(v))", "an iterator"),
        ("import tempfile\nv = tempfile.TemporaryDirectory()", "print(v.name)", "a temporary file or folder"),
    ],
)
def test_a_value_that_cannot_be_handed_on_keeps_its_cells_together(proposed, made, used, what):
    found = proposed("## one", "x = [1].copy()", "## two", made, "## three", used)

    assert [each.cells for each in found.steps] in ([(1,), (2, 3)], [(1, 2), (3,)], [(2, 3)], [(1,), (2,), (3,)])
    assert any(what in each for _, each in obstacles(found))
    assert all(place.startswith("2:") for place, _ in obstacles(found))


def test_a_class_of_the_notebook_that_keeps_a_list_is_not_cut_while_it_changes(proposed):
    box = "class Box:\n    kept = []\n    def keep(self, x):\n        self.kept.append(x)"
    found = proposed(box, "## a", "b = Box()\nb.keep(1)", "## b", "b.keep(2)\nprint(b.kept)")

    assert not found.steps
    assert "class 'Box' is defined again or changed" in obstacles(found)[0][1]


def test_a_function_that_reads_a_variable_stays_with_its_calls(proposed):
    found = proposed("## a", "rows = list(range(3))\ndef total():\n    return sum(rows)", "## b", "print(total())")

    assert not found.steps
    assert found.refused[0].what == "function 'total' reads the variable 'rows'"
    assert (found.refused[0].place.cell, found.refused[0].place.line) == (1, 2)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a = [].copy()\nb = a", "a.append(1)\nprint(b)"),
        ("a = [[1]].copy()\nb = a[0]", "b.append(1)\nprint(a)"),
        ("import numpy as np\na = np.zeros(3)\nb = a[:2]", "a[0] = 1\nprint(b)"),
        ("import numpy as np\na = np.zeros(3)\nb = a.reshape(3, 1)", "a += 1\nprint(b)"),
        ("import torch\na = torch.nn.Linear(1, 1)\nb = torch.optim.SGD(a.parameters())", "b.step()\nprint(a)"),
        ("import numpy as np\na = np.random.default_rng(0)\nb = a", "print(a.random(), b.random())"),
        ("def put(x, y):\n    y['k'] = x\na, b = [1], {}\nput(a, b)", "a.append(2)\nprint(b)"),
        ("a = [1].copy()\nb = a", "print(a is b)"),
        ("def grow(x):\n    x.append(0)\na = [[1]].copy()\nb = a[0]", "list(map(grow, a))\nprint(b)"),
        ("a = [[1]].copy()\nb = a[0]", "list(map(lambda x: x.append(0), a))\nprint(b)"),
        ("def same(x):\n    y = [x]\n    return y[0]\na = [1].copy()\nb = same(a)", "b.append(0)\nprint(a)"),
        (
            "class Box:\n    def __init__(self, x):\n        self.x = x\na = [1].copy()\nb = Box(a)",
            "a[0] = 2\nprint(b.x)",
        ),
    ],
)
def test_two_names_of_one_object_that_is_changed_later_are_not_cut_apart(proposed, before, after):
    found = proposed("## a", before, "## b", after)

    assert not found.steps
    assert "share an object" in found.refused[0].what
    assert found.refused[0].place.cell == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import pandas as pd\na = pd.read_csv('x.csv')\nb = a.copy()", "a.loc[0, 'z'] = 1\nprint(a, b)"),
        ("import pandas as pd\na = pd.read_csv('x.csv')\nb = a[a.x > 1]", "a.loc[0, 'z'] = 1\nprint(a, b)"),
        ("a = 1\nb = a\na = a + 1", "a += 1\nprint(a, b)"),
    ],
)
def test_what_is_a_copy_can_be_cut(proposed, before, after):
    assert len(proposed("## a", before, "## b", after).steps) == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from lib import load, cut\nd = load()\na, b = d.data, d.target", "a[0] = 1\nprint(a, b)"),
        ("from lib import load, cut\na, b = cut(load())", "a[0] = 1\nprint(a, b)"),
        ("import pandas as pd\na = pd.read_csv('x.csv')\nb = a['y']", "a['z'] = 1\nprint(a, b)"),
    ],
)
def test_what_nothing_shows_to_be_a_copy_is_not_cut_apart(proposed, before, after):
    found = proposed("## a", before, "## b", after)

    assert not found.steps
    assert "'a' and 'b' may share an object" in found.refused[0].what


def test_random_numbers_stay_with_their_seed(proposed):
    seed = "import numpy as np\nnp.random.seed(0)\nx = np.random.rand(3)"
    apart = proposed("## a", seed, "## b", "y = np.random.rand(3)\nprint(x, y)")
    assert not apart.steps
    assert "follows from this seed" in apart.refused[0].what

    together = proposed("## a", seed, "## b", "print(x)")
    assert len(together.steps) == 2
    assert [each.what[:30] for each in together.notes] == ["a library may draw from this s"]


def test_a_value_that_only_a_branch_sets_is_not_cut_off_from_the_branch(proposed):
    found = proposed("## a", "x = len('abc')\nif x > 5:\n    y = [x]", "## b", "if x > 5:\n    print(y)")
    assert "'y' has a value only when a branch or loop ran" in found.refused[0].what
    assert len(proposed("## a", "for each in range(3):\n    last = each", "## b", "print(last)").steps) == 2


# What is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("x = 1\nprint(y)", 2, "it reads 'y', and no cell sets it"),
        ("def f():\n    return nowhere\nf()", 2, "it reads 'nowhere'"),
        ("x = 1\n%run other.ipynb", 2, "run: it runs other code"),
        ("x = %time 3", 1, "a name is set by a magic"),
        ("%%timeit\nx = 3", 1, "%%timeit"),
        ("%%alo_asset step=a\nx = 3", 1, "no plain notebook"),
        ("x = (", 1, "it is not Python"),
        ("asset = 3", 1, "the name 'asset' belongs to steps"),
        ("def f():\n    global x\n    x = 1\nf()", 2, "function 'f' sets the notebook's variable 'x'"),
        ("import os\nos.chdir('data')", 2, "changes the folder"),
        ("name = input('who? ')", 1, "it asks a person"),
        ("get_ipython().run_line_magic('time', 'x = 1')", 1, "runs magics"),
        ("x = 1\n!echo $x", 2, "takes values of the notebook"),
        ("print(Out[1])", 1, "what IPython remembers"),
        ("import numpy as np\nSEED = 3", 0, "no code that could be a step"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_line(proposed, text, line, what):
    found = proposed("", text)

    assert not found.steps
    assert what in found.refused[0].what
    assert found.refused[0].place.line == line


def test_code_that_is_too_involved_to_be_followed_is_refused_and_not_followed_for_ever(proposed):
    methods = "".join(
        f"    def m{n}(self, x):\n        for y in x:\n            self.m{(n + 1) % 9}([x, y]).append(self)\n"
        f"            self.m{(n + 4) % 9}(x).append(y)\n        return [self, x]\n"
        for n in range(9)
    )
    classes = "\n".join(f"class {name}:\n{methods}" for name in "ABCDE")
    found = proposed(classes, "## a", "a = A()\nb = a.m0([a, [a]])", "## b", "print(a.m1([b]), b)")

    assert "too many functions and objects use each other" in found.refused[0].what
    assert found.refused[0].place.cell == 2


def test_a_name_that_only_a_cell_below_sets_is_refused(proposed):
    assert "only a cell below sets it" in proposed("print(x)", "x = [1].copy()").refused[0].what


def test_a_refused_notebook_is_not_written_and_the_error_names_the_line(tmp_path):
    path = save(tmp_path / "plain.ipynb", ["from math import *\nprint(pi)"])

    with pytest.raises(StepDefinitionError, match="imports all names of math") as error:
        write_notebook(propose(path))
    assert error.value.where == "plain.ipynb, cell 1, line 1: from math import *"
    assert [each.name for each in tmp_path.iterdir()] == ["plain.ipynb"]


def test_no_file_is_overwritten(tmp_path):
    path = save(tmp_path / "plain.ipynb", ["print(1)"])
    write_notebook(propose(path))
    with pytest.raises(ProjectError, match="there already"):
        write_notebook(propose(path))
    with pytest.raises(ProjectError, match="no name of a notebook"):
        write_notebook(propose(path), tmp_path / "new.py")


def test_something_that_is_no_notebook_is_an_error(tmp_path):
    (tmp_path / "odd.ipynb").write_text('{"cells": [{"cell_type": "code"}]}')
    with pytest.raises(SourceError, match="cannot be read as a notebook"):
        propose(tmp_path / "odd.ipynb")
    with pytest.raises(SourceError, match=r"no notebook 'od.ipynb'; did you mean 'odd.ipynb'"):
        propose(tmp_path / "od.ipynb")
    assert "notebook of R" in propose(save(tmp_path / "r.ipynb", ["x"], language_info={"name": "R"})).refused[0].what


# The new cells --------------------------------------------------------------------------------------------------------


def test_comments_layout_and_headings_stay(converted):
    code = "# why\nrows  =  [ 1,2 ]   # odd layout\n\n\nrows.append( 3 )"
    cells = converted("## Read", code, "### A closer look", "rows", "## Show", "print(rows)")

    assert cells == [
        "%load_ext alo_nb",
        f"%%alo_asset step=input\n{code}\n\n# A closer look\nprint(rows)\n\n"
        'asset.save_data({"rows": rows})\nasset.save_config({})',
        '%%alo_asset step=show\ndata = asset.load_data()\nrows = data["rows"]\n\nprint(rows)\n\n'
        "asset.save_data(data)\nasset.save_config(asset.load_config())",
    ]


def test_definitions_stay_ordinary_and_what_only_one_step_reads_stays_in_it(converted):
    cells = converted("## a", "import math\nLIMIT = 3\nONCE = 2\nx = [LIMIT, ONCE, math.pi]", "## b", "print(x, LIMIT)")

    assert cells[1] == "LIMIT = 3"
    assert "import math\nONCE = 2\nx = [LIMIT, ONCE, math.pi]" in cells[2]


def test_a_name_of_the_notebook_is_not_taken_for_what_is_loaded(converted):
    cells = converted("## a", "data = [1].copy()", "## b", "print(data)")
    assert 'loaded = asset.load_data()\ndata = loaded["data"]' in cells[2]


def test_a_name_that_may_keep_its_value_is_loaded_to_be_handed_on(converted):
    cells = converted("## a", "x = len('abc')", "## b", "if len('ab') > 2:\n    x = 4", "## c", "print(x)")
    assert 'x = data["x"]' in cells[2]


def test_names_that_pandas_looks_up_in_a_query_are_handed_on(converted):
    cells = converted("## a", "limit = len('abc')", "## b", "from lib import table\nprint(table.query('x > @limit'))")
    assert 'limit = data["limit"]' in cells[-1]


def test_timing_magics_are_left_out_and_notebook_magics_stay_in_front(converted, proposed):
    cells = ("## a", "%%time\nx = [1].copy()", "## b", "%matplotlib inline\n%time x.append(2)\nx?\nprint(x)")
    found = converted(*cells)

    assert found[2] == "%matplotlib inline"
    assert "\nx.append(2)\n# x?\nprint(x)\n" in found[3]
    assert [each.place.text for each in proposed(*cells).notes] == ["%%time", "%time x.append(2)", "x?"]


def test_own_lines_of_the_notebook_do_not_go_along(converted):
    cells = converted("%load_ext alo_nb", "x = [1]", "print(x)", "found = %alo_suggest --write\n")
    assert cells[0] == "%load_ext alo_nb"
    assert not any("suggest" in each for each in cells)
    assert sum("load_ext" in each for each in cells) == 1


def test_outputs_are_gone_and_texts_tags_and_ids_are_there(tmp_path):
    path = save(tmp_path / "plain.ipynb", ["# Title", "x = 1", "## a", "y = [x]", "## b", "print(y)"])
    content = json.loads(path.read_text())
    content["cells"][1]["metadata"] = {"tags": ["parameters"]}
    path.write_text(json.dumps(content))

    cells = json.loads(write_notebook(propose(path)).read_text())["cells"]
    assert [each["cell_type"] for each in cells] == ["code", "markdown", "code", "markdown", "code", "markdown", "code"]
    assert cells[2]["metadata"] == {"tags": ["parameters"]}
    assert len({each["id"] for each in cells}) == len(cells)
    assert all(each["outputs"] == [] and each["execution_count"] is None for each in cells if "outputs" in each)


def test_the_order_in_which_cells_were_run_last_is_told(tmp_path):
    path = save(tmp_path / "plain.ipynb", ["x = [1]", "print(x)"])
    content = json.loads(path.read_text())
    content["cells"][0]["execution_count"] = 9
    path.write_text(json.dumps(content))
    assert "another order" in propose(path).notes[0].what


# What is known of values ----------------------------------------------------------------------------------------------


def test_a_live_kernel_tells_type_shape_and_size_and_an_unknown_object_is_asked_nothing(proposed):
    import numpy as np

    class Silent:
        def __getattribute__(self, name):
            raise AssertionError(name)

        __repr__ = __len__ = __getattribute__

    cells = ("## a", "from lib import load\nx, y = load(), load()", "## b", "print(x, y)")
    found = proposed(*cells, live={"x": np.zeros((4, 2)), "y": Silent()})

    assert [dict(each.about) for each in found.steps[0].crossing] == [
        {"type": "ndarray", "shape": "4x2", "bytes": 64},
        {"type": "Silent"},
    ]


def test_a_live_value_that_cannot_be_handed_on_closes_the_cut(proposed):
    cells = ("## a", "from lib import load\nx = load()", "## b", "print(x)")
    assert len(proposed(*cells).steps) == 2
    assert "'x' is a generator" in proposed(*cells, live={"x": (each for each in [])}).refused[0].what
