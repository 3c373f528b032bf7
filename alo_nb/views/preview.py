"""``%alo_preview``: what a step has saved, what an artifact holds, or a file, by its beginning."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alo_nb.errors import AloNbError, ArtifactNotFoundError, InterfaceError, StoreError, nearest
from alo_nb.handover.peek import peek
from alo_nb.handover.values import Values, of_artifact
from alo_nb.lang import tr
from alo_nb.plan import MODES
from alo_nb.plan.model import PIPELINES
from alo_nb.plan.redact import is_secret_name
from alo_nb.project import Project
from alo_nb.store.artifact import Artifact
from alo_nb.store.logging import use_version
from alo_nb.store.records import SUCCESS
from alo_nb.store.runs import RunStore
from alo_nb.store.store import Store
from alo_nb.views.artifacts import artifact_card
from alo_nb.views.card import Card, bytes_text, facts_card
from alo_nb.views.cards import card_of
from alo_nb.views.named import StepOfRun, named, recorded
from alo_nb.views.preview_files import HEAD, LARGEST, content_card, folder_card, path_card
from alo_nb.views.preview_values import columns_card, value_card
from alo_nb.views.signature import signature_card
from alo_nb.views.text import short_run

_VERSION = re.compile(r"(.+):(v\d+)")


@dataclass(frozen=True)
class _Output:
    """One value that a step has saved: where it comes from, in words, its digest, and what is known of it."""

    title: str
    name: str
    digest: str
    summary: str
    size: int = 0
    signature: Mapping[str, Any] = field(default_factory=dict)


def preview(project: Project, name: str) -> Card:
    """Return what a name means, by its beginning.

    Parameters
    ----------
    name : str
        ``STEP.KEY``, ``RUN/STEP.KEY`` or ``STEP.KEY:v3``, a key of data or of config (``STEP.config.KEY`` where both
        have it), and ``train/STEP.KEY`` where both pipelines have the step; a step, for all that it has saved;
        ``NAME:ALIAS`` or ``NAME:ALIAS/PATH``, an artifact or a file in it; or a path.

    Raises
    ------
    AloNbError
        There is nothing of this name; the nearest is told.
    """
    found = _output(project, name)
    if found is not None:
        return _value_card(project, found)
    path = _existing(Path(name), project.root / name)
    if path is not None:
        return path_card(path)
    artifact, slash, inside = name.partition("/")
    if slash and ":" in artifact:
        return _entry_card(use_version(recorded(project), artifact), inside)
    thing = named(project, name)
    if isinstance(thing, Artifact):
        return _artifact_card(thing)
    if isinstance(thing, StepOfRun):
        return signature_card(project, newest_good(project, name) or thing)
    return card_of(project, thing)


def _existing(*paths: Path) -> Path | None:
    for path in paths:
        with suppress(OSError):  # a name that is too long for a file, or a folder that cannot be looked into
            if path.exists():
                return path
    return None


# Outputs of steps ----------------------------------------------------------------------------------------------------


def _output(project: Project, name: str) -> _Output | None:
    """Return the output that a name means; None when its first part is no step."""
    matched = _VERSION.fullmatch(name)
    text, version = (matched[1], matched[2]) if matched else (name, "")
    place, slash, rest = text.rpartition("/")
    step, dot, key = rest.partition(".")
    if not dot or not key:
        return None
    found: object = None
    with suppress(AloNbError):
        found = newest_good(project, step, place) if place in ("", *MODES) else named(project, f"{place}{slash}{step}")
    if not isinstance(found, StepOfRun):
        return None
    if version:
        return _of_version(project, found, key, version)
    outputs, mode = found.record.outputs(), found.record.pipeline.removesuffix("_pipeline")
    record = outputs[_key(key, outputs, step)]
    title = f"{step}.{key} · {mode} · {tr('run {run}', run=short_run(found.run.id))}"
    return _Output(title, record.name, record.digest, record.kind, record.size, record.signature)


def newest_good(project: Project, step: str, mode: str = "") -> StepOfRun | None:
    """Return the newest run of a step that ended well, of one pipeline or of both; None when there is none."""
    wanted = MODES.get(mode, PIPELINES)
    ran = (StepOfRun(run, each) for run in RunStore(project) for each in reversed(run.steps) if each.step == step)
    return next((each for each in ran if each.record.status == SUCCESS and each.record.pipeline in wanted), None)


def _of_version(project: Project, found: StepOfRun, key: str, version: str) -> _Output:
    mode, step = found.record.pipeline.removesuffix("_pipeline"), found.record.step
    store = recorded(project)
    artifact = use_version(store, f"{mode}-{step}-data:{version}")
    known = {
        f"{path.removesuffix('.json')}.{each['name']}": each
        for path, entry in store.files(artifact.digest)
        if path in {"data.json", "config.json"}
        for each in json.loads(store.read(entry.digest))
    }
    about = known[_key(key, known, f"{step}:{version}")]
    return _Output(f"{step}.{key} · {artifact.name}", str(about["name"]), about["digest"], str(about["summary"]))


def _key(key: str, known: Mapping[str, object], step: str) -> str:
    """Return a key as records have it, ``data.KEY`` or ``config.KEY``; data goes before config."""
    for each in (key, f"data.{key}", f"config.{key}"):
        if each in known:
            return each
    names = [each.partition(".")[2] for each in known]
    raise ArtifactNotFoundError(
        f"step {step} has saved no {key!r}{nearest(key, names)}",
        do=f"see what it has saved: `%alo_preview {step.partition(':')[0]}`",
    )


def _value_card(project: Project, found: _Output) -> Card:
    kind = "" if is_secret_name(found.name) else found.summary
    facts = [(tr("kind"), kind), (tr("size"), bytes_text(found.size).strip("-") if found.size else "")]
    if is_secret_name(found.name):
        return facts_card(found.title, [*facts, (tr("value"), "***")])
    try:
        value = peek(_parts(project, found.digest))
    except (InterfaceError, StoreError) as error:
        return facts_card(found.title, [*facts, (tr("not loaded"), error.what)], columns_card(found.signature))
    return value_card(found.title, facts, value, found.signature)


def _parts(project: Project, digest: str) -> Any:
    """Return a kept value's parts, of the cache or of the store; none of the large ones is read."""
    with suppress(OSError):
        return Values(project).parts(digest)
    return of_artifact(Store.of(project), digest).parts


# Artifacts -----------------------------------------------------------------------------------------------------------


def _artifact_card(artifact: Artifact) -> Card:
    files = artifact.files()
    if len(files) == 1 and files[0].ref is None:
        return facts_card("", [], artifact_card(artifact), _entry_card(artifact, files[0].path))
    return artifact_card(artifact)


def _entry_card(artifact: Artifact, path: str) -> Card:
    """Return a file of an artifact, or a folder in it."""
    inside = [(each.path, each.size) for each in artifact.files() if each.path.startswith(f"{path.rstrip('/')}/")]
    if inside:
        return folder_card(f"{artifact.name}/{path}", inside)
    entry = artifact.get_entry(path)
    if entry.ref is not None:
        return facts_card(f"{artifact.name}/{path}", [(tr("lies at"), entry.ref)])
    store = artifact._store
    place = store.objects.path(entry.digest)
    if not place.is_file():
        return content_card(path, store.read(entry.digest), entry.size)
    with place.open("rb") as file:
        return content_card(path, file.read(max(HEAD, LARGEST)), entry.size)
