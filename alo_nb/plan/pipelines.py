"""Steps: `user_parameters` and `asset_source` joined into pipelines, by name, in the order of `asset_source`."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from alo_nb.errors import nearest
from alo_nb.plan import rules
from alo_nb.plan.keys import PARAMETERS, SOURCE, SOURCES, Section
from alo_nb.plan.model import PIPELINES, Pipeline, Source, Step
from alo_nb.plan.redact import shown
from alo_nb.plan.secrets import find_secrets
from alo_nb.plan.sections import one_text, read_section, texts
from alo_nb.plan.traps import find_traps
from alo_nb.plan.tree import Entry, Findings, Listing, Node, Scalar, Table, describe, is_empty, is_null, path_of, plain


@dataclass(frozen=True)
class _Listed:
    """One step as a section lists it."""

    name: Scalar
    entries: Mapping[str, Entry]


def read_pipelines(
    parameters: Mapping[str, Entry] | None, sources: Mapping[str, Entry] | None, findings: Findings
) -> tuple[Pipeline, ...]:
    """Return the pipelines, train first. A section that is missing altogether (None) is reported by the caller.

    ALO 2.6 runs in the order of asset_source and takes names by position from user_parameters (pipeline.py), so that
    it fails when the orders differ; here parameters are matched by name.
    """
    found = []
    for name in PIPELINES:
        args, code = (section.get(name) if section is not None else None for section in (parameters, sources))
        if args is None and code is None:
            continue
        if parameters is not None and sources is not None and _one_sided(name, args, code, findings):
            continue
        found.append(_pipeline(name, args, code, findings, both=parameters is not None and sources is not None))
    return tuple(found)


def _one_sided(name: str, args: Entry | None, code: Entry | None, findings: Findings) -> bool:
    """Return whether the pipeline has parameters only, which ALO 2.6 lets pass until that pipeline is run."""
    if code is not None or args is None:
        return False
    message = f"{name} has user_parameters and no asset_source, so it cannot run"
    key, do = path_of("user_parameters", name), f"add `{name}` to asset_source, or remove it here"
    findings.problem("PLAN_STEP_MISMATCH", message, key, args.key.place, do=do, severity="warning")
    return True


def _pipeline(name: str, args: Entry | None, code: Entry | None, findings: Findings, *, both: bool) -> Pipeline:
    parameters = _listed(args, path_of("user_parameters", name), PARAMETERS, findings)
    sources = _listed(code, path_of("asset_source", name), SOURCES, findings)
    place = next(each.key.place for each in (code, args) if each is not None)
    if both:
        _compare(name, parameters, sources, findings)
    by_name = {_name(each): each for each in parameters}
    names = {_name(each) for each in sources}
    steps = [_step(name, by_name.get(_name(each)), each, findings) for each in sources]
    steps += [_step(name, each, None, findings) for each in parameters if _name(each) not in names]
    return Pipeline(name, tuple(steps), place)


def _name(listed: _Listed) -> str:
    return unicodedata.normalize("NFC", listed.name.text)


def _listed(entry: Entry | None, path: str, section: Section, findings: Findings) -> list[_Listed]:
    """Return the steps of a pipeline in one section; steps without a usable name are reported and left out."""
    if entry is None or is_null(entry.node):
        return []
    node: Node = entry.node
    if isinstance(node, Table) and node.get("step"):
        findings.note("PLAN_SHAPE", f"{path} is one step without a dash; read as a list of one", path, node.place)
        node = Listing((node,), node.place)
    if not isinstance(node, Listing):
        message = f"{path} is {describe(node)}, not a list of steps"
        findings.problem("PLAN_SHAPE", message, path, node.place, do="write `- step: name` for each step")
        return []
    found: list[_Listed] = []
    for item in node.items:
        if not isinstance(item, Table):
            message = f"{path} holds {describe(item)} where a step belongs"
            findings.problem("PLAN_SHAPE", message, path, item.place, do="write `- step: name`")
            continue
        listed = _one(item, path, section, findings)
        if listed is not None:
            found.append(listed)
    _refuse_twice(found, path, findings)
    return found


def _one(item: Table, path: str, section: Section, findings: Findings) -> _Listed | None:
    named = item.get("step")
    label = named.node.text if named and isinstance(named.node, Scalar) else ""
    entries = read_section(item, path_of(path, label), section, findings, whole=True)
    if named is None:
        return None
    node = named.node
    if not isinstance(node, Scalar) or node.value is None or node.text == "":
        message = f"a step of {path} has no name"
        findings.problem("PLAN_STEP_NAME", message, path_of(path, "step"), node.place, do="write `- step: name`")
        return None
    if not isinstance(node.value, str):
        message, do = f"the step name {node.text} is read as {node.value!r}, not as text", f'write "{node.text}"'
        findings.problem("PLAN_STEP_NAME", message, path_of(path, label), node.place, do=do)
    elif _name(_Listed(node, entries)) != node.text:
        message = f"the step name {node.text!r} is stored in another Unicode form; read in its composed form"
        findings.note("PLAN_STEP_NAME", message, path_of(path, label), node.place)
    return _Listed(node, entries)


def _refuse_twice(listed: list[_Listed], path: str, findings: Findings) -> None:
    first: dict[str, _Listed] = {}
    for each in listed:
        other = first.setdefault(_name(each), each)
        if other is not each:
            lines = f"line {other.name.place.line} and line {each.name.place.line}"
            message = f"the step {shown(_name(each))} stands twice in {path}, in {lines}"
            key, do = path_of(path, _name(each)), "give the second one another name"
            findings.problem("PLAN_STEP_DUPLICATE", message, key, each.name.place, do=do)


def _compare(name: str, parameters: list[_Listed], sources: list[_Listed], findings: Findings) -> None:
    """Report steps that stand in one section only, and note two orders."""
    sides = {"user_parameters": parameters, "asset_source": sources}
    for here, there in (("user_parameters", "asset_source"), ("asset_source", "user_parameters")):
        others = {_name(each): None for each in sides[there]}
        hints = list(others)[:100]  # enough for any real plan, and no quadratic cost for a hostile one
        for each in sides[here]:
            if _name(each) in others:
                continue
            hint = nearest(_name(each)[:100], hints) if findings.has_room() else ""
            message = f"the step {shown(_name(each))} of {name} stands in {here} only{hint}"
            key, do = path_of(here, name, _name(each)), f"add `- step: {_name(each)}` to {there}, or correct the name"
            findings.problem("PLAN_STEP_MISMATCH", message, key, each.name.place, do=do)
    first, second = ([_name(each) for each in side] for side in (parameters, sources))
    if first != second and sorted(first) == sorted(second):
        message = f"{name} lists its steps in two orders; they run as asset_source has them: {', '.join(second)}"
        key = path_of("user_parameters", name)
        findings.note("PLAN_STEP_ORDER", message, key, parameters[0].name.place)


def _step(pipeline: str, parameters: _Listed | None, source: _Listed | None, findings: Findings) -> Step:
    listed = parameters or source
    assert listed is not None
    name = _name(listed)
    step = Step(name, place=listed.name.place)
    if parameters is not None:
        path = path_of("user_parameters", pipeline, name)
        args, ui_args = (parameters.entries.get(key) for key in ("args", "ui_args"))
        if args is not None:
            step = replace(step, args=read_args(args.node, path_of(path, "args"), findings))
        if ui_args is not None and not is_null(ui_args.node):
            step = replace(step, ui_args=texts(ui_args.node, path_of(path, "ui_args"), findings))
    entry = source.entries.get("source") if source is not None else None
    if entry is None:
        return step
    return replace(step, source=_source(entry, path_of("asset_source", pipeline, name, "source"), findings))


def read_args(node: Node, path: str, findings: Findings) -> dict[Any, Any]:
    """Return the arguments of a step in any of the shapes that plans have.

    ALO 2.6 (pipeline.py) takes the first mapping of the list and drops the rest in silence, and a mapping without a
    dash altogether; here all of them count, with a note.
    """
    find_traps(node, path, findings)
    find_secrets(node, path, findings)
    if isinstance(node, Scalar):
        if node.value is not None:
            message = f"args is {describe(node)}, not a list of `name: value`; the step gets no arguments"
            do = "write `- name: value` below args"
            findings.problem("PLAN_SHAPE", message, path, node.place, do=do, severity="warning")
        return {}
    if isinstance(node, Table) and node.entries:
        message = "args has no dash, so that ALO 2.6 would drop it; all of it is read"
        findings.note("PLAN_ARGS_SHAPE", message, path, node.place)
    tables = _arg_tables(node, path, findings)
    if len(tables) > 1:
        message = f"args has {len(tables)} items, of which ALO 2.6 would read the first; all are read as one"
        findings.note("PLAN_ARGS_SHAPE", message, path, node.place)
    args: dict[Any, Entry] = {}
    for entry in (each for table in tables for each in table.entries):
        key = entry.key
        if key.value in args:
            lines = f"line {args[key.value].key.place.line} and line {key.place.line}"
            message = f"the argument {key.text} is given twice, in {lines}; the last one would count"
            findings.problem("PLAN_DUPLICATE_ITEM", message, path_of(path, key.text), key.place, do="keep one of them")
        if not isinstance(key.value, str):
            message = f"the argument name {key.text} is read as {key.value!r}, not as text"
            do = f'write "{key.text}"'
            findings.problem("PLAN_KEY_TYPE", message, path, key.place, do=do, severity="warning")
        args[key.value] = entry
    return {key: plain(entry.node) for key, entry in args.items()}


def _arg_tables(node: Listing | Table, path: str, findings: Findings) -> list[Table]:
    if isinstance(node, Table):
        return [node]
    words = [item for item in node.items if isinstance(item, Scalar) and not is_null(item)]
    if words and all(isinstance(item, Scalar) for item in node.items):
        # Plans before ALO 1.0 list placeholders here; nothing is lost with them.
        names = ", ".join(describe(each) for each in words[:5])
        message = f"args lists words without values: {names}; the step gets no arguments from them"
        do = "write `name: value`, with a colon and a space"
        findings.problem("PLAN_SHAPE", message, path, words[0].place, do=do, severity="warning")
        return []
    for item in node.items:
        if not isinstance(item, Table) and not is_null(item):
            message = f"args holds {describe(item)} where `name: value` belongs"
            do = "write `name: value`, with a colon and a space"
            findings.problem("PLAN_SHAPE", message, path, item.place, do=do)
    return [item for item in node.items if isinstance(item, Table)]


def _source(entry: Entry, path: str, findings: Findings) -> Source | None:
    found = read_section(entry.node, path, SOURCE, findings, whole=True)
    code, branch, requirements = (found.get(key) for key in SOURCE.known)
    address = _code(code, path_of(path, "code"), findings)
    ref = one_text(branch.node, path_of(path, "branch"), findings, number_is_text=True) if branch else None
    needs = _requirements(requirements, path_of(path, "requirements"), findings)
    if code is None or address is None:
        return None
    return Source(address, branch=ref, requirements=needs, place=code.node.place)


def _code(entry: Entry | None, path: str, findings: Findings) -> str | None:
    """Return where the code comes from; None when nobody can know, which `findings` has as one error."""
    if entry is None:
        return None
    if is_empty(entry.node):
        findings.problem("PLAN_MISSING_KEY", "code is empty", path, entry.key.place, do=rules.CODE_DO)
        return None
    code = one_text(entry.node, path, findings)
    if code is not None and code.startswith("function:"):
        message = f"{shown(code, 120)} is a function of ALO 3, which no step of an older plan can be"
        findings.problem("PLAN_GIT_URL", message, path, entry.node.place, do=rules.CODE_DO)
        return None
    return code


def _requirements(entry: Entry | None, path: str, findings: Findings) -> tuple[str, ...]:
    if entry is None:
        return ()
    if isinstance(entry.node, Scalar) and not is_null(entry.node):
        message = "requirements is one text; read as a list of one (ALO 2.6 would install its letters)"
        findings.note("PLAN_SHAPE", message, path, entry.node.place)
    return texts(entry.node, path, findings)
