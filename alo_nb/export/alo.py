"""A plan and its steps as a folder that ALO 2.x runs: asset folders, their requirements, and the plan."""

from __future__ import annotations

import ast
import datetime
import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alo_nb.errors import StepArgumentError, StepDefinitionError, UnknownStepError
from alo_nb.export.asset_file import one_line
from alo_nb.export.asset_folder import AssetFolders, refuse_secrets, secret_error
from alo_nb.export.folder import Content, shown, write_folder
from alo_nb.lang import tr
from alo_nb.plan import ExternalPath, Pipeline, Plan, Source, Step
from alo_nb.plan.redact import has_secret
from alo_nb.plan.writer import plan_yaml
from alo_nb.project import Project
from alo_nb.steps.definition import StepDefinition

PLAN = "solution/experimental_plan.yaml"  # where ALO 2.3 to 2.6 look for it (constants.py)
_PYTHON_PATHS = "/usr/local/lib/python3.10/lib-dynload/site-packages/dist-packages/python310.zip"
_MOVED = "Adapt the paths that start at this folder when it is moved or copied: "
_PLAIN = (bool, int, float, str, datetime.date, datetime.datetime, type(None))

Code = Mapping[tuple[str, str], StepDefinition]  # by (pipeline, step)


@dataclass(frozen=True)
class Exported:
    """What was written.

    `files` are relative to `folder`, `notes` say what to know of the code before ALO runs it, and `plan_notes` what the
    new plan says otherwise than the old one, and what to adapt in it where the folder is moved.
    """

    folder: Path
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()
    plan_notes: tuple[str, ...] = ()

    @property
    def plan(self) -> Path:
        """The plan's file."""
        return self.folder / PLAN

    def __repr__(self) -> str:
        place = shown(self.folder)
        lines = [tr("exported to {folder}", folder=place), *(f"  {name}" for name in self.files)]
        lines += [f"  {tr('note')}: {note}" for note in (*self.notes, *self.plan_notes)]
        return "\n".join([*lines, f"  {tr('run it:')} cd {shlex.quote(place)} && alo-nb run {PLAN}"])


def export_alo(plan: Plan, find: Callable[[Step], StepDefinition], project: Project, folder: Path) -> Exported:
    """Write ``assets/<step>/`` for each step and ``solution/experimental_plan.yaml`` below `folder`; nothing is run.

    Parameters
    ----------
    plan : Plan
        A valid plan; its relative paths start at `project`.
    find : callable
        Gives the code of a step.
    folder : Path
        New, empty, or of an export whose files nobody has edited. It becomes a project folder of its own.

    Raises
    ------
    AloNbError
        A step, an argument or a name that ALO 2.x cannot take, or a folder that cannot be used; nothing is written.
    """
    folder = Path(os.path.normpath(folder.expanduser().absolute()))
    plan = replace(plan, pipelines=tuple(each for each in plan.pipelines if each.steps))
    if not plan.pipelines:
        do = "define a step with `%%alo_asset step=NAME`, or open a plan"
        raise UnknownStepError("there are no steps to export", where=str(plan.path or "") or None, do=do)
    code = {(pipeline.name, step.name): find(step) for pipeline in plan.pipelines for step in pipeline.steps}
    _check_steps(plan, code)
    assets, made = {}, AssetFolders()
    for pipeline in plan.pipelines:
        for step in pipeline.steps:
            if step.name not in assets:
                assets[step.name] = made.make(step, code[pipeline.name, step.name])
    files: dict[str, Content] = {
        f"assets/{name}/{each}": content for name, asset in assets.items() for each, content in asset.files.items()
    }
    requirements = {name: asset.requirements for name, asset in assets.items()}
    exported = _exported(plan, code, requirements, _Paths(project.root, folder))
    head = [
        f"Exported by alo_nb from {_origin(plan, project)}. To run it with alo_nb: alo-nb run {PLAN}",
        "To run it with ALO 2.3 to 2.6: copy assets/ and solution/ into ALO's folder, then python main.py",
        *([f"{_MOVED}{', '.join(moved)}"] if (moved := _relative_paths(exported)) else []),
    ]
    files[PLAN] = plan_yaml(exported, head=head, comments_of=without_head(plan.text)).encode()
    write_folder(folder, files, again=True)
    plan_notes = tuple(_plan_notes(plan, exported))
    return Exported(folder, tuple(files), (*made.notes, *_notes(plan, code)), plan_notes)


def _origin(plan: Plan, project: Project) -> str:
    if plan.path is None:
        return "the cells of a notebook"
    name = os.path.relpath(plan.path, project.root)
    return one_line(plan.path.name if name.startswith("..") else name)


def without_head(text: str) -> str:
    """Return a plan's text without the comment that an export has put at its top."""
    return re.sub(rf"\A# Exported by alo_nb .*\n# To run it with ALO .*\n(?:# {_MOVED}.*\n)?", "", text)


def _check_steps(plan: Plan, code: Code) -> None:
    """Refuse names that ALO 2.6 cannot run (pipeline.py), and one name for two codes."""
    first: dict[str, StepDefinition] = {}
    for (_, name), definition in code.items():
        where, other = definition.body.label, first.setdefault(name, definition)
        if other.fingerprint != definition.fingerprint:
            what = f"step {name!r} has other code in the inference pipeline than in the train pipeline"
            where = f"{other.body.label} and {where}"
        elif not any(each.isalpha() for each in name):
            what = f"the name of step {name!r} has no letter, and ALO drops all else from the names of files and models"
        elif name in _PYTHON_PATHS:
            what = f"a step called {name!r} makes ALO forget the folders of Python that have this in their names"
        else:
            continue
        raise StepDefinitionError(
            what, where=where, do=f"give it another name, in the plan too ({plan.path or 'cells'})"
        )


# The plan -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Paths:
    """Paths that start at one folder, as they are seen from another."""

    old: Path
    new: Path

    def seen(self, path: str) -> str:
        """Return a path; absolute where a relative one would climb more than one folder, as plans should not."""
        if has_secret(path):
            raise secret_error("a path of the plan", "")
        if "://" in path or path.startswith("s3:") or Path(path).is_absolute():
            return path
        absolute = os.path.normpath(self.old / path)
        relative = os.path.relpath(absolute, self.new)
        return f"{absolute if relative.startswith('../..') else relative}/"

    def optional(self, path: str | None) -> str | None:
        """Return a path that may be missing."""
        return None if path is None else self.seen(path)


def _exported(plan: Plan, code: Code, requirements: Mapping[str, tuple[str, ...]], paths: _Paths) -> Plan:
    """Return the plan whose steps lie in ``assets/`` below the new folder."""
    old = plan.external_path
    return replace(
        plan,
        name=plan.name or paths.new.name,
        version=plan.version or "1.0.0",
        pipelines=tuple(
            Pipeline(each.name, tuple(_step(s, code[each.name, s.name], requirements[s.name]) for s in each.steps))
            for each in plan.pipelines
        ),
        external_path=ExternalPath(
            load_train_data_path=tuple(map(paths.seen, old.load_train_data_path)),
            load_inference_data_path=tuple(map(paths.seen, old.load_inference_data_path)),
            save_train_artifacts_path=paths.optional(old.save_train_artifacts_path),
            save_inference_artifacts_path=paths.optional(old.save_inference_artifacts_path),
            load_model_path=paths.optional(old.load_model_path),
        ),
        cache={},
    )


def _step(step: Step, definition: StepDefinition, requirements: tuple[str, ...]) -> Step:
    """Return a step of the plan whose code lies beside it; the arguments of its magic line stand below the plan's."""
    args = {**definition.args, **step.args}
    where = str(step.place) or definition.body.label
    for name, value in args.items():
        if not _is_plain(value):
            raise StepArgumentError(
                f"the argument {name!r} of step {step.name!r} is a {type(value).__name__}, which a plan cannot hold",
                where=where,
                do="hand over text, a number, or a list or dict of them",
            )
    refuse_secrets(step.name, args, where)
    return replace(step, args=args, source=Source("local", None, requirements))


def _is_plain(value: Any) -> bool:
    if type(value) is list:
        return all(map(_is_plain, value))
    if type(value) is dict:
        return all(type(key) in _PLAIN and _is_plain(each) for key, each in value.items())
    return type(value) in _PLAIN


def _notes(plan: Plan, code: Code) -> Iterator[str]:
    """Yield what ALO does otherwise than alo_nb with this plan (pipeline.py, alolib asset.py)."""
    for pipeline in plan.pipelines:
        name = pipeline.steps[0].name
        nodes = ast.walk(code[pipeline.name, name].body.tree())
        if any(isinstance(each, ast.Attribute) and each.attr == "load_data" for each in nodes):
            yield f"step {name} is the first of {pipeline.name} and calls load_data(), which is an error in ALO there"
    if plan.control.get_external_data != "every":
        yield "get_external_data: ALO 2.3 and later know no `once` and copy the data for each run"


def _relative_paths(plan: Plan) -> list[str]:
    """Return the keys of the plan whose paths start at the exported folder, and lead out of it."""
    return [
        f"{key} ({one_line(path)})"
        for key, value in vars(plan.external_path).items()
        for path in (value if isinstance(value, tuple) else (value,))
        if isinstance(path, str) and "://" not in path and path.startswith("../")
    ]


def _plan_notes(plan: Plan, exported: Plan) -> Iterator[str]:
    """Yield what the new plan says otherwise than the old one, and what to adapt in it."""
    if moved := _relative_paths(exported):
        yield f"{_MOVED[0].lower()}{_MOVED[1:]}{', '.join(moved)}"
    if plan.cache:
        yield "its section alo_nb, the cache policies of steps, was left out: ALO has none"
    for key in ("name", "version"):
        if not getattr(plan, key):
            yield f"the plan has no {key}; {getattr(exported, key)} was filled in"
    sources = {step.name: step.source for pipeline in plan.pipelines for step in pipeline.steps}
    for name, source in sources.items():
        if source is not None and source.branch:
            yield f"step {name}: its code lies in assets/ now, and branch {source.branch} was left out"
