from __future__ import annotations

import pytest

from alo_nb.errors import MagicUsageError, SourceError, StepDefinitionError, UnknownStepError
from alo_nb.plan import Plan, Source, Step
from alo_nb.steps.sources import Sources, define_from_cell, read_notebook

BODY = "asset.save_data({})\n"


def step_of(notebook_file, name="train"):
    return notebook_file.step(name)


@pytest.mark.parametrize(
    "cell",
    [
        f"%%alo_asset step=train\n{BODY}",
        f"%%alo_asset\tstep=train\n{BODY}",
        f"# %%alo_asset step=other\n\n%%alo_asset step=train\n{BODY}",
        f"%alo_asset step=train\n{BODY}",
        ["%%alo_asset step=train\n", "asset.save_data({})\n"],
        "import alo_nb\n@alo_nb.asset(step='train')\ndef f(asset):\n    asset.save_data({})\n",
        "from alo_nb import asset\n@asset(step='train')\ndef train(a):\n    a.save_data({})\n",
        "@alo_nb.asset(step='train')\nclass Any(Asset):\n    def run(self): pass\n",
    ],
)
def test_every_spelling_of_a_step_is_found(notebook, cell):
    assert notebook("x = 1", cell).step("train").name == "train"


def test_the_body_keeps_the_lines_it_has_in_its_cell(notebook):
    step = notebook("x = 1", "# why\n\n%%alo_asset step=train\na = 1\nb = 2").step("train")
    assert step.body.label == "steps.ipynb, cell 2"
    assert step.body.line_text(5) == "b = 2"
    assert step.body.compiled()[0].co_filename.endswith("steps.ipynb[cell 2]")


def test_other_decorators_of_a_step_stay(notebook):
    cells = ["import functools", "@functools.cache\n@alo_nb.asset(\n    step='train')\ndef f(asset):\n    return 1"]
    step = notebook(*cells).step("train")
    assert step.body.source == "@functools.cache\n\n\ndef f(asset):\n    return 1"
    assert step.body.line_text(5) == "return 1"
    assert step.captured.lines == ("import functools",)


def test_cells_of_text_and_steps_in_comments_are_no_steps(notebook):
    assert notebook("# %%alo_asset step=a", "text = '%%alo_asset step=b'", "").cells == {}


def test_a_step_in_two_cells_is_refused(notebook):
    cell = f"%%alo_asset step=train\n{BODY}"
    with pytest.raises(StepDefinitionError) as caught:
        notebook(cell, "x = 1", cell)
    assert caught.value.what == "step 'train' is defined in two cells"
    assert caught.value.where == "steps.ipynb, cell 1 and steps.ipynb, cell 3"
    assert caught.value.do == "rename one of them, or add --replace to the second"


def test_a_second_cell_may_take_over_on_purpose(notebook):
    found = notebook("%%alo_asset step=train\nx = 1", "%%alo_asset step=train --replace\nx = 2").step("train")
    assert found.body.source == "x = 2"


def test_a_missing_step_is_named_with_the_nearest(notebook):
    with pytest.raises(UnknownStepError) as caught:
        notebook(f"%%alo_asset step=train\n{BODY}").step("trian")
    assert caught.value.what == "steps.ipynb has no cell with step=trian; did you mean 'train'?"
    assert caught.value.do == "start a cell of that notebook with `%%alo_asset step=trian`, and save the notebook"


def test_a_missing_notebook_is_named_with_the_nearest(notebook, tmp_path):
    notebook("x = 1", name="titanic.ipynb")
    with pytest.raises(SourceError, match=r"there is no notebook 'titanik.ipynb'; did you mean 'titanic.ipynb'\?"):
        read_notebook(tmp_path / "titanik.ipynb")
    with pytest.raises(SourceError, match=r"there is no notebook 'a.ipynb'$|there is no notebook 'a.ipynb'\n"):
        read_notebook(tmp_path / "nowhere" / "a.ipynb")


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "{}", '{"cells": [{}]}', '{"cells": 3}', '{"cells": [{"cell_type": "code", "source": 5}]}', "\xff",
     "[" * 100_000],
    ids=["cut off", "list", "no cells", "no type", "number", "source", "bytes", "deep"],
)  # fmt: skip
def test_a_file_that_is_no_notebook_is_refused(tmp_path, content):
    path = tmp_path / "broken.ipynb"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(SourceError, match=r"'broken.ipynb' cannot be read as a notebook: ") as caught:
        read_notebook(path)
    assert caught.value.where == str(path)


def test_a_folder_is_no_notebook(tmp_path):
    (tmp_path / "a.ipynb").mkdir()
    with pytest.raises(SourceError, match="is not a file"):
        read_notebook(tmp_path / "a.ipynb")


def test_magics_in_ordinary_cells_do_not_hide_what_the_cells_define(notebook):
    cells = [
        "%matplotlib inline\nimport math\n!pip install nothing\nif math.pi:\n    %time\n    LIMIT = 2",
        "%%bash\nLIMIT = 5",
        "STYLE = '''\n!important\n% done\n'''\nREST = (7\n% 4)\nLATE = 1",
        "%%alo_asset step=train\nx = math.pi, STYLE, LATE",
    ]
    step = notebook(*cells).step("train")
    assert step.captured.lines == ("LATE = 1", "STYLE = '\\n!important\\n% done\\n'", "import math")


@pytest.mark.parametrize("line", ["%matplotlib inline", "!ls"])
def test_magics_in_a_step_are_refused_with_what_to_do(notebook, line):
    with pytest.raises(StepDefinitionError) as caught:
        notebook(f"%%alo_asset step=train\nx = 1\n{line}").step("train")
    assert caught.value.what.startswith("step 'train' is not valid Python: ")
    assert caught.value.where == f"steps.ipynb, cell 1, line 3: {line}"
    assert caught.value.do == (
        "move shell commands and magics to an ordinary cell: a step must also run without a notebook"
    )


@pytest.mark.parametrize(
    ("body", "line", "advice"),
    [
        ("x = (", "line 2: x = (", "correct the line"),
        ("x = 1\nawait y", "line 3: await y", "a step cannot await at its top level: put it into a function"),
        ("x = 1\nreturn x", "line 3: return x", "correct the line"),
    ],
)
def test_a_body_that_is_not_python_is_refused_with_its_own_line(notebook, body, line, advice):
    with pytest.raises(StepDefinitionError) as caught:
        notebook("y = 1", f"%%alo_asset step=train\n{body}").step("train")
    assert caught.value.where == f"steps.ipynb, cell 2, {line}"
    assert caught.value.do.startswith(advice)


def test_one_wrong_cell_does_not_hide_the_others(notebook):
    found = notebook("x = (", "y = 2", "%%alo_asset step=bad\n(", f"%%alo_asset step=train\ny\n{BODY}")
    assert found.step("train").captured.lines == ("y = 2",)


def test_a_wrong_magic_line_names_its_cell_and_line(notebook):
    with pytest.raises(MagicUsageError) as caught:
        notebook("x = 1", "# c\n%%alo_asset stp=train\npass")
    assert caught.value.what == "%%alo_asset: unknown option 'stp'; did you mean 'step'?"
    assert caught.value.where == "steps.ipynb, cell 2, line 2: %%alo_asset stp=train"


def test_arguments_may_name_constants_of_the_notebook(notebook):
    found = notebook("ROWS = 5\nCOLS: list = ['a']", "%%alo_asset step=train rows=$ROWS cols=$COLS n=1\nx = 1")
    assert found.step("train").args == {"rows": 5, "cols": ["a"], "n": 1}


def test_an_argument_that_names_no_constant_is_refused(notebook):
    found = notebook("ROWS = 5", "%%alo_asset step=train rows=$ROW\nx = 1")
    message = r"rows=\$ROW: the notebook has no variable 'ROW'; did you mean 'ROWS'\?"
    with pytest.raises(StepDefinitionError, match=message):
        found.step("train")


def test_a_decorator_may_name_constants_and_nothing_that_must_run(notebook):
    cell = "@alo_nb.asset(step='train', rows=ROWS, define_only=True)\ndef f(asset): pass"
    found = notebook("import alo_nb\nROWS = 5", cell)
    assert found.step("train").args == {"rows": 5}
    assert found.cells["train"].line.define_only
    with pytest.raises(StepDefinitionError) as caught:
        notebook("@asset(step='train', rows=count())\ndef f(asset): pass")
    assert (
        caught.value.what == "@asset: rows= must be a constant, or the name of one, to be read without running the cell"
    )
    assert caught.value.where == "steps.ipynb, cell 1, line 1"


# -- where the steps of a plan come from -----------------------------------------------------------------------------


@pytest.fixture
def sources(project):
    return Sources(Plan(), project)


def test_an_asset_folder_gives_its_steps(sources, project):
    folder = project.root / "assets" / "train2"
    folder.mkdir(parents=True)
    (folder / "asset_train.py").write_text("\ufeffdef run(asset):\n    pass\n", encoding="utf-8")
    step = sources.step(Step("train2", source=Source("local")))
    assert (step.kind, step.body.label) == ("function", "assets/train2/asset_train.py")
    (folder / "asset_train2.py").write_text("x = 1")
    assert sources.step(Step("train2", source=Source("local"))).body.source == "x = 1"


def test_a_missing_asset_folder_is_named_with_the_nearest(sources, project):
    (project.root / "assets" / "train").mkdir(parents=True)
    (project.root / "assets" / "train" / "asset_train.py").write_text("x = 1")
    with pytest.raises(SourceError) as caught:
        sources.step(Step("trian", source=Source("local")))
    assert caught.value.what == "step 'trian' has no code in the assets folder; did you mean 'train'?"
    assert caught.value.where == str(project.root / "assets" / "trian" / "asset_trian.py")


def test_a_notebooks_place_is_relative_to_the_plan(project, notebook, tmp_path):
    notebook("%%alo_asset step=train\nx = 1")
    (tmp_path / "plans").mkdir()
    plan = Plan(path=tmp_path / "plans" / "a.yaml")
    step = Sources(plan, project).step(Step("train", source=Source("../steps.ipynb")))
    assert step.body.label == "steps.ipynb, cell 1"


def test_a_living_cell_goes_before_its_file(project, notebook, define):
    notebook("%%alo_asset step=train\nx = 1")
    living = define("x = 2")
    found = Sources(Plan(), project, {"train": living})
    assert found.step(Step("train", source=Source("steps.ipynb"))) is living
    assert found.step(Step("train")) is living
    assert found.step(Step("train", source=Source("notebook"))) is living


def test_a_cell_that_has_not_run_and_code_from_git_are_refused(sources):
    with pytest.raises(UnknownStepError, match="the code of step 'train' is a cell that has not run"):
        sources.step(Step("train", source=Source("notebook")))
    with pytest.raises(SourceError, match="the code of step 'train' is in git and was not fetched yet"):
        sources.step(Step("train", source=Source("https://git.example.org/a.git")))


def test_nothing_is_run_by_reading(project, notebook):
    touch = f"open({str(project.root / 'ran')!r}, 'w').close()"
    notebook(touch, f"%%alo_asset step=train\n{touch}").step("train")
    assert not (project.root / "ran").exists()


def test_a_cell_defines_a_step_with_its_identity(notebook):
    found = notebook("%%alo_asset step=train\nx = 1")
    assert define_from_cell(found.cells["train"], found.scope, identity="c7").cell == "c7"
