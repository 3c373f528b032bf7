"""Controls for fields: a choice, a tick, a number, or a line of text, each with its label and what to know about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import ipywidgets as widgets

from alo_nb.errors import AloNbError
from alo_nb.lang import tr
from alo_nb.notebook.plan_fields import Field
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import (
    BESIDE,
    ERROR,
    LABEL,
    QUIET,
    WARNING,
    WIDE_BESIDE,
    WIDE_LABEL,
    button,
    close_all,
    labelled,
    line,
    problem_line,
)
from alo_nb.plan import Problem
from alo_nb.plan.writer import flow_text

_MANY = 12  # fields, from which on they are found by typing
_LONG = 15  # characters of a name, from which on it needs a wide label


class FieldRow(widgets.VBox):
    """A control with a line below it that says where its value comes from.

    Parameters
    ----------
    write : callable
        Is given the field and the value that a person wants in the plan.
    reset : callable, optional
        Is given the field that is to go out of the plan.
    wide : bool
        Whether the names are long.

    Attributes
    ----------
    field : Field
        What is shown.
    """

    children: Any

    def __init__(
        self,
        field: Field,
        guard: Guard,
        write: Callable[[Field, Any], None],
        reset: Callable[[Field], None] | None = None,
        *,
        wide: bool = False,
    ) -> None:
        self.field, self._write = field, write
        self._indent = WIDE_BESIDE if wide else BESIDE
        self.control = _control_for(field)
        self.control.style.description_width = WIDE_LABEL if wide else LABEL
        self.control.observe(guard(lambda change: self.set(change["new"])), names="value")
        self.reset = None if reset is None else _reset_button(field.name, guard(lambda _: reset(self.field)))
        self.hint = widgets.HTML(layout=widgets.Layout(margin="0 0 2px 0", min_width="0"))
        top = widgets.HBox([self.control] if self.reset is None else [self.control, self.reset])
        super().__init__(
            [top, self.hint], layout=widgets.Layout(flex="1 1 360px" if wide else "1 1 300px", min_width="0")
        )

    def set(self, shown: Any) -> None:
        """Write what stands in the control into the plan.

        Raises
        ------
        AloNbError
            It cannot stand there; that is said below the control, too.
        """
        if _is_same(shown, self.field.shown()):
            return  # the control follows the plan here
        try:
            self._write(self.field, self.field.read(shown))
        except AloNbError as error:
            self.hint.value = line(tr("not taken over: {why}", why=error.what), colour=ERROR, indent=self._indent)
            raise

    def show(self, field: Field, problems: Sequence[Problem] = ()) -> None:
        """Show a field of the same kind in the controls that are there."""
        self.field = field
        if not _is_same(self.control.value, field.shown()):
            self.control.value = field.shown()
        if self.reset is not None:
            self.reset.disabled = field.origin != "plan"
        colour = WARNING if field.is_missing or field.is_overridden or field.is_outside else QUIET
        said = line(" · ".join(facts_of(field)), colour=colour, indent=self._indent)
        self.hint.value = said + "".join(problem_line(each, indent=self._indent) for each in problems)


class FieldList(widgets.VBox):
    """Fields below or beside each other; controls that are still the right ones stay, and so does the focus in them."""

    children: Any

    def __init__(
        self,
        guard: Guard,
        write: Callable[[Field, Any], None],
        reset: Callable[[Field], None] | None = None,
    ) -> None:
        self._make = partial(FieldRow, guard=guard, write=write, reset=reset)
        self.rows: dict[str, FieldRow] = {}
        self._kinds: dict[str, tuple[Any, ...]] = {}
        layout = widgets.Layout(width="auto", max_width="320px")
        self.wanted = widgets.Text(placeholder=tr("find a name"), continuous_update=True, layout=layout)
        self.wanted.observe(guard(lambda _: self._select()), names="value")
        self._box = widgets.HBox(layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start"))
        super().__init__([self.wanted, self._box])

    def show(self, fields: Sequence[Field], problems: Callable[[str], Sequence[Problem]] = lambda _: ()) -> None:
        """Show fields, each with the problems that it has."""
        wide = any(len(each.name) > _LONG for each in fields)
        kinds = {each.name: (each.kind, repr(each.options), wide) for each in fields}
        if list(kinds.items()) != list(self._kinds.items()):
            gone = [row for name, row in self.rows.items() if kinds.get(name) != self._kinds[name]]
            kept = {name: row for name, row in self.rows.items() if row not in gone}
            self.rows = {each.name: kept.get(each.name) or self._make(each, wide=wide) for each in fields}
            self._box.children = [*self.rows.values()]
            for row in gone:
                close_all(row)
            self._kinds = {**kinds}
            self.wanted.value = ""
            self.wanted.layout.display = None if len(fields) > _MANY else "none"
        for field in fields:
            self.rows[field.name].show(field, problems(field.name))

    def _select(self) -> None:
        for name, each in self.rows.items():
            each.layout.display = None if self.wanted.value.lower() in name.lower() else "none"


def facts_of(field: Field) -> list[str]:
    """Return what there is to know about a field: where its value comes from, and what it may be."""
    low, high = ("" if each is None else f"{each:g}" for each in (field.low, field.high))
    origins = {"plan": tr("plan"), "magic line": tr("magic line"), "default": tr("default"), "": ""}
    facts = [
        tr("required, and nobody gives it") if field.is_missing else origins[field.origin],
        tr("this run: {value}", value=flow_text(field.override)) if field.is_overridden else "",
        tr("last run: {value}", value=field.ran_with) if field.ran_with else "",
        tr("default: {value}", value=flow_text(field.default)) if _has_other_default(field) else "",
        tr("outside of what it may be") if field.is_outside else "",
        tr("{low} to {high}", low=low or "-∞", high=high or "∞") if low or high else "",
        field.help,
    ]
    return [each for each in facts if each]


def _has_other_default(field: Field) -> bool:
    return field.default is not None and field.origin == "plan" and not _is_same(field.default, field.value)


def _reset_button(name: str, on_click: Callable[..., None]) -> Any:
    return button("↺", tr("Reset {name}: take it out of the plan", name=name), on_click, wide=False)


def _control_for(field: Field) -> Any:
    made = _made(field)
    labelled(made, field.name, tip=f"{field.name}: {field.help}" if field.help else field.name)
    return made


def _made(field: Field) -> Any:
    value = field.shown()
    if field.kind == "choice":
        return widgets.Dropdown(options=_options(field), value=value)
    if field.kind == "choices":
        return widgets.SelectMultiple(options=_options(field), value=tuple(value), rows=min(len(field.options), 5))
    if field.kind == "bool":
        return widgets.Checkbox(value=value)
    if field.kind == "int":
        return widgets.IntText(value=value, continuous_update=False)
    if field.kind == "float":
        return widgets.FloatText(value=value, continuous_update=False)
    if field.options:
        return widgets.Combobox(options=[*map(str, field.options)], value=value, continuous_update=False)
    return widgets.Text(value=str(value), continuous_update=False, disabled=field.kind == "secret")


def _options(field: Field) -> list[tuple[str, Any]]:
    return [(str(each), each) for each in field.options]


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, tuple) or isinstance(other, tuple):
        return list(one) == list(other)
    return bool(one == other)
