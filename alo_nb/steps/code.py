"""A piece of source code that remembers where it stands, so that tracebacks show the user's own lines."""

from __future__ import annotations
import __future__

import ast
import linecache
from dataclasses import dataclass, field, replace
from types import CodeType


@dataclass(frozen=True)
class Block:
    """Source text whose first line is `line` of `file` (a path, or the name a kernel gave to a cell).

    `label` names the place to people: ``"cell 3"``, ``"example.ipynb, cell 3"``, ``"assets/train/asset_train.py"``.
    `future` are the features that its cell imports ``from __future__``, when the text alone does not say so.
    """

    source: str
    file: str = field(compare=False)
    line: int = field(default=1, compare=False)
    label: str = field(default="", compare=False)
    future: tuple[str, ...] = ()

    def tree(self) -> ast.Module:
        """Parse the text; line numbers are those of `file`.

        Raises
        ------
        SyntaxError
            With the file and the line of the user's own text.
        """
        return ast.parse("\n" * (self.line - 1) + self.source, filename=self.file)

    def compiled(self, *, show_last: bool = False) -> list[CodeType]:
        """Return the code; with `show_last`, a final expression is displayed as a notebook cell does."""
        tree = self.tree()
        last = tree.body[-1] if tree.body else None
        if not show_last or not isinstance(last, ast.Expr) or self.source.rstrip().endswith(";"):
            return [self._compiled(tree, "exec")]
        head = ast.Module(tree.body[:-1], type_ignores=[])
        return [self._compiled(head, "exec"), self._compiled(ast.Interactive([last]), "single")]

    def _compiled(self, tree: ast.Module | ast.Interactive, mode: str) -> CodeType:
        """Compile without this module's own ``from __future__``, which would make every annotation a text."""
        flags: int = sum(getattr(__future__, each).compiler_flag for each in self.future)
        code: CodeType = compile(tree, self.file, mode, flags=flags, dont_inherit=True)
        return code

    def part(self, node: ast.stmt) -> Block:
        """Return one statement of this block, with its decorators, as a block of its own."""
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        lines = lines_of(self.source)[first - self.line : (node.end_lineno or node.lineno) - self.line + 1]
        return replace(self, source="\n".join(lines), line=first)

    def line_text(self, number: int) -> str:
        """Return one line of the block by its number in `file`, without blanks around it."""
        lines = lines_of(self.source)
        index = number - self.line
        return lines[index].strip() if 0 <= index < len(lines) else ""


def lines_of(text: str) -> list[str]:
    """Return the lines as Python counts them; `str.splitlines` also splits at form feeds and the like in literals."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def show_in_tracebacks(file: str, text: str) -> None:
    """Let tracebacks, `inspect.getsource` and the debugger find the lines of a `file` that is not on disk."""
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
