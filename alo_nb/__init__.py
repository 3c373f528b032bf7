"""alo_nb: the job of LG's ALO inside Jupyter. ``%load_ext alo_nb``, then ``%%alo_asset step=...``.

Importing this package starts nothing and loads nothing but this file; each name is fetched when it is first used.
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False  # importing `typing` would be a third of the command line's start-up time
if TYPE_CHECKING:
    from typing import Any

    from IPython.core.interactiveshell import InteractiveShell

    from alo_nb.errors import AloNbError as AloNbError
    from alo_nb.notebook.debugging import debug as debug
    from alo_nb.notebook.doctoring import doctor as doctor
    from alo_nb.notebook.face import asset as asset
    from alo_nb.notebook.face import drop as drop
    from alo_nb.notebook.face import export_alo as export_alo
    from alo_nb.notebook.face import history as history
    from alo_nb.notebook.face import load_alo as load_alo
    from alo_nb.notebook.face import overview as overview
    from alo_nb.notebook.face import pin as pin
    from alo_nb.notebook.face import run as run
    from alo_nb.notebook.face import status as status
    from alo_nb.notebook.face import truth_check as truth_check
    from alo_nb.notebook.face import unpin as unpin
    from alo_nb.notebook.face import use_plan as use_plan
    from alo_nb.notebook.face import use_project as use_project
    from alo_nb.notebook.looking import artifacts as artifacts
    from alo_nb.notebook.looking import dag as dag
    from alo_nb.notebook.looking import diff as diff
    from alo_nb.notebook.looking import lineage as lineage
    from alo_nb.notebook.looking import made_by as made_by
    from alo_nb.notebook.looking import preview as preview
    from alo_nb.notebook.looking import runs as runs
    from alo_nb.notebook.looking import show as show
    from alo_nb.notebook.looking import signature as signature
    from alo_nb.notebook.looking import why as why
    from alo_nb.notebook.plan_edits import set_args as set_args
    from alo_nb.notebook.suggesting import suggest as suggest
    from alo_nb.notebook.widget import plan_widget as plan_widget
    from alo_nb.plan import Plan as Plan
    from alo_nb.plan import check as check
    from alo_nb.plan import read_plan as read_plan
    from alo_nb.step_api import Asset as Asset
    from alo_nb.store import Run as Run
    from alo_nb.store.api import Api as Api
    from alo_nb.store.artifact import Artifact as Artifact
    from alo_nb.store.tracking import init as init

_HOMES = {
    "AloNbError": "alo_nb.errors",
    "Api": "alo_nb.store.api",
    "Artifact": "alo_nb.store.artifact",
    "Asset": "alo_nb.step_api",
    "Plan": "alo_nb.plan",
    "Run": "alo_nb.store",
    "artifacts": "alo_nb.notebook.looking",
    "asset": "alo_nb.notebook.face",
    "debug": "alo_nb.notebook.debugging",
    "dag": "alo_nb.notebook.looking",
    "diff": "alo_nb.notebook.looking",
    "doctor": "alo_nb.notebook.doctoring",
    "drop": "alo_nb.notebook.face",
    "export_alo": "alo_nb.notebook.face",
    "check": "alo_nb.plan",
    "history": "alo_nb.notebook.face",
    "load_alo": "alo_nb.notebook.face",
    "init": "alo_nb.store.tracking",
    "lineage": "alo_nb.notebook.looking",
    "made_by": "alo_nb.notebook.looking",
    "overview": "alo_nb.notebook.face",
    "pin": "alo_nb.notebook.face",
    "plan_widget": "alo_nb.notebook.widget",
    "preview": "alo_nb.notebook.looking",
    "read_plan": "alo_nb.plan",
    "run": "alo_nb.notebook.face",
    "runs": "alo_nb.notebook.looking",
    "set_args": "alo_nb.notebook.plan_edits",
    "show": "alo_nb.notebook.looking",
    "signature": "alo_nb.notebook.looking",
    "status": "alo_nb.notebook.face",
    "suggest": "alo_nb.notebook.suggesting",
    "truth_check": "alo_nb.notebook.face",
    "unpin": "alo_nb.notebook.face",
    "use_plan": "alo_nb.notebook.face",
    "use_project": "alo_nb.notebook.face",
    "why": "alo_nb.notebook.looking",
}

__all__ = [*sorted(_HOMES), "load_ipython_extension", "unload_ipython_extension"]  # a tuple of names

_OF_A_RUN = ": use `run.{0}` of `run = alo_nb.init()`".format
_AS_A_FILE = ": write it to a file and log that, with `artifact.add_file(path)` and `run.log_artifact(artifact)`"
_INSTEAD = {  # what W&B has, and code for it may ask for
    **{each: _OF_A_RUN(each) for each in ("config", "finish", "log", "log_artifact", "summary", "use_artifact")},
    **dict.fromkeys(("Audio", "Html", "Image", "Table", "Video"), _AS_A_FILE),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'alo_nb' has no attribute {name!r}{_INSTEAD.get(name, '')}")
    import importlib

    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


def load_ipython_extension(ip: InteractiveShell) -> None:
    """Start a session and register the magics; what ``%load_ext alo_nb`` calls."""
    from alo_nb.magics import register
    from alo_nb.notebook.shell import attach

    attach(ip)
    register(ip)


def unload_ipython_extension(ip: InteractiveShell) -> None:
    """End the session and take the magics away; what ``%unload_ext alo_nb`` calls."""
    from alo_nb.magics import unregister
    from alo_nb.notebook.shell import detach

    unregister(ip)
    detach(ip)
