"""The code of a step from git: cloned aside, looked over, and only then put in place (ALO 2.6 pipeline.py, mended).

ALO 2.6 deletes ``assets/<step>/`` before it clones, does not notice another branch or address, and gives address and
branch to git as they are. Here a clone that fails leaves what is there, a folder that is not ours or was edited is
never overwritten, and neither the address nor the repository can make git run anything.
"""

from __future__ import annotations

import base64
import difflib
import json
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from alo_nb.errors import SourceError, nearest
from alo_nb.files import locked, remove, replace_folder, write_atomic
from alo_nb.plan.redact import has_secret, redact, shown
from alo_nb.plan.rules import branch
from alo_nb.project import Project

PROTOCOLS_VARIABLE = "ALO_NB_GIT_PROTOCOLS"
DEFAULT_PROTOCOLS = ("https", "ssh")
_KNOWN_PROTOCOLS = (*DEFAULT_PROTOCOLS, "http", "git", "file")  # never ext and fd, which run commands
TIMEOUT_S = 900.0
_MARKER = Path(".git", "alo_nb.json")

_URL = re.compile(
    r"(?P<scheme>https?|ssh|git|file)://(?:(?P<user>[^\s/]*)@)?(?P<host>[A-Za-z0-9\[][A-Za-z0-9.:\[\]-]*)?"
    r"(?P<path>/(?!-)[^\s\x00-\x1f\x7f\\'\"<>`$;|&?#]+)"
)
_SCP = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:(?!-)[\w~./+-]+")
_LOGIN = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,18}")  # longer ones are tokens, see `redact`
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
    source = _source(url, ref, where)
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
        with locked(project.own / "publish.lock"):
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


# -- what is asked for -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Source:
    """An allowed address. `url` goes to git and has no secret in it; `secrets` are masked in whatever git says."""

    url: str
    ref: str | None
    protocols: tuple[str, ...]
    shown: str
    header: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def _source(url: str, ref: str | None, where: str) -> _Source:
    protocols = _protocols()
    if fault := branch(ref):
        raise SourceError(fault.message, where=where, do=fault.do)
    found = _URL.fullmatch(url)
    scheme = found["scheme"] if found else "ssh"
    if not (_is_address(found) if found else _SCP.fullmatch(url)):
        masked = re.sub(r"(?s)[?#].*", "?***", re.sub(r"(?s)^([^@]*?://)?.*@", r"\1***@", url))
        raise SourceError(f"{shown(masked, 120)} is no address that code is fetched from", where=where, do=_ADDRESS_DO)
    if scheme not in protocols:
        allowed = ", ".join(protocols)
        raise SourceError(
            f"code is not fetched by {scheme}, only by {allowed}: {shown(_without_user(url), 120)}",
            where=where,
            do=f"use an https address, or set {PROTOCOLS_VARIABLE}={','.join(protocols)},{scheme} if you trust it",
        )
    clean, user = (url, "") if found is None else (_without_user(url), found["user"] or "")
    if has_secret(clean):
        raise SourceError(f"the path of the git address holds a token: {shown(clean, 120)}", where=where, do=_SECRET_DO)
    if not user or (_LOGIN.fullmatch(user) and not has_secret(user)):
        return _Source(url, ref, protocols, url)
    if scheme not in ("https", "http"):
        raise SourceError(f"the {scheme} address holds a password: {shown(clean, 120)}", where=where, do=_SECRET_DO)
    name, _, password = user.partition(":")
    basic = base64.b64encode(f"{unquote(name)}:{unquote(password)}".encode()).decode()
    secrets = tuple(each for each in (basic, user, password or name, unquote(password or name)) if each)
    masked = clean.replace("://", "://***@", 1)
    return _Source(clean, ref, protocols, masked, f"Authorization: Basic {basic}", secrets)


def _is_address(found: re.Match[str]) -> bool:
    user, host = found["user"], found["host"] or ""
    if found["scheme"] == "file":
        return not user and not host
    return bool(host) and not (":" in host and "@" in found["path"])  # a password with a slash in it looks like that


_ADDRESS_DO = "write https://host/path.git or git@host:path.git"
_SECRET_DO = "remove it, change it where it was issued, and let git's own credential helper or an ssh key do the login"


def _without_user(url: str) -> str:
    return re.sub(r"://[^/]*@", "://", url, count=1)


def _protocols() -> tuple[str, ...]:
    text = os.environ.get(PROTOCOLS_VARIABLE)
    named = DEFAULT_PROTOCOLS if text is None else tuple(each.strip() for each in text.split(",") if each.strip())
    for each in named:
        if each not in _KNOWN_PROTOCOLS:
            raise SourceError(
                f"{PROTOCOLS_VARIABLE} names {shown(each)}, by which code is never fetched",
                do=f"name some of {', '.join(_KNOWN_PROTOCOLS)}",
            )
    return named


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

    def is_of(self, source: _Source) -> bool:
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
            return _git(_inside(self.path, arguments), where=self.where)
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
    paths = (each[3:] for each in _git(_inside(folder, arguments), where=where).split("\0") if each)
    return [each for each in paths if "__pycache__" not in PurePosixPath(each).parts and not each.endswith(".pyc")]


# -- fetching --------------------------------------------------------------------------------------------------------


def _clone(source: _Source, staged: Path, where: str) -> str:
    """Make a whole checkout with its marker in `staged`, on no branch; return the commit's id."""
    try:
        _git([*_CLONE, source.url, str(staged)], where=where, source=source)
    except SourceError as error:
        error.do = (
            error.do or f"look with `git ls-remote {source.url}` in a terminal; what was fetched before is still there"
        )
        raise
    commit = _resolved(source, staged, where)
    for each in _git(_inside(staged, ["for-each-ref", "--format=%(refname)", "refs/heads"]), where=where).split():
        _git(_inside(staged, ["update-ref", "--no-deref", "-d", each]), where=where)
    _git(_inside(staged, ["checkout", "--quiet", "--force", "--detach", commit, "--"]), where=where, source=source)
    _refuse_links_out(staged, where)
    changed = _changes(staged, where)  # line-end rules of a repository can make git call its own files changed
    mark = {"url": source.url, "ref": source.ref, "commit": commit, "changed": changed}
    write_atomic(staged / _MARKER, json.dumps(mark, indent=1))
    return commit


_CLONE = ("clone", "--quiet", "--no-checkout", "--no-local", "--no-recurse-submodules", "--template=", "--")


def _resolved(source: _Source, staged: Path, where: str) -> str:
    """Return the commit that the ref names; a branch goes before a tag of the same name."""
    ref = source.ref
    names = [f"refs/remotes/origin/{ref}", f"refs/tags/{ref}", f"refs/remotes/{ref}"] if ref else ["HEAD"]
    for name in [*names, ref] if ref and _COMMIT.fullmatch(ref) else names:
        arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"]
        if commit := _git(_inside(staged, arguments), where=where, may_fail=True).strip():
            return commit
    if ref is None:
        raise SourceError(f"the repository has no commit on its default branch: {source.shown}", where=where)
    listed = _git(_inside(staged, ["for-each-ref", "--format=%(refname)", "refs/remotes", "refs/tags"]), where=where)
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


# -- running git -----------------------------------------------------------------------------------------------------


def _inside(folder: Path, arguments: tuple[str, ...] | list[str]) -> list[str]:
    """Say which repository is meant, so that git does not look for one in the folders above."""
    return [f"--git-dir={folder / '.git'}", f"--work-tree={folder}", *arguments]


def _git(arguments: list[str], *, where: str, source: _Source | None = None, may_fail: bool = False) -> str:
    """Run git without hooks, prompts and protocols other than the source's; return what it prints.

    Raises
    ------
    SourceError
        git is not installed, takes too long, or fails (unless it may: then nothing is returned).
    """
    protocols = source.protocols if source else ()
    options = ["protocol.allow=never", *(f"protocol.{each}.allow=always" for each in protocols), *_OPTIONS]
    command = ["git", "--no-optional-locks", *(part for each in options for part in ("-c", each)), *arguments]
    try:
        process = subprocess.Popen(
            command,
            env=_environment(source),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # so that its helpers can be stopped with it
        )
    except (FileNotFoundError, PermissionError):
        do = "install git, or clone the code to assets/<step>/ elsewhere and write `code: local`"
        raise SourceError("git is not installed, and the plan names code from git", where=where, do=do) from None
    verb = next(each for each in arguments if not each.startswith("-"))
    try:
        out, problem = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        do = "check the network, or clone the code to assets/<step>/ yourself and write `code: local`"
        raise SourceError(f"git {verb} took more than {TIMEOUT_S:g} seconds", where=where, do=do) from None
    finally:
        _stop(process)
    if process.returncode and not may_fail:
        raise SourceError(f"git {verb} failed: {_one_line(problem, source)}", where=where)
    return "" if process.returncode else os.fsdecode(out)


_OPTIONS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.askPass=",
    "advice.detachedHead=false",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.lowSpeedLimit=1",
    "http.lowSpeedTime=60",
)


def _environment(source: _Source | None) -> Mapping[str, str]:
    """Return the environment without what would turn git to another repository, program or configuration.

    A password goes by here, and not by the command line, which everybody on the machine can read.
    """
    kept = ("GIT_SSL_", "GIT_PROXY_SSL_", "GIT_CONFIG_GLOBAL", "GIT_SSH_VARIANT")
    found = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(kept)}
    ssh = os.environ.get("GIT_SSH_COMMAND") or "ssh"
    found |= {
        "GIT_ALLOW_PROTOCOL": ":".join(source.protocols if source else ()),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_SSH_COMMAND": f"{ssh} -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=15",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
    if source and source.header:
        base = "/".join(source.url.split("/")[:3]) + "/"
        found |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{base}.extraHeader",
            "GIT_CONFIG_VALUE_0": source.header,
        }
    return found


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End git and its helpers when they still run, however the wait for them ended; let its pipes go."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()


def _one_line(problem: bytes, source: _Source | None) -> str:
    """Return what git wrote, in one line that can be shown."""
    text = problem.decode(errors="replace")
    for secret in source.secrets if source else ():
        text = text.replace(secret, "***")
    text = "".join(each if each.isprintable() else " " for each in text)
    return redact(" ".join(text.split()))[:400] or "it gave no reason"
