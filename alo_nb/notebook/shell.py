"""Ties a session to an IPython shell: hooks, how results are shown, completion. `detach` undoes all of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from alo_nb.errors import MagicUsageError, nearest
from alo_nb.notebook import face
from alo_nb.notebook.cells import Cells
from alo_nb.notebook.completion import make_matcher
from alo_nb.notebook.formatters import add_formatters, remove_formatters
from alo_nb.notebook.recorder import recorded, show_again
from alo_nb.notebook.session import Session, set_session
from alo_nb.notebook.settings import add_settings, remove_settings
from alo_nb.steps.magic_help import help_text

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from alo_nb.runner import Listener

_ASSET_LINE = re.compile(r"%%?alo_asset(?=\s|$)")
_ALO_MAGIC = re.compile(r"(%%?)(alo\w*)(.*)", re.DOTALL)


class Attachment:
    """What `attach` put into a shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.settings = add_settings(shell)
        self.cells = Cells(shell)
        self.session = Session(
            variables=shell.user_ns,
            scope=self.cells.scope,
            listeners=self._listeners,
            recorder=recorded,
            may_execute=lambda: self.cells.is_running,
        )
        self.matcher = make_matcher(self.session)

    def _listeners(self) -> tuple[Listener, ...]:
        if not is_live(self.shell):
            return (show_again,)
        from alo_nb.notebook.progress import Progress

        return (Progress(), show_again)

    def lift_magic(self, lines: list[str]) -> list[str]:
        """Rewrite a cell before IPython reads it; lines keep their numbers.

        ``%alo_asset`` on the first line of code, and ``%%alo_asset`` below comments, become a cell magic on line
        one. An alo magic that does not exist, and a step cell without a body, become calls that raise a real error:
        IPython's own answer to both is a line on stderr that headless runs and nbval do not see.
        """
        first = next((i for i, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), None)
        if first is None or not lines[first].startswith("%"):
            return lines
        found = _ALO_MAGIC.match(lines[first])
        if found is None:
            return lines
        if _ASSET_LINE.match(lines[first]):
            rest = [*lines[:first], *lines[first + 1 :]]
            has_body = any(line.strip() for line in lines[first + 1 :])
            return [f"{'%%' if has_body else '%'}alo_asset {found[3].strip()}\n", *rest]
        known = self.shell.magics_manager.magics["cell" if found[1] == "%%" else "line"]
        if found[2] not in known:
            return [*lines[:first], f"%alo_unknown {found[1]}{found[2]}\n", *lines[first + 1 :]]
        return lines


_attached: Attachment | None = None


def attach(shell: InteractiveShell) -> None:
    """Start a session in this shell; nothing happens when it has one."""
    global _attached  # one shell, one session
    if _attached is not None and _attached.shell is shell:
        return
    _attached = Attachment(shell)  # with its settings, which may be refused, before anything else
    set_session(_attached.session)
    face.follow(_attached.cells)
    _read_history(_attached.cells)
    shell.events.register("pre_run_cell", _attached.cells.on_start)
    shell.events.register("post_run_cell", _attached.cells.on_finish)
    shell.input_transformers_cleanup.append(_attached.lift_magic)
    shell.Completer.custom_matchers.append(_attached.matcher)
    shell.user_ns.setdefault("steps", _attached.session.namespaces)
    shell.user_ns_hidden["steps"] = shell.user_ns["steps"]
    add_magic(shell, alo_unknown, "line")
    add_formatters(shell, _attached.session)


def detach(shell: InteractiveShell) -> None:
    """End the session and take everything back."""
    global _attached
    if _attached is None or _attached.shell is not shell:
        return
    shell.events.unregister("pre_run_cell", _attached.cells.on_start)
    shell.events.unregister("post_run_cell", _attached.cells.on_finish)
    shell.input_transformers_cleanup.remove(_attached.lift_magic)
    shell.Completer.custom_matchers.remove(_attached.matcher)
    if shell.user_ns.get("steps") is _attached.session.namespaces:
        del shell.user_ns["steps"]
        shell.user_ns_hidden.pop("steps", None)
    remove_formatters(shell)
    remove_settings(shell, _attached.settings)
    remove_magic(shell, "alo_unknown")
    set_session(None)
    face.follow(None)
    _attached = None


def attached_cells() -> Cells:
    """Return the cells of the shell that the extension is loaded in."""
    if _attached is None:
        raise MagicUsageError("alo_nb is not loaded in this kernel", do="run `%load_ext alo_nb`")
    return _attached.cells


def is_live(shell: InteractiveShell) -> bool:
    """Tell whether a person watches: a notebook front end that takes input. Batch clients and terminals are not."""
    kernel = getattr(shell, "kernel", None)
    return kernel is not None and bool(getattr(kernel, "_allow_stdin", False))


def add_magic(shell: InteractiveShell, function: Callable[..., Any], kind: Literal["line", "cell"]) -> None:
    """Give the shell a magic whose line is taken as it is: no ``$x`` or ``{x}`` of the notebook is put into it.

    What ``%magic?`` shows are the function's docstring and the options of `GRAMMAR` in its file, in the language of the
    moment: IPython asks an object's `getdoc` first.
    """
    from IPython.core.magic import no_var_expand

    registered: Any = no_var_expand(function)
    grammar = getattr(sys.modules[function.__module__], "GRAMMAR", None)
    if grammar is not None:
        registered.getdoc = partial(help_text, function, grammar)
    shell.register_magic_function(registered, kind, function.__name__)


def remove_magic(shell: InteractiveShell, name: str) -> None:
    """Take a magic away from the shell."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop(name, None)


def alo_unknown(line: str) -> None:
    """Raise the error for an alo magic that does not exist."""
    __tracebackhide__ = True
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    kind = "cell" if line.startswith("%%") else "line"
    mark = "%%" if kind == "cell" else "%"
    known = (
        []
        if shell is None
        else [f"{mark}{name}" for name in shell.magics_manager.magics[kind] if name.startswith("alo")]
    )
    raise MagicUsageError(
        f"there is no magic {line.strip()}{nearest(line.strip(), set(known) - {'%alo_unknown'})}",
        do="`%alo` lists what exists",
    )


def _read_history(cells: Cells) -> None:
    """Take in the cells that ran before ``%load_ext alo_nb``, so that steps can use their imports and functions."""
    from alo_nb.notebook.cells import Cell

    for number, raw in enumerate(cells.shell.user_ns.get("In", [])):
        if raw:
            cells.add(Cell(raw, number, ""))
