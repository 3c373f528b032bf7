"""The arguments of a step as fields of a form: what may be written, what is there, and where that comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from alo_nb.errors import MagicUsageError
from alo_nb.plan import Plan, Step
from alo_nb.plan.redact import is_secret_name
from alo_nb.plan.ui import details_of
from alo_nb.plan.writer import flow_text
from alo_nb.plan.yaml_text import read_value

Kind = Literal["choice", "choices", "bool", "int", "float", "text", "yaml", "secret"]
Origin = Literal["plan", "magic line", "default", ""]
_SELECTIONS: Mapping[str, Kind] = {"single_selection": "choice", "multi_selection": "choices"}


@dataclass(frozen=True)
class Field:
    """One argument.

    Attributes
    ----------
    kind : str
        ``choice`` and ``choices`` are among `options`; ``int`` and ``float`` between `low` and `high`, where given;
        ``text`` is taken as it is; ``yaml`` is read as a value of a plan; ``secret`` is neither shown nor edited.
    origin : str
        Where `value` comes from: the first of plan, magic line and default that has one.
    """

    name: str
    kind: Kind
    value: Any
    origin: Origin
    options: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    help: str = ""

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
        if self.kind in ("int", "float"):
            self._check(value)
        return value

    def _check(self, value: float) -> None:
        is_low, is_high = (
            self.low is not None and value < self.low,
            self.high is not None and value > self.high,
        )
        if is_low or is_high:
            what = f"{self.name} is {value}, outside of {_bound(self.low)} to {_bound(self.high)}"
            raise MagicUsageError(what, do="see its range in ui_args_detail of the plan")


def fields_of(plan: Plan, pipeline: str, step: Step, line: Mapping[str, Any]) -> list[Field]:
    """Return the arguments of a step: those of the plan, of its magic line, and those that the plan describes.

    Parameters
    ----------
    line : mapping
        The arguments on the magic line of the step's cell.
    """
    details = {each["name"]: each for each in details_of(plan.ui_args_detail, pipeline, step.name)}
    names = dict.fromkeys([*(str(each) for each in step.args), *line, *details])
    return [_field(name, step.args, line, details.get(name, {})) for name in names]


def _field(name: str, args: Mapping[str, Any], line: Mapping[str, Any], detail: Mapping[str, Any]) -> Field:
    kind: Kind = _SELECTIONS.get(str(detail.get("type")), "yaml")
    default = _one(detail.get("default")) if kind != "choices" else detail.get("default")
    value, origin = _value(name, args, line, default)
    about = str(detail.get("description") or "")
    if is_secret_name(name):
        return Field(name, "secret", None, origin)
    if kind != "yaml":
        options = tuple(detail.get("selectable") or ())
        chosen = value if isinstance(value, list) else [value]
        if all(any(_is_same(each, option) for option in options) for each in chosen):
            return Field(name, kind, chosen if kind == "choices" else value, origin, options, help=about)
        return Field(name, "yaml", value, origin, help=about)
    low, high = _range(detail.get("range"))
    kind = _kind_of(value, str(detail.get("type") or ""))
    if kind == "text":
        return Field(name, kind, value, origin, help=about)
    return Field(name, kind, value, origin, (), low, high, about)


def _value(name: str, args: Mapping[str, Any], line: Mapping[str, Any], default: Any) -> tuple[Any, Origin]:
    """Return what counts, and where it stands (docs/decisions/0006)."""
    if name in args:
        return args[name], "plan"
    if name in line:
        return line[name], "magic line"
    return default, "" if default is None else "default"


def _kind_of(value: Any, said: str) -> Kind:
    if said == "string" and isinstance(value, str):
        return "text"
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
