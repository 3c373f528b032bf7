"""``metrics.loss < 0.1 and status = success``: a small language of comparisons. It reads rows and runs nothing."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from alo_nb.errors import MagicUsageError, nearest
from alo_nb.steps.magic_line import Variable, value_of

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
_CONDITION = re.compile(
    r"""\s*(?:`(?P<quoted>[^`]+)`|(?P<name>[^\W\d][\w./-]*))      # a column, in backticks when it has blanks
        \s*(?P<operator><=|>=|==|!=|=|<|>)
        \s*(?P<value>'[^']*'|"[^"]*"|[^\s'"<>=]+)
        \s*(?:$|(?P<more>and\b))""",
    re.VERBOSE,
)
_HELP = "write NAME < VALUE, e.g. 'metrics.loss < 0.1 and status = success'; only `and` joins them, `or` is not known"


@dataclass(frozen=True)
class Condition:
    """A column, how it is compared, and the literal it is compared with; `typed` is the literal as it was typed."""

    column: str
    operator: str
    value: Any
    typed: str

    def takes(self, row: Mapping[str, Any]) -> bool:
        """Tell whether a row is one of those; a row without the column, or with a value of another kind, is none."""
        found = row.get(self.column)
        if found is None:
            return False
        value = self.typed if isinstance(found, str) else self.value
        try:
            return bool(_COMPARE[self.operator](found, value))
        except TypeError:  # a text and a number
            return False


def parse_where(text: str) -> tuple[Condition, ...]:
    """Return the conditions in a text; all of them must hold. None for no text.

    Raises
    ------
    MagicUsageError
        Something else than comparisons joined by ``and``.
    """
    found, at = [], 0
    more = bool(text.strip())
    while more:
        match = _CONDITION.match(text, at)
        if match is None:
            raise MagicUsageError(f"where: {text[at:].strip() or text.strip()!r} is no comparison", do=_HELP)
        raw = match["value"]
        value = value_of(raw)
        if isinstance(value, Variable):
            raise MagicUsageError(f"where: {raw!r} is not looked up", do="write the value itself")
        typed = value if isinstance(value, str) else raw
        found.append(Condition(match["quoted"] or match["name"], match["operator"], value, typed))
        at, more = match.end(), match["more"] is not None
    if text[at:].strip():
        raise MagicUsageError(f"where: {text[at:].strip()!r} is left over", do=_HELP)
    return tuple(found)


def column_named(name: str, known: Collection[str], groups: Collection[str]) -> str:
    """Return the column that a name means: its own, or the only ``<group>.<name>``.

    Raises
    ------
    MagicUsageError
        There is none, and the nearest is named; or there are several.
    """
    if name in known:
        return name
    found = [column for group in groups if (column := f"{group}.{name}") in known]
    if len(found) == 1:
        return found[0]
    if found:
        raise MagicUsageError(f"{name!r} is {' and '.join(found)}", do=f"write {found[0]}")
    short = {each.partition(".")[2] for each in known if each.partition(".")[0] in {*groups}}
    raise MagicUsageError(f"no run has a column {name!r}{nearest(name, [*known, *short])}")
