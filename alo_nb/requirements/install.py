"""Installing packages into an environment: by uv when it is there, else by pip; with no prompt and no shell."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import TextIO

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from alo_nb.errors import SourceError
from alo_nb.files import remove
from alo_nb.plan.redact import redact
from alo_nb.requirements.lines import installs
from alo_nb.requirements.offer import offer, pin
from alo_nb.requirements.wants import Want, listed

TIMEOUT_S = 3600.0
SHOWN_LINES = 12
_ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_TARGET", "UV_PREFIX")
_ERROR = re.compile(r"\s*(?:error|\u00d7)", re.IGNORECASE)  # pip's way, and uv's old and new one


@dataclass(frozen=True)
class Installer:
    """What installs into the environment of the interpreter `python`.

    Attributes
    ----------
    folder : Path
        Where the lists for the installer are written.
    log : Path
        What the installer says is appended here, without credentials.
    current : Path
        The folder that the installer runs in.
    wants : tuple of Want
        Who wants what, for messages.
    """

    python: Path
    folder: Path
    log: Path
    current: Path
    wants: tuple[Want, ...] = ()

    def install(self, packages: Sequence[str], passed_on: Sequence[str]) -> None:
        """Resolve all packages at once, with what is there already, and install what is not.

        Parameters
        ----------
        packages : sequence of str
            ``"pandas==2.2.3"``.
        passed_on : sequence of str
            Lines of a requirements file that the user has agreed to.

        Raises
        ------
        SourceError
            The installer is missing, fails or takes too long; the message has its own words, and who wants the
            packages that it names.
        """
        uv = _uv()
        wanted = self._write("wanted.txt", [*passed_on, *packages])
        if uv is None:
            self._by_pip(wanted)
        else:
            self._by_uv(uv, wanted, passed_on)

    def _by_pip(self, wanted: Path) -> None:
        """Run pip inside the environment, where it sees what is inherited, too, and leaves that as it is."""
        if importlib.util.find_spec("pip") is None:
            self.run("ensurepip", str(self.python), "-m", "ensurepip")
        options = ("--no-input", "--disable-pip-version-check")
        self.run("pip", str(self.python), "-m", "pip", "install", *options, "-r", str(wanted))

    def _by_uv(self, uv: str, wanted: Path, passed_on: Sequence[str]) -> None:
        """Let uv choose versions of everything, those that are there before others, and install the others."""
        offered = self.folder / "offered"
        here = offer(offered)
        chosen = self._write("chosen.txt", sorted(here))  # uv prefers the versions that its output file had
        self._write(wanted.name, [f"--find-links {offered.as_uri()}", *wanted.read_text().splitlines()])
        options = ("--quiet", "--no-header", "--no-annotate", "--python", str(self.python))
        self.run("uv", uv, "pip", "compile", *options, "--output-file", str(chosen), str(wanted))
        remove(offered, within=self.folder)
        new = [line for line in chosen.read_text().splitlines() if _pinned(line) not in here]
        if new:
            added = self._write("added.txt", [*(each for each in passed_on if not installs(each)), *new])
            self.run("uv", uv, "pip", "install", "--no-deps", "--python", str(self.python), "-r", str(added))

    def _write(self, name: str, lines: Iterable[str]) -> Path:
        path = self.folder / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    # Running --------------------------------------------------------------------------------------------------------

    def run(self, name: str, *command: str) -> None:
        """Run a command, called `name` in messages, to its end; see `install` for what it raises."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {redact(' '.join(command))}\n")
            done = self._run(command, log)
        if done.code:
            self._fail(name, done)

    def _run(self, command: Sequence[str], log: TextIO) -> _Done:
        done = _Done()
        try:
            with _started(command, self.current) as process:
                timer = Timer(TIMEOUT_S, done.give_up, [process])
                timer.daemon = True
                try:
                    timer.start()
                    assert process.stdout is not None
                    for line in process.stdout:
                        done.lines.append(_cleaned(line))
                        log.write(f"{done.lines[-1]}\n")
                        log.flush()
                    done.code = process.wait()
                finally:
                    timer.cancel()
        except OSError as error:
            done.code, done.lines = 1, [f"error: {command[0]}: {error.strerror or error}"]
        return done

    def _fail(self, name: str, done: _Done) -> None:
        words = done.relevant()
        named = {canonicalize_name(each.strip(".-_")) for each in re.findall(r"[\w.-]+", "\n".join(words))}
        wanted = [each for each in self.wants if each.name in named]
        how = f"took more than {TIMEOUT_S:g} seconds" if done.is_late else "failed"
        what = f"the packages of the plan cannot be installed: {name} {how}"
        raise SourceError(
            "\n".join([what, *(f"    {each}" for each in words)]),
            where="; ".join(filter(None, [listed(wanted), f"log: {os.path.relpath(self.log)}"])),
            do="correct the requirements, or the network and the installer's own configuration; "
            "or run with what is installed here: --no-install",
        )


@dataclass
class _Done:
    """What a command said, line by line, and its exit code."""

    lines: list[str] = field(default_factory=list)
    code: int = 0
    is_late: bool = False

    def give_up(self, process: subprocess.Popen[str]) -> None:
        self.is_late = True
        _stop(process)

    def relevant(self) -> list[str]:
        """Return the lines from the first that tells of an error on, else the last ones."""
        lines = [line for line in self.lines if line.strip()]
        first = next((number for number, line in enumerate(lines) if _ERROR.match(line)), max(0, len(lines) - 3))
        return [line[:300] for line in lines[first : first + SHOWN_LINES]]


def _uv() -> str | None:
    """Return the uv that is on the path and works; a shim of pyenv may be there for another Python's uv."""
    found = shutil.which("uv")
    if found is None:
        return None
    try:
        done = subprocess.run([found, "--version"], capture_output=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found if done.returncode == 0 else None


def _pinned(line: str) -> str:
    """Return what a line of uv's choice names, as `pin` spells it; another line as it is."""
    try:
        found = Requirement(line)
    except InvalidRequirement:
        return line
    versions = [each.version for each in found.specifier]
    return pin(found.name, versions[0]) if len(versions) == 1 and found.url is None else line


@contextmanager
def _started(command: Sequence[str], current: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a command in a process group of its own, which does not outlive the body."""
    process = subprocess.Popen(
        command,
        cwd=current,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _stop(process)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _stop(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def _environment() -> Mapping[str, str]:
    """Return the user's environment, indexes and all, without what would install elsewhere than asked."""
    kept = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    return {**kept, "PIP_USER": "0", "PIP_PROGRESS_BAR": "off", "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}


def _cleaned(line: str) -> str:
    """Return a line that can be kept and shown: no credentials, those of the user's own settings least of all."""
    for secret in _secrets():
        line = line.replace(secret, "***")
    return redact("".join(each if each.isprintable() else " " for each in line.rstrip()))


def _secrets() -> Iterator[str]:
    """Yield the passwords that the environment gives to pip and uv."""
    for name, value in os.environ.items():
        if name.startswith(("PIP_", "UV_")):
            for user in re.findall(r"://([^/\s@]+)@", value):
                yield from (each for each in (user, user.partition(":")[2]) if len(each) > 3)
            if name.endswith(("_PASSWORD", "_TOKEN")) and value:
                yield value
