"""Edits of single values in the text of a plan: arguments, control, paths, cache policies. See `plan.editor`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alo_nb.errors import PlanEditError, nearest
from alo_nb.plan.draft import Path, as_plain
from alo_nb.plan.keys import ALO_3_PATHS, CONTROL, EXTERNAL_PATH, LOAD_DATA, OURS, PARAMETERS, PERMISSION
from alo_nb.plan.places import Places, edited
from alo_nb.plan.policies import POLICIES
from alo_nb.plan.redact import shown
from alo_nb.plan.writer import pair_text

HEAD = ("name", "version")


def set_argument(text: str, pipeline: str, step: str, name: str, value: Any) -> str:
    """Give a step an argument, or another value to one that it has.

    Parameters
    ----------
    text : str
        The plan.
    pipeline : str
        ``"train_pipeline"`` or ``"inference_pipeline"``.
    step, name : str
        A step that the pipeline lists, and its argument.
    value : object
        Text, a number, a truth value, a date, None (nothing written), or lists and mappings of them. Of a list or
        mapping the parts that differ are changed.

    Raises
    ------
    PlanEditError
        There is no such step, or its arguments are written in a way that cannot be edited in place.
    """
    new = as_plain(value)
    return edited(text, lambda places: _set_argument(places, pipeline, step, name, new))


def remove_argument(text: str, pipeline: str, step: str, name: str) -> str:
    """Take an argument of a step away; `PlanEditError` when it has none of this name."""

    def change(places: Places) -> None:
        path = _args_path(places, pipeline, step)
        found = None if path is None else places.entry(path, PARAMETERS, name)
        if path is None or found is None:
            known = [] if path is None else _names(places, path)
            what = f"step {shown(step)} has no argument {shown(name)}{nearest(name[:100], known)}"
            raise PlanEditError(what, where=places.draft.file, do="nothing is to be removed")
        is_last = len(places.draft.span(found[:-1]).pairs) == 1 and isinstance(found[-2], int)
        places.draft.remove(found[:-1] if is_last else found)

    return edited(text, change)


def set_control(text: str, name: str, value: Any) -> str:
    """Set a value of the section `control`, ALO 2.6's names."""
    if name not in CONTROL.known:
        raise PlanEditError(f"control has no {shown(name)}{nearest(name[:100], CONTROL.known)}")

    def change(places: Places) -> None:
        places.refuse_alo_3()
        places.set_in_section("control", CONTROL, name, value)

    return edited(text, change)


def set_external_path(text: str, name: str, value: str | Iterable[str] | None) -> str:
    """Set a path of `external_path`: one text, several where data is loaded from, or None for nothing."""
    if name not in EXTERNAL_PATH.known:
        raise PlanEditError(f"external_path has no {shown(name)}{nearest(name[:100], EXTERNAL_PATH.known)}")
    values = [] if value is None else [value] if isinstance(value, str) else [*value]
    if len(values) > 1 and name not in LOAD_DATA:
        raise PlanEditError(f"{name} takes one path, and {len(values)} are given")

    def change(places: Places) -> None:
        if places.is_alo_3:
            _set_alo_3_path(places, name, values)
            return
        has_section = places.draft.root.index("external_path") is not None
        found = places.entry(("external_path",), EXTERNAL_PATH, name) if has_section else None
        stays_list = found is not None and bool(places.draft.span(found).items) and values
        new = values if len(values) > 1 or stays_list else values[0] if values else None
        places.set_in_section("external_path", EXTERNAL_PATH, name, new)

    return edited(text, change)


def set_key_profile(text: str, name: str | None) -> str:
    """Set `aws_key_profile` in `external_path_permission`: the profile that S3 is asked as; None for nobody's."""

    def change(places: Places) -> None:
        places.refuse_alo_3()
        places.set_in_section("external_path_permission", PERMISSION, "aws_key_profile", name or None)

    return edited(text, change)


def set_head(text: str, name: str, value: str) -> str:
    """Set the plan's `name` or `version`, which are texts (ALO 2.6 refuses a number)."""
    if name not in HEAD:
        raise PlanEditError(f"the head of a plan has no {shown(name)}{nearest(name[:100], HEAD)}")
    if not isinstance(value, str) or not value:
        raise PlanEditError(f"the {name} of a plan is a text", do=f"write its {name}")

    def change(places: Places) -> None:
        if places.draft.root.index(name) is None:
            places.draft.add_key((), name, value)
        else:
            places.draft.set((name,), value)

    return edited(text, change)


def set_cache_policy(text: str, step: str, policy: str | None) -> str:
    """Set the cache policy of a step in the section `alo_nb`, which no ALO reads; None takes it away."""
    if policy is not None and policy not in POLICIES:
        raise PlanEditError(f"{shown(policy)} is no cache policy{nearest(policy[:100], POLICIES)}")

    def change(places: Places) -> None:
        found = places.cache_policy(step)
        if found is None and policy is not None:
            _add_cache_policy(places, step, policy)
        elif found is not None and policy is not None:
            places.draft.set(found, policy)
        elif found is not None:
            places.draft.remove(found)

    return edited(text, change)


def _set_argument(places: Places, pipeline: str, step: str, name: str, value: Any) -> None:
    line = pair_text(name, value)
    path = _args_path(places, pipeline, step)
    if path is None:
        parent = places.require_step("user_parameters", pipeline, step)
        places.draft.add_key(parent, "args", [{name: value}], ["args:", f"  - {line}"])
        return
    found, span = places.entry(path, PARAMETERS, name), places.draft.span(path)
    tables = [at for at, each in enumerate(span.items) if each.kind == "mapping"]
    if found is not None:
        places.draft.set(found, value)
    elif span.kind == "mapping":
        places.draft.add_key(path, name, value)
    elif tables:
        places.draft.add_key((*path, tables[0]), name, value)
    elif span.items:
        raise places.draft.error("args lists words without values, so that no argument can be added", span)
    elif places.is_alo_3:
        places.draft.set(path, {name: value})
    else:
        places.insert(path, 0, {name: value}, [f"- {line}"])


def _args_path(places: Places, pipeline: str, step: str) -> Path | None:
    """Return the path of the arguments of a step; None where there is no key for them."""
    if not places.is_alo_3:
        return places.args(places.require_step("user_parameters", pipeline, step))
    path: Path = ("solution", "function")
    functions = places.draft.value(("solution",)).get("function")
    if not isinstance(functions, dict) or step not in functions:
        known = [str(each) for each in functions] if isinstance(functions, dict) else []
        what = f"the plan has no function {shown(step)}{nearest(step[:100], known)}"
        raise PlanEditError(what, where=places.draft.file)
    if "argument" not in (functions[step] or {}):
        places.draft.add_key((*path, step), "argument", None)
    return (*path, step, "argument")


def _names(places: Places, args: Path) -> list[str]:
    span = places.draft.span(args)
    return [key.text for table in (span, *span.items) for key, _ in table.pairs]


def _add_cache_policy(places: Places, step: str, policy: str) -> None:
    draft, line = places.draft, pair_text(step, policy)
    if places.is_alo_3 and draft.root.index("alo_nb") is None:
        draft.add_key((), "alo_nb", {"cache": {step: policy}}, ["alo_nb:", "  cache:", f"    {line}"])
        return
    found = None if draft.root.index("alo_nb") is None else places.entry(("alo_nb",), OURS, "cache")
    if found is None:
        places.set_in_section("alo_nb", OURS, "cache", {step: policy})
    elif draft.span(found).pairs:
        draft.add_key(found, step, policy)
    elif draft.span(found).items:
        places.insert(found, len(draft.span(found).items), {step: policy}, [f"- {line}"])
    else:
        draft.set(found, {step: policy})


def _set_alo_3_path(places: Places, name: str, values: list[str]) -> None:
    *parents, key = ALO_3_PATHS[name].split(" > ")
    path: Path = tuple(parents)
    stage = places.draft.value(path[:1]).get(path[1])
    if not isinstance(stage, dict):
        raise PlanEditError(f"the plan has no {' > '.join(parents)}", where=places.draft.file, do="add it first")
    new = values if len(values) > 1 else values[0] if values else None
    if key in stage and values:
        places.draft.set((*path, key), new)
    elif key in stage:
        places.draft.remove((*path, key))  # ALO 3 refuses an empty one
    elif values:
        places.draft.add_key(path, key, new)
