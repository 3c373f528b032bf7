"""`PlanFile`: a plan's file while it is edited, with undo, and nothing of others is ever overwritten."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec

from alo_nb.errors import PlanEditError
from alo_nb.files import write_atomic
from alo_nb.plan.masking import masked_plan_text
from alo_nb.plan.model import Plan
from alo_nb.plan.reader import decoded, parse_plan, read_bytes

BOM = "\ufeff"
MAX_UNDO = 200
_SHOWN = 12  # lines of a difference, in a message

Arguments = ParamSpec("Arguments")


class PlanFile:
    """The text of a plan's file, edited here and saved when asked to.

    Parameters
    ----------
    path : str or Path
        The file.

    Attributes
    ----------
    text : str
        The text as it is now; with its own line ends and, where the file has one, its byte order mark.

    Raises
    ------
    PlanReadError
        There is no such file, or it is no text. Text that is no plan, or a wrong one, can be opened.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.text = self._saved = _read(self.path)
        self._stamp = _stamp(self.path)
        self._undone: list[str] = []
        self._done: list[str] = []

    @classmethod
    def new(cls, path: str | Path, text: str) -> PlanFile:
        """Return a plan that has no file yet; `save` makes it, unless somebody else has made one meanwhile."""
        made = cls.__new__(cls)
        made.path, made.text, made._saved, made._stamp = Path(path), text, "", None
        made._undone, made._done = [], []
        return made

    def plan(self) -> Plan:
        """Return what the text means now; `check` finds its problems.

        Raises
        ------
        PlanReadError
            It is no readable plan.
        """
        return parse_plan(self.text, file=str(self.path), path=self.path)

    def edit(
        self,
        change: Callable[Concatenate[str, Arguments], str],
        *args: Arguments.args,
        **options: Arguments.kwargs,
    ) -> str:
        """Apply an edit of `plan.editor` and return the difference: ``plan_file.edit(set_control, "backup_size", 5)``.

        Raises
        ------
        PlanEditError
            The edit is not possible; nothing has changed.
        """
        before = self.text
        self._take(change(before, *args, **options))
        return difference(before, self.text)

    @property
    def is_unsaved(self) -> bool:
        """Whether the text is another one than that of the file, as it was last read or written here."""
        return self.text != self._saved

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit that was taken back."""
        return bool(self._undone)

    def undo(self) -> None:
        """Take back the last edit; nothing happens when there is none."""
        if self._done:
            self._undone.append(self.text)
            self.text = self._done.pop()

    def redo(self) -> None:
        """Make the edit again that was last taken back."""
        if self._undone:
            self._done.append(self.text)
            self.text = self._undone.pop()

    def has_changed_on_disk(self) -> bool:
        """Tell whether the file holds another text than the one that was read or written here."""
        stamp = _stamp(self.path)
        if stamp == self._stamp:
            return False
        if stamp is not None and self._stamp is not None and _read(self.path) == self._saved:
            self._stamp = stamp
            return False
        return True

    def unsaved(self) -> str:
        """Return what saving would change in the file, as `difference` does."""
        return difference(self._saved, self.text)

    def save(self) -> None:
        """Write the text to the file by rename.

        Raises
        ------
        PlanEditError
            The file was changed or deleted meanwhile; it stays as it is, and so does the text here.
        """
        if self.has_changed_on_disk():
            lines = difference(self._saved, _read(self.path)).splitlines() if self.path.exists() else ["it is gone"]
            more = [f"... and {len(lines) - _SHOWN} more lines"] if len(lines) > _SHOWN else []
            raise PlanEditError(
                "the plan was changed on disk meanwhile, and is not overwritten:\n"
                + "\n".join(f"    {line}" for line in [*lines[:_SHOWN], *more]),
                where=str(self.path),
                do="reload it, which can be undone, and make your edits again",
            )
        target = self.path.resolve()
        mode = target.stat().st_mode & 0o777 if target.exists() else None
        write_atomic(target, self.text.encode(), mode=mode)
        self._saved, self._stamp = self.text, _stamp(self.path)

    def save_as(self, path: str | Path) -> None:
        """Write the text to a new file, which is the one that is edited from now on; the old one stays as it is.

        Raises
        ------
        PlanEditError
            There is such a file already; nothing has changed.
        """
        target = Path(path)
        if target.exists() or target.is_symlink():
            raise PlanEditError(f"there is a file {target.name!r} already", where=str(target), do="choose another name")
        write_atomic(target, self.text.encode())
        self.path, self._saved, self._stamp = target, self.text, _stamp(target)

    def write(self, text: str) -> str:
        """Put a whole text in the place of the plan's, as one edit, and return the difference."""
        before = self.text
        self._take(text)
        return difference(before, self.text)

    def reload(self) -> None:
        """Take over the text of the file; `undo` brings back what was here."""
        found = _read(self.path)
        self._saved, self._stamp = found, _stamp(self.path)
        self._take(found)

    def _take(self, text: str) -> None:
        if text == self.text:
            return
        self._done = [*self._done, self.text][-MAX_UNDO:]
        self._undone.clear()
        self.text = text


def difference(before: str, after: str) -> str:
    """Return the lines that differ, ``-`` before and ``+`` after each with its number; secrets are masked."""
    if before == after:
        return ""
    old, new = (masked_plan_text(each).splitlines() for each in (before, after))
    lines = []
    for kind, first, last, start, stop in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            lines += [f"- {number + 1}: {old[number]}" for number in range(first, last)]
            lines += [f"+ {number + 1}: {new[number]}" for number in range(start, stop)]
    return "\n".join(lines) or "what differs is masked here"


def _read(path: Path) -> str:
    data = read_bytes(path)
    mark = BOM if data.startswith(BOM.encode()) else ""
    return mark + decoded(data, str(path))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
