"""An asset file as the text of cells: as the cells it was exported from, else as it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from alo_nb.export.adjust import from_alo
from alo_nb.export.asset_file import (
    ADAPTER,
    ALIAS,
    BIND,
    CALL,
    FUTURE,
    HEADER,
    ITSELF,
    OWN,
    OWN_IMPORTS,
    SHARED,
    AssetFile,
    joined,
    trimmed,
)
from alo_nb.export.statements import dedented, rows_in_literals, split_at
from alo_nb.export.taken import ALO_IMPORT, Taken, constant_text, import_block, read_taken
from alo_nb.steps.code import lines_of

_HEADER = re.compile(re.escape(HEADER).replace(r"\{\}", "(.+)"))
_FUTURE = re.compile(rf"{FUTURE}(?:  # for (.*))?")
_ALIAS = re.compile(re.escape(ALIAS).replace(r"\{\}", r"(\w+)"))
_CALL = re.compile(re.escape(CALL).replace(r"\{\}", r"(\w+)"))
_GLOBAL = re.compile(r"        global .*\n")


@dataclass(frozen=True)
class AssetCell:
    """The body of a step's cell, and what it takes along from other cells."""

    body: str
    taken: Taken = field(default_factory=Taken)


def shared_cells(taken: Taken) -> list[str]:
    """Return the ordinary cells that hold what steps take along; none when there is nothing.

    Only helpers whose annotations were postponed stand in a cell that postpones them.
    """
    chunks = [import_block(taken.imports.values()), "\n".join(map(constant_text, taken.constants.values()))]
    cells: list[tuple[bool | None, list[str]]] = [(None, [each for each in chunks if each])]
    for helper in taken.helpers:
        postponed, texts = cells[-1]
        if postponed in {None, helper.postponed}:
            cells[-1] = (helper.postponed, [*texts, helper.text])
        else:
            cells.append((helper.postponed, [helper.text]))
    return [joined([FUTURE, *texts] if postponed else texts).rstrip("\n") for postponed, texts in cells if texts]


def from_asset_file(text: str) -> AssetCell:
    """Return the cell that an asset file was exported from; of any other asset file, its text as it is."""
    found = read_asset_file(text)
    return AssetCell(text) if found is None else AssetCell(found.body, found.taken)


def read_asset_file(text: str) -> AssetFile | None:
    """Return the parts of a file that `AssetFile.text` wrote; None when writing them again would give another text."""
    text = "\n".join(lines_of(text))
    try:
        found = _read(text)
    except (SyntaxError, ValueError):  # edited since, or never one of ours
        return None
    return found if found is not None and found.text() == text else None


def _read(text: str) -> AssetFile | None:
    lines, (*_, last) = text.split("\n"), ast.parse(text).body
    header, rows = _HEADER.fullmatch(lines[0]), _marker_rows(text)
    if header is None or OWN not in rows or list(rows.values()) != sorted(rows.values()):
        return None
    cuts = [0, *rows.values(), len(lines)]
    parts = dict(zip(("", *rows), (lines[first:last] for first, last in pairwise(cuts)), strict=True))
    asking = _asking(parts[""])
    shared = read_taken(from_alo("\n".join(parts.get(SHARED, ()))), postponed=asking or ())
    if asking == ():  # everybody
        shared = replace(shared, helpers=tuple(replace(each, postponed=True) for each in shared.helpers))
    taken = replace(shared, imports=_imports("\n".join(parts[""][1:])))
    imports = "\n".join(parts.get(OWN_IMPORTS, ())[1:])
    kind, entry, kept, rest = _own(parts[OWN][1:], last.lineno - rows[OWN] - 2)
    body = from_alo("\n\n".join(each for each in map(trimmed, (imports, kept, rest)) if each))
    if asking is not None and (asking == () or ITSELF in asking):
        body = _with_future(body)
    return AssetFile(header[1], header[2], kind, entry, body, taken)


def _marker_rows(text: str) -> dict[str, int]:
    """Return where each part starts, counted from 0."""
    inside = rows_in_literals(text)
    rows: dict[str, int] = {}
    for number, line in enumerate(text.split("\n")):
        if line in {OWN_IMPORTS, SHARED, OWN} and number + 1 not in inside:
            rows.setdefault(line, number)
    return rows


def _asking(lines: Sequence[str]) -> tuple[str, ...] | None:
    """Return who asks for postponed annotations: None for nobody, no names for everybody."""
    found = next(filter(None, map(_FUTURE.fullmatch, lines)), None)
    return None if found is None else tuple(found[1].split(", ")) if found[1] else ()


def _imports(text: str) -> dict[str, str]:
    return {name: line for name, line in read_taken(text).imports.items() if line not in {ALO_IMPORT, FUTURE}}


def _own(lines: Sequence[str], start: int) -> tuple[str, str, str, str]:
    """Return kind and entry of a step, and the text of its definitions and of its statements.

    `start` is the line of the last statement, counted from 0.
    """
    kept, tail = "\n".join(lines[:start]), trimmed("\n".join(lines[start:]))
    if alias := _ALIAS.fullmatch(tail):
        return "class", alias[1], kept, ""
    if not tail.startswith(ADAPTER):
        return "class", "UserAsset", "\n".join(lines), ""
    rest = tail.removeprefix(ADAPTER)
    if call := _CALL.fullmatch(rest):
        return "function", call[1], kept, ""
    bound = _GLOBAL.sub("", rest, count=1)
    return "statements", "", kept, dedented(bound.removeprefix(BIND).removeprefix("\n"))


def _with_future(body: str) -> str:
    nodes = ast.parse(body).body
    has_docstring = bool(nodes) and isinstance(nodes[0], ast.Expr) and isinstance(nodes[0].value, ast.Constant)
    if not has_docstring:
        return f"{FUTURE}\n\n{body}"
    above, below = split_at(body, 1)
    return f"{above}\n{FUTURE}\n{below}"
