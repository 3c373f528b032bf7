"""Edits of the steps in the text of a plan: each one stands in two lists, and both are changed. See `plan.editor`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alo_nb.errors import PlanEditError, nearest
from alo_nb.plan.disabled import disable, disabled_in, enable
from alo_nb.plan.draft import Draft, Path, as_plain
from alo_nb.plan.keys import PIPELINE_NAMES, SOURCE, SOURCES
from alo_nb.plan.model import Source, Step
from alo_nb.plan.places import BOM, LISTS, Places, edited, normal
from alo_nb.plan.redact import shown
from alo_nb.plan.rules import step_name
from alo_nb.plan.writer import pair_text, parameter_lines, source_lines

_UNSET: Any = object()


def add_step(
    text: str,
    pipeline: str,
    step: str,
    after: str | None = None,
    *,
    code: str = "notebook",
    args: Mapping[str, Any] | None = None,
    branch: str | None = None,
    requirements: Iterable[str] = (),
) -> str:
    """Add a step to both lists of a pipeline, which is made when it is missing.

    Parameters
    ----------
    after : str, optional
        The step that it comes behind; at the end when absent, and first when empty.
    code, branch, requirements
        Its source: see `Source`.
    args : mapping, optional
        Its arguments.
    """
    _require_name(step)
    given = as_plain(args or {})
    new = Step(step, args=given, source=Source(code, branch, tuple(requirements)))
    source = {"code": code, "branch": branch, "requirements": [*requirements]}
    values = ({"step": step, "args": [given] if given else None}, {"step": step, "source": source})

    def change(places: Places) -> None:
        places.refuse_alo_3()
        _require_pipeline(pipeline)
        _refuse_known(places, pipeline, step)
        for part, value, lines in zip(LISTS, values, (parameter_lines(new), source_lines(new)), strict=True):
            at = None if after is None else 0 if not after else places.require_item(part, pipeline, after)[1] + 1
            dashed = [f"- {pair_text('step', step)}", *(f"  {each}" for each in lines)]
            places.insert_step(part, pipeline, at, value, dashed)

    return edited(text, change)


def remove_step(text: str, pipeline: str, step: str) -> str:
    """Take a step out of both lists; its cache policy goes too when no other pipeline has a step of this name."""

    def change(places: Places) -> None:
        for path in _places_of(places, pipeline, step):
            places.draft.remove(path)
        _follow_cache(places, step, None)

    return edited(text, change)


def move_step(text: str, pipeline: str, step: str, to: int) -> str:
    """Move a step to another place of its pipeline, counted from 0, in both lists."""

    def change(places: Places) -> None:
        path, at = places.require_item("asset_source", pipeline, step)
        names = places.step_names(path)
        order = [each for each in range(len(names)) if each != at]
        order.insert(max(0, min(to, len(names) - 1)), at)
        places.draft.reorder(path, order)
        rank = {names[each]: number for number, each in enumerate(order)}
        other = places.steps_path("user_parameters", pipeline)
        if other is not None:
            there = places.step_names(other)
            places.draft.reorder(other, sorted(range(len(there)), key=lambda each: rank.get(there[each], len(rank))))

    return edited(text, change)


def duplicate_step(text: str, pipeline: str, step: str, name: str) -> str:
    """Put a copy of a step behind it in both lists, under another name."""
    _require_name(name)

    def change(places: Places) -> None:
        _refuse_known(places, pipeline, name)
        for path in _places_of(places, pipeline, step):
            where, at = path[:-1], path[-1]
            assert isinstance(at, int)  # `_places_of` has checked
            lines = places.draft.lines_of(where, at)
            places.draft.insert(where, at + 1, places.draft.value(path), lines)
            places.draft.set((*where, at + 1, "step"), name)

    return edited(text, change)


def rename_step(text: str, pipeline: str, step: str, name: str) -> str:
    """Give a step another name, also in `ui_args_detail`, and in the cache policies when it is the only one."""
    _require_name(name)

    def change(places: Places) -> None:
        if normal(name) != normal(step):
            _refuse_known(places, pipeline, name)
        for path in _places_of(places, pipeline, step):
            places.draft.set((*path, "step"), name)
        _follow_details(places, pipeline, step, name)
        _follow_cache(places, step, name)

    return edited(text, change)


def disable_step(text: str, pipeline: str, step: str) -> str:
    """Put a step out of use by making comments of its lines in both lists; `enable_step` brings them back."""

    def change(places: Places) -> None:
        for path in _places_of(places, pipeline, step):
            disable(places, path)

    return edited(text, change)


def enable_step(text: str, pipeline: str, step: str) -> str:
    """Bring back a step whose lines are comments, as `disable_step` or a person has left them."""

    def change(places: Places) -> None:
        places.refuse_alo_3()
        _refuse_known(places, pipeline, step)
        for part in LISTS:
            enable(places, part, pipeline, step)

    return edited(text, change)


def set_source(
    text: str,
    pipeline: str,
    step: str,
    *,
    code: str = _UNSET,
    branch: str | None = _UNSET,
    requirements: Iterable[str] = _UNSET,
) -> str:
    """Change where the code of a step comes from; what is not given stays."""
    given = {"code": code, "branch": branch, "requirements": requirements}
    wanted: dict[str, Any] = {key: value for key, value in given.items() if value is not _UNSET}

    def change(places: Places) -> None:
        path = places.require_step("asset_source", pipeline, step)
        source = places.entry(path, SOURCES, "source")
        if source is None or places.draft.value(source) is None:
            whole = {"code": "notebook", "branch": None, "requirements": [], **wanted}
            places.draft.add_key(path, "source", whole) if source is None else places.draft.set(source, whole)
            return
        for key, value in wanted.items():
            found = places.entry(source, SOURCE, key)
            new = list(value or ()) if key == "requirements" else value
            places.draft.add_key(source, key, new) if found is None else places.draft.set(found, new)

    return edited(text, change)


def disabled_steps(text: str, pipeline: str) -> list[str]:
    """Return the steps of a pipeline that `enable_step` can bring back, in the order of `asset_source`."""
    places = Places(Draft(text.removeprefix(BOM)))
    return [] if places.is_alo_3 else [each.name for each in disabled_in(places, "asset_source", pipeline)]


# -- both lists ------------------------------------------------------------------------------------------------------


def _places_of(places: Places, pipeline: str, step: str) -> list[Path]:
    """Return the paths of a step in those of the two lists that have it; at least in one."""
    parts = [part for part in LISTS if part == "asset_source" or places.step(part, pipeline, step)]
    return [(*path, at) for path, at in (places.require_item(part, pipeline, step) for part in parts)]


def _refuse_known(places: Places, pipeline: str, step: str) -> None:
    if any(places.step(part, pipeline, step) for part in LISTS):
        what = f"{pipeline} has a step {shown(step)} already"
        raise PlanEditError(what, where=places.draft.file, do="choose another name")


def _require_name(step: str) -> None:
    fault = step_name(step)
    if fault is not None:
        raise PlanEditError(fault.message, do=fault.do)


def _require_pipeline(pipeline: str) -> None:
    if pipeline not in PIPELINE_NAMES.known:
        known = PIPELINE_NAMES.known
        raise PlanEditError(f"there is no pipeline {shown(pipeline)}{nearest(pipeline[:100], known)}")


def _follow_details(places: Places, pipeline: str, step: str, name: str) -> None:
    """Rename a step in `ui_args_detail`."""
    draft = places.draft
    if draft.root.index("ui_args_detail") is None:
        return
    path: Path = ("ui_args_detail",)
    for at, part in enumerate(draft.span(path).items):
        found = part.index(pipeline)
        for number, item in enumerate([] if found is None else part.pairs[found][1].items):
            where = item.index("step")
            if where is not None and normal(item.pairs[where][1].text) == normal(step):
                draft.set((*path, at, pipeline, number, "step"), name)


def _follow_cache(places: Places, step: str, name: str | None) -> None:
    """Rename the cache policy of a step that no pipeline has any more, or take it away."""
    found = places.cache_policy(step)
    if found is None or any(places.step(part, each, step) for part in LISTS for each in PIPELINE_NAMES.known):
        return
    if name is None:
        places.draft.remove(found)
    else:
        places.draft.rename_key(found, name)
