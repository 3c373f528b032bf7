from __future__ import annotations

import math

import pytest

from alo_nb.errors import StepDefinitionError
from alo_nb.steps.capture import Scope
from alo_nb.steps.code import Block
from alo_nb.steps.definition import define_step
from alo_nb.steps.module import new_module


@pytest.fixture
def ran(define, project):
    """Defines a step, runs its body, and returns its namespace."""

    def run(body, *cells, **options):
        step = define(body, *cells, **options)
        module = new_module(step, project)
        for code in step.body.compiled():
            exec(code, module.__dict__)
        return module

    return run


def test_imports_functions_classes_and_constants_come_along(ran):
    cells = [
        "import math as m\nfrom os import path, sep as S",
        "LIMIT = 3\nNAMES = ['a', 'b']\nRATE: float = 0.5",
        "def twice(x):\n    return 2 * x\nclass Box:\n    size = 7",
    ]
    body = "got = m.pi, path.basename('x/y'), S, LIMIT, NAMES, RATE, twice(4), Box().size"
    assert ran(body, *cells).got == (math.pi, "y", "/", 3, ["a", "b"], 0.5, 8, 7)


def test_helpers_take_their_own_helpers_along(ran):
    cells = [
        "import json",
        "KEY = 'k'",
        "def inner(x):\n    return json.dumps({KEY: x})",
        "def outer(x): return inner(x)",
    ]
    assert ran("got = outer(1)", *cells).got == '{"k": 1}'


def test_helpers_that_call_each_other_come_along_together(ran):
    even = "def even(n):\n    return n == 0 or odd(n - 1)"
    odd = "def odd(n):\n    return n != 0 and even(n - 1)"
    assert ran("got = even(10), odd(10), even(7)", even, odd).got == (True, False, False)


def test_a_helper_may_call_itself(ran):
    assert ran("got = fact(5)", "def fact(n):\n    return n * fact(n - 1) if n else 1").got == 120


def test_later_cells_win(ran):
    assert ran("got = f()", "def f(): return 1", "def f(): return 2").got == 2


def test_every_submodule_that_was_imported_comes_along(define):
    cells = ["import xml.dom.minidom\nimport json", "import xml.sax.saxutils\nimport xml.dom.minidom"]
    assert define("xml.sax, xml.dom", *cells).captured.lines == ("import xml.dom.minidom\nimport xml.sax.saxutils",)
    assert define("m", "import xml.dom as m", "import xml.sax as m").captured.lines == ("import xml.sax as m",)


def test_a_guarded_import_comes_along_with_its_guard(ran):
    cell = "try:\n    import math as m\nexcept ImportError:\n    m = None"
    assert ran("got = m.pi", cell).got == math.pi
    other = "try:\n    import no_such_module_anywhere as n\nexcept ImportError:\n    n = None"
    assert ran("got = n", other).got is None


def test_a_definition_under_a_condition_comes_along_with_its_condition(ran):
    cell = "if FAST:\n    SIZE = 1\n    def f(): return 'fast'\nelse:\n    SIZE = 2\n    def f(): return 'slow'"
    assert ran("got = SIZE, f()", "FAST = False", cell).got == (2, "slow")


def test_only_the_constant_comes_along_and_not_its_line(ran):
    assert ran("got = A", "A = 1; B = open('/no/such/file')").got == 1


def test_a_line_break_of_another_kind_in_a_text_does_not_shift_the_lines(ran):
    cell = (
        "SEPARATOR = 'a\x0cb\u2028c\x1dd'\n\ndef f(x):\n    return [x, SEPARATOR]\n\ndef g():\n    raise AssertionError"
    )
    assert ran("got = f(1)", cell).got == [1, "a\x0cb\u2028c\x1dd"]


def test_a_name_of_the_notebook_goes_before_a_builtin(ran):
    assert ran("got = sum([1, 2])", "def sum(values): return 'own'").got == "own"


def test_a_decorated_helper_keeps_its_decorators(ran):
    cells = ["import functools", "@functools.lru_cache(\n    maxsize=1)\ndef f():\n    return 1"]
    assert ran("got = f.cache_info().maxsize", *cells).got == 1


def test_a_class_that_two_steps_use_is_one_class(ran):
    cell = "class Box:\n    pass"
    first, second = ran("a = Box()", cell), ran("b = Box()\nfirst = 1", cell)
    assert type(first.a) is type(second.b)


def test_a_base_class_of_asset_comes_along(ran):
    for cells in (
        ["class Base(Asset):\n    kind = 1"],
        ["from alo_nb import Asset", "class Base(Asset):\n    kind = 1"],
    ):
        assert ran("got = Base.kind", *cells).got == 1


def test_annotations_are_values_as_in_a_notebook(ran):
    assert ran("def f(x: int): pass\ngot = f.__annotations__").got == {"x": int}
    assert ran("got = g.__annotations__", "def g(y: str): pass").got == {"y": str}


def test_an_importable_value_that_no_cell_defines_is_imported(ran):
    import collections

    values = {"m": math, "Count": collections.Counter}
    assert ran("got = m.pi, Count('aa')", values=values).got == (math.pi, collections.Counter("aa"))


def test_a_star_import_in_the_step_may_define_any_name(ran):
    assert ran("from math import *\ngot = floor(pi)").got == 3


def test_a_name_that_a_loop_sets_for_its_next_round_is_the_steps_own(ran):
    assert ran("got = []\nfor i in range(3):\n    if i:\n        got.append(before)\n    before = i").got == [0, 1]


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("df = make()", {"df": object()}),
        ("df = 1\ndf += 1", {"df": 2}),
        ("for df in [1, 2]:\n    pass", {"df": 2}),
        ("a, df = 1, 2", {"df": 2}),
        ("with open('x') as df:\n    pass", {"df": 2}),
        ("", {"df": [1]}),
    ],
)
def test_a_data_variable_is_refused_by_name_with_what_to_do(define, cell, values):
    with pytest.raises(StepDefinitionError) as caught:
        define("x = 1\ny = len(df)", cell, values=values)
    error = caught.value
    set_in = " set in cell 1" if cell else ""
    assert error.what == f"step 'train' uses 'df', a variable of the notebook{set_in}"
    assert error.where == "cell 9, line 3: y = len(df)"
    assert error.do == (
        "load it inside the step, hand it on with save_data in an earlier step, or write `use=df` on the magic line "
        "to pass it as a recorded input"
    )
    assert error.names == ("df",)


def test_all_refused_names_are_told_at_once(define):
    with pytest.raises(StepDefinitionError, match=r"uses 'df' \(and model\), a variable of the notebook"):
        define("f(df, model)", "df = g()\nmodel = g()\ndef f(*a): pass")


def test_a_variable_that_only_a_helper_uses_is_refused_too(define):
    with pytest.raises(StepDefinitionError, match="uses 'df', a variable of the notebook set in cell 1"):
        define("helper()", "df = read()", "def helper():\n    return df")


@pytest.mark.parametrize("value", [4, 3.0, True, "3", [3]])
def test_a_constant_that_has_changed_since_its_cell_ran_is_refused(define, value):
    with pytest.raises(StepDefinitionError, match="uses 'LIMIT', a variable of the notebook"):
        define("LIMIT", "LIMIT = 3", values={"LIMIT": value})


def test_a_list_that_became_an_array_is_refused_like_any_change(define):
    import numpy as np

    with pytest.raises(StepDefinitionError, match="uses 'COLUMNS', a variable of the notebook"):
        define("COLUMNS", "COLUMNS = [1, 2]", values={"COLUMNS": np.array([1, 2])})


def test_an_unchanged_constant_comes_along(define):
    cell = "A = {'x': [1.5, None, (True, 'é')], 'y': {1, 2}}"
    assert define("A", cell, values={"A": {"x": [1.5, None, (True, "é")], "y": {1, 2}}}).captured.lines


def test_a_name_that_nobody_defines_is_named_with_the_nearest(define):
    with pytest.raises(StepDefinitionError) as caught:
        define("scael(1)", "def scale(x): pass")
    assert caught.value.what == "step 'train' uses 'scael', which neither the step nor the notebook defines"
    assert caught.value.do == "define or import 'scael' in the step or in a cell above; did you mean 'scale'?"
    assert caught.value.where == "cell 9, line 2: scael(1)"


def test_a_variable_that_was_asked_for_is_not_captured(define):
    assert define("len(df)", "df = read()", use=("df",)).captured.lines == ()


def test_a_step_needs_code_and_an_allowed_name(define):
    with pytest.raises(StepDefinitionError, match="step 'train' has no code"):
        define("# nothing")
    from alo_nb.steps.capture import Scope
    from alo_nb.steps.code import Block
    from alo_nb.steps.definition import define_step

    with pytest.raises(StepDefinitionError, match=r"'\.\./x' cannot be the name of a step"):
        define_step("../x", Block("x = 1", "f"), Scope())


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("class UserAsset(Asset):\n    def run(self): pass", ("class", "UserAsset")),
        ("import alo_nb\nclass A(alo_nb.Asset): pass", ("class", "A")),
        ("def run(asset): pass", ("function", "run")),
        ("def helper(x): pass\ndef train(asset, n=1): pass", ("function", "train")),
        ("def anything(a): pass", ("function", "anything")),
        ("def helper(x): pass\nasset.load_data()", ("statements", "")),
        ("def run(): pass\nrun()", ("statements", "")),
        ("x = 1", ("statements", "")),
    ],
)
def test_a_body_is_a_class_a_function_or_statements(define, body, kind):
    step = define(body)
    assert (step.kind, step.entry) == kind


def test_a_class_whose_base_in_another_cell_is_an_asset_is_an_asset_class():
    scope = Scope()
    scope.add(Block("class Base(Asset):\n    pass", "cell-base", 1, "cell 1"))
    body = Block("class UserAsset(Base):\n    def run(self): pass\nclass Other: pass", "cell-step", 2, "cell 2")
    step = define_step("train", body, scope)
    assert (step.kind, step.entry) == ("class", "UserAsset")
