"""`check_args`: one argument of a step, as the type it should have (ALO 2.x alolib asset.py and utils.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from alo_nb.errors import StepArgumentError, nearest

_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


def checked_argument(args: Mapping[str, Any], key: str, *, is_required: bool, default: Any, chng_type: str) -> Any:
    """Return ``args[key]``, or `default` when an optional one is missing or null, as `chng_type`.

    Lists are returned as they are, whatever the type asked for (ALO 2.x).

    Raises
    ------
    StepArgumentError
        A required argument is missing, `chng_type` is unknown, or the value cannot be read as it.
    """
    convert = _CONVERTERS.get(str(chng_type).lower())
    if convert is None:
        raise StepArgumentError(
            f"chng_type {chng_type!r} is not a type that check_args knows{nearest(str(chng_type), _CONVERTERS)}"
        )
    if is_required and key not in args:
        raise StepArgumentError(
            f"the required argument {key!r} is missing{nearest(key, args)}",
            do=f"set `{key}:` under the step's args in the plan, or `{key}=...` on the magic line",
        )
    value = args.get(key)
    defaulted = value is None and not is_required
    if value is None:
        value = default if defaulted else ""
    if isinstance(value, list):
        return own_copy(value)
    try:
        return convert(value)
    except (TypeError, ValueError, OverflowError):
        origin = "its default" if defaulted else "the value"
        raise StepArgumentError(
            f"argument {key!r}: {origin} {value!r} cannot be read as {chng_type}",
            do=f"give `default=` a valid {chng_type}, or mark it `is_required=True`"
            if defaulted
            else "correct the value",
        ) from None


def own_copy(value: Any) -> Any:
    """Return lists and dicts as new ones all the way down, so that a step cannot edit the plan it came from."""
    if isinstance(value, list):
        return [own_copy(each) for each in value]
    if isinstance(value, dict):
        return {name: own_copy(each) for name, each in value.items()}
    return value


def _integer(value: Any) -> Any:
    if isinstance(value, bool):
        return value  # ALO 2.x leaves a bool alone
    if isinstance(value, float) and not value.is_integer():
        raise ValueError(value)
    return int(value)


def _boolean(value: Any) -> bool:
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError(value)


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "str": str,
    "int": _integer,
    "float": float,
    "bool": _boolean,
    "list": lambda value: [own_copy(value)],
}
