"""What ``%alo_artifact VERB ...`` and ``alo-nb artifact VERB ...`` do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alo_nb.errors import MagicUsageError, StoreError, nearest
from alo_nb.lang import tr
from alo_nb.project import Project
from alo_nb.store.artifact import Artifact
from alo_nb.store.logging import use_version
from alo_nb.store.names import LATEST
from alo_nb.store.records import Run, new_run_id
from alo_nb.store.store import Store
from alo_nb.store.surroundings import where_it_runs
from alo_nb.store.tracking import TrackedRun
from alo_nb.views.artifacts import artifact_card, project_artifacts
from alo_nb.views.card import Card, facts_card
from alo_nb.views.named import recorded

Shown = list[dict[str, Any]] | Card | str  # rows, a card, or a path


@dataclass(frozen=True)
class Wish:
    """What was typed behind the verb."""

    project: Project
    words: tuple[str, ...]
    type: str | None = None
    aliases: tuple[str, ...] = ()
    off: bool = False
    force: bool = False

    def version(self) -> Artifact:
        """Return the version that the first word names."""
        return use_version(recorded(self.project), self.words[0])


def artifact_verb(verb: str, wish: Wish) -> Shown:
    """Do what was typed and return what there is to show.

    Raises
    ------
    MagicUsageError
        There is no such verb, or it takes other words.
    """
    if verb not in VERBS:
        raise MagicUsageError(f"artifact: there is no {verb!r}{nearest(verb, VERBS)}", do="`%alo_artifact?` shows them")
    usage, least, do = VERBS[verb]
    if not least <= len(wish.words) <= len(usage.split()) - 1:
        raise MagicUsageError(
            f"artifact {verb} takes other words than {' '.join(wish.words) or 'none'!r}", do=f"write {usage}"
        )
    return do(wish)


def _list(wish: Wish) -> Shown:
    return project_artifacts(wish.project, *wish.words)


def _show(wish: Wish) -> Shown:
    return artifact_card(wish.version())


def _log(wish: Wish) -> Shown:
    name, path = wish.words
    store = Store.of(wish.project)
    type_ = wish.type or store.index.artifact_type(name)
    if type_ is None:
        raise MagicUsageError(
            f"artifact log: what is {name!r}?", do="add type=dataset, type=model or a word of your own"
        )
    run = TrackedRun(
        store,
        Run(id=new_run_id(), mode="", trigger="artifact", job_type="log", made_in=where_it_runs(wish.project)),
    )
    try:
        artifact = run.log_artifact(path, name, type_, aliases=wish.aliases)
    except BaseException:  # also Ctrl-C: the run must say that it failed
        run.finish(exit_code=1)
        raise
    run.finish()
    return artifact_card(artifact)


def _use(wish: Wish) -> Shown:
    return wish.version().download(*wish.words[1:])


def _alias(wish: Wish) -> Shown:
    artifact, alias = wish.version(), wish.words[1]
    if wish.off and alias not in artifact.aliases:
        raise MagicUsageError(f"{artifact.name} is not called {alias!r}{nearest(alias, artifact.aliases)}")
    artifact.aliases = _with(artifact.aliases, alias, off=wish.off)
    artifact.save()
    return artifact_card(artifact)


def _tag(wish: Wish) -> Shown:
    artifact, tag = wish.version(), wish.words[1]
    if wish.off and tag not in artifact.tags:
        raise MagicUsageError(f"{artifact.name} has no tag {tag!r}{nearest(tag, artifact.tags)}")
    artifact.tags = _with(artifact.tags, tag, off=wish.off)
    artifact.save()
    return artifact_card(artifact)


def _with(names: list[str], name: str, *, off: bool) -> list[str]:
    others = [each for each in names if each != name]
    return others if off else [*others, name]


def _remove(wish: Wish) -> Shown:
    if ":" not in wish.words[0]:
        raise MagicUsageError(f"artifact rm: which version of {wish.words[0]!r}?", do=f"write {wish.words[0]}:v0")
    artifact = wish.version()
    held = [each for each in artifact.aliases if each != LATEST]
    if held and not wish.force:
        do = f"add --force, or take them away: artifact alias {artifact.name} {held[0]} --off"
        raise StoreError(f"{artifact.name} is called {', '.join(held)}", do=do)
    artifact.delete(delete_aliases=wish.force)
    return facts_card(tr("{name} is deleted; `alo-nb gc --yes` frees what nothing else needs", name=artifact.name), [])


def _verify(wish: Wish) -> Shown:
    artifact = wish.version()
    artifact.verify(*wish.words[1:])
    return facts_card(tr("{name}: its files are as they were logged", name=artifact.name), [])


def _export(wish: Wish) -> Shown:
    from alo_nb.store.transfer import export_artifact

    artifact, path = wish.version(), Path(wish.words[1])
    export_artifact(artifact, path)
    return facts_card(tr("{name} is written to {path}", name=artifact.name, path=path), [])


def _import(wish: Wish) -> Shown:
    from alo_nb.store.transfer import import_artifact

    return artifact_card(import_artifact(Store.of(wish.project), Path(wish.words[0])))


VERBS: Mapping[str, tuple[str, int, Callable[[Wish], Shown]]] = {
    "ls": ("ls [TYPE|NAME]", 0, _list),
    "show": ("show NAME:ALIAS", 1, _show),
    "log": ("log NAME PATH", 2, _log),
    "use": ("use NAME:ALIAS [DIR]", 1, _use),
    "alias": ("alias NAME:v3 ALIAS", 2, _alias),
    "tag": ("tag NAME:v3 TAG", 2, _tag),
    "rm": ("rm NAME:v3", 1, _remove),
    "verify": ("verify NAME:v3 [DIR]", 1, _verify),
    "export": ("export NAME:v3 FILE.tar", 2, _export),
    "import": ("import FILE.tar", 1, _import),
}
