"""ALO's eras: the only place where ALO's file keys are spelled, one small function an era.

`read_dialect` finds the era by the keys it meets and hands the tree to that era's function. Every shape that a real
plan has is accepted; what had to be repaired is a note with its line, what cannot be repaired is a problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from alo_nb.plan import rules
from alo_nb.plan.alo3 import read_alo_3
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
from alo_nb.plan.model import Control, ExternalPath, Plan
from alo_nb.plan.pipelines import read_pipelines
from alo_nb.plan.sections import label, read_section, texts
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
    return replace(era.read(root, findings), era=era.name, from_env=findings.from_env)


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
    plan = Plan(
        external_path=_external_path(_section(top, "external_path", EXTERNAL_PATH, findings), findings),
        aws_key_profile=_profile(_section(top, "external_path_permission", PERMISSION, findings), findings),
        control=_control(_section(top, "control", CONTROL, findings), findings),
        pipelines=read_pipelines(
            _section(top, "user_parameters", PIPELINE_NAMES, findings) if "user_parameters" in top else None,
            _section(top, "asset_source", PIPELINE_NAMES, findings) if "asset_source" in top else None,
            findings,
        ),
        ui_args_detail=_ui_args_detail(detail, findings),
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


def _external_path(entries: Mapping[str, Entry], findings: Findings) -> ExternalPath:
    values: dict[str, Any] = {}
    for key, entry in entries.items():
        path = path_of("external_path", key)
        many = texts(entry.node, path, findings)
        if key in LOAD_DATA:
            values[key] = tuple(each for each in many if each)
        elif isinstance(entry.node, Scalar):
            values[key] = many[0] if many and many[0] else None
        else:
            message = f"{key} is {describe(entry.node)}; it takes one path only"
            findings.problem("PLAN_TYPE", message, path, entry.node.place, do="write one path, or nothing")
    return ExternalPath(**values, places={key: entry.node.place for key, entry in entries.items()})


def _profile(entries: Mapping[str, Entry], findings: Findings) -> str | None:
    entry = entries.get("aws_key_profile")
    found = texts(entry.node, "external_path_permission > aws_key_profile", findings) if entry else ()
    return found[0] or None if found else None


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
ALO_3 = Era(ALO_3_ERA, ALO_3_MARKS, read_alo_3)
ALO_1_AND_2 = Era("ALO 1.0 to 2.6", frozenset(TOP.known), _read_alo_1_and_2)
