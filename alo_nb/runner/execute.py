"""One execution of a step's code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from alo_nb.compat import alolib_modules, neighbours, run_asset_class
from alo_nb.errors import StepRunError
from alo_nb.handover.codec import by_value
from alo_nb.project import Project
from alo_nb.step_api import Asset, StepContext
from alo_nb.steps.definition import StepDefinition
from alo_nb.steps.functions import load_module
from alo_nb.steps.module import new_module


def execute(step: StepDefinition, context: StepContext, project: Project, *, used: Mapping[str, Any]) -> ModuleType:
    """Run a step's body in a new module namespace and return the module.

    Parameters
    ----------
    used : mapping
        Values of the notebook variables that the step asked for by ``use=``.

    Raises
    ------
    StepRunError
        The body called `sys.exit`.
    Exception
        Whatever the body raises, with its own traceback.
    """
    __tracebackhide__ = True
    here = Path.cwd()
    try:
        if step.kind == "pipeline_function":
            return _run_function(step, context, project)
        return _run_asset(step, context, project, used)
    except SystemExit as error:
        raise StepRunError(
            f"step {step.name!r} called sys.exit({error.code!r}), which would end the whole run",
            do="return from the step instead, or raise an exception",
        ) from error
    finally:
        os.chdir(here)  # where the next step and the notebook expect to be


def _run_function(step: StepDefinition, context: StepContext, project: Project) -> ModuleType:
    __tracebackhide__ = True
    from alo_nb.compat.alo3 import run_function  # brings logging along

    os.chdir(project.root)  # ALO 3's home, from which its functions open their own files
    with neighbours(step.import_from, keep=True):
        module = load_module(step)
        run_function(getattr(module, step.entry), context)
    return module


def _run_asset(step: StepDefinition, context: StepContext, project: Project, used: Mapping[str, Any]) -> ModuleType:
    __tracebackhide__ = True
    module = new_module(step, project)
    namespace = module.__dict__
    namespace["Asset"] = Asset
    namespace.update(used)
    folders = [step.folder] if step.folder else []
    if folders:
        namespace["__file__"] = step.body.file
    with alolib_modules(), neighbours(folders), by_value(Path(step.folder) if folders else None):
        _run_body(step, context, namespace)
    return module


def _run_body(step: StepDefinition, context: StepContext, namespace: dict[str, Any]) -> None:
    __tracebackhide__ = True
    if step.kind == "statements":
        namespace["asset"] = Asset(context)
    for code in step.body.compiled(show_last=step.kind == "statements"):
        exec(code, namespace)
    if step.kind == "class":
        run_asset_class(namespace[step.entry], context)
    elif step.kind == "function":
        namespace[step.entry](Asset(context))
