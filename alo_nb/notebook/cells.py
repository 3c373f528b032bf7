"""The cells of this kernel: which one is running, what the ordinary ones define, and how a step cell is run."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

from alo_nb.errors import AloNbError, MagicUsageError, StepDefinitionError
from alo_nb.notebook.session import Session
from alo_nb.runner import Caching
from alo_nb.steps.asset_line import StepCell, decorated_steps, parse_asset_line, step_cell, unwrapped
from alo_nb.steps.capture import Scope
from alo_nb.steps.code import Block, lines_of
from alo_nb.steps.definition import StepDefinition
from alo_nb.store import Run

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

_OWN_CODE = os.path.dirname(os.path.dirname(__file__)) + os.sep  # noqa: PTH120  # spelled as code objects spell it
_STEP_API = f"{_OWN_CODE}step_api{os.sep}"
_MAGIC = re.compile(r"\s*([^=#]+=\s*)?[!%]")  # `!ls`, `%time f()`, `files = !ls`


@dataclass(frozen=True)
class Cell:
    """A cell that was sent to this kernel: its text as written, its number, and who it is.

    `identity` is the front end's cell id; empty where a front end sends none and may send the cell again.
    """

    raw: str
    number: int
    identity: str

    @property
    def label(self) -> str:
        """The name that people see: ``"cell In[3]"``."""
        return f"cell In[{self.number}]"


@dataclass
class Cells:
    """Follows the kernel's cells. The names that a cell defines are read only when a step asks for them."""

    shell: InteractiveShell
    current: Cell | None = None
    deleted: set[str] = field(default_factory=set)
    ran: list[Cell] = field(default_factory=list)
    is_running: bool = True  # the one that loads the extension does
    _count: int = 0
    _unread: list[Cell] = field(default_factory=list)
    _scope: Scope = field(default_factory=Scope)

    def on_start(self, info: ExecutionInfo) -> None:
        """Take note of a cell before it runs."""
        self.is_running = True
        self._count += 1
        self.deleted.update((getattr(info, "cell_meta", None) or {}).get("deletedCells", ()))
        number = int(self.shell.execution_count) - bool(info.store_history)  # it was counted up before this event
        self.add(Cell(str(info.raw_cell), number, self._identity(info.cell_id)))

    def add(self, cell: Cell) -> None:
        """Take in a cell; it becomes the current one."""
        self.current = cell
        self.ran.append(cell)
        self._unread.append(cell)

    def on_finish(self, result: ExecutionResult) -> None:
        """Forget what a cell with a syntax error would have defined."""
        self.is_running = False
        if result.error_before_exec is not None and self._unread and self.current == self._unread[-1]:
            self._unread.pop()

    def _identity(self, cell_id: str | None) -> str:
        """Return who the cell is. A batch client (no cell id, no input) never sends a cell twice."""
        if cell_id:
            return cell_id
        kernel = getattr(self.shell, "kernel", None)
        is_batch = kernel is not None and not getattr(kernel, "_allow_stdin", True)
        return f"batch {self._count}" if is_batch else ""

    def scope(self) -> Scope:
        """Return the names that ordinary cells have defined so far, with their values."""
        for cell in self._unread:
            text = unwrapped(cell.raw)
            if not text.lstrip().startswith("%%") and step_cell_or_none(cell) is None:
                self._scope.add(Block(self._python(text), self._file(cell), 1, cell.label))
        self._unread.clear()
        self._scope.values = self.shell.user_ns
        return self._scope

    def _python(self, text: str) -> str:
        """Return a cell's text as plain Python, line for line."""
        try:
            return str(self.shell.transform_cell(text))
        except SyntaxError:
            return text

    def _file(self, cell: Cell) -> str:
        """Return the file name under which the kernel compiled the cell."""
        return str(self.shell.compile.get_code_name(cell.raw, self._python(cell.raw), cell.number))

    def step_cell(self, line: str, body: str) -> StepCell:
        """Return the step of the running cell, with the lines it has there.

        A magic that was called by hand, or stands below another cell magic, gets a text of its own.
        """
        cell = self.current
        found = None if cell is None else step_cell(cell.raw, file=self._file(cell), label=cell.label)
        if cell is not None and found is not None and found.body.source.strip() == body.strip():
            file = self._keep_lines(cell, found.body)
            return StepCell(found.line, self._python_body(replace(found.body, file=file)))
        label = cell.label if cell is not None else "a magic called by hand"
        text = f"%%alo_asset {line}\n{body}"
        file = str(self.shell.compile.cache(text.replace("%%", "# ", 1), int(self.shell.execution_count)))
        return StepCell(parse_asset_line(line), self._python_body(Block(body, file, 2, label)))

    def _keep_lines(self, cell: Cell, body: Block) -> str:
        """Put the cell's own text, magic line as a comment, under the name that tracebacks and debuggers look for."""
        above = lines_of(cell.raw)[: body.line - 1]
        text = "\n".join([*(f"# {line}" for line in above), body.source]) + "\n"
        return str(self.shell.compile.cache(text, cell.number, raw_code=cell.raw))

    def _python_body(self, body: Block) -> Block:
        """Return the body as Python: shell lines and magics become calls only where there are any."""
        try:
            compile(body.source, "<cell>", "exec", dont_inherit=True)
        except SyntaxError:
            if any(map(_MAGIC.match, lines_of(body.source))):  # below a comment, or blank first lines would be lost
                return replace(body, source=self._python(f"#\n{body.source}").partition("\n")[2])
        return body

    def block(self) -> Block:
        """Return the running cell as Python."""
        cell = self.current
        return Block("", "", 1, "") if cell is None else Block(self._python(cell.raw), self._file(cell), 1, cell.label)


def decorated_step(target: Any, cells: Cells | None) -> tuple[StepCell, Scope | None]:
    """Return the step that ``@alo_nb.asset`` stands above, and, when it stands in a file, the names of that file.

    Raises
    ------
    StepDefinitionError
        The source is nowhere to be found.
    """
    in_cell = cells is not None and getattr(target, "__module__", "") == "__main__"
    block = cells.block() if cells is not None and in_cell else _file_block(target)
    for found in decorated_steps(block):
        if getattr(found.body.tree().body[0], "name", "") == target.__name__:
            return found, None if in_cell else _file_scope(block, target)
    raise StepDefinitionError(
        f"@alo_nb.asset: the source of {target.__name__!r} cannot be found",
        do="decorate a function or class at the top level of a cell or file",
    )


def _file_scope(block: Block, target: Any) -> Scope:
    scope = Scope(values=getattr(inspect.getmodule(target), "__dict__", {}))
    scope.add(block)
    return scope


def step_cell_or_none(cell: Cell) -> StepCell | None:
    """Return the step of a cell; None also when its magic line is wrong, which its own run reports."""
    try:
        return step_cell(cell.raw, file="", label=cell.label)
    except AloNbError:
        return None


def _file_block(target: Any) -> Block:
    try:
        path = inspect.getsourcefile(target) or ""
        lines, _ = inspect.findsource(target)
    except (OSError, TypeError):
        return Block("", "", 1, "")
    return Block("".join(lines), path, 1, path)


def run_step_cell(session: Session, cells: Cells | None, cell: StepCell) -> Run | StepDefinition:
    """Define the step of a cell and run it; only define it with ``--define-only``.

    Raises
    ------
    Exception
        Whatever the step raises, shown from the step's own first line on.
    """
    __tracebackhide__ = True
    identity = cells.current.identity if cells is not None and cells.current is not None else ""
    if cells is not None:
        session.registry.forget_cells(cells.deleted)
    definition = session.define(cell, identity=identity)
    if cell.line.define_only:
        return definition
    forced = (definition.name,) if cell.line.force else ()
    caching = Caching.of(force=forced, inputs=cell.line.inputs or None)
    return own_lines_only(lambda: session.run_step(definition.name, caching))


def own_lines_only(run: Callable[[], Run]) -> Run:
    """Call `run`; an exception from a step is shown without the frames of alo_nb above the step's own.

    Raises
    ------
    MagicUsageError
        In place of IPython's UsageError, which headless runs and nbval do not see: a magic in a step is wrong.
    """
    __tracebackhide__ = True
    from IPython.core.error import UsageError

    try:
        return run()
    except UsageError as error:
        place = next(iter(getattr(error, "__notes__", ())), "")
        raise MagicUsageError(str(error), where=place.removeprefix("in ") or None) from None
    except BaseException as error:
        if not isinstance(error, AloNbError):
            _show_from_step(error)
        raise


def _show_from_step(error: BaseException) -> None:
    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OWN_CODE):
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and trace is not None:
        error.__traceback__ = trace  # of a module that the step imports: IPython asks it nothing and shows every frame
    elif trace is not None:
        shown = _without_call(trace)
        error._render_traceback_ = _Rendered(error, shown)  # type: ignore[attr-defined]  # the name IPython looks for


def _without_call(trace: TracebackType) -> TracebackType:
    """Return the frames without those at the end of a call of the step API: ``data["absent"]`` is the step's line."""
    frames = [trace]
    while frames[-1].tb_next is not None:
        frames.append(frames[-1].tb_next)
    while frames[-1].tb_frame.f_code.co_filename.startswith(_STEP_API):
        frames.pop()
    shown: TracebackType | None = None
    for each in reversed(frames):
        shown = TracebackType(shown, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return shown or trace


class _Rendered:
    """Renders an exception from a frame on. Pickles as the lines it renders, since tracebacks do not."""

    def __init__(self, error: BaseException, trace: TracebackType) -> None:
        self._error, self._trace = error, trace

    def __call__(self) -> list[str]:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
        assert shell is not None  # only a shell asks for a rendered traceback
        return list(shell.InteractiveTB.structured_traceback(type(self._error), self._error, self._trace, tb_offset=0))

    def __reduce__(self) -> tuple[Any, ...]:
        return _Lines, (self(),)


class _Lines:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def __call__(self) -> list[str]:
        return self._lines
