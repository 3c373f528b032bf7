"""A step as the text of an asset file for ALO 2.x, laid out so that it reads as if written by hand.

::

    "Step train: exported by alo_nb from example.ipynb, cell 8."

    import pandas as pd                  imports of other cells that the step uses, sorted
    from alolib.asset import Asset

    # Imports of the step's own cell     only where something from other cells follows
    import joblib

    # From other cells of the notebook   constants, functions and classes, each below what it needs
    LIMIT = 3

    # The step's own cell                as it is; of plain statements, the definitions that it begins with
    def run(asset):
        ...

    class UserAsset(Asset):              calls it; not there where the cell is such a class itself
        ...

`alo_nb.export.asset_cell` reads the text back.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from itertools import pairwise

from alo_nb.errors import StepDefinitionError
from alo_nb.export.adjust import decorated, for_alo, takes_four
from alo_nb.export.statements import check_movable, global_names, indented, split_at, split_statements
from alo_nb.export.taken import ALO_IMPORT, Taken, constant_text, import_block, taken_along
from alo_nb.steps.capture import Scope
from alo_nb.steps.code import Block, lines_of
from alo_nb.steps.definition import StepDefinition, blocks_of
from alo_nb.steps.names import bound_names, free_names

HEADER = '"""Step {}: exported by alo_nb from {}."""'
OWN_IMPORTS = "# Imports of the step's own cell"
SHARED = "# From other cells of the notebook"
OWN = "# The step's own cell"
FUTURE = "from __future__ import annotations"
DISPLAY = "display = print  # ALO has no notebook to show things in"
ALIAS = "UserAsset = {}  # the name that ALO looks for"
ADAPTER = """\
class UserAsset(Asset):  # what ALO makes and runs
    def __init__(self, asset_structure):
        super().__init__(asset_structure)

    @Asset.decorator_run
    def run(self):
"""
CALL = "        {}(self)"
BIND = "        asset = self"
ITSELF = "the step"
_DEFINITION = re.compile(r"(?:async def|def|class)\b|@")


def to_asset_file(step: StepDefinition) -> str:
    """Return the text of ``asset_<step>.py``; what is an asset file for ALO 2.x already stays as it is.

    Raises
    ------
    StepDefinitionError
        The step cannot stand in a file of its own; the message says why, and what to change.
    """
    _check_is_for_alo_2(step)
    blocks = [*blocks_of(step)]
    for block in blocks:
        for_alo(block)  # refuses what ALO has not, with the user's own line
        _check_future(block)
    body, where = trimmed("\n".join(lines_of(step.body.source))), step.body.label
    taken = taken_along(step.captured, step=step.name, where=where)
    for line in taken.imports.values():
        for_alo(Block(line, "", 1, f"{where}, with what it takes from other cells"))
    file = AssetFile(step.name, where, step.kind, step.entry, body, taken)
    if step.folder and file.stands_alone():
        return step.body.source
    file.check(step.body)
    return file.text()


@dataclass(frozen=True)
class AssetFile:
    """The parts of an asset file. `body` is the text of the step's cell, `origin` names the cell to people."""

    step: str
    origin: str
    kind: str
    entry: str
    body: str
    taken: Taken

    def text(self) -> str:
        """Return the file's text."""
        own, helpers = self._texts()
        kept, rest = split_statements(own) if self.kind == "statements" else (own, "")
        imports = ""
        if self.taken.constants or helpers:
            imports, kept = _split_imports(kept)
        chunks = [
            HEADER.format(self.step, one_line(self.origin)),
            self._future_line(),
            self._import_block(),
            DISPLAY if self._shows() else "",
            f"{OWN_IMPORTS}\n{trimmed(imports)}" if imports else "",
            "\n".join([SHARED, *map(constant_text, self.taken.constants.values())]) if self.taken.constants else "",
            *self._helper_chunks(helpers),
        ]
        kept, tail = trimmed(kept), self._tail(kept, trimmed(rest))
        chunks += [f"{OWN}\n{kept}", tail] if kept else [f"{OWN}\n{tail}"]
        return joined([each for each in chunks if each])

    def _texts(self) -> tuple[str, list[str]]:
        """Return the cell and the helpers as ALO needs them."""
        texts = [_without_future(self.body), *(each.text for each in self.taken.helpers)]
        texts = [for_alo(Block(text, "", 1, "")) for text in texts]
        own, *helpers = decorated(texts, self.entry) if self.kind == "class" else texts
        return own, helpers

    def _helper_chunks(self, helpers: list[str]) -> list[str]:
        head = "" if self.taken.constants or not helpers else f"{SHARED}\n"
        return [f"{head if number == 0 else ''}{text}" for number, text in enumerate(helpers)]

    def _future_line(self) -> str:
        asking = [ITSELF] if has_future(self.body) else []
        asking += [each.names[0] for each in self.taken.helpers if each.postponed]
        everybody = len(asking) == 1 + len(self.taken.helpers)
        return "" if not asking else FUTURE if everybody else f"{FUTURE}  # for {', '.join(asking)}"

    def _import_block(self) -> str:
        own = [] if self.kind == "class" and "Asset" in self._module_names() else [ALO_IMPORT]
        return import_block([*self.taken.imports.values(), *own])

    def _tail(self, kept: str, rest: str) -> str:
        if self.kind == "class":
            return "" if self.entry == "UserAsset" else ALIAS.format(self.entry)
        if self.kind == "function":
            return ADAPTER + CALL.format(self.entry)
        declared = self.globals(kept, rest)
        lines = [f"        global {', '.join(declared)}"] if declared else []
        return ADAPTER + "\n".join([*lines, BIND, *([indented(rest)] if rest else [])])

    def globals(self, kept: str, rest: str) -> list[str]:
        """Return the names that the method declares ``global``."""
        return global_names(rest, kept, {*self.taken.names, "display"})

    def _shows(self) -> bool:
        shown = free_names(ast.parse(self.body).body, shadowed={"display"})
        return "display" in {*shown, *self.taken.read_by_helpers({"display"})}

    # Checks ---------------------------------------------------------------------------------------------------------

    def stands_alone(self) -> bool:
        """Tell whether the cell is a whole asset file already."""
        own, helpers = self._texts()
        return self.kind == "class" and own == self.body and not helpers and "Asset" in self._module_names()

    def check(self, block: Block) -> None:
        """Return when the parts can stand in one file; `block` is the cell, to tell its lines.

        Raises
        ------
        StepDefinitionError
            Two things of one name, or statements that no method can hold.
        """
        declared: list[str] = []
        if self.kind == "statements":
            declared = self.globals(*split_statements(self.body))
            check_movable(block, declared)
        names = {*self._module_names(), *declared}
        taken, own = self.taken.lines(), _lines_by_name(self.body)
        for name in sorted(names & self.taken.read_by_helpers(names)):
            if not set(own.get(name, name).splitlines()) <= set(taken.get(name, "").splitlines()):
                raise self._clash(name, "the functions that it takes along from other cells use another one")
        everything = {*names, *self.taken.names}
        if self.kind == "function" and self.entry.startswith("__"):
            raise self._clash(self.entry, "inside of a class a name with two underscores means another one")
        if "UserAsset" in everything and (self.kind != "class" or self.entry != "UserAsset"):
            raise self._clash("UserAsset", "ALO looks for its own class under this name")
        if "Asset" in names and self.kind != "class" and not own.get("Asset", "").startswith("from alo"):
            raise self._clash("Asset", "the file needs ALO's `Asset` under this name")

    def _clash(self, name: str, why: str) -> StepDefinitionError:
        what = f"step {self.step!r} has a {name!r} of its own, and {why}"
        return StepDefinitionError(what, where=self.origin, do=f"give {name!r} another name in the step's cell")

    def _module_names(self) -> set[str]:
        """Return the names that the cell gives to the file, and not only to a method in it."""
        text = _without_future(self.body)
        kept = split_statements(text)[0] if self.kind == "statements" else text
        return bound_names(ast.parse(kept).body)


def _check_is_for_alo_2(step: StepDefinition) -> None:
    if step.kind == "pipeline_function":
        raise StepDefinitionError(
            f"step {step.name!r} is a function of ALO 3, which has no asset files",
            where=step.body.label,
            do="run the plan with ALO 3, or write the step as a cell that uses `asset`",
        )
    if step.use:
        raise StepDefinitionError(
            f"step {step.name!r} takes the notebook variable {step.use[0]!r} (use=), and ALO has no notebook",
            where=step.body.label,
            do="let an earlier step save it with save_data, or read it from a file in the step",
        )
    if step.kind == "class" and takes_four(step.body.source, step.entry):
        raise StepDefinitionError(
            f"step {step.name!r} is an asset of ALO 1.0, which ALO 2.x cannot make",
            where=step.body.label,
            do="give its class `__init__(self, asset_structure)` and let `run` call save_data and save_config",
        )


def _lines_by_name(text: str) -> dict[str, str]:
    scope = Scope()
    scope.add(Block(text, "", 1, ""))
    return {name: each.block.source for name, each in scope.defined.items()}


# Text ---------------------------------------------------------------------------------------------------------------


def one_line(text: str) -> str:
    """Return `text` so that it can stand in the docstring of one line."""
    return " ".join(text.replace("\\", "/").replace('"', "'").split())


def trimmed(text: str) -> str:
    """Return a text without the blank lines at both ends."""
    return re.sub(r"(?:\n[ \t\f]*)+\Z", "", re.sub(r"\A(?:[ \t\f]*\n)+", "", text))


def joined(chunks: list[str]) -> str:
    """Return the chunks with one blank line between them, and two around functions and classes."""
    text = chunks[0]
    for before, after in pairwise(chunks):
        first = next((line for line in after.split("\n") if not line.startswith("#")), "")
        apart = _DEFINITION.match(first) or any(map(_DEFINITION.match, before.split("\n")))
        text += ("\n\n\n" if apart else "\n\n") + after
    return f"{text}\n"


def _split_imports(text: str) -> tuple[str, str]:
    nodes = ast.parse(text).body
    count = next((n for n, node in enumerate(nodes) if not isinstance(node, (ast.Import, ast.ImportFrom))), len(nodes))
    while 0 < count < len(nodes) and nodes[count - 1].end_lineno == nodes[count].lineno:
        count -= 1
    return split_at(text, count) if count else ("", text)


# from __future__ import annotations ---------------------------------------------------------------------------------


def _futures(tree: ast.Module) -> list[ast.ImportFrom]:
    return [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]


def has_future(text: str) -> bool:
    """Tell whether a text asks for postponed annotations."""
    return bool(_futures(ast.parse(text)))


def _without_future(text: str) -> str:
    lines = lines_of(text)
    for node in _futures(ast.parse(text)):
        del lines[node.lineno - 1]
    return trimmed("\n".join(lines))


def _check_future(block: Block) -> None:
    """Refuse what the one line for it in a file cannot say."""
    found = _futures(block.tree())
    plain = not found or (len(found) == 1 and block.line_text(found[0].lineno) == FUTURE)
    if not plain or not set(block.future) <= {"annotations"}:
        raise StepDefinitionError(
            "only `from __future__ import annotations`, on a line of its own, can be exported",
            where=f"{block.label}, line {found[0].lineno if found else block.line}",
            do="write that line, and leave out other features: Python 3 has them all",
        )
