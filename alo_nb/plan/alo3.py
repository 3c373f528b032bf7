"""ALO 3: a `solution` of functions instead of steps, read into the same plan."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from alo_nb.errors import nearest
from alo_nb.plan.functions import read_function_pipelines
from alo_nb.plan.keys import (
    ALO_3_CONTROL,
    ALO_3_PATHS,
    ALO_3_TOP,
    BACKUP,
    GIT,
    GIT_OPTION,
    PIP,
    SOLUTION,
    STAGE,
    STAGES,
    Section,
)
from alo_nb.plan.model import Control, ExternalPath, Plan, Source
from alo_nb.plan.ours import read_cache
from alo_nb.plan.sections import label, one_text, read_section, texts
from alo_nb.plan.stored import read_uris
from alo_nb.plan.tree import Entry, Findings, Scalar, Table, describe, is_null, path_of, plain

Entries = Mapping[str, Entry]

_BYTES = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([kmgtpe]?)(i?)b?", re.IGNORECASE)
_KEPT = {"size": "5MB", "count": "1000", "day": "7"}


def read_alo_3(root: Table, findings: Findings) -> Plan:
    """Return the plan that a file of ALO 3 means (alo/model.py of 3.0.4)."""
    top = read_section(root, "", ALO_3_TOP, findings, whole=True)
    solution = _part(top, "solution", "", SOLUTION, findings)
    stages = {
        name: _part(solution, stage, "solution", STAGE, findings)
        for name, stage in STAGES.items()
        if stage in solution and not is_null(solution[stage].node)
    }
    source = _shared_source(solution, findings)
    control = _part(top, "control", "", ALO_3_CONTROL, findings)
    if "api" in top and not is_null(top["api"].node):
        _unsupported("api", top["api"], "a REST interface is not served here", findings)
    plan = Plan(
        name=label(top, "name", root, findings, older=False),
        version=label(top, "version", root, findings, older=False) if "version" in top else "",
        pipelines=read_function_pipelines(solution.get("function"), stages, source, findings),
        external_path=_external_path(stages, findings),
        aws_key_profile=_profile(solution, findings),
        control=_control(control, solution, findings),
        cache=read_cache(top, findings, whole=True),
    )
    return _without_export(plan, control, findings)


def _part(entries: Entries, key: str, path: str, section: Section, findings: Findings) -> dict[str, Entry]:
    if key not in entries:
        return {}
    return read_section(entries[key].node, path_of(path, key), section, findings, whole=True)


def _unsupported(path: str, entry: Entry, why: str, findings: Findings) -> None:
    do = "remove it, or keep in mind that it has no effect"
    findings.problem("PLAN_UNSUPPORTED", f"{path} is not read: {why}", path, entry.key.place, do=do, severity="warning")


# -- control ---------------------------------------------------------------------------------------------------------


def _control(entries: Entries, solution: Entries, findings: Findings) -> Control:
    """Return ALO 3's control in ALO 2's terms; it writes the results of inference as zip (alo.py, `artifact`)."""
    values: dict[str, Any] = {"save_inference_format": "zip"}
    if "backup" in entries and not is_null(entries["backup"].node):
        values["backup_size"] = _backup(_part(entries, "backup", "control", BACKUP, findings), findings)
    checked = entries.get("check_resource")
    if checked is not None and not is_null(checked.node):
        findings.places["control > check_resource"] = checked.node.place
        values["check_resource"] = plain(checked.node)
    if "git" in solution and not is_null(solution["git"].node):
        values["get_asset_source"] = "every" if _refreshes(solution["git"].node) else "once"
    return Control(**values)


def _refreshes(git: Any) -> bool:
    option = git.get("option") if isinstance(git, Table) else None
    refresh = option.node.get("refresh") if option and isinstance(option.node, Table) else None
    return refresh is None or plain(refresh.node) is not False


def _backup(entries: Entries, findings: Findings) -> int:
    """Return MB to keep. Here runs are kept by size: a count or an age is noted, and ALO's default size is taken."""
    kind, value = entries.get("type"), entries.get("value")
    default, name = Control().backup_size, plain(kind.node) if kind else "size"
    if kind is not None and name not in _KEPT:
        message = f"type is {describe(kind.node)}, which is no way to keep runs{nearest(str(name)[:40], _KEPT)}"
        do = "write `size`, `count` or `day`"
        findings.problem("PLAN_CHOICE", message, "control > backup > type", kind.node.place, do=do)
        return default
    number = _amount(str(name), value, findings) if value is not None else None
    if name == "size":
        return default if number is None else max(1, math.ceil(number / 10**6))
    if kind is not None:
        kept = f"the last {'' if number is None else f'{number:g} '}{'runs' if name == 'count' else 'days'}"
        message = f"ALO 3 keeps {kept}; here runs are kept up to {default} MB"
        findings.note("PLAN_RETENTION", message, "control > backup", kind.node.place)
    return default


def _amount(kind: str, entry: Entry, findings: Findings) -> float | None:
    """Return bytes, runs or days. A size is a number or a text as pydantic's ByteSize reads it: ``1GB``, ``5 MiB``."""
    key, place, value = "control > backup > value", entry.node.place, plain(entry.node)
    sized = _BYTES.fullmatch(value) if isinstance(value, str) and kind == "size" and len(value) < 40 else None
    number: float | None = None
    if sized:
        number = float(sized[1]) * (1024 if sized[3] else 1000) ** (
            " kmgtpe".index(sized[2].lower()) if sized[2] else 0
        )
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        number = value
    do = f"write a number above 0, e.g. {_KEPT[kind]}"
    if number is None:
        findings.problem("PLAN_TYPE", f"value is {describe(entry.node)}, no {kind} to keep", key, place, do=do)
    elif number <= 0:
        findings.problem("PLAN_RANGE", f"value is {describe(entry.node)}, and it must be above 0", key, place, do=do)
        return None
    return number


def _without_export(plan: Plan, control: Entries, findings: Findings) -> Plan:
    """Return the plan without places to save to when `artifacts` is off (ALO 3.0.4 alo.py, `artifact`)."""
    entry = control.get("artifacts")
    value = plain(entry.node) if entry else True
    if entry is None or value is True or value is None:
        return plan
    key, place = "control > artifacts", entry.node.place
    if value is not False:
        message, do = f"artifacts is {describe(entry.node)}, not a truth value", "write True or False, without quotes"
        findings.problem("PLAN_TYPE", message, key, place, do=do)
        return plan
    findings.note("PLAN_NO_EXPORT", "artifacts is off, so that nothing is saved to an artifact_uri", key, place)
    off = replace(plan.external_path, save_train_artifacts_path=None, save_inference_artifacts_path=None)
    return replace(plan, external_path=off)


# -- where code, packages and rights come from -----------------------------------------------------------------------


def _shared_source(solution: Entries, findings: Findings) -> Source:
    """Return what all functions have in common: repository, branch, requirements."""
    git = _part(solution, "git", "solution", GIT, findings)
    pip = _part(solution, "pip", "solution", PIP, findings)
    for key in ("id", "password"):
        if key in git and not is_null(git[key].node):
            message, do = f"solution > git > {key} is not read", "remove it and let git's credential helper answer"
            path, place = path_of("solution > git", key), git[key].node.place
            findings.problem("PLAN_SECRET", message, path, place, do=do, severity="warning")
    for key, entry in _part(git, "option", "solution > git", GIT_OPTION, findings).items():
        if key != "refresh" and plain(entry.node) is True:
            path = path_of("solution > git > option", key)
            findings.note("PLAN_GIT", f"{key} has no effect: every checkout here is a fresh one", path, entry.key.place)
    url, branch = (_text(git.get(key), path_of("solution > git", key), findings) for key in ("url", "branch"))
    if "options" in pip and not is_null(pip["options"].node):
        _unsupported("solution > pip > options", pip["options"], "pip gets no options from a plan", findings)
    return Source("", (branch or "main") if url else None, _requirements(pip, findings), repository=url)


def _text(entry: Entry | None, path: str, findings: Findings) -> str | None:
    return None if entry is None else one_text(entry.node, path, findings, number_is_text=True)


def _requirements(pip: Entries, findings: Findings) -> tuple[str, ...]:
    """Return the requirements; True means ``requirements.txt`` beside the plan, False none."""
    entry, path = pip.get("requirements"), "solution > pip > requirements"
    if entry is None:
        return ()
    if is_null(entry.node):
        message, do = "requirements is empty, which ALO 3 refuses; nothing is installed", "write False, or a list"
        findings.problem("PLAN_TYPE", message, path, entry.key.place, do=do, severity="warning")
        return ()
    if isinstance(plain(entry.node), bool):
        findings.places[path_of(path, "requirements.txt")] = entry.node.place
        return ("requirements.txt",) if plain(entry.node) else ()
    if isinstance(entry.node, Scalar):
        findings.note("PLAN_SHAPE", "requirements is one text; read as a list of one", path, entry.node.place)
    return texts(entry.node, path, findings)


def _profile(solution: Entries, findings: Findings) -> str | None:
    entry, path = solution.get("credential"), "solution > credential"
    if entry is None or is_null(entry.node):
        return None
    if not isinstance(entry.node, Table):
        message, do = f"credential is {describe(entry.node)}, not a mapping", "write `profile_name: <name>` below it"
        findings.problem("PLAN_SHAPE", message, path, entry.node.place, do=do)
        return None
    for each in entry.node.entries:
        if each.key.value != "profile_name" and not is_null(each.node):
            message, do = f"{each.key.text[:60]} is not read: keys do not belong into a plan", "name a profile_name"
            key, place = path_of(path, each.key.text[:60]), each.key.place
            findings.problem("PLAN_SECRET", message, key, place, do=do, severity="warning")
    return _text(entry.node.get("profile_name"), path_of(path, "profile_name"), findings)


# -- data ------------------------------------------------------------------------------------------------------------


def _external_path(stages: Mapping[str, Entries], findings: Findings) -> ExternalPath:
    """Return where data comes from and goes to; ALO 3 copies what is in a folder, ALO 2 the folder."""
    values: dict[str, Any] = {}
    places = {}
    for ours, path in ALO_3_PATHS.items():
        _, stage, key = path.split(" > ")
        entry = next((stages[name].get(key) for name in stages if STAGES[name] == stage), None)
        if entry is None:
            continue
        found = read_uris(entry, path, findings)
        places[ours] = entry.node.place
        values[ours] = found if key == "dataset_uri" else (found[0] if found else None)
        if key != "dataset_uri" and len(found) > 1:
            message = f"{path} names {len(found)} places, and one only is read here"
            findings.problem("PLAN_TYPE", message, path, entry.node.place, do="write one path")
    model = stages.get("train_pipeline", {}).get("model_uri")
    if model is not None and plain(model.node):
        _unsupported("solution > train > model_uri", model, "only inference loads a model from outside", findings)
    return ExternalPath(**values, places=places)
