"""Who shows what this process displays, and whether that can show widgets."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from alo_nb.health.finding import Check
from alo_nb.lang import tr

EXTENSION = Path("share/jupyter/labextensions/@jupyter-widgets/jupyterlab-manager")
_FOR_ALL = (Path("/usr/local"), Path("/usr"), Path.home() / ".local")
_SERVERS = {"lab": "JupyterLab", "notebook": "Jupyter Notebook", "server": "Jupyter Server", "hub": "JupyterHub"}


@dataclass(frozen=True)
class Surroundings:
    """What a process knows of its front end.

    Attributes
    ----------
    environ : mapping
        The environment variables.
    names : iterable of str
        The notebook's variables; VS Code leaves one.
    shell : str
        The class of the IPython shell; empty outside of IPython.
    takes_input : bool
        Whether somebody could answer ``input()``: nobody does when a program runs the notebook.
    server : tuple of str
        The command of the Jupyter server that started the kernel.
    kernel : str
        The kernel and its version; empty outside of one.
    """

    environ: Mapping[str, str]
    names: Iterable[str] = ()
    shell: str = ""
    takes_input: bool = False
    server: tuple[str, ...] = ()
    kernel: str = ""


def front_end_checks(around: Surroundings) -> Iterator[Check]:
    """Yield the front end, and whether it shows widgets."""
    name = front_end_name(around)
    yield Check("front_end", "ok" if name else "unknown", name or tr("not known"))
    if around.kernel:
        yield Check("kernel", "ok", around.kernel)
    if name in _SERVERS.values():
        yield _widgets(Path(around.server[0]).parent.parent, around.server[0])
    elif not around.takes_input:
        yield Check("widgets", "ok", tr("shown as text and tables: nobody can click here"))


def front_end_name(around: Surroundings) -> str:
    """Return what the front end is called; empty when nobody can tell."""
    if not around.shell:
        return tr("terminal")
    if around.shell == "TerminalInteractiveShell":
        return "IPython"
    if {"VSCODE_PID", "VSCODE_CWD"} & {*around.environ} or "__vsc_ipynb_file__" in around.names:
        return "VS Code"
    if "COLAB_RELEASE_TAG" in around.environ:
        return "Colab"
    if not around.takes_input:
        return tr("a program that runs the notebook, e.g. papermill")
    return next((name for word, name in _SERVERS.items() if _is_called(word, around.server)), "")


def _is_called(word: str, server: tuple[str, ...]) -> bool:
    """Tell whether a command is ``jupyter-lab``, ``jupyter lab`` or the like."""
    programs = [Path(each).name for each in server[:3]]
    begins = (f"jupyter-{word}", f"jupyter{word}")
    return any(each.startswith(begins) for each in programs) or {"jupyter", word} <= {*programs}


def _widgets(prefix: Path, python: str) -> Check:
    """Return whether the server has what shows widgets; it may be another environment than the kernel's."""
    if any((folder / EXTENSION).is_dir() for folder in (prefix, *_FOR_ALL)):
        return Check("widgets", "ok", tr("the front end shows them"))
    what = tr("the Jupyter server lacks what shows them; install it and reload the page")
    return Check("widgets", "problem", what, f"!{shlex.quote(python)} -m pip install jupyterlab-widgets")


def server_command(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the command of the server that started this kernel; nothing where it cannot be known."""
    number = environ.get("JPY_PARENT_PID", "")
    if not number.isdigit():
        return ()
    import psutil

    with suppress(psutil.Error):
        return tuple(psutil.Process(int(number)).cmdline())
    return ()
