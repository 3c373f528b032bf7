"""For every conversion that is offered, the steps print what the cells print: programs made at random."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alo_nb.suggestion import propose, write_notebook

from .conftest import printed_by_cells, printed_by_steps, save

NAMES = ("a", "b", "c", "d")
HELPERS = """\
def push(x, y):
    x.append(y)


def pair(x, y):
    return [x, y]


def same(x):
    return x


class Box:
    kept = []

    def __init__(self, held):
        self.held = held

    def keep(self, value):
        self.kept.append(value)

    def change(self, value):
        self.held.append(value)

    def __repr__(self):
        return f"Box({self.held}, {self.kept})"
"""


@st.composite
def programs(draw: st.DrawFn) -> list[str]:
    """Cells of statements over a few names that hold numbers, lists, dicts and boxes; each statement can run."""
    kinds = {"a": "number", "b": "list"}
    cells = ["a = 1\nb = [a, [2]]"]
    for number in range(draw(st.integers(2, 6))):
        if draw(st.booleans()):
            cells.append(f"## part {number}")
        lines = [_statement(draw, kinds) for _ in range(draw(st.integers(1, 4)))]
        cells.append("\n".join(lines))
    return [*cells, "## end", "print(" + ", ".join(sorted(name for name in kinds if kinds[name] != "function")) + ")"]


def _statement(draw: st.DrawFn, kinds: dict[str, str]) -> str:
    """Return a statement and note what it makes of its target."""

    values = ("number", "list", "dict", "box")

    def one(*wanted: str) -> str:
        return draw(st.sampled_from([name for name in kinds if kinds[name] in (wanted or values)] or ["b"]))

    target, x = draw(st.sampled_from(NAMES)), one()
    if kinds.get("b") != "list":  # there is always a list to work with
        kinds["b"] = "list"
        return "b = [0]"
    many, box = one("list"), [name for name in kinds if kinds[name] == "box"]
    makes = {
        "number": [f"{target} = {draw(st.integers(0, 9))}", f"{target} = len({many})"],
        "list": [
            f"{target} = [{x}, 3]",
            f"{target} = {many}",
            f"{target} = {many}[:]",
            f"{target} = {many} + [{x}]",
            f"{target} = pair({x}, {many})",
            f"{target} = [*{many}]",
            f"{target} = list({many})",
            f"{target} = [each for each in {many}]",
            f"{target} = same({many})",
            f"{target} = {many}.copy()",
            f"{target} = {many} if {many} else []",
            f"if len({many}) % 2:\n    {target} = {many}\nelse:\n    {target} = [1]",
        ],
        "dict": [f'{target} = {{"k": {x}, "l": {many}}}'],
        "box": [f"{target} = Box({many})"],
    }
    changes = [
        f"{many}.append({x if x != many else 4})",
        f"push({many}, 5)",
        f"{many}[0] = 6",
        f"{many} += [7]",
        f"print({x})",
        f"for each in range(2):\n    {many}.append(each)",
        f"del {many}[:1]\n{many}.append(0)",
        f"{many}.extend([8])",
        f"if len({many}) > 3:\n    {many} = [9]",
        "total = sum([1, 2])\nprint(total)",
        f"def show():\n    return str({many})\nprint(show())",
        f"show = lambda: {many}",
        f"limit = len({many})\nif limit > 2:\n    over = limit\nif limit > 2:\n    print(over)",
        f"[print(each) for each in {many}]",
        f"first, *rest = {many} + [1]\nprint(first, rest)",
        f"try:\n    {many}.append(1 / len({many}))\nexcept ZeroDivisionError:\n    {many}.append(0)",
    ]
    dicts = [name for name in kinds if kinds[name] == "dict"]
    if dicts:
        held = draw(st.sampled_from(dicts))
        changes += [f'{held}["k"] = {x if x != held else 1}', f'{held}["l"].append(2)', f"{held}.update(m={many})"]
        makes["list"].append(f'{target} = {held}["l"]')
    if box:
        held = draw(st.sampled_from(box))
        changes += [f"{held}.keep(1)", f"{held}.change(2)", f"{held}.held = {many}"]
        makes["list"].append(f"{target} = {held}.held")
    if "show" in kinds:
        changes.append("print(show())")
    if draw(st.booleans()):
        made = draw(st.sampled_from(changes))
        if made.startswith(("def show", "show =")):
            kinds["show"] = "function"
        return made
    kind = draw(st.sampled_from(sorted(makes)))
    made = draw(st.sampled_from(makes[kind]))
    kinds[target] = kind
    return made


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(programs())
def test_steps_that_are_offered_print_what_the_cells_print(cells: list[str]) -> None:
    cells = [HELPERS, *cells]
    code = [each for each in cells if not each.startswith("## ")]
    try:
        expected = printed_by_cells(code)
    except (RecursionError, IndexError, TypeError, AttributeError):
        return  # a notebook that fails by itself, e.g. because a list holds itself
    with tempfile.TemporaryDirectory() as folder:
        path = save(Path(folder) / "plain.ipynb", cells)
        proposal = propose(path)
        if proposal.steps:
            written = write_notebook(proposal)
            names = [each.name for each in proposal.steps]
            assert printed_by_steps(written, names, Path(folder)) == expected
