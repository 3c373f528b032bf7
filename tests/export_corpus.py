"""Steps of every spelling for the tests of export: cells to build them from, and helpers that define them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st

from alo_nb.steps.asset_line import AssetLine, StepCell
from alo_nb.steps.capture import Scope
from alo_nb.steps.code import Block
from alo_nb.steps.definition import StepDefinition, define_step
from alo_nb.steps.sources import define_from_cell

SAVE = "asset.save_data({**asset.load_data(), 'result': result})\nasset.save_config(asset.load_config())"


def scope_of(cells: Iterable[str]) -> Scope:
    """Return the names that ordinary cells define."""
    scope = Scope()
    for number, text in enumerate(cells, start=1):
        scope.add(Block(text, f"steps.ipynb[cell {number}]", 1, f"steps.ipynb, cell {number}"))
    return scope


def step_of(body: str, *cells: str, name: str = "train", **options: object) -> StepDefinition:
    """Return the step of a cell with this body, below these ordinary cells."""
    block = Block(body, f"steps.ipynb[{name}]", 2, "steps.ipynb, cell 9")
    return define_from_cell(StepCell(AssetLine(name, **options), block), scope_of(cells))


def asset_of(text: str, folder: Path, name: str = "train") -> StepDefinition:
    """Return the step of an asset file, written to disk as its users have it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"asset_{name}.py"
    path.write_text(text, encoding="utf-8")
    return replace(define_step(name, Block(path.read_text("utf-8"), str(path), 1, path.name), None), folder=str(folder))


# Ordinary cells. `result` is what the step's own statements fill.
SHARED = {
    "math": "import math",
    "os": "import os.path\nimport os",
    "Count": "from collections import OrderedDict, Counter as Count",
    "LIMIT": "LIMIT = 3  # as the manual has it\nUNUSED = 4",
    "NAMES": f"NAMES = {[f'name {n} ünïcödé' for n in range(12)]!r}",
    "TABLE": f"TABLE: dict = {{'a b': (1, -2.5), **{{}}}}\nTABLE = {dict.fromkeys(map(str, range(40)), None)!r}",
    "scale": 'def scale(x):\n    """Docs."""\n\n    # why\n    return x * LIMIT  # by LIMIT',
    "four": "def twice(f):\n    return lambda *a: f(*a) * 2\n\n@twice\ndef four(n=LIMIT):\n\treturn math.floor(n)",
    "Point": "class Base:\n    k = 1\n\nclass Point(Base):\n    def __init__(self, x):\n        self.x = scale(x)",
    "fast": "try:\n    import no_such_module as fast\nexcept ImportError:\n    import math as fast",
    "even": "def even(n):\n    return n == 0 or odd(n - 1)\n\ndef odd(n):\n    return n != 0 and even(n - 1)",
    "typed": "from __future__ import annotations\ndef typed(x: math.Nothing) -> math.No.thing:\n    return untyped(x)",
    "untyped": "def untyped(x):\n    return f'''{x}\n  a line\n\n'''",
}
# What a cell may begin with: the definition, what runs later, and the value it gives.
TOP = {
    "import": ("import json", "", "json.dumps([1])"),
    "import again": ("import math  # again", "", "math.pi"),
    "from": ("from decimal import (\n    Decimal,\n    getcontext as context,\n)", "", "str(Decimal(1))"),
    "own": ("OWN = 'x\\ty'\ndef own(x=OWN):\n    '''Docs.'''\n    return [x, OWN]", "", "own()"),
    "class": ("class Own:\n    size = 3\n\n    def get(self):\n        return [self.size]", "", "Own().get()"),
    "late": ("def late():\n    return total + 1", "total = 5", "late()"),
    "global": ("count = 0\ndef add():\n    global count\n    count += 1", "add()", "count"),
    "comment": ("# a comment at the left\n    # and one that is indented", "", "'#'"),
}
STATEMENTS = {
    "LIMIT": "result.append(LIMIT)",
    "change LIMIT": "LIMIT = LIMIT + 1\nresult.append(LIMIT)",
    "scale": "result.append(scale(2))",
    "four": "result.append(four())",
    "Point": "result.append(Point(2).x)",
    "fast": "result.append(fast.floor(2.5))",
    "even": "result.append([even(n) for n in range(3)])",
    "typed": "result.append(typed(1))",
    "untyped": "result.append(untyped(2))",
    "Count": "result.append(sorted(Count('hello').items()))\nresult.append(list(OrderedDict(a=1)))",
    "os": "result.append(os.path.basename('a/b') + os.sep)",
    "NAMES": "result.extend(NAMES)",
    "TABLE": "result.append(sorted(TABLE))",
    "shadow": "sum = sum([1, 2])\nresult.append(sum)\nlist = 5\nresult.append(list)",
    "loop": "for n in range(2):\n    if n:\n        last = n\n    else:\n\n        last = -1\nresult.append([n, last])",
    "tabs": "if True:\n\tt = 1\n\tif t:\n\t\tt = 2\nresult.append(t)",
    "text": "text = '''one\n    two\n\n  # no comment\n\ttab\n'''\nresult.append(text)",
    "f-text": "who = 'you'\nresult.append(f'''dear\n   {who}\n     {who!r:>9}''')",
    "joined": "long = 'one \\\n   two' 'three'\nresult.append(long)",
    "slash": "x = 1 + \\\n    2\nresult.append(x)",
    "closure": "base = 2\ndef plus(n):\n    return n + base\nbase = 3\nresult.append(plus(1))",
    "nested class": "seen = 3\nclass Seen:\n    seen = seen\nresult.append(Seen.seen)",
    "comprehension": "k = 2\nresult.append([[k * i for i in range(k)] for j in [0] if (w := j) + k])\nresult.append(w)",
    "lambda": "m = 4\nf = lambda y: y * m\nresult.append(f(2))",
    "try": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    result.append(repr(e))\nfinally:\n    done = True",
    "with": "import contextlib\nwith contextlib.suppress(KeyError) as s:\n    {}['a']\nresult.append(s)",
    "nested global": "def setter():\n    global made\n    made = 9\nsetter()\nresult.append(made)",
    "semicolons": "a = 1; b = 2; result.append(a + b)",
    "display": "display_me = 1\ndisplay_me",
    "match": "match [1, 2]:\n    case [p, *q]:\n        result.append([p, q])",
    "unpack": "u, *v = range(3)\nresult.append([u, v])\ndel u",
    "annotated": "z: int = 3\nresult.append(z)",
    "no ascii": "größe = '값'  # 값\nresult.append(größe)",
    "generator": "result.append(sum(g * LIMIT for g in range(3)))",
    "recursion": "def fact(n):\n    return 1 if n < 2 else n * fact(n - 1)\nresult.append(fact(4))",
    "long line": f"result.append([{', '.join(map(str, range(60)))}])",
}


# In a function these names are local, and read before they have a value.
FAIL_IN_FUNCTIONS = {"change LIMIT", "shadow", "nested class"}


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """Statements that fill `result`; they use names of `SHARED`."""
    top = [TOP[each] for each in draw(st.lists(st.sampled_from(sorted(TOP)), unique=True, max_size=4))]
    rest = draw(st.lists(st.sampled_from(sorted(STATEMENTS)), unique=True, max_size=6))
    head = draw(st.sampled_from(["", "'''Docs of the step.'''\n", "# What it does\n\n", "\n  \n"]))
    future = draw(st.sampled_from(["", "", "from __future__ import annotations\n"]))
    if "change LIMIT" in rest:  # a function that reads LIMIT too would see the change in a file, which is refused
        rest = [each for each in rest if each not in {"scale", "four", "Point"}]
    lines = [*(early for early, _, _ in top), "result = []", *(late for _, late, _ in top if late)]
    lines += [*(f"result.append({value})" for _, _, value in top), *(STATEMENTS[each] for each in rest), SAVE]
    return head + future + "\n".join(lines) + "\n"


def as_function(body: str) -> str:
    """Return a function with these statements, below the imports they start with."""
    return "import json  # for later\n\n\ndef run(asset, more=()):\n" + textwrap.indent(strip_future(body), "    ")


def as_class(body: str) -> str:
    """Return an ALO class with these statements."""
    text = textwrap.indent(strip_future(body), " " * 8)
    return f"class Step(Asset):\n    def run(self):\n        asset = self\n{text}\n    size = 3\n"


def strip_future(body: str) -> str:
    return body.replace("from __future__ import annotations\n", "")
