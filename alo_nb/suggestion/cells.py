"""The cells of a notebook file, and the code of each in pieces: statements with their comments, and shell lines."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from alo_nb.steps.code import lines_of
from alo_nb.suggestion.findings import Finding, Place

_TIMED = re.compile(r"%time[ \t]+(?=\S)")
_HELP = re.compile(r"\s*(\?{1,2}[\w.]+|[\w.]+\?{1,2})\s*$")
_SHELL = re.compile(r"(\s*)[%!]")
_TAKEN_FROM_SHELL = re.compile(r"\s*[\w.,\s]+=\s*[%!]")
_DROPPED = re.compile(r"%%(time|capture)\s*$")
_STEP = re.compile(r"\s*%%?alo_(asset|plan|run)\b", re.MULTILINE)
_REFUSED = {
    "run": "it runs other code, whose names cannot be read here",
    "load": "it loads other code, whose names cannot be read here",
    "store": "it sets names from another session",
    "pylab": "it imports all names of a library",
    "reset": "it takes names away",
    "reset_selective": "it takes names away",
    "rerun": "it runs earlier input again",
    "recall": "it brings earlier input back",
    "macro": "it gives earlier input a name",
    "cd": "it changes the folder that all later cells work in",
    "timeit": "it runs the line many times",
    "prun": "it runs the line in its own way",
    "sql": "it sets names that cannot be read here",
}


_OURS = re.compile(r"^(\w+\s*=\s*)?%(alo_suggest\b.*|(re)?load_ext\s+alo_nb\s*)$", re.MULTILINE)
_HARMLESS = re.compile(
    r"\s*(%(matplotlib|config|load_ext|reload_ext|autoreload|precision|xmode|who|whos|lsmagic)\b|[%!]\s*(pip|conda|mamba)\b"
    r"|%%(html|javascript|js|latex|markdown|svg)\b)"
)


def is_harmless(text: str) -> bool:
    """Tell whether a magic or shell line may as well run earlier: it neither reads nor makes what a step works on."""
    lines = [line for line in lines_of(text) if line.strip() and not line.lstrip().startswith("#")]
    return bool(lines) and bool(_HARMLESS.match(lines[0]))


@dataclass(frozen=True)
class Piece:
    """Lines of one cell that stay together: statements that share lines, with the comments above, or a shell line.

    `first` and `last` are its lines in the cell; `source` is their text. A shell piece has no `nodes`.
    """

    cell: int
    first: int
    last: int
    source: str
    nodes: tuple[ast.stmt, ...] = ()
    kind: Literal["code", "shell"] = "code"

    def place(self, line: int = 0) -> Place:
        """Return a line of this piece, its first line of code when none is named, as a place that people can find."""
        line = line or (self.nodes[0].lineno if self.nodes else self.last)
        lines = lines_of(self.source)
        index = line - (self.last - len(lines) + 1)
        return Place(self.cell, line, lines[index].strip() if 0 <= index < len(lines) else "")


@dataclass(frozen=True)
class Cell:
    """A cell of the file. `number` counts code cells from 1 and is 0 for all others; `content` is its JSON."""

    content: Mapping[str, Any]
    number: int = 0
    pieces: tuple[Piece, ...] = ()

    @property
    def text(self) -> str:
        return "".join(self.content["source"])

    @property
    def headings(self) -> list[tuple[int, str]]:
        """Level and text of the markdown headings in this cell."""
        if self.content["cell_type"] != "markdown":
            return []
        outside = re.sub(r"^(```|~~~).*?^\1[ \t]*$", "", self.text, flags=re.DOTALL | re.MULTILINE)
        found = re.findall(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$", outside, flags=re.MULTILINE)
        return [(len(marks), text) for marks, text in found]


@dataclass
class Reader:
    """Reads code cells into pieces. `problems` are lines that cannot be read, `notes` what was left out."""

    problems: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    def cells(self, contents: Sequence[Mapping[str, Any]]) -> list[Cell]:
        """Return all cells of a notebook."""
        found, number = [], 0
        for content in contents:
            is_code = content["cell_type"] == "code"
            number += is_code
            if is_code:
                content = {**content, "source": _OURS.sub("", "".join(content["source"]))}
            pieces = tuple(self.pieces("".join(content["source"]), number)) if is_code else ()
            found.append(Cell(content, number if is_code else 0, pieces))
        return found

    def pieces(self, text: str, cell: int) -> Iterator[Piece]:
        """Yield the pieces of one code cell."""
        lines = lines_of(text)
        if _STEP.match(text.lstrip()):
            self._refuse(cell, lines, 1, "this is no plain notebook: it has cells of alo_nb", "take a plain notebook")
            return
        first = next((at for at, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), 0)
        if lines[first].startswith("%%"):
            if not _DROPPED.match(lines[first]):
                yield from self._foreign(cell, lines, first)
                return
            self._note(cell, lines, first + 1, "the magic is left out: a step runs without it")
            lines[first] = ""
        shell = self._shell_lines(cell, lines)
        masked = [_masked(line) if at in shell else line for at, line in enumerate(lines)]
        try:
            tree = ast.parse("\n".join(masked))
            compile(tree, "<cell>", "exec", dont_inherit=True)  # finds `return` and `await` outside of a function
        except SyntaxError as error:
            do = "correct the line"
            if "await" in str(error.msg) or "async" in str(error.msg):
                do = "put it into an async function and call asyncio.run: a step cannot await at its top level"
            self._refuse(cell, lines, error.lineno or 1, f"it is not Python: {error.msg}", do)
            return
        yield from _split(cell, lines, tree.body, {at + 1 for at in shell})

    def _shell_lines(self, cell: int, lines: list[str]) -> set[int]:
        """Return which lines are magics and shell commands; `%time` in front of a statement is taken away."""
        try:
            ast.parse("\n".join(lines))
            return set()  # a line that begins so belongs to a text
        except SyntaxError:
            pass
        found: set[int] = set()
        for at, line in enumerate(lines):
            continues = at - 1 in found and lines[at - 1].endswith("\\")
            if _TIMED.match(line):
                self._note(cell, lines, at + 1, "the magic is left out: a step runs without it")
                lines[at] = _TIMED.sub("", line, count=1)
            elif _HELP.match(line) and not line.lstrip().startswith("#"):
                self._note(cell, lines, at + 1, "the question is left out")
                lines[at] = f"# {line}"
            elif _TAKEN_FROM_SHELL.match(line):
                self._refuse(cell, lines, at + 1, "a name is set by a magic or a shell command", _PYTHON_INSTEAD)
                found.add(at)
            elif _SHELL.match(line) or continues:
                found.add(at)
                self._check_shell(cell, lines, at)
        return found

    def _check_shell(self, cell: int, lines: list[str], at: int) -> None:
        line = lines[at].strip()
        word = re.match(r"%(\w+)", line)
        if word is not None and word[1] in _REFUSED:
            self._refuse(cell, lines, at + 1, f"{word[0]}: {_REFUSED[word[1]]}", "write it as Python, or take it out")
        elif line != lines[at].rstrip():
            self._refuse(cell, lines, at + 1, "a magic or shell command inside a block", _PYTHON_INSTEAD)
        elif line.startswith("!") and re.search(r"\{\w|\$\w", line):
            self._refuse(cell, lines, at + 1, "a shell command that takes values of the notebook", _PYTHON_INSTEAD)

    def _foreign(self, cell: int, lines: list[str], first: int) -> Iterator[Piece]:
        """Yield a cell in another language as one piece; one that runs Python in its own way is refused."""
        word = (re.match(r"%%(\w*)", lines[first]) or [""] * 2)[1]
        if word in {"timeit", "prun", "capture", "time", "python", "python3", "pypy", "sql", "cache", "memit"}:
            what = f"%%{word} runs the cell in its own way, or sets names that cannot be read here"
            self._refuse(cell, lines, first + 1, what, "take the magic out")
        yield Piece(cell, 1, len(lines), "\n".join(lines), kind="shell")

    def _refuse(self, cell: int, lines: Sequence[str], line: int, what: str, do: str) -> None:
        text = lines[line - 1].strip() if line <= len(lines) else ""
        self.problems.append(Finding(what, Place(cell, line, text), do))

    def _note(self, cell: int, lines: Sequence[str], line: int, what: str) -> None:
        self.notes.append(Finding(what, Place(cell, line, lines[line - 1].strip())))


_PYTHON_INSTEAD = "write it as Python (pathlib, subprocess), or in a cell of its own above"


def _masked(line: str) -> str:
    """Return what stands for a shell line where Python is read: nothing, or a statement that a block may need."""
    indent = line[: len(line) - len(line.lstrip())]
    return f"{indent}pass" if indent else ""


def _split(cell: int, lines: Sequence[str], body: Sequence[ast.stmt], shell: set[int]) -> Iterator[Piece]:
    """Yield statements that share lines together, each with the lines above it that belong to nothing else."""
    spans: list[tuple[int, int, list[ast.stmt]]] = []
    for node in body:
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        if spans and first <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], node.end_lineno or first), [*spans[-1][2], node])
        else:
            spans.append((first, node.end_lineno or first, [node]))
    taken = {line for first, last, _ in spans for line in range(first, last + 1)}
    spans = sorted([*spans, *((line, line, []) for line in shell - taken)], key=lambda each: each[0])
    end = 0
    for number, (first, last, nodes) in enumerate(spans):
        last = len(lines) if number == len(spans) - 1 else last
        text = "\n".join(lines[end:last])
        yield Piece(cell, first, last, text, tuple(nodes), "code" if nodes else "shell")
        end = last
