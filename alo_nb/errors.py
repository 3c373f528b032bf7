"""The error tree of alo_nb.

::

    AloNbError
    ├── PlanReadError         the plan file cannot be read as YAML, or must not be
    ├── PlanInvalidError      the plan is readable and wrong; `.problems` holds every finding
    ├── PlanEditError         an edit of a plan's text is not possible; the text is as it was
    ├── ProjectError          the project folder cannot be used
    ├── StepDefinitionError   a step cannot be defined from this cell, file or notebook
    ├── UnknownStepError      a step, or a pipeline, that nobody defined
    ├── StepArgumentError     `check_args`: an argument is missing or of another type
    ├── StepOutputError       `save_data`, `save_config`, `save_summary`, the rules of a step's end
    ├── StepRunError          a step stopped in a way that is no exception (`sys.exit`, a dead kernel)
    ├── InterfaceError        data cannot be handed from one step to the next
    ├── SourceError           data, models or code outside the project cannot be fetched
    ├── RunNotFoundError      no run with this id
    ├── ResumeError           a run cannot be gone on with: something is not what it was
    ├── StoreError            the store in `.alo/` cannot be used, or something in it is damaged
    │   ├── ArtifactNotFoundError   no artifact, version or alias of this name
    │   └── ArtifactNameError       no name for an artifact or an alias
    ├── MagicUsageError       a magic line or command line that cannot be understood
    └── NotebookRunError      a headless notebook did not finish

Every message has three parts: what happened, where, and what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress


class AloNbError(Exception):
    """The root of every error that alo_nb raises on purpose.

    Parameters
    ----------
    what : str
        One sentence: what happened, with the value that was met.
    where : str, optional
        File and line, or the step and the cell line.
    do : str, optional
        The next thing to do, with the nearest valid name when there is one.
    """

    def __init__(self, what: str, *, where: str | None = None, do: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.do = do

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.do:
            lines.append(f"  do:    {self.do}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        # Exception's own reduce would drop the keyword arguments; kernels and workers pickle errors.
        return _rebuild, (type(self), self.what, self.__dict__.copy())

    def _render_traceback_(self) -> list[str]:
        """Show the message without a stack: IPython calls this and still publishes a real error."""
        notes: list[str] = getattr(self, "__notes__", [])
        head, *rest = [*str(self).splitlines(), *notes]
        return [f"\x1b[31m{type(self).__name__}\x1b[0m: {head}", *rest]


def _rebuild(kind: type[AloNbError], what: str, state: dict[str, object]) -> AloNbError:
    error = kind.__new__(kind)
    Exception.__init__(error, what)
    error.__dict__.update(state)
    return error


class PlanReadError(AloNbError):
    """The plan file cannot be read as YAML, or must not be; `.code` is a stable name of the reason."""

    code: str = ""


class PlanInvalidError(AloNbError):
    """The plan was read and cannot be run; `.problems` lists every finding."""

    problems: tuple[object, ...] = ()


class PlanEditError(AloNbError):
    """The text of a plan cannot be changed in this way; nothing was changed."""


class ProjectError(AloNbError):
    """The project folder cannot be found, written or locked."""


class StepDefinitionError(AloNbError):
    """A step cannot be defined from this cell, file or notebook; `.names` are the names at fault, if any."""

    names: tuple[str, ...] = ()


class UnknownStepError(AloNbError):
    """A step or a pipeline was named that nobody defined."""


class StepArgumentError(AloNbError, ValueError):
    """An argument of a step is missing, or cannot be read as the type asked for."""


class StepOutputError(AloNbError):
    """A step broke a rule about what it must save."""


class StepRunError(AloNbError, RuntimeError):
    """A step stopped without raising an exception of its own."""


class InterfaceError(AloNbError):
    """Data cannot be handed from one step to the next."""


class SourceError(AloNbError):
    """Data, models or code from outside the project cannot be fetched."""


class ResumeError(AloNbError):
    """A step that the resumed run completed is another one by now."""


class RunNotFoundError(AloNbError):
    """There is no run with this id."""


class StoreError(AloNbError):
    """The store cannot be used, or something in it is damaged."""


class ArtifactNotFoundError(StoreError):
    """There is no artifact, version or alias of this name."""


class ArtifactNameError(StoreError):
    """A text cannot be the name of an artifact or of an alias."""


class MagicUsageError(AloNbError):
    """A magic line or a command line cannot be understood."""


class NotebookRunError(AloNbError):
    """A headless notebook did not run to its end."""


def message_of(error: BaseException) -> str:
    """Return what an exception says, of one of ours without its place; that its own ``__str__`` fails, when it does."""
    try:
        return error.what if isinstance(error, AloNbError) else str(error)
    except Exception as broken:  # noqa: BLE001  # whatever a foreign __str__ raises
        return f"(it cannot say what: its __str__ raises {type(broken).__name__})"


def add_note(error: BaseException, note: str) -> None:
    """Add a note to an exception; one whose class refuses it stays as it is."""
    with suppress(Exception):  # whatever a foreign __setattr__ raises
        BaseException.add_note(error, note)


def mask_messages(error: BaseException, masked: Callable[[str], str]) -> None:
    """Take secrets out of the texts of an exception and of those it came from; one whose class refuses it stays."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        with suppress(Exception):  # whatever a foreign __setattr__ raises
            args = tuple(masked(part) if isinstance(part, str) else part for part in each.args)
            if args != each.args:
                each.args = args
        if isinstance(each, AloNbError):
            each.what = masked(each.what)
        each = each.__cause__ or each.__context__


def nearest(name: str, known: Iterable[str], *, limit: int | None = None) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest of `known`, else all of them, else nothing.

    With a `limit`, not all but the first so many, in their own order, and how many more there are.
    """
    import difflib  # only when something is wrong

    names = [str(each) for each in known]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    listed = sorted(names) if limit is None else names[:limit]
    more = f" and {len(names) - len(listed)} more" if len(listed) < len(names) else ""
    return f"; known: {', '.join(listed)}{more}" if names else ""
