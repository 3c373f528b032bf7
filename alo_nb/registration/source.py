"""``source/``: the code and the plan of one pipeline as they go into its image, in the folders of ALO 2.x.

What ALO 2.6 calls ``.register_source`` (solution_register.py), without ALO itself: the other pipeline is removed from
the plan, its control is reset, and no key profile, no version control and no credentials come along.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from alo_nb import __version__
from alo_nb.errors import PlanInvalidError
from alo_nb.export.alo import PLAN, export_alo
from alo_nb.files import remove
from alo_nb.plan import Control, ExternalPath, Pipeline, Plan, read_plan
from alo_nb.plan.tree import Findings
from alo_nb.plan.writer import plan_yaml
from alo_nb.project import Project
from alo_nb.registration.checks import is_single
from alo_nb.registration.code import StepCode
from alo_nb.registration.files import files_of
from alo_nb.registration.requirements import LISTS, package_lists
from alo_nb.registration.secrets import find_in_folder
from alo_nb.views.text import problems_text

SOURCE = "source"
DATA, MODEL, SAVED = "data", "model", "artifacts"  # folders that are mounted into the image

# As ALO resets it for its images, which keep no backups.
_CONTROL = Control(backup_artifacts=False, backup_log=False, save_inference_format="zip")


@dataclass(frozen=True)
class WrittenSource:
    """The names of the lists of packages in a source, in the order of installation, and what to know of its code."""

    lists: tuple[str, ...]
    notes: tuple[str, ...]


def write_source(
    plan: Plan, pipeline: Pipeline, code: Mapping[str, StepCode], project: Project, folder: Path
) -> WrittenSource:
    """Fill the new `folder`.

    Raises
    ------
    AloNbError
        A step cannot stand beside ALO's: something that it imports is not there, or its files hold a link or a secret.
    """
    exported = folder.with_name(f".{folder.name}")
    one = replace(plan, pipelines=(pipeline,), text="")
    notes = export_alo(one, lambda step: code[step.name].definition, project, exported).notes
    copy_files(exported / "assets", folder / "assets")
    own = _of_image(read_plan(exported / PLAN), plan)
    remove(exported, within=folder.parent)
    _refuse_secrets(folder)
    _write(folder / PLAN, plan_yaml(own))
    _write(folder / "requirements.txt", f"alo-nb[s3]=={__version__}\n")
    lists = package_lists(own, Project(folder))
    for name, text in lists.items():
        _write(folder / LISTS / name, text)
    return WrittenSource(tuple(lists), notes)


def _of_image(exported: Plan, plan: Plan) -> Plan:
    """Return the plan of an image: paths are those of the folders that are mounted into it."""
    (pipeline,) = exported.pipelines
    names = [Path(os.path.normpath(each)).name for each in plan.external_path.loads(pipeline.mode)]
    data, saved = tuple(f"./{DATA}/{pipeline.mode}/{name}/" for name in names), f"./{SAVED}/{pipeline.mode}/"
    if pipeline.mode == "train":
        paths = ExternalPath(load_train_data_path=data, save_train_artifacts_path=saved)
    else:
        model = None if is_single(plan) else f"./{MODEL}/"
        paths = ExternalPath(load_inference_data_path=data, save_inference_artifacts_path=saved, load_model_path=model)
    details = (each for each in plan.ui_args_detail if isinstance(each, Mapping) and pipeline.name in each)
    return replace(
        exported,
        name=plan.name,
        version=plan.version,
        external_path=paths,
        control=_CONTROL,
        aws_key_profile=None,
        ui_args_detail=tuple({pipeline.name: each[pipeline.name]} for each in details),
    )


def _refuse_secrets(folder: Path) -> None:
    """Refuse what came along with the code, such as a module beside a notebook, when it holds a secret."""
    findings = Findings()
    find_in_folder(folder, findings)
    if findings.problems:
        error = PlanInvalidError(
            f"the code that would be bundled holds a secret\n{problems_text(findings.problems)}",
            do="take it out where this file came from, and bundle again",
        )
        error.problems = tuple(findings.problems)
        raise error


def copy_files(source: Path, target: Path) -> None:
    """Copy the files of a folder that may go into a bundle, as they are."""
    for name in files_of(source):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target / name)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
