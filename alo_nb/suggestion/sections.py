"""Where a notebook would be cut if nothing stood against it: at its headings, else where the kind of work changes."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from alo_nb.suggestion.cells import Cell
from alo_nb.suggestion.cuts import Cut, Cuts
from alo_nb.suggestion.program import Line, Program

_LEVELS = (1, 2)

# ALO's own words for steps, and what the code of such a step calls. The last of them that a group has names it.
ROLES = {
    "input": r"\bread_\w+\(|\bload_(?!model|state|weights)\w+\(|\bfetch_\w+\(|\.download\("
    r"|\bmake_(classification|regression|blobs|moons)\(",
    "preprocess": r"\.(fillna|dropna|merge|astype|drop|drop_duplicates|replace|map|assign|resample|rolling|shift)\("
    r"|\b(train_test_split|get_dummies|StandardScaler|MinMaxScaler|OneHotEncoder|LabelEncoder|SimpleImputer|cut|qcut)\(",
    "train": r"\.(fit|partial_fit|backward|train)\(|\bcross_val\w*\(|SearchCV\(",
    "inference": r"\.(predict|predict_proba|decision_function|forecast)\(",
    "evaluate": r"\b\w+_(score|error|report|matrix|curve|loss)\(|\.score\(|\baccuracy\w*\b",
    "output": r"\.(to_csv|to_parquet|to_excel|to_json|to_pickle|savefig|save)\(|\b(dump|dumps|savez?|savetxt)\(",
}
_SCALES = re.compile(
    r"(scale|encode|impute|pca|vectorize|transform|tokenize)r?\w*(\(.*?\))?\.fit|\.fit_transform\(", re.I
)


@dataclass(frozen=True)
class Group:
    """Code cells, by their numbers, that would be one step; `title` is the heading above them."""

    cells: tuple[int, ...]
    title: str = ""


def wanted_cuts(program: Program, cuts: Cuts) -> list[Cut]:
    """Return the places to cut, from the top; those in front of which no work stands are left out."""
    working = working_cells(program)
    starts = _by_headings(program.cells, working)
    if starts is None:
        return _by_work(program, cuts, working)
    return [cuts.before(cell) for cell in starts]


def working_cells(program: Program) -> list[int]:
    """Return the code cells with work in them; one that only seeds belongs to what comes next."""
    return sorted({each.piece.cell for each in program.lines if each.role == "work" and each.setting != "seed"})


def _by_headings(cells: Sequence[Cell], working: Collection[int]) -> list[int] | None:
    """Return the first code cell of each section but the first that has work; None without two such sections."""
    starts: list[int] = []
    new = True
    for cell in cells:
        if any(level in _LEVELS for level, _ in cell.headings):
            new = True
        elif cell.number in working and new:
            starts.append(cell.number)
            new = False
    return starts[1:] if len(starts) > 1 else None


def titles(cells: Sequence[Cell]) -> dict[int, str]:
    """Return the heading that each code cell stands below."""
    found, title = {}, ""
    for cell in cells:
        for level, text in cell.headings:
            title = text if level in _LEVELS else title
        if cell.number:
            found[cell.number] = title
    return found


# Without headings ---------------------------------------------------------------------------------------------------


def _by_work(program: Program, cuts: Cuts, working: Sequence[int]) -> list[Cut]:
    """Return a cut wherever the kind of work changes: there, or at a cell before it, where the least would cross."""
    kinds = {cell: role_of(_code(program, [cell])) for cell in working}
    found, last, since = list[Cut](), "", working[:1]
    for before, cell in pairwise(working):
        last = kinds[before] or last
        if kinds[before]:
            since = []
        since = [*since, cell]
        if kinds[cell] and last and _is_next(last, kinds[cell]):
            possible = [cuts.before(each) for each in since]
            found.append(min(reversed(possible), key=lambda each: (len(each.obstacles) > 0, len(each.crossing))))
    return found


def _is_next(last: str, role: str) -> bool:
    """Tell whether another kind of work begins; to use a model and to judge it are one."""
    return role != last and {last, role} != {"inference", "evaluate"}


# Names --------------------------------------------------------------------------------------------------------------


def role_of(code: str) -> str:
    """Return ALO's word for what code does; empty where it does not tell."""
    text = _SCALES.sub(" ", code)
    roles = [role for role, names in ROLES.items() if re.search(names, text)]
    if not roles:
        return "preprocess" if _SCALES.search(code) else ""
    if "train" in roles:
        return "train"
    if roles[0] == "input":
        return "input"
    return "evaluate" if roles[-2:] == ["inference", "evaluate"] else roles[-1]


def step_names(program: Program, groups: Sequence[Group]) -> list[str]:
    """Return a name for each group: ALO's word where its code or heading tells, else its heading, else a number."""
    functions = {name for each in program.lines if each.defines for name in each.uses.binds}
    found: list[str] = []
    for number, group in enumerate(groups, start=1):
        name = _title_role(group.title) or role_of(_code(program, group.cells)) or slug(group.title) or f"step_{number}"
        found.append(_unused(name, {*found, *functions, "run"}))
    return found


_TITLES = {
    "input": r"\b(load|loading|read|reading|import data|get the data|data (source|set|loading)|input)\b",
    "preprocess": r"\b(pre-?process\w*|clean\w*|feature\w*|prepar\w*|wrangl\w*|transform\w*|missing)\b",
    "train": r"\b(train\w*|model(l?ing)?|fit\w*)\b",
    "evaluate": r"\b(evaluat\w*|scores?|metrics?|validat\w*|how good)\b",
    "inference": r"\b(predict\w*|inference|forecast\w*)\b",
    "output": r"\b(output|export\w*|save|saving|results?|submission|report)\b",
    "explore": r"\b(explor\w*|eda|look\w*|visuali[sz]\w*|plots?)\b",
}


def _title_role(title: str) -> str:
    """Return ALO's word when a heading speaks of one kind of work and no other."""
    roles = [role for role, words in _TITLES.items() if re.search(words, title.lower())]
    return roles[0] if len(roles) == 1 else ""


def slug(title: str) -> str:
    """Return a heading as the name of a step: letters, digits and ``_``; letters of any language stay."""
    text = unicodedata.normalize("NFKC", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)).lower()
    words = re.findall(r"[^\W_]+", re.sub(r"^[\d.\s]+", "", text))
    return "_".join(words[:4])[:40]


def _unused(name: str, used: Collection[str]) -> str:
    options = (name, *(f"{name}_{number}" for number in range(2, 1000)))
    return next(each for each in options if each not in used)


def _code(program: Program, cells: Iterable[int]) -> str:
    wanted = {*cells}
    lines: list[Line] = [each for each in program.lines if each.piece.cell in wanted and each.role == "work"]
    return "\n".join(ast.unparse(node) for each in lines for node in each.piece.nodes)
