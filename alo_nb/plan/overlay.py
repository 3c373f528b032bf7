"""A solution_metadata laid over a plan, as ALO's `--system` does (ALO 2.6 yaml.py, ALO 3 alo.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from alo_nb.errors import PlanReadError, nearest
from alo_nb.plan.keys import ALO_3_ERA, ALO_3_PATHS, METADATA_DATATYPES, METADATA_PATHS, METADATA_TYPES
from alo_nb.plan.model import Place, Plan
from alo_nb.plan.reader import decoded, read_bytes
from alo_nb.plan.redact import redact_named, shown
from alo_nb.plan.refusal import read_error, refuse
from alo_nb.plan.sections import texts
from alo_nb.plan.tags import refuse_tags
from alo_nb.plan.tree import Entry, Findings, Listing, Node, Scalar, Table, describe, is_null, mapped, path_of, plain
from alo_nb.plan.validate import finished, step_key, value_problems
from alo_nb.plan.yaml_tree import read_tree

_TEXT = "<system>"


def overlay_solution_metadata(plan: Plan, text_or_path: str | Path) -> Plan:
    """Return the plan with what a solution_metadata says in place of what the plan says.

    The arguments in ``selected_user_parameters`` update those of the step of that name; ``dataset_uri``,
    ``artifact_uri`` and ``model_uri`` become the paths to load from and save to, and an empty one means none.

    Parameters
    ----------
    text_or_path : str or Path
        A `Path` is the path of a YAML file. A text that starts with ``{`` is JSON, one of several lines is YAML, and
        any other text is a path.

    Returns
    -------
    Plan
        `Plan.notes` has a note ``PLAN_SYSTEM`` for each change, `Plan.problems` what is wrong with the result, each
        with its line in the metadata; `Plan.metadata_version` is set.

    Raises
    ------
    PlanReadError
        The metadata cannot be read; see `parse_plan` and `read_plan` for its `.code`.
    """
    findings = Findings()
    try:
        root = _read(text_or_path, findings)
    except PlanReadError as error:
        what = f"solution metadata: {error.what}"
        code = getattr(error, "code", "")
        raise read_error(code, what, where=error.where or "", do=error.do or "") from error
    refuse_tags(findings)
    changed = _Overlay(plan, findings).run(root)
    return _with_findings(plan, changed, findings)


def _read(source: str | Path, findings: Findings) -> Table:
    if isinstance(source, Path) or not is_metadata_text(source):
        return read_tree(decoded(read_bytes(source), str(source)), str(source), findings)
    text = decoded(source, _TEXT)
    return _read_json(text, findings) if text.lstrip().startswith("{") else read_tree(text, _TEXT, findings)


def is_metadata_text(source: str) -> bool:
    """Return whether `source` is a solution_metadata itself, and no path: JSON, or YAML of several lines."""
    return source.lstrip().startswith("{") or "\n" in source


def _read_json(text: str, findings: Findings) -> Table:
    text = text.replace("\t", " ")  # JSON has tabs between values only, where YAML has none
    root = read_tree(text, _TEXT, findings)
    try:
        json.loads(text)
    except ValueError as exc:
        place = Place(_TEXT, getattr(exc, "lineno", 0), getattr(exc, "colno", 0))
        do = "give JSON, or the path of a YAML file"
        refuse("YAML_SYNTAX", "the text is no JSON", text="", place=place, do=do)
    tree = mapped(root, lambda each: replace(each, value=json.loads(each.text)) if each.bare else each)
    assert isinstance(tree, Table)
    return tree


def _with_findings(before: Plan, after: Plan, findings: Findings) -> Plan:
    """Return the plan with its problems as they are now: those of values that were replaced are gone."""
    gone = {(each.code, each.key) for each in value_problems(before, {})}
    values = value_problems(after, findings.places)
    gone -= {(each.code, each.key) for each in values}
    kept = [each for each in before.problems if (each.code, each.key) not in gone]
    known = {(each.code, each.key) for each in kept}
    new = [each for each in values if (each.code, each.key) not in known]
    problems = finished([*kept, *findings.problems, *new], after.from_env, findings.hidden)
    return replace(after, notes=(*before.notes, *findings.notes), problems=tuple(problems))


@dataclass
class _Overlay:
    plan: Plan
    findings: Findings
    seen: dict[str, Place] = field(default_factory=dict)

    def run(self, root: Table) -> Plan:
        version, pipelines = root.get("metadata_version"), root.get("pipeline")
        if version is not None and isinstance(version.node, Scalar) and not is_null(version.node):
            self.plan = replace(self.plan, metadata_version=version.node.text)
        self.datatypes(root.get("edgeconductor_interface"))
        if pipelines is None or not isinstance(pipelines.node, Listing):
            place = pipelines.node.place if pipelines else root.place
            message = "the solution metadata has no list `pipeline`"
            do = "add `pipeline:` with an item `- type: train` or `- type: inference`"
            self.findings.problem("PLAN_MISSING_KEY", message, "pipeline", place, do=do)
            return self.plan
        for item in pipelines.node.items:
            self.pipeline(item)
        return self.plan

    def datatypes(self, entry: Entry | None) -> None:
        for each in entry.node.entries if entry and isinstance(entry.node, Table) else ():
            if each.key.value in METADATA_DATATYPES and plain(each.node) not in ("table", "image"):
                key = path_of("edgeconductor_interface", each.key.text)
                message, do = (
                    f"{each.key.text} is {describe(each.node)}, which is no choice",
                    "write `table` or `image`",
                )
                self.findings.problem("PLAN_CHOICE", message, key, each.node.place, do=do)

    def pipeline(self, item: Node) -> None:
        entry = item.get("type") if isinstance(item, Table) else None
        kind = plain(entry.node) if entry else None
        if not isinstance(item, Table) or entry is None or not isinstance(kind, str) or kind not in METADATA_TYPES:
            what = f"type is {describe(entry.node)}" if entry else "an item has no type"
            place, do = (entry.node if entry else item).place, "write `train` or `inference`"
            self.findings.problem("PLAN_CHOICE", f"{what}, in pipeline", "pipeline > type", place, do=do)
            return
        if kind in self.seen:
            lines = f"line {self.seen[kind].line} and line {item.place.line}"
            message, do = f"pipeline has two items of type {kind}, in {lines}", "keep one of them"
            self.findings.problem("PLAN_DUPLICATE_ITEM", message, "pipeline > type", item.place, do=do)
        self.seen[kind] = item.place
        if self.plan.pipeline(METADATA_TYPES[kind]) is None:
            message = f"the plan has no {METADATA_TYPES[kind]}; what the solution metadata says of it is not used"
            self.findings.note("PLAN_SYSTEM", message, path_of("pipeline", kind), item.place)
            return
        for key in ("dataset_uri", "artifact_uri", "model_uri"):
            self.uri(kind, item.get(key))
        self.parameters(kind, item.get("parameters"))

    # -- paths -------------------------------------------------------------------------------------------------------

    def uri(self, kind: str, entry: Entry | None) -> None:
        if entry is None:
            return
        key, place = path_of("pipeline", kind, entry.key.text), entry.node.place
        ours = METADATA_PATHS.get((kind, entry.key.text))
        if ours is None:
            if plain(entry.node):
                message, do = "a model is loaded for inference only; model_uri of train is not read", "remove it"
                self.findings.problem("PLAN_UNSUPPORTED", message, key, place, do=do, severity="warning")
            return
        many = tuple(each for each in texts(entry.node, key, self.findings) if each)
        if len(many) > 1 and not ours.endswith("_data_path"):
            message, do = f"{entry.key.text} names {len(many)} places, and it takes one", "write one path"
            self.findings.problem("PLAN_TYPE", message, key, place, do=do)
        value = many if ours.endswith("_data_path") else (many[0] if many else None)
        external = self.plan.external_path
        named = ALO_3_PATHS[ours] if self.plan.era == ALO_3_ERA else path_of("external_path", ours)
        if getattr(external, ours) != value:
            message = f"{named} is now {', '.join(shown(each, 120) for each in many) or 'none'}"
            self.findings.note("PLAN_SYSTEM", message, named, place)
        changes: dict[str, Any] = {ours: value, "places": {**external.places, ours: place}}
        self.plan = replace(self.plan, external_path=replace(external, **changes))

    # -- arguments ---------------------------------------------------------------------------------------------------

    def parameters(self, kind: str, entry: Entry | None) -> None:
        selected = entry.node.get("selected_user_parameters") if entry and isinstance(entry.node, Table) else None
        if selected is None or is_null(selected.node):
            return
        key = path_of("pipeline", kind, "parameters > selected_user_parameters")
        if not isinstance(selected.node, Listing):
            message, do = f"selected_user_parameters is {describe(selected.node)}, not a list", "write `- step: name`"
            self.findings.problem("PLAN_SHAPE", message, key, selected.node.place, do=do)
            return
        for item in selected.node.items:
            self.step(kind, item, key)

    def step(self, kind: str, item: Node, key: str) -> None:
        named = item.get("step") if isinstance(item, Table) else None
        pipeline = self.plan.pipeline(METADATA_TYPES[kind])
        assert pipeline is not None
        name = plain(named.node) if named else None
        steps = {each.name: each for each in pipeline.steps}
        if not isinstance(item, Table) or not isinstance(name, str) or name not in steps:
            text = describe(named.node) if named else describe(item)
            message = f"{pipeline.name} has no step {text}{nearest(str(name)[:100], steps) if named else ''}"
            place, do = (named.node if named else item).place, "correct the name of the step"
            self.findings.problem("PLAN_STEP_MISMATCH", message, key, place, do=do, severity="warning")
            return
        new = self.arguments(item.get("args"), path_of(key, name))
        old = steps[name].args
        where = path_of(step_key(self.plan, pipeline.name, name), self._args_key())
        if new and not old and self.plan.era != ALO_3_ERA:
            message = f"the step {name} has no args in the plan, so that those of the solution metadata are not used"
            self.findings.note("PLAN_SYSTEM", message, where, item.place)
            return
        for each, (value, place) in new.items():
            if each not in old or old[each] != value or type(old[each]) is not type(value):
                message = f"{each} is now {shown(repr(redact_named(each, value)), 120)[1:-1]}"
                self.findings.note("PLAN_SYSTEM", message, path_of(where, str(each)), place)
        args = {**old, **{each: value for each, (value, _) in new.items()}}
        changed = tuple(replace(each, args=args) if each.name == name else each for each in pipeline.steps)
        others = [each if each is not pipeline else replace(each, steps=changed) for each in self.plan.pipelines]
        self.plan = replace(self.plan, pipelines=tuple(others))

    def _args_key(self) -> str:
        return "argument" if self.plan.era == ALO_3_ERA else "args"

    def arguments(self, entry: Entry | None, key: str) -> Mapping[Any, tuple[Any, Place]]:
        """Return arguments that are not empty, with their places; a list of mappings counts as one mapping."""
        if entry is None or is_null(entry.node):
            return {}
        items = entry.node.items if isinstance(entry.node, Listing) else (entry.node,)
        found: dict[Any, tuple[Any, Place]] = {}
        for item in items:
            if not isinstance(item, Table):
                message, do = f"args holds {describe(item)} where `name: value` belongs", "write `name: value`"
                self.findings.problem("PLAN_SHAPE", message, path_of(key, "args"), item.place, do=do)
                continue
            for each in item.entries:
                value = converted(plain(each.node))
                if value is not None:
                    found[each.key.value] = (value, each.node.place)
        return found


def converted(value: Any) -> Any:
    """Return an argument as ALO converts it (ALO 3 alo.py, `_v1_convert_sol_args`), None when it is left out.

    Text is split at commas: ``"a, b"`` is a list of two, ``"a"`` stays; empty texts, lists and mappings are left out.
    """
    if isinstance(value, str):
        parts = [each.strip() for each in value.split(",")]
        return None if value == "" else parts[0] if len(parts) == 1 else parts
    return None if value in ([], {}) else value
