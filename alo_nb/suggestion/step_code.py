"""The text of a step's cell: the user's own lines, with what they load above them and what they save below."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence

from alo_nb.steps.code import lines_of
from alo_nb.suggestion.cells import Cell
from alo_nb.suggestion.program import Line, Program
from alo_nb.suggestion.settings import dotted

_WIDTH = 100
_METRIC = re.compile(r"(\w*(score|error|loss|accuracy|auc|f1|r2|rmse|mae|mse)\w*|round|float)$", re.IGNORECASE)
_GIVES_NOTHING = re.compile(
    r"(p?print|display|show|info|append|extend|insert|update|sort|clear|remove|add|discard|reverse|write\w*|close|mkdir"
    r"|seed|set_\w+|fit|savefig"
    r"|to_(csv|parquet|pickle|excel|json|sql)|dump|save\w*|title|[xy]label|[xy]lim|legend|grid|tight_layout|plot|hist"
    r"|scatter|bar\w*|imshow|subplots|figure|\w+plot|heatmap|axh?vline|annotate|text|sleep)$"
)
_DRAWS = re.compile(r"\.(\w*plot\w*|hist\w*|scatter|bar\w*|imshow|heatmap|pie|fill_between|subplots|figure)\(")


def step_text(
    name: str, lines: Sequence[Line], program: Program, *, loads: Sequence[str], saves: Sequence[str], is_first: bool
) -> str:
    """Return a step cell whose code is the text of `lines`.

    Parameters
    ----------
    loads, saves : sequence of str
        The names that it takes from the steps before it, and those that it hands on.
    is_first : bool
        It is the first step, which has nothing to load.
    """
    data = _unused("data", "loaded", "handed_on", "step_data", used={n for e in program.lines for n in _names(e)})
    head = [f"{data} = asset.load_data()", *(f'{each} = {data}["{each}"]' for each in loads)] if loads else []
    before = [] if is_first else [f"**{data}" if loads else "**asset.load_data()"]
    tail = _save(before, saves)
    tail += ["asset.save_config({})" if is_first else "asset.save_config(asset.load_config())"]
    first = "\n".join([f"%%alo_asset step={name}", *head])
    blocks = [*_blocks(lines, program), "\n".join(tail)]
    return first + ("\n\n" if head else "\n") + "\n\n".join(blocks)


def _save(before: Sequence[str], names: Sequence[str]) -> list[str]:
    if not names and before:
        return [f"asset.save_data({before[0].removeprefix('**')})"]
    items = [*before, *(f'"{each}": {each}' for each in names)]
    line = f"asset.save_data({{{', '.join(items)}}})"
    if len(line) <= _WIDTH:
        return [line]
    return ["asset.save_data(", "    {", *(f"        {each}," for each in items), "    }", ")"]


def _blocks(lines: Sequence[Line], program: Program) -> Iterator[str]:
    """Yield the text of each cell, with the headings that stood between the cells as comments."""
    cells = list(dict.fromkeys(each.piece.cell for each in lines))
    pyplot = _pyplot(program)
    for cell in cells:
        own = [each for each in lines if each.piece.cell == cell]
        above = _headings(program.cells, cells[0], cell)
        ends = own[-1] is next(each for each in reversed(program.lines) if each.piece.cell == cell)
        sources = [each.piece.source for each in own[:-1]]
        sources.append(_shown(own[-1], program) if ends else own[-1].piece.source)
        text = "\n".join(sources).strip("\n")
        if pyplot and cell != cells[-1] and _leaves_a_drawing(text, pyplot):
            text = f"{text}\n{pyplot}.show()"
        yield "\n".join([*above, text])


def _headings(cells: Sequence[Cell], first: int, number: int) -> list[str]:
    """Return the headings right above a cell as comments; those above a step's first cell stand above the step."""
    found: list[str] = []
    for cell in cells if number != first else ():
        if cell.number == number:
            break
        found = [] if cell.number else [*found, *(f"# {text}" for _, text in cell.headings)]
    return found


# What a cell shows --------------------------------------------------------------------------------------------------


def _shown(line: Line, program: Program) -> str:
    """Return the text of a cell's last piece; what the cell would show is printed, as a step can anywhere."""
    piece, node = line.piece, line.piece.nodes[-1]
    if not isinstance(node, ast.Expr) or isinstance(node.value, ast.Constant) or not _has_result(node.value, program):
        return piece.source
    lines = lines_of(piece.source)
    offset = piece.last - len(lines) + 1
    first, last = node.lineno - offset, (node.end_lineno or node.lineno) - offset
    after = lines[last].encode()[node.end_col_offset or 0 :].decode()
    if after.lstrip().startswith(";"):
        return piece.source
    lines[last] = _insert(lines[last], node.end_col_offset or 0, ")")
    lines[first] = _insert(lines[first], node.col_offset, "print(")
    return "\n".join(lines)


def _insert(line: str, at: int, text: str) -> str:
    """Insert at a position that counts bytes, as the syntax tree does."""
    raw = line.encode()
    return (raw[:at] + text.encode() + raw[at:]).decode()


def _has_result(node: ast.expr, program: Program) -> bool:
    """Tell whether an expression gives something to show, as far as its name tells."""
    if not isinstance(node, ast.Call):
        return not isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom))
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    own = [each for each in program.sharing.functions.values() if each.name == name]
    own += program.sharing.methods.get(name, ())
    if own:
        return any(isinstance(each, ast.Return) and each.value for function in own for each in ast.walk(function))
    return not _GIVES_NOTHING.match(name) and dotted(node.func).partition(".")[0] not in {"plt", "sns", "ax"}


def _pyplot(program: Program) -> str:
    """Return the name by which the notebook knows ``matplotlib.pyplot``; empty when it does not."""
    for each in program.lines:
        for node in each.piece.nodes if each.role == "taken" else ():
            for alias in node.names if isinstance(node, ast.Import) else ():
                if alias.name == "matplotlib.pyplot" and alias.asname:
                    return alias.asname
    return ""


def _leaves_a_drawing(text: str, pyplot: str) -> bool:
    """Tell whether a cell draws and lets the notebook show it at its end: the next cell must begin a new drawing."""
    return bool(_DRAWS.search(text)) and not re.search(rf"\.show\(|\b{pyplot}\.close\(", text)


# Names --------------------------------------------------------------------------------------------------------------


def metrics(lines: Sequence[Line]) -> list[str]:
    """Return the names that lines set to scores and errors, which a run's record should keep."""
    found = dict[str, None]()
    for each in lines:
        for node in each.piece.nodes:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.value, ast.Call):
                target, func = node.targets[0], node.value.func
                called = func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")
                if isinstance(target, ast.Name) and _METRIC.match(called):
                    found[target.id] = None
    return [*found]


def _names(line: Line) -> Iterator[str]:
    yield from line.uses.binds
    yield from line.uses.reads
    yield from line.uses.late


def _unused(*names: str, used: Collection[str]) -> str:
    return next((each for each in names if each not in used), f"{names[0]}_of_the_step")
