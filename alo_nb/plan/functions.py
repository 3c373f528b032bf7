"""ALO 3's functions as steps: `solution.function` joined with the pipelines that name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from alo_nb.errors import nearest
from alo_nb.plan.keys import FUNCTION, RESERVED_FUNCTIONS, STAGES
from alo_nb.plan.model import Pipeline, Source, Step
from alo_nb.plan.pipelines import read_args
from alo_nb.plan.redact import shown
from alo_nb.plan.schema import read_schema
from alo_nb.plan.sections import one_text, read_section
from alo_nb.plan.tree import Entry, Findings, Listing, Node, Scalar, Table, describe, is_empty, is_null, path_of


def read_function_pipelines(
    functions: Entry | None, stages: Mapping[str, Mapping[str, Entry]], shared: Source, findings: Findings
) -> tuple[Pipeline, ...]:
    """Return the pipelines, train first.

    Parameters
    ----------
    stages : mapping
        ``"train_pipeline"`` and ``"inference_pipeline"``, as far as the plan has them, to the entries of the stage.
    shared : Source
        What all functions have in common; each gets its own `code`.
    """
    reader = _Functions(shared, findings)
    if functions is not None and not is_null(functions.node):
        reader.define(functions.node)
    return tuple(
        reader.pipeline(name, stages[name]["pipeline"]) for name in STAGES if "pipeline" in stages.get(name, ())
    )


@dataclass
class _Functions:
    """The functions of a plan, each read once, however many pipelines name it."""

    shared: Source
    findings: Findings
    known: dict[str, Step] = field(default_factory=dict)

    def define(self, node: Node) -> None:
        path = "solution > function"
        if not isinstance(node, Table):
            message, do = f"{path} is {describe(node)}, not a mapping of functions", "write `name:` and `def:` below it"
            self.findings.problem("PLAN_SHAPE", message, path, node.place, do=do)
            return
        for entry in node.entries:
            step = self.function(entry, path)
            self.known[step.name] = step

    def function(self, entry: Entry, path: str) -> Step:
        name, place, path = entry.key.text, entry.key.place, path_of(path, entry.key.text)
        if name in RESERVED_FUNCTIONS:
            message = f"a function cannot be called {name}, which ALO 3 keeps for itself (ALO-INI-005)"
            do = f"choose another name than {', '.join(RESERVED_FUNCTIONS)}"
            self.findings.problem("PLAN_RESERVED", message, path, place, do=do)
        found = read_section(entry.node, path, FUNCTION, self.findings, whole=True)
        args = self.arguments(found.get("argument"), path_of(path, "argument"))
        if "schema" in found:
            args = read_schema(found["schema"], args, path_of(path, "schema"), self.findings)
        return Step(name, args, self.source(found.get("def"), path_of(path, "def")), place=place)

    def arguments(self, entry: Entry | None, path: str) -> dict[Any, Any]:
        if entry is None:
            return {}
        node, problem = entry.node, self.findings.problem
        if isinstance(node, Table):
            return read_args(Listing((node,), node.place), path, self.findings)
        message, do = (
            f"argument is {describe(node)}, not a mapping, which ALO 3 refuses",
            "write `name: value` below it",
        )
        problem("PLAN_SHAPE", message, path, node.place, do=do, severity="warning" if is_null(node) else "error")
        return {}

    def source(self, entry: Entry | None, path: str) -> Source | None:
        if entry is None:
            return None
        if is_empty(entry.node):
            do = "write `def: module.function`"
            self.findings.problem("PLAN_MISSING_KEY", "def is empty", path, entry.key.place, do=do)
            return None
        found = one_text(entry.node, path, self.findings)
        return None if found is None else replace(self.shared, code=f"function:{found}", place=entry.node.place)

    def pipeline(self, name: str, entry: Entry) -> Pipeline:
        """Return a pipeline: a list of functions' names, or a mapping that defines them in place."""
        path, node = path_of("solution", STAGES[name], "pipeline"), entry.node
        if isinstance(node, Table):
            return Pipeline(name, tuple(self.function(each, path) for each in node.entries), node.place)
        if isinstance(node, Scalar) and isinstance(node.value, str):
            self.findings.note("PLAN_SHAPE", "pipeline is one name; read as a list of one", path, node.place)
            node = Listing((node,), node.place)
        if not isinstance(node, Listing) or not node.items:
            message, do = f"{path} holds no functions, which ALO 3 refuses", "write a list of functions' names"
            self.findings.problem("PLAN_EMPTY_PIPELINE", message, path, node.place, do=do)
            return Pipeline(name, (), entry.node.place)
        steps: dict[str, Step] = {}
        for item in node.items:
            step = self.named(item, path)
            if step is not None and step.name in steps:
                message, do = f"{shown(step.name)} stands twice in {path}", "give the second one another name"
                self.findings.problem("PLAN_STEP_DUPLICATE", message, path, item.place, do=do)
            elif step is not None:
                steps[step.name] = step
        return Pipeline(name, tuple(steps.values()), entry.node.place)

    def named(self, item: Node, path: str) -> Step | None:
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            do = "write the name of a function"
            self.findings.problem("PLAN_SHAPE", f"{path} holds {describe(item)}, no name", path, item.place, do=do)
            return None
        if item.value not in self.known:
            hint = nearest(item.value[:100], list(self.known)[:100]) if self.findings.has_room() else ""
            message = f"{path} names {describe(item)}, which solution > function does not define{hint}"
            do = "define it there, or correct the name"
            self.findings.problem("PLAN_STEP_MISMATCH", message, path, item.place, do=do)
            return None
        return self.known[item.value]
