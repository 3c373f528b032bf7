"""What the code of a step asks of ALO, by reading it: the arguments it names, and whether it saves a summary."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from alo_nb.errors import nearest
from alo_nb.plan import Pipeline, Step
from alo_nb.plan.redact import shown
from alo_nb.plan.tree import Findings, path_of
from alo_nb.steps.definition import StepDefinition, argument_names, blocks_of

CLOSE = 0.8  # how like a name that is read must be, before a step that may read any name is thought to mean it


@dataclass(frozen=True)
class Calls:
    """The calls in a step's code, in the functions it takes along and in the modules beside it.

    `checked` are the names in ``check_args``, `named` those and every other text that may name an argument;
    `reads_any` says that it calls ``load_args``, or ``check_args`` with a name that is computed.
    """

    checks_args: bool
    checked: frozenset[str]
    named: frozenset[str]
    reads_any: bool
    saves_summary: bool


def calls_of(step: StepDefinition) -> Calls:
    """Return what a step calls; nothing is run."""
    trees = list(_trees(step))
    check_args = list(_calls(trees, "check_args"))
    names = [_argument(each) for each in check_args]
    checked = frozenset(name for name in names if name)
    texts, takes_any = argument_names(step)
    return Calls(
        checks_args=bool(check_args),
        checked=checked,
        named=checked | texts,
        reads_any=takes_any or len(checked) < len(set(names)),
        saves_summary=any(_calls(trees, "save_summary")),
    )


def check_calls(pipelines: tuple[Pipeline, ...], calls: Mapping[str, Mapping[str, Calls]], findings: Findings) -> None:
    """Tell what AI Conductor asks of the code of a solution and does not find.

    It looks for ``check_args`` and ``save_summary`` when a solution is uploaded (ALO's manual); the summary is that
    of the inference.

    Parameters
    ----------
    calls : mapping
        Pipeline to step to what it calls.
    """
    if pipelines and not any(each.checks_args for steps in calls.values() for each in steps.values()):
        message = "no step calls check_args, which AI Conductor looks for"
        do = 'read each argument with asset.check_args("name", default=..., chng_type=...)'
        findings.problem("BUNDLE_CHECK_ARGS", message, "asset_source", pipelines[0].place, do=do)
    for pipeline in pipelines:
        steps = calls[pipeline.name].values()
        if pipeline.mode == "inference" and not any(each.saves_summary for each in steps):
            message = f"no step of {pipeline.name} calls save_summary, which AI Conductor looks for"
            do = "call asset.save_summary(result, score) in the step that makes the result"
            findings.problem("BUNDLE_SAVE_SUMMARY", message, pipeline.name, pipeline.place, do=do)


def check_arguments(pipeline: Pipeline, calls: Mapping[str, Calls], findings: Findings) -> None:
    """Warn of arguments that no code of their step reads: most likely their names are misspelt."""
    for step in pipeline.steps:
        if step.name in calls:
            _check_arguments(pipeline, step, calls[step.name], findings)


def _check_arguments(pipeline: Pipeline, step: Step, calls: Calls, findings: Findings) -> None:
    read = calls.checked | (calls.named if calls.reads_any else frozenset())
    where = path_of("user_parameters", pipeline.name, step.name)
    given = dict.fromkeys([*(str(each) for each in step.args), *(step.ui_args or ())])
    for name in given:
        close = difflib.get_close_matches(name[:100], sorted(read), n=1, cutoff=CLOSE)
        if name in read or (calls.reads_any and not close):
            continue
        ui = name in (step.ui_args or ())
        message = f"no code of step {step.name!r} reads the argument {shown(name)}{nearest(name[:100], read)}"
        do = "correct its name, or read it with asset.check_args" + (": users will be able to set it" if ui else "")
        code, key = ("BUNDLE_UI_ARG", "ui_args") if ui else ("BUNDLE_ARG", "args")
        findings.problem(code, message, path_of(where, key, name), step.place, do=do, severity="warning")


def _trees(step: StepDefinition) -> Iterator[ast.Module]:
    yield from (block.tree() for block in blocks_of(step))
    for path in sorted(Path(step.folder).rglob("*.py")) if step.folder else ():
        try:
            yield ast.parse(path.read_bytes())
        except (SyntaxError, ValueError, OSError):  # a file that the step may never import
            continue


def _calls(trees: Iterable[ast.Module], name: str) -> Iterator[ast.Call]:
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
                yield node


def _argument(call: ast.Call) -> str | None:
    """Return the name that a ``check_args`` asks for; None when it is computed. ALO 1.0 has the arguments before it."""
    named = [each.value for each in call.keywords if each.arg == "arg_key"]
    given = [*call.args[:2], *named]
    texts = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return texts[0] if texts else None
