"""ALO's eras: the only place where ALO's file keys are spelled, one small function an era.

`read_dialect` finds the era by the keys it meets and hands the tree to that era's function. Every shape that a real
plan has is accepted; what had to be repaired is a note with its line, what cannot be repaired is a problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from alo_nb.plan import rules
from alo_nb.plan.keys import (
    ALO_3_ERA,
    ALO_3_MARKS,
    CONTROL,
    EXTERNAL_PATH,
    LOAD_DATA,
    PERMISSION,
    PIPELINE_NAMES,
    SOLUTION_METADATA_MARKS,
    TOP,
    Section,
)
from alo_nb.plan.model import PIPELINES, Control, ExternalPath, Pipeline, Plan
from alo_nb.plan.ours import read_cache
from alo_nb.plan.pipelines import read_pipelines
from alo_nb.plan.sections import label, one_text, read_section, texts
from alo_nb.plan.tags import refuse_tags, resolve_tags
from alo_nb.plan.tree import Entry, Findings, Listing, Node, Scalar, Table, describe, is_null, path_of, plain


@dataclass(frozen=True)
class Era:
    """One generation of ALO's file: how it is known, and how it is read."""

    name: str
    marks: frozenset[str]
    read: Callable[[Table, Findings], Plan]


def read_dialect(root: Table, findings: Findings, *, allow_python: bool = False) -> Plan:
    """Return the plan that `root` means; notes, problems and the places of values go into `findings`."""
    met = {str(entry.key.value) for entry in root.entries}
    other = [era for era in (SOLUTION_METADATA, ALO_3) if met & era.marks and not met & set(TOP.required)]
    era = (other or [ALO_1_AND_2])[0]
    if era is ALO_3:
        root = resolve_tags(root, findings, allow_python=allow_python)
    else:
        refuse_tags(findings)
    plan = era.read(root, findings)
    if era is not SOLUTION_METADATA:
        _require_steps(plan, root, findings)
    return replace(plan, era=era.name, from_env=findings.from_env)


def _require_steps(plan: Plan, root: Table, findings: Findings) -> None:
    """Warn of a plan that has nothing to run, unless an error about its steps says why; ALO's own templates are so."""
    sections = {*TOP.required, *ALO_3_MARKS}
    told = any(each.severity == "error" and each.key.partition(" > ")[0] in sections for each in findings.problems)
    if told or any(each.steps for each in plan.pipelines):
        return
    entry = root.get("asset_source") or root.get("solution")
    key, place = (entry.key.text, entry.key.place) if entry else ("", root.place)
    do = "add a pipeline with at least one step"
    message = "the plan has no steps, so that there is nothing to run"
    findings.problem("PLAN_EMPTY_PIPELINE", message, key, place, do=do, severity="warning")


def _read_solution_metadata(root: Table, findings: Findings) -> Plan:
    what = "this is a solution_metadata file, which ALO writes when a solution is registered, not a plan"
    do = "give the experimental_plan.yaml of the solution"
    met = [entry for entry in root.entries if entry.key.value in SOLUTION_METADATA_MARKS]
    found = ", ".join(f"`{entry.key.text}` in line {entry.key.place.line}" for entry in met)
    for other in (findings.problems, findings.kept, findings.hidden):
        other.clear()  # one clear answer: what else is odd in it does not matter
    findings.problem("PLAN_ERA", f"{what}: it holds {found}", met[0].key.text, met[0].key.place, do=do)
    return Plan(name=_scalar_text(root.get("name")), version=_scalar_text(root.get("version")))


def _scalar_text(entry: Entry | None) -> str:
    return entry.node.text if entry and isinstance(entry.node, Scalar) and not is_null(entry.node) else ""


def _read_alo_1_and_2(root: Table, findings: Findings) -> Plan:
    """Read a plan of ALO 1.0 to 2.6: one set of sections, to which each version added keys."""
    top = read_section(root, "", TOP, findings, whole=True)
    detail = top.get("ui_args_detail")
    permission = _section(top, "external_path_permission", PERMISSION, findings)
    plan = Plan(
        external_path=_external_path(_section(top, "external_path", EXTERNAL_PATH, findings), findings),
        aws_key_profile=_permission("aws_key_profile", permission, findings),
        aws_key_file=_key_file(permission, findings),
        control=_control(_section(top, "control", CONTROL, findings), findings),
        pipelines=_pipelines(top, findings),
        ui_args_detail=_ui_args_detail(detail, findings),
        cache=read_cache(top, findings, whole=False),
    )
    codes = {each.code for each in findings.notes} | {each.code for each in findings.problems}
    older = not codes.isdisjoint({"PLAN_OLD_KEY", "PLAN_RESPELLED"})
    older = older or any(entry.key.value == "get_external_data" for entry in _all_entries(top.get("control")))
    name, version = (label(top, key, root, findings, older) for key in ("name", "version"))
    for key in ("external_path", "control"):
        if key not in top:
            message = f"the section {key} is missing; its defaults are used"
            findings.note("PLAN_MISSING_KEY", message, key, root.place)
    return replace(plan, name=name, version=version)


def _all_entries(entry: Entry | None) -> list[Entry]:
    nodes = entry.node.items if entry and isinstance(entry.node, Listing) else (entry.node,) if entry else ()
    return [each for node in nodes if isinstance(node, Table) for each in node.entries]


def _section(top: Mapping[str, Entry], key: str, section: Section, findings: Findings) -> dict[str, Entry]:
    return read_section(top[key].node, key, section, findings) if key in top else {}


def _pipelines(top: Mapping[str, Entry], findings: Findings) -> tuple[Pipeline, ...]:
    """Return the pipelines. Steps that stand in none belong to the only one of the other section, else to train."""
    sections = {key: top[key] for key in TOP.required if key in top}
    bare = {key: entry for key, entry in sections.items() if _lists_steps(entry)}
    read = {key: _section(top, key, PIPELINE_NAMES, findings) for key in sections if key not in bare}
    named = {name for section in read.values() for name in section}
    pipeline = named.pop() if len(named) == 1 else PIPELINES[0]
    for key, entry in bare.items():
        message = f"{key} lists steps without a pipeline; they are read as {pipeline}"
        findings.note("PLAN_SHAPE", message, key, entry.node.place)
        read[key] = {pipeline: entry}
    return read_pipelines(read.get("user_parameters"), read.get("asset_source"), findings)


def _lists_steps(entry: Entry) -> bool:
    keys = {each.key.value for each in _all_entries(entry)}
    return "step" in keys and keys.isdisjoint({*PIPELINE_NAMES.known, *PIPELINE_NAMES.respelled})


def _external_path(entries: Mapping[str, Entry], findings: Findings) -> ExternalPath:
    values: dict[str, Any] = {}
    for key, entry in entries.items():
        path = path_of("external_path", key)
        if key in LOAD_DATA:
            values[key] = tuple(each for each in texts(entry.node, path, findings) if each)
        else:
            values[key] = one_text(entry.node, path, findings) or None
    return ExternalPath(**values, places={key: entry.node.place for key, entry in entries.items()})


def _permission(key: str, entries: Mapping[str, Entry], findings: Findings) -> str | None:
    entry = entries.get(key)
    return (one_text(entry.node, path_of("external_path_permission", key), findings) if entry else None) or None


def _key_file(entries: Mapping[str, Entry], findings: Findings) -> str | None:
    """Return the path of the csv file with keys that ALO 1.0 to 2.2 read (ALO's aws_handler.py)."""
    key = "s3_private_key_file"
    found = _permission(key, entries, findings)
    if key in entries:
        told = "it is read; today's ALO has `aws_key_profile`" if found else "it is empty, so nothing is lost"
        message, path = f"{key} is a key of an older ALO: {told}", path_of("external_path_permission", key)
        findings.note("PLAN_OLD_KEY", message, path, entries[key].key.place)
    return found


def _control(entries: Mapping[str, Entry], findings: Findings) -> Control:
    """Return the control section with its values as they are written; `validate` judges them."""
    values: dict[str, Any] = {}
    for key, entry in entries.items():
        path, place = path_of("control", key), entry.node.place
        if is_null(entry.node):
            default = vars(Control())[key]
            fault = rules.control(key, None)
            do = fault.do if fault else ""
            message = f"{key} is empty; the default {default} is used"
            findings.problem("PLAN_TYPE", message, path, place, do=do, severity="warning")
            continue
        findings.places[path] = place
        values[key] = plain(entry.node)
    return Control(**values)


def _ui_args_detail(entry: Entry | None, findings: Findings) -> tuple[Any, ...]:
    if entry is None or is_null(entry.node):
        return ()
    node: Node = entry.node
    if isinstance(node, Listing):
        return tuple(plain(item) for item in node.items)
    if isinstance(node, Table):
        findings.note("PLAN_SHAPE", "ui_args_detail is a mapping; read as a list of one", entry.key.text, node.place)
        return (plain(node),) if node.entries else ()
    message = f"ui_args_detail is {describe(node)}, not a list"
    findings.problem("PLAN_SHAPE", message, entry.key.text, node.place, do="write a list of pipelines, or nothing")
    return ()


SOLUTION_METADATA = Era("solution_metadata", SOLUTION_METADATA_MARKS, _read_solution_metadata)


def _read_alo_3(root: Table, findings: Findings) -> Plan:
    from alo_nb.plan.alo3 import read_alo_3  # plans of the other eras are read without

    return read_alo_3(root, findings)


ALO_3 = Era(ALO_3_ERA, ALO_3_MARKS, _read_alo_3)
ALO_1_AND_2 = Era("ALO 1.0 to 2.6", frozenset(TOP.known), _read_alo_1_and_2)
