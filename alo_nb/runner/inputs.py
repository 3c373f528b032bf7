"""What a pipeline starts from: external data, and the model that an inference uses."""

from __future__ import annotations

import shutil

from alo_nb.external.artifacts import load_model
from alo_nb.external.data import already_there, copy_sources
from alo_nb.plan import Pipeline
from alo_nb.plan.keys import ALO_3_ERA
from alo_nb.runner.marks import marked_run
from alo_nb.runner.setup import Setup
from alo_nb.runner.workspace import Workspace

EXTERNAL_MODEL = "load-external-model"  # what ALO 2.6 calls the run that made a model from `load_model_path`


def load_data(setup: Setup, workspace: Workspace, pipeline: Pipeline) -> tuple[str, ...]:
    """Copy the plan's data into the run's ``input/<mode>/``; return the paths it came from, none if it was there."""
    plan, project = setup.request.plan, setup.request.project
    mode, external = pipeline.mode, plan.external_path
    paths = external.loads(mode)
    folder = project.published(f"input/{mode}")
    if not paths or (folder.is_dir() and not setup.begins(pipeline)):
        return ()
    if plan.control.get_external_data == "once" and already_there(paths, folder):
        return ()
    place = external.places.get(f"load_{mode}_data_path", "")
    target, contents = workspace.stage(f"input/{mode}", whole=True), plan.era == ALO_3_ERA
    copy_sources(paths, project, target, where=str(place), credentials=setup.credentials, contents=contents)
    return paths


def load_train_model(setup: Setup, workspace: Workspace) -> str:
    """Give an inference its model and return the run that made it; empty when nobody knows.

    It is that of the run asked for by ``train_id``, else of `load_model_path`, else the one that train has left.
    """
    external, project = setup.request.plan.external_path, setup.request.project
    if setup.train_run is not None:
        models = workspace.stage("train_artifacts", whole=True) / "models"
        shutil.copytree(setup.train_run / "models", models)
        return setup.train_run.name
    if external.load_model_path:
        place = str(external.places.get("load_model_path", ""))
        models = workspace.stage("train_artifacts", whole=True) / "models"
        who, is_alo_3 = setup.credentials, setup.request.plan.era == ALO_3_ERA
        load_model(external.load_model_path, project, models, where=place, credentials=who, or_file=is_alo_3)
        return EXTERNAL_MODEL
    workspace.pin_models()
    return marked_run(workspace.root / "train_artifacts")
