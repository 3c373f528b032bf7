"""A cell becomes a step: three spellings, three bodies, one meaning; and what a step may take along."""

from __future__ import annotations

import pytest

from alo_nb import Run
from alo_nb.errors import MagicUsageError, StepDefinitionError, StepOutputError, UnknownStepError
from alo_nb.notebook.session import current_session
from alo_nb.steps.definition import StepDefinition

BODIES = {
    "class": """\
class UserAsset(Asset):
    @Asset.decorator_run
    def run(self):
        n = self.asset.check_args("n", default=1, chng_type="int")
        self.asset.save_data({"square": n * n, "label": "x"})
        self.asset.save_config({"n": n})""",
    "function": """\
def run(asset):
    n = asset.check_args("n", default=1, chng_type="int")
    asset.save_data({"square": n * n, "label": "x"})
    asset.save_config({"n": n})""",
    "statements": """\
n = asset.check_args("n", default=1, chng_type="int")
asset.save_data({"square": n * n, "label": "x"})
asset.save_config({"n": n})""",
}
SPELLINGS = {
    "cell magic": "%%alo_asset step=s n=3\n{body}",
    "line magic": "%alo_asset step=s n=3\n{body}",
    "cell magic below comments": "# a title\n\n# and more\n%%alo_asset step=s n=3\n{body}",
    "line magic below comments": "# a title\n%alo_asset step=s n=3\n{body}",
    "tab after the magic": "%%alo_asset\tstep=s n=3\n{body}",
    "decorator": "import alo_nb\n\n@alo_nb.asset(step='s', n=3)\n{body}",
}
CASES = [
    (spelling, body) for spelling in SPELLINGS for body in BODIES if (spelling, body) != ("decorator", "statements")
]


def definition(name="s"):
    return current_session().registry[name]


@pytest.mark.parametrize(("spelling", "body"), CASES)
def test_every_spelling_of_every_body_runs_and_hands_on_the_same_values(shell, spelling, body):
    if spelling == "decorator":
        shell.run("from alo_nb import Asset")
    shell.run(SPELLINGS[spelling].format(body=BODIES[body]))
    run = shell.run("alo_nb_run = %alo_run\nalo_nb_run")
    assert definition().kind == body
    assert run.step("s").args == {"n": 3}
    assert run.step("s").digests() == expected_digests()


def expected_digests():
    from alo_nb.handover.codec import encode

    values = {"data.square": 9, "data.label": "x", "config.n": 3}
    return {name: encode(value).digest for name, value in values.items()}


@pytest.mark.parametrize("body", BODIES)
def test_the_spelling_does_not_change_the_fingerprint_and_the_body_does(shell, body):
    shell.run("from alo_nb import Asset")
    found = set()
    for spelling, kind in CASES:
        if kind == body:
            shell.run(SPELLINGS[spelling].format(body=BODIES[body]))
            found.add(definition().fingerprint)
    assert len(found) == 1
    shell.run(SPELLINGS["cell magic"].format(body=BODIES[body].replace("n * n", "n + n")))
    assert definition().fingerprint not in found


def test_nothing_of_a_step_leaks_into_the_notebook(shell):
    before = set(shell.ip.user_ns)
    shell.step("s", "import json\nsecret = 1\nfor loop in range(2): pass\ndef helper(): pass\nclass Thing: pass")
    new = {name for name in set(shell.ip.user_ns) - before if not name.startswith("_")}
    assert new == set()
    assert "asset" not in shell.ip.user_ns
    assert "Asset" not in shell.ip.user_ns


def test_names_of_a_step_are_readable_after_its_run(shell):
    shell.step("s", "total = 3\ndef double(x): return 2 * x")
    assert shell.run("steps.s.double(steps.s.total)") == 6
    assert shell.run("steps['s'].total") == 3
    assert shell.run("dir(steps)") == ["s"]
    assert isinstance(shell.error("steps.other"), AttributeError)
    assert "known: s" in str(shell.error("steps.other"))


def test_a_notebook_variable_called_steps_is_left_alone(bare):
    bare.run("steps = 5")
    bare.run("%load_ext alo_nb")
    assert bare.run("steps") == 5
    bare.run("%unload_ext alo_nb")
    assert bare.run("steps") == 5


def test_imports_functions_classes_and_constants_come_along(shell):
    shell.run("import math\nfrom pathlib import Path as P")
    shell.run(
        "FACTOR = 2\nNAMES: list = ['a', 'b']\ndef inner(x): return x * FACTOR\ndef outer(x): return inner(x) + 1"
    )
    shell.run("class Box:\n    def __init__(self, x): self.x = outer(x)")
    shell.step("s", "found = [Box(3).x, math.floor(2.5), P('a').name, NAMES]")
    assert shell.run("steps.s.found") == [7, 2, "a", ["a", "b"]]


def test_a_data_variable_is_refused_by_name_and_line(shell):
    shell.run("frame = [*range(3)]")
    error = shell.error("%%alo_asset step=s\nx = 1\ntotal = sum(frame)")
    assert isinstance(error, StepDefinitionError)
    assert error.names == ("frame",)
    assert str(error) == (
        "step 's' uses 'frame', a variable of the notebook set in cell In[2]\n"
        "  where: cell In[3], line 3: total = sum(frame)\n"
        "  do:    load it inside the step, hand it on with save_data in an earlier step, or write `use=frame` on the "
        "magic line to pass it as a recorded input"
    )
    assert "s" not in current_session().registry


def test_use_passes_notebook_variables_and_records_their_digests(shell):
    from alo_nb.handover.codec import encode

    shell.run("frame = [*range(3)]\nlimit = sum(frame)")
    run = shell.step(
        "s", "asset.save_data({'n': sum(frame) + limit})", options="use=frame,limit", end="\nasset.save_config({})"
    )
    assert run.step("s").used == {"frame": encode([0, 1, 2]).digest, "limit": encode(3).digest}
    assert shell.run("steps.s.frame == frame")
    assert run.step("s").digests()["data.n"] == encode(6).digest


def test_a_used_variable_can_only_reach_the_step_as_it_was_recorded(shell):
    shell.run("frame = [*range(3)]")
    shell.step("s", "asset.save_data({'n': frame})", options="use=frame", end="\nasset.save_config({})")
    shell.run("frame.append(9)")
    again = shell.run("%alo_run")
    assert again.step("s").used["frame"] == again.step("s").digests()["data.n"]


def test_define_only_does_not_run(shell):
    found = shell.step("s", "print('ran')", options="-n")
    assert isinstance(found, StepDefinition)
    assert "ran" not in shell.out
    assert "step s: statements" in shell.out
    assert isinstance(shell.run("%alo_run"), Run)


@pytest.mark.parametrize("option", ["-q", "--quiet", "quiet=true"])
def test_quiet_runs_and_shows_only_what_the_step_prints(shell, option):
    assert shell.step("s", "print('ran')", options=option) is None
    assert shell.out == "ran\n"


def test_the_last_expression_of_a_step_is_shown_and_a_semicolon_hides_it(shell):
    shell.run("%%alo_asset step=s -q\nasset.save_data({})\nasset.save_config({})\n[1, 2]")
    assert "[1, 2]" in shell.out
    shell.run("%%alo_asset step=s -q\nasset.save_data({})\nasset.save_config({})\n[1, 2];")
    assert "[1, 2]" not in shell.out


def test_running_a_cell_again_replaces_its_step(shell):
    shell.run("%%alo_asset step=s\nx = 2\nasset.save_data({})\nasset.save_config({})", cell="c1")
    shell.run("%%alo_asset step=s\nx = 3\nasset.save_data({})\nasset.save_config({})", cell="c1")
    assert shell.run("steps.s.x") == 3
    assert list(current_session().registry) == ["s"]


def test_two_cells_cannot_share_a_name_unless_one_takes_over(shell):
    first = "%%alo_asset step=s\nx = 1\nasset.save_data({})\nasset.save_config({})"
    second = first.replace("x = 1", "x = 2")
    shell.run(first, cell="c1")
    assert isinstance(shell.error(second, cell="c2"), StepDefinitionError)
    assert shell.run("steps.s.x") == 1
    shell.run(second.replace("step=s", "step=s --replace"), cell="c2")
    assert shell.run("steps.s.x") == 2


def test_a_cell_that_was_renamed_leaves_no_second_step(shell):
    body = "\nasset.save_data({})\nasset.save_config({})"
    shell.run("%%alo_asset step=inptu" + body, cell="c1")
    shell.run("%%alo_asset step=input" + body, cell="c1")
    assert list(current_session().registry) == ["input"]


def test_a_failed_definition_leaves_the_earlier_one(shell):
    shell.step("s", "x = 1")
    before = definition()
    shell.error("%%alo_asset step=s\nfor x in")
    assert definition() is before


def test_a_step_that_fails_is_defined_and_its_result_is_the_earlier_one(shell):
    shell.step("s", "x = 1")
    error = shell.error("%%alo_asset step=s\nx = 2\n1 / 0")
    assert isinstance(error, ZeroDivisionError)
    assert any("step 's', cell In[3], line 3: 1 / 0" in note for note in error.__notes__)
    assert shell.run("steps.s.x") == 1


def test_an_edited_helper_is_used_when_a_step_runs_again(shell):
    shell.run("def helper(): return 1")
    cell = "%%alo_asset step=s\nfound = helper()\nasset.save_data({'f': found})\nasset.save_config({})"
    shell.run(cell, cell="c1")
    shell.run("def helper(): return 2")
    shell.run(cell, cell="c1")
    assert shell.run("steps.s.found") == 2


def test_an_edited_helper_is_used_by_the_next_run_of_the_pipeline(shell):
    shell.run("def helper(): return 1")
    shell.step("s", "found = helper()")
    shell.run("def helper(): return 2")
    shell.run("%alo_run")
    assert shell.run("steps.s.found") == 2


def test_cells_before_load_ext_count(bare):
    bare.run("import math\nFACTOR = 2\ndef helper(x): return math.floor(x) * FACTOR")
    bare.run("rows = [*range(2)]")
    bare.run("%load_ext alo_nb")
    bare.step("s", "found = helper(2.5)")
    assert bare.run("steps.s.found") == 4
    assert isinstance(bare.error("%%alo_asset step=t\nprint(rows)"), StepDefinitionError)


def test_the_cell_that_loads_the_extension_counts_too(bare):
    bare.run("import math\n%load_ext alo_nb\nFACTOR = 2")
    bare.step("s", "found = math.floor(2.5) * FACTOR")
    assert bare.run("steps.s.found") == 4


def test_names_of_a_cell_with_a_syntax_error_do_not_count(shell):
    shell.error("LIMIT = 1\nfor x in")
    error = shell.error("%%alo_asset step=s\nprint(LIMIT)")
    assert "neither the step nor the notebook defines" in str(error)


def test_nothing_on_the_magic_line_is_expanded(shell):
    shell.run("x = 7\nstep = 'other'")
    run = shell.step("s", "pass", options="a={x} b=$x c='$step {x}'")
    assert run.step("s").args == {"a": {"x": None}, "b": 7, "c": "$step {x}"}


def test_time_above_a_step_cell_works(shell):
    shell.run("%%time\n%%alo_asset step=s\nx = 1\nasset.save_data({})\nasset.save_config({})")
    assert "Wall time" in shell.out
    assert shell.run("steps.s.x") == 1


def test_shell_lines_and_magics_inside_a_step_work_and_keep_the_lines(shell):
    body = "\n\nfound = !echo one two\n!echo hello\n%timeit -n1 -r1 1 + 1\nfound = list(found)"
    shell.step("s", body)
    assert "hello" in shell.out
    assert "per loop" in shell.out
    assert shell.run("steps.s.found") == ["one two"]
    error = shell.error("%%alo_asset step=s\n\n\n!echo hello\nx = !echo there\n1 / 0")
    assert any("line 6: 1 / 0" in note for note in error.__notes__)


@pytest.mark.parametrize("name", ["lib", "pandas", "io", "단계", "2nd", "a-b", "a.b", "class", "run"])
def test_plausible_step_names_work(shell, name):
    shell.step(name, "import io\nfound = io.StringIO('x').read()\nclass Thing: pass\nthing = Thing()")
    assert shell.run(f"steps[{name!r}].found") == "x"
    assert shell.run("%alo_run").step(name).status == "success"


ODD = {
    "future annotations": (
        "from __future__ import annotations\nclass A:\n    def f(self, x: A) -> B: return 1\n"
        "class B: pass\nfound = A().f(1)"
    ),
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass Point:\n    x: int = 1\nfound = Point().x",
    "enum": "from enum import Enum\nclass Colour(Enum):\n    RED = 1\nfound = Colour.RED.value",
    "named tuple": "from typing import NamedTuple\nclass Pair(NamedTuple):\n    a: int\nfound = Pair(1).a",
    "typed dict": "from typing import TypedDict\nclass Row(TypedDict):\n    a: int\nfound = Row(a=1)['a']",
    "protocol": "from typing import Protocol\nclass Has(Protocol):\n    a: int\nfound = 1",
    "nested functions": "def outer():\n    y = 1\n    def inner(): return y\n    return inner()\nfound = outer()",
    "nonlocal": (
        "def outer():\n    y = 0\n    def inner():\n        nonlocal y\n        y += 1\n    inner()\n    return y\n"
        "found = outer()"
    ),
    "recursion": "def depth(n):\n    return 1 if n == 0 else depth(n - 1)\nfound = depth(5)",
    "generator": "def numbers():\n    yield 1\nfound = next(numbers())",
    "global": "count = 0\ndef bump():\n    global count\n    count += 1\nbump()\nfound = count",
    "global that only a function sets": "def bump():\n    global found\n    found = 1\nbump()",
    "star import": "from math import *\nfound = floor(1.5)",
    "f-string": "name = 'x'\nfound = int(f'{len(name):d}')",
    "walrus": "if (found := 1) > 0: pass",
    "comprehension": "base = 1\nfound = [base * x for x in [1]][0]",
    "lambda": "found = (lambda x: x)(1)",
    "match": "match {'a': 1}:\n    case {'a': found}:\n        pass",
    "try star": "try:\n    raise ExceptionGroup('g', [ValueError()])\nexcept* ValueError: found = 1",
    "with": "from contextlib import nullcontext\nwith nullcontext(1) as found: pass",
    "tabs": "if True:\n\tfound = 1",
    "shadowed builtin": "list = [1]\nfound = list[0]",
    "shadowed asset": "kept = asset\nasset = 1\nfound = asset\nasset = kept",
    "TYPE_CHECKING": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas as pd\n"
        "def f(x: 'pd.DataFrame'): return 1\nfound = f(0)"
    ),
    "__name__": "found = 1 if __name__ != '__main__' else 0",
    "inspect.getsource": "import inspect\ndef f():\n    return 1\nfound = inspect.getsource(f).count('return 1')",
    "decorator": "import functools\n@functools.cache\ndef f(): return 1\nfound = f()",
    "pandas query": "import pandas as pd\nlimit = 2\nfound = len(pd.DataFrame({'a': [1, 2]}).query('a >= @limit'))",
    "pandas eval": "import pandas as pd\nk = 1\nfound = int(pd.DataFrame({'a': [1]}).eval('a * @k').iloc[0])",
    "threads": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(1) as pool:\n    found = pool.submit(int, 1).result()"
    ),
    "asyncio": (
        "import asyncio, threading\nasync def f(): return 1\nresults = []\n"
        "thread = threading.Thread(target=lambda: results.append(asyncio.run(f())))\n"
        "thread.start()\nthread.join()\nfound = results[0]"
    ),
    "exec": "exec('found = 1')",
    "long": "\n".join(f"v{n} = {n}" for n in range(5000)) + "\nfound = v1",
    "semicolon": "found = 1;",
    "string with a magic in it": "text = '''\n%timeit\n!ls\n'''\nfound = text.count('%')",
    "del": "found = 1\nother = 2\ndel other",
    "class attribute": "class A:\n    n = 1\n    m = [n for _ in [0]] if False else n\nfound = A.m",
    "super": "class A:\n    def f(self): return 1\nclass B(A):\n    def f(self): return super().f()\nfound = B().f()",
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("body", ODD.values(), ids=ODD.keys())
def test_odd_but_plausible_python_works_in_a_step(shell, body, newline):
    text = f"%%alo_asset step=s -q\n{body}\nasset.save_data({{}})\nasset.save_config({{}})"
    shell.run(text.replace("\n", newline))
    assert shell.run("steps.s.found") == 1


CAPTURED = {
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass Point:\n    x: int = 1|found = Point().x",
    "enum": "from enum import Enum\nclass Colour(Enum):\n    RED = 1|found = Colour.RED.value",
    "recursion": "def depth(n): return 1 if n == 0 else depth(n - 1)|found = depth(3)",
    "two that call each other": "def a(n): return b(n)\ndef b(n): return 1 if n == 0 else a(n - 1)|found = a(3)",
    "decorator of the notebook": "def same(f): return lambda: f()\n@same\ndef one(): return 1|found = one()",
    "star import": "from math import *|found = floor(1.5)",
    "submodules": "import os.path\nimport os|found = 1 if os.path.join('a', 'b') else 0",
    "optional import": (
        "try:\n    import no_such_module\nexcept ImportError:\n    no_such_module = None|"
        "found = 1 if no_such_module is None else 0"
    ),
    "default of the notebook": "LIMIT = 1\ndef f(x=LIMIT): return x|found = f()",
    "base class of the notebook": "class A:\n    def f(self): return 1\nclass B(A): pass|found = B().f()",
    "annotated constant": "LIMIT: int = 1|found = LIMIT",
    "negative constant": "LIMIT = -1|found = -LIMIT",
    "aliased import": "import collections.abc as abc|found = 1 if abc.Iterable else 0",
    "shadowed builtin": "def len(x): return 1|found = len([])",
    "magics in the cell": "%matplotlib --list\n!true\nLIMIT = 1|found = LIMIT",
    "TYPE_CHECKING": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pandas import DataFrame\n"
        "def f(x: 'DataFrame'): return 1|found = f(0)"
    ),
}


@pytest.mark.parametrize(
    "case",
    [
        *(pytest.param(case, id=name) for name, case in CAPTURED.items()),
        pytest.param(
            "from __future__ import annotations\nclass A:\n    def f(self, x: A) -> A: return 1|found = A().f(1)",
            id="future annotations",
        ),
    ],
)
def test_what_ordinary_cells_plausibly_define_comes_along(shell, case):
    above, body = case.split("|")
    shell.run(above)
    shell.step("s", body)
    assert shell.run("steps.s.found") == 1


def test_output_of_a_step_is_shown_where_it_is_made(shell):
    shell.step("s", "print('printed')\nimport sys\nprint('err', file=sys.stderr)")
    assert "printed" in shell.out
    assert "err" in shell.out


def test_sys_exit_is_an_error_that_names_the_step(shell):
    error = shell.error("%%alo_asset step=s\nimport sys\nsys.exit(3)")
    assert "step 's' called sys.exit(3)" in str(error)


@pytest.mark.parametrize(
    ("cell", "kind", "says"),
    [
        ("%%alo_asset step=s\n# only\n\n# comments", StepDefinitionError, "step 's' has no code"),
        ("%%alo_asset step=s\nreturn 5", StepDefinitionError, "'return' outside function"),
        (
            "%%alo_asset step=s\nx = 1\n%%alo_asset step=t\ny = 1",
            MagicUsageError,
            "%%alo_asset step=t stands below other code",
        ),
        ("x = 1\n%%alo_asset step=t\ny = 1", MagicUsageError, "%%alo_asset step=t stands below other code"),
        ("%alo_asset", MagicUsageError, "the cell has no code"),
        ("%alo_asset step=s\n   \n", MagicUsageError, "the cell has no code"),
        ("%%alo_asset step=s use=1x\npass", MagicUsageError, "use='1x' is not the name of a variable"),
        ("%%alo_asset step=s\nasset.save_data({})\nasset.save_data({})", StepOutputError, "a second time"),
        ("%alo_drop nothing", UnknownStepError, "no cell has defined a step 'nothing'"),
        ("%alo_run --from 2", UnknownStepError, "there are no steps to run"),
        ("%alo_drop", MagicUsageError, "which step?"),
        ("%alo_status now", MagicUsageError, "unexpected word 'now'"),
        ("%%alo_asset step=s\nasset.save_data({})\n%nosuch", MagicUsageError, "line 3: "),
        ("%alo_run --interface-mode=fiel", MagicUsageError, "did you mean 'file'?"),
        ("%alo_history --limit=many", MagicUsageError, "limit"),
    ],
)
def test_mistakes_are_errors_of_alo_nb_that_say_what_is_wrong(shell, cell, kind, says):
    error = shell.error(cell)
    assert type(error) is kind
    assert says in str(error)
