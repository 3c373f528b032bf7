"""One run of git: without hooks, prompts and settings of others, within a time, and with no secret in what it says."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from alo_nb.errors import SourceError
from alo_nb.external.git_address import Address
from alo_nb.plan.redact import redact

TIMEOUT_S = 900.0


def inside(folder: Path, arguments: tuple[str, ...] | list[str]) -> list[str]:
    """Say which repository is meant, so that git does not look for one in the folders above."""
    return [f"--git-dir={folder / '.git'}", f"--work-tree={folder}", *arguments]


def run_git(arguments: list[str], *, where: str, source: Address | None = None, may_fail: bool = False) -> str:
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


def _environment(source: Address | None) -> Mapping[str, str]:
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


def _one_line(problem: bytes, source: Address | None) -> str:
    """Return what git wrote, in one line that can be shown."""
    text = problem.decode(errors="replace")
    for secret in source.secrets if source else ():
        text = text.replace(secret, "***")
    text = "".join(each if each.isprintable() else " " for each in text)
    return redact(" ".join(text.split()))[:400] or "it gave no reason"
