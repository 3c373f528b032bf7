"""The code of a step from git: cloned aside, looked over, and only then put in place (ALO 2.6 pipeline.py, mended).

ALO 2.6 deletes ``assets/<step>/`` before it clones, does not notice another branch or address, and gives address and
branch to git as they are. Here a clone that fails leaves what is there, a folder that is not ours or was edited is
never overwritten, and neither the address nor the repository can make git run anything.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from alo_nb.errors import SourceError, nearest
from alo_nb.external.git_address import Address, read_address
from alo_nb.external.git_command import inside, run_git
from alo_nb.files import locked, remove, replace_folder, write_atomic
from alo_nb.plan.redact import redact, shown
from alo_nb.project import Project

_MARKER = Path(".git", "alo_nb.json")
_COMMIT = re.compile(r"[0-9A-Fa-f]{7,64}")


@dataclass(frozen=True)
class Checkout:
    """Code from git on this machine.

    `commit` is the full id of what is checked out. `url` has no credentials. `edited` tells that the files are not
    only those of the commit: somebody changed some, which ``get_asset_source: once`` leaves as they are.
    """

    path: Path
    commit: str
    url: str
    edited: bool = False


def checkout(
    url: str, ref: str | None, destination: Path, *, project: Project, refresh: bool, where: str = ""
) -> Checkout:
    """Return the code of `ref` at `url` in the folder `destination`, fetched when it has to be.

    Parameters
    ----------
    url : str
        An https or ssh address, or ``git@host:path``. ``ALO_NB_GIT_PROTOCOLS``, e.g. ``https,ssh,file``, names others:
        http, git and file. A user name and password in an https address are used, and kept nowhere.
    ref : str or None
        A branch, else a tag, else a commit that some branch or tag leads to; the default branch when absent.
    destination : Path
        A folder below the project folder, e.g. ``assets/<step>/``. Submodules are not fetched.
    refresh : bool
        False is ALO's ``get_asset_source: once``: a checkout of the same address and ref is used as it is, edits too,
        and the network is not asked. True is ``every``: clone anew.
    where : str
        The plan's file and line, for messages.

    Raises
    ------
    SourceError
        The address or ref is not allowed or not there, git fails or is missing, the repository holds a link that
        leads out of it, or `destination` holds edits, commits or a folder that alo_nb did not make. In all these
        cases `destination` is as it was.
    """
    source = read_address(url, ref, where)
    found = _found(destination, project, where)
    if found and not refresh and found.is_of(source):
        return Checkout(destination, found.head(), source.shown, edited=bool(found.edits()))
    _refuse_edits(found, where)
    project.prepare()
    staging = project.own / "staging"
    staging.mkdir(exist_ok=True)
    staged = staging / f"git-{os.urandom(6).hex()}"
    try:
        commit = _clone(source, staged, where)
        with locked(project.publish_lock):
            _refuse_edits(_found(destination, project, where), where)  # somebody may have been there meanwhile
            replace_folder(staged, destination, project.own / "trash")
    except OSError as error:
        raise SourceError(
            f"the code of {source.shown} cannot be put in place: {error.strerror or error}",
            where=f"{where} ({destination})" if where else str(destination),
            do="check the folder's permissions and the free disk space",
        ) from error
    finally:
        remove(staged, within=staging)
    return Checkout(destination, commit, source.shown)


# -- what is there ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    """A checkout that we made: what its marker file says, and what git says about it now."""

    path: Path
    url: str
    ref: str | None
    commit: str
    changed: tuple[str, ...]
    where: str

    def is_of(self, source: Address) -> bool:
        return (self.url, self.ref) == (source.url, source.ref)

    def head(self) -> str:
        return self._git("rev-parse", "--verify", "--end-of-options", "HEAD^{commit}").strip()

    def edits(self) -> list[str]:
        """Return what an overwriting would lose: changed and added files, then commits, branches and stashes."""
        own = [] if self.head() == self.commit else ["commits"]
        own += self._git("for-each-ref", "--format=%(refname)", "refs/heads", "refs/stash").split()
        return [*(each for each in _changes(self.path, self.where) if each not in self.changed), *own]

    def _git(self, *arguments: str) -> str:
        try:
            return run_git(inside(self.path, arguments), where=self.where)
        except SourceError as error:
            error.do = error.do or f"move {self.path} away to have the code fetched anew"
            raise


def _found(destination: Path, project: Project, where: str) -> _Found | None:
    """Return our checkout at `destination`; None when nothing is there that could be lost."""
    real = destination.parent.resolve() / destination.name
    if project.root.resolve() not in real.parents or destination.name == "..":
        raise SourceError(f"the folder for code from git is outside the project: {destination}", where=where)
    if not os.path.lexists(destination):
        return None
    if destination.is_dir() and not destination.is_symlink():
        if not any(destination.iterdir()):
            return None
        try:
            mark = json.loads((destination / _MARKER).read_bytes())
            changed = tuple(str(each) for each in mark["changed"])
            return _Found(destination, str(mark["url"]), mark["ref"], str(mark["commit"]), changed, where)
        except (OSError, ValueError, KeyError, TypeError):  # absent, or not ours
            pass
    raise SourceError(
        f"{destination.name!r} is there already, and is no checkout that alo_nb made",
        where=f"{where} ({destination})" if where else str(destination),
        do="move it away to have the code fetched, or write `code: local` in the plan to use it as it is",
    )


def _refuse_edits(found: _Found | None, where: str) -> None:
    if found is None or not (edits := found.edits()):
        return
    listed = ", ".join(redact(each) for each in edits[:3]) + (f" and {len(edits) - 3} more" if len(edits) > 3 else "")
    raise SourceError(
        f"the code in {found.path.name!r} was edited after it was fetched, and is not overwritten: {listed}",
        where=f"{where} ({found.path})" if where else str(found.path),
        do="push the edits to the repository and move the folder away, or write `code: local` in the plan to keep them",
    )


def _changes(folder: Path, where: str) -> list[str]:
    """Return the files that are not as in the commit, ignored ones too, but for what Python leaves beside a module."""
    arguments = ("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignored=traditional")
    paths = (each[3:] for each in run_git(inside(folder, arguments), where=where).split("\0") if each)
    return [each for each in paths if "__pycache__" not in PurePosixPath(each).parts and not each.endswith(".pyc")]


# -- fetching --------------------------------------------------------------------------------------------------------


def _clone(source: Address, staged: Path, where: str) -> str:
    """Make a whole checkout with its marker in `staged`, on no branch; return the commit's id."""
    try:
        run_git([*_CLONE, source.url, str(staged)], where=where, source=source)
    except SourceError as error:
        error.do = (
            error.do or f"look with `git ls-remote {source.url}` in a terminal; what was fetched before is still there"
        )
        raise
    commit = _resolved(source, staged, where)
    for each in run_git(inside(staged, ["for-each-ref", "--format=%(refname)", "refs/heads"]), where=where).split():
        run_git(inside(staged, ["update-ref", "--no-deref", "-d", each]), where=where)
    run_git(inside(staged, ["checkout", "--quiet", "--force", "--detach", commit, "--"]), where=where, source=source)
    _refuse_links_out(staged, where)
    changed = _changes(staged, where)  # line-end rules of a repository can make git call its own files changed
    mark = {"url": source.url, "ref": source.ref, "commit": commit, "changed": changed}
    write_atomic(staged / _MARKER, json.dumps(mark, indent=1))
    return commit


_CLONE = ("clone", "--quiet", "--no-checkout", "--no-local", "--no-recurse-submodules", "--template=", "--")


def _resolved(source: Address, staged: Path, where: str) -> str:
    """Return the commit that the ref names; a branch goes before a tag of the same name."""
    ref = source.ref
    names = [f"refs/remotes/origin/{ref}", f"refs/tags/{ref}", f"refs/remotes/{ref}"] if ref else ["HEAD"]
    for name in [*names, ref] if ref and _COMMIT.fullmatch(ref) else names:
        arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"]
        if commit := run_git(inside(staged, arguments), where=where, may_fail=True).strip():
            return commit
    if ref is None:
        raise SourceError(f"the repository has no commit on its default branch: {source.shown}", where=where)
    listed = run_git(inside(staged, ["for-each-ref", "--format=%(refname)", "refs/remotes", "refs/tags"]), where=where)
    known = [each.split("/", 3 if "/remotes/" in each else 2)[-1] for each in listed.split()]
    hint = nearest(ref, difflib.get_close_matches(ref, known, 1) or [each for each in known if each != "HEAD"][:10])
    raise SourceError(
        f"{source.shown} has no branch, tag or commit {shown(ref, 80)}{hint}",
        where=where,
        do="correct `branch` in the plan; what was fetched before is still there",
    )


def _refuse_links_out(folder: Path, where: str) -> None:
    root = folder.resolve()
    for parent, folders, names in os.walk(folder):
        for path in (Path(parent) / name for name in (*folders, *names)):
            if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(root):
                raise SourceError(
                    f"the repository holds a link that leads out of it: {shown(str(path.relative_to(folder)), 120)}",
                    where=where,
                    do="replace the link by the file it names, in the repository",
                )
