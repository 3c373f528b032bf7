"""What an asset file looks like, and what cannot become one."""

from __future__ import annotations

import pytest
from export_corpus import SAVE, asset_of, step_of

from alo_nb.errors import StepDefinitionError
from alo_nb.export.asset_cell import from_asset_file, read_asset_file, shared_cells
from alo_nb.export.asset_file import to_asset_file
from alo_nb.steps.definition import StepDefinition

CELLS = (
    "import pandas as pd, math\nfrom pathlib import Path\nfrom collections import Counter",
    "LIMIT = 3  # as the manual has it\nUNUSED = 4",
    "def clean(frame):\n    # drop what is empty\n    return frame.dropna().head(LIMIT)",
)


def file_of(body: str, *cells: str, **options: object) -> str:
    return to_asset_file(step_of(body, *(cells or CELLS), **options))


def test_statements_become_the_body_of_run():
    body = """\
import json

MODEL = "model.json"


def load(path):
    return json.loads(Path(path).read_text())


# what it does
total = 0
for row in load(MODEL):

    total += clean(row)
text = '''first
  second
'''
asset.save_data({"total": total})
asset.save_config(asset.load_config())
total
"""
    assert (
        file_of(body)
        == '''\
"""Step train: exported by alo_nb from steps.ipynb, cell 9."""

from pathlib import Path

from alolib.asset import Asset

# Imports of the step's own cell
import json

# From other cells of the notebook
LIMIT = 3


def clean(frame):
    # drop what is empty
    return frame.dropna().head(LIMIT)


# The step's own cell
MODEL = "model.json"


def load(path):
    return json.loads(Path(path).read_text())


class UserAsset(Asset):  # what ALO makes and runs
    def __init__(self, asset_structure):
        super().__init__(asset_structure)

    @Asset.decorator_run
    def run(self):
        asset = self
        # what it does
        total = 0
        for row in load(MODEL):

            total += clean(row)
        text = \'\'\'first
  second
\'\'\'
        asset.save_data({"total": total})
        asset.save_config(asset.load_config())
        total
'''
    )


def test_a_function_stays_and_is_called():
    body = "from math import pi\n\n\ndef train(asset):\n    asset.save_data({'x': pd.NA, 'y': math.e})"
    assert (
        file_of(body)
        == '''\
"""Step train: exported by alo_nb from steps.ipynb, cell 9."""

import math

import pandas as pd
from alolib.asset import Asset

# The step's own cell
from math import pi


def train(asset):
    asset.save_data({'x': pd.NA, 'y': math.e})


class UserAsset(Asset):  # what ALO makes and runs
    def __init__(self, asset_structure):
        super().__init__(asset_structure)

    @Asset.decorator_run
    def run(self):
        train(self)
'''
    )


def test_an_alo_class_stays_and_gets_what_alo_asks_for():
    body = """\
from alo_nb import Asset


class Base(Asset):
    def run(self):
        self.asset.save_data(self.make())


class TrainAsset(Base):
    def make(self):
        return {"limit": LIMIT}
"""
    assert (
        file_of(body)
        == '''\
"""Step train: exported by alo_nb from steps.ipynb, cell 9."""

# Imports of the step's own cell
from alolib.asset import Asset  # from alo_nb import Asset

# From other cells of the notebook
LIMIT = 3


# The step's own cell
class Base(Asset):
    @Asset.decorator_run  # ALO checks here what the step has saved
    def run(self):
        self.asset.save_data(self.make())


class TrainAsset(Base):
    def make(self):
        return {"limit": LIMIT}


UserAsset = TrainAsset  # the name that ALO looks for
'''
    )


ALO_FILE = """\
# -*- coding: utf-8 -*-
import os
from alolib.asset import Asset

class UserAsset(Asset):
    def __init__(self, asset_structure):
        super().__init__(asset_structure)

    @Asset.decorator_run
    def run(self):
        self.asset.save_data({})
        self.asset.save_config({})

if __name__ == "__main__":
    UserAsset({}).run()
"""


def test_what_is_an_asset_file_already_stays_byte_for_byte(tmp_path):
    assert to_asset_file(asset_of(ALO_FILE, tmp_path / "assets" / "train")) == ALO_FILE


def test_an_asset_file_without_the_decorator_gets_it_and_can_be_read_back(tmp_path):
    text = ALO_FILE.replace("    @Asset.decorator_run\n", "")
    made = to_asset_file(asset_of(text, tmp_path / "assets" / "train"))

    assert "    @Asset.decorator_run  # ALO checks here what the step has saved\n    def run(self):\n" in made
    assert from_asset_file(made).body == text.rstrip("\n")


@pytest.mark.parametrize(
    ("body", "declared"),
    [
        ("LIMIT = LIMIT + 1\nclean(LIMIT)", None),  # clean reads LIMIT too: two things of one name
        ("pd = pd.DataFrame", "pd"),
        ("sum = sum([1, 2])", "sum"),
        ("def f():\n    global count\n    count = 1\nf()\nprint(count)", "count, f"),
        ("x = 1\nclass A:\n    x = x", "A, x"),
        ("total = 1\nprint(globals()['total'])", "total"),
        ("x = 1\nprint(x)", ""),
        ("print([n for n in range(3)], [m := 2])", ""),
    ],
)
def test_only_names_that_others_see_are_declared_global(body, declared):
    text = f"print(0)\n{body}\n{SAVE.replace('result', '0')}"
    if declared is None:
        with pytest.raises(StepDefinitionError, match="a 'LIMIT' of its own"):
            file_of(text)
        return
    lines = file_of(text).splitlines()
    found = next((line for line in lines if line.startswith("        global")), "")
    assert found == (f"        global {declared}" if declared else "")


def test_a_helper_of_the_cell_that_uses_asset_moves_with_the_statements():
    text = file_of("def save(x):\n    asset.save_data(x)\nsave({})\nasset.save_config({})")

    assert "        asset = self\n        def save(x):\n            asset.save_data(x)\n" in text


def test_display_prints_where_there_is_no_notebook():
    text = file_of("def run(asset):\n    display(1)")

    assert "\ndisplay = print  # ALO has no notebook to show things in\n" in text
    assert "display = print" not in file_of("def run(asset):\n    from IPython.display import display\n    display(1)")


def test_a_long_constant_is_written_one_item_a_line():
    names = [f"column_{number}" for number in range(20)]
    text = file_of("def run(asset):\n    asset.save_data({'x': NAMES, 'y': MAP, 'z': TEXT})",
                   f"NAMES = {names}", f"MAP = {dict.fromkeys(names, (1, 'x'))}", f"TEXT = {'x' * 150!r}")  # fmt: skip

    assert "NAMES = [\n    'column_0',\n    'column_1',\n" in text
    assert "MAP = {\n    'column_0': (1, 'x'),\n" in text
    assert f"TEXT = '{'x' * 150}'\n" in text


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends_of_other_systems_become_plain(newline):
    body = f"x = 1\ntext = '''a\nb'''\n{SAVE.replace('result', 'text')}"

    assert file_of(body.replace("\n", newline)) == file_of(body)


# From __future__ -----------------------------------------------------------------------------------------------------

POSTPONED = "from __future__ import annotations\nimport math\ndef early(x: math.pi) -> math.e:\n    return x"
RUN = "def run(asset):\n    asset.save_data({'x': early(1)})"


@pytest.mark.parametrize(
    ("body", "cell", "line"),
    [
        (RUN, POSTPONED, "from __future__ import annotations  # for early"),
        (f"from __future__ import annotations\n{RUN}", POSTPONED, "from __future__ import annotations"),
        (f"from __future__ import annotations\n{RUN}", "def early(x):\n    return x",
         "from __future__ import annotations  # for the step"),
        (f"'''Docs.'''\nfrom __future__ import annotations\n{RUN}", POSTPONED, "from __future__ import annotations"),
    ],
)  # fmt: skip
def test_postponed_annotations_stand_at_the_top_with_who_asks_for_them(body, cell, line):
    step = step_of(body, cell)
    text = to_asset_file(step)

    assert text.splitlines()[2] == line
    assert body.startswith("'''") or line.split("#")[0].strip() not in text.split("\n", 3)[3]
    assert from_asset_file(text).body.replace("\n\n", "\n") == body
    assert sum("__future__" in each for each in shared_cells(from_asset_file(text).taken)) == ("math" in cell)


# Errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "cells", "what", "do"),
    [
        ("def run(asset):\n    display(frame)", (), "takes the notebook variable 'frame'", "save_data"),
        ("import alo_nb\nalo_nb.run()", (), "imports alo_nb", "needs no import"),
        ("from alo_nb import Asset, run\nrun()", (), "imports alo_nb", "needs no import"),
        ("def run(asset):\n    from alo_nb.plan import check", (), "imports alo_nb", "needs no import"),
        ("alo_nb.run()", ("import alo_nb",), "imports alo_nb", "needs no import"),
        ("get_ipython().run_line_magic('ls', '')", (), "uses a magic", "subprocess.run"),
        ("helper()", ("def helper():\n    get_ipython()",), "uses a magic", "subprocess.run"),
        ("x = 1\nprint(x)\nfrom os.path import *", (), "`import *` below other statements", "top of the cell"),
        ("print(1)\n__x = 2", (), "the name '__x'", "one underscore"),
        ("print(1)\nself.__x = 2", ("self = 1",), "the name '__x'", "one underscore"),
        ("print(1)\ncount: int = 2\ndef f():\n    global count", (), "an annotation of 'count'", "`count = ...`"),
        ("def clean(x):\n    pass\ndef run(asset):\n    use(clean)", ("def use(f):\n    clean()\ndef clean(): pass",),
         "a 'clean' of its own", "another name"),
        ("sum = 1\ndef f():\n    return sum\nuse(f)", ("def use(f):\n    return sum([1])",),
         "a 'sum' of its own", "another name"),
        ("def UserAsset(asset):\n    pass", (), "a 'UserAsset' of its own", "another name"),
        ("def __fit(asset):\n    pass", (), "a '__fit' of its own", "another name"),
        ("Asset = 1\ndef run(asset):\n    pass", (), "a 'Asset' of its own", "another name"),
        ("def run(asset):\n    first(), second()",
         ("def first(): return tool", "try:\n    import tool\n    def second(): pass\nexcept OSError:\n    pass",
          "import json as tool"), "takes along two things called 'tool'", "rename one"),
        ("from __future__ import division\nprint(1)", (), "only `from __future__ import annotations`", "leave out"),
        ("class UserAsset(Asset):\n    def __init__(self, envs, argv, data, config):\n        pass", (),
         "an asset of ALO 1.0", "asset_structure"),
    ],
)  # fmt: skip
def test_what_cannot_stand_in_a_file_is_an_error_that_says_what_to_do(body, cells, what, do):
    options = {"use": ("frame",)} if "frame" in body else {}
    with pytest.raises(StepDefinitionError) as caught:
        to_asset_file(step_of(body, *cells, **options))

    assert what in caught.value.what
    assert do in caught.value.do
    assert "steps.ipynb" in caught.value.where


def test_an_error_names_the_users_own_line():
    with pytest.raises(StepDefinitionError) as caught:
        to_asset_file(step_of("x = 1\n\nimport alo_nb\nalo_nb.run(x)"))

    assert caught.value.where == "steps.ipynb, cell 9, line 4: import alo_nb"  # line 1 is the magic line


# Edited files --------------------------------------------------------------------------------------------------------

BODY = f"import json\n\nresult = clean(json.loads('1'))\n{SAVE}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# The step's own cell\n", ""),
        ('"""Step train', '"""My step'),
        ("        asset = self\n", "        asset = self  # ALO\n"),
        ("# From other cells of the notebook\n", "# From other cells of the notebook\nimport os\nos.getcwd()\n"),
        ("\nclass UserAsset", "\n\nclass UserAsset"),
    ],
)  # fmt: skip
def test_a_file_whose_frame_was_edited_becomes_a_cell_as_it_is(old, new):
    text = file_of(BODY)
    assert old in text
    edited = text.replace(old, new)

    assert read_asset_file(edited) is None
    assert from_asset_file(edited).body == edited


def test_an_edit_of_the_steps_own_text_comes_along():
    text = file_of(BODY).replace("json.loads('1')", "json.loads('2')").replace("head(LIMIT)", "tail(LIMIT)")
    cell = from_asset_file(text)

    assert cell.body == BODY.replace("'1'", "'2'")
    assert "tail(LIMIT)" in cell.taken.helpers[0].text


def test_a_class_that_was_edited_is_an_alo_class_from_then_on():
    text = file_of(BODY).replace("        super()", "        self.x = 1\n        super()")
    cell = from_asset_file(text)

    assert cell.body.startswith("import json\n\nclass UserAsset(Asset):")
    assert "self.x = 1" in cell.body
    assert sorted(cell.taken.names) == ["LIMIT", "clean"]


def test_text_that_is_no_python_is_a_cell_as_it_is():
    assert from_asset_file("def (").body == "def ("


def test_a_step_of_another_kind_is_refused():
    step = step_of("def run(asset):\n    pass")
    function = StepDefinition(step.name, step.body, "pipeline_function", "run")

    with pytest.raises(StepDefinitionError, match="a function of ALO 3"):
        to_asset_file(function)
