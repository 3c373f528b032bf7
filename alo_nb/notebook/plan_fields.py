"""The arguments of a step as fields of a form: what may be written, what is there, and where that comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from alo_nb.errors import MagicUsageError
from alo_nb.plan import Plan, Step
from alo_nb.plan.redact import is_secret, is_secret_name, redact
from alo_nb.plan.ui import details_of
from alo_nb.plan.writer import flow_text
from alo_nb.plan.yaml_text import read_value
from alo_nb.steps.declared import Declared

Kind = Literal["choice", "choices", "bool", "int", "float", "text", "yaml", "secret"]
Origin = Literal["plan", "magic line", "default", ""]
_SELECTIONS: Mapping[str, Kind] = {"single_selection": "choice", "multi_selection": "choices"}
_DETAIL_TYPES = {"string": "str", "int": "int", "integer": "int", "float": "float"}  # ALO 2.6 solution_register.py
_NOTHING: Any = object()


@dataclass(frozen=True)
class Field:
    """One argument.

    Attributes
    ----------
    kind : str
        ``choice`` and ``choices`` are among `options`; ``int`` and ``float`` between `low` and `high`, where given;
        ``text`` is taken as it is, and `options` are proposals; ``yaml`` is read as a value of a plan; ``secret`` is
        neither shown nor edited.
    value, origin
        What counts, and where it stands: the first of plan, magic line and default that has one.
    default : object
        What would count if the plan did not say; None for nothing.
    override : object
        What the next run takes in place of `value`; `is_overridden` tells whether there is one.
    ran_with : str
        What the step's last run was given, where that is another value; else empty.
    """

    name: str
    kind: Kind
    value: Any
    origin: Origin
    options: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    help: str = ""
    default: Any = None
    is_required: bool = False
    override: Any = None
    is_overridden: bool = False
    ran_with: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether the step needs a value and nobody gives one."""
        return self.is_required and not self.origin and not self.is_overridden

    def shown(self) -> Any:
        """Return the value as a control shows it."""
        if self.kind == "secret":
            return "***"
        if self.kind == "yaml":
            return "" if self.value is None else flow_text(self.value)
        return self.value

    def read(self, shown: Any) -> Any:
        """Return the value that stands in a control.

        Raises
        ------
        MagicUsageError
            It is outside of what the plan allows.
        PlanReadError
            It is no value in YAML.
        """
        value: Any = read_value(shown) if self.kind == "yaml" else list(shown) if self.kind == "choices" else shown
        if self._is_outside(value):
            what = f"{self.name} has {len(value)} characters" if isinstance(value, str) else f"{self.name} is {value}"
            raise MagicUsageError(
                f"{what}, outside of {_bound(self.low)} to {_bound(self.high)}",
                do="see its range in ui_args_detail of the plan",
            )
        return value

    @property
    def is_outside(self) -> bool:
        """Whether what counts is not within `low` and `high`."""
        return self._is_outside(self.value)

    def _is_outside(self, value: Any) -> bool:
        """Tell whether a number, or the length of a text (ALO 2.6 solution_register.py), is not in the range."""
        if self.kind not in ("int", "float", "text"):
            return False
        number = len(value) if isinstance(value, str) else value
        return (self.low is not None and number < self.low) or (self.high is not None and number > self.high)


@dataclass(frozen=True)
class Around:
    """What is known of a step's arguments beside the plan.

    Attributes
    ----------
    line : mapping
        The arguments on the magic line of the step's cell.
    declared : mapping
        What the step's code says about its arguments.
    overrides : mapping
        What the next run takes in place of the plan's.
    last : mapping
        What the step's last run was given; empty when it has not run.
    """

    line: Mapping[str, Any] = field(default_factory=dict)
    declared: Mapping[str, Declared] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)
    last: Mapping[str, Any] = field(default_factory=dict)


def fields_of(plan: Plan, pipeline: str, step: Step, around: Around) -> list[Field]:
    """Return the arguments of a step: those of the plan, of its magic line, of `ui_args_detail`, and of its code."""
    details = {each["name"]: each for each in details_of(plan.ui_args_detail, pipeline, step.name)}
    names = dict.fromkeys([*map(str, step.args), *around.line, *details, *around.declared, *around.overrides])
    return [_field(name, step.args, details.get(name, {}), around) for name in names]


def _field(name: str, args: Mapping[str, Any], detail: Mapping[str, Any], around: Around) -> Field:
    declared = around.declared.get(name, Declared())
    selection = _SELECTIONS.get(str(detail.get("type")))
    said = detail.get("default")
    default = (said if selection == "choices" else _one(said)) if said is not None else declared.default
    value, origin = _value(name, args, around.line, default)
    made = Field(
        name,
        "yaml",
        value,
        origin,
        help=str(detail.get("description") or ""),
        default=around.line.get(name, default),
        is_required=declared.is_required,
        override=around.overrides.get(name),
        is_overridden=name in around.overrides,
    )
    if is_secret_name(name) or holds_secret([value, made.default]):
        return replace(made, kind="secret", value=None, default=None, override=None)
    made = replace(made, ran_with=_ran_with(name, value, around.last))
    if selection is not None:
        return _selection(made, selection, tuple(detail.get("selectable") or ()))
    low, high = _range(detail.get("range"))
    kind = _kind_of(value, _DETAIL_TYPES.get(str(detail.get("type")), declared.type))
    options = declared.choices if kind == "text" else ()
    return replace(made, kind=kind, options=options, low=low, high=high) if kind != "yaml" else made


def holds_secret(value: Any) -> bool:
    """Tell whether a value is, or has in it, what is shown nowhere."""
    if isinstance(value, str):
        return redact(value) != value
    if isinstance(value, dict):
        return any(is_secret(key, each) or holds_secret(each) for key, each in value.items())
    return isinstance(value, (list, tuple)) and any(map(holds_secret, value))


def _selection(made: Field, kind: Kind, options: tuple[Any, ...]) -> Field:
    """Return it as a choice among options; as YAML when what is there is none of them."""
    chosen = made.value if isinstance(made.value, list) else [made.value]
    if not all(any(_is_same(each, option) for option in options) for each in chosen):
        return made
    return replace(made, kind=kind, value=chosen if kind == "choices" else made.value, options=options)


def _value(name: str, args: Mapping[str, Any], line: Mapping[str, Any], default: Any) -> tuple[Any, Origin]:
    """Return what counts, and where it stands (docs/decisions/0006)."""
    if name in args:
        return args[name], "plan"
    if name in line:
        return line[name], "magic line"
    return default, "" if default is None else "default"


def _ran_with(name: str, value: Any, last: Mapping[str, Any]) -> str:
    found = last.get(name, _NOTHING)
    return "" if found is _NOTHING or _is_same(found, value) else flow_text(found)


def _kind_of(value: Any, said: str) -> Kind:
    """Return the control for a value: what the type that was said allows, as long as the value is of it."""
    if said == "str":
        return "text" if isinstance(value, str) else "yaml"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "float" if said == "float" else "int"
    return "float" if isinstance(value, float) and value == value and abs(value) != float("inf") else "yaml"


def _one(default: Any) -> Any:
    """Return the value of a default; ALO's templates write some as a list of one."""
    return default[0] if isinstance(default, list) and len(default) == 1 else default


def _range(written: Any) -> tuple[float | None, float | None]:
    if isinstance(written, list) and len(written) == 2 and all(type(each) in (int, float) for each in written):
        return written[0], written[1]
    return None, None


def _is_same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _bound(value: float | None) -> str:
    return "any" if value is None else f"{value:g}"
