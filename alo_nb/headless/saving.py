"""The notebook that is being executed, and its file: always a whole notebook, and never a claim too much."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

import nbformat
from nbformat import NotebookNode
from papermill.engines import NotebookExecutionManager
from papermill.iorw import write_ipynb
from papermill.log import logger

from alo_nb.files import write_atomic
from alo_nb.plan.redact import redact

INTERVAL = 2.0  # seconds between two saves; a crash of this process costs no more than that of a record


class SavedNotebook(NotebookExecutionManager):  # type: ignore[misc]  # papermill has no types
    """papermill's record of each cell's state, saved by rename and by time.

    Parameters
    ----------
    nb : NotebookNode
    path : str, optional
        Where the notebook is saved. An address that is no local file (``s3://``, ``-``) is left to papermill, which
        writes it once at the end; we write it only where papermill would not, after a dead kernel or an interrupt.
    hidden : mapping, optional
        Texts that the notebook must not hold, to what stands for them.
    """

    def __init__(
        self, nb: NotebookNode, path: str | None, *, hidden: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        super().__init__(nb, output_path=path, **options)
        self._file = Path(path) if path is not None and path != "-" and "://" not in path else None
        self._hidden = hidden or {}
        self._changed = False
        self._pause = INTERVAL

    def save(self, **_: Any) -> None:
        """Note that there is something to save."""
        self._changed = True

    def autosave_cell(self) -> None:
        """Note that a cell's outputs have changed."""
        self._changed = True

    def notebook_start(self, **_: Any) -> None:
        """Mark all cells as pending, drop old outputs and make the file."""
        super().notebook_start()
        self.write()

    def cell_failed(self, cell: NotebookNode, name: str, text: str) -> None:
        """Mark a cell as failed for a reason that its own output does not tell, and tell it there."""
        self.cell_exception(cell)
        if cell.cell_type == "code":
            error = {"output_type": "error", "ename": name, "evalue": text, "traceback": [f"{name}: {text}"]}
            cell.outputs.append(nbformat.from_dict(error))  # type: ignore[no-untyped-call]

    def notebook_complete(self, **_: Any) -> None:
        """Note the end. Unlike papermill, a cell that never ran stays pending."""
        self.end_time = self.now()
        record = self.nb.metadata.papermill
        record["end_time"] = self.end_time.isoformat()
        record["duration"] = (self.end_time - self.start_time).total_seconds()
        self.cleanup_pbar()
        self.mask()
        self._changed = True

    def mask(self) -> None:
        """Mask credentials in what the cells have put out: printed text, results and tracebacks; and in their text."""
        for cell in self.nb.cells:
            if cell.cell_type == "markdown":  # the code cells say what runs
                cell.source = self._masked(cell.source)
            for output in cell.get("outputs", ()):
                for name in ("text", "evalue"):
                    if name in output:
                        output[name] = self._masked(output[name])
                if "traceback" in output:
                    output["traceback"] = [self._masked(each) for each in output["traceback"]]
                for kind in output.get("data", ()):
                    if kind.startswith("text/") and isinstance(output["data"][kind], str):
                        output["data"][kind] = self._masked(output["data"][kind])

    def _masked(self, text: str) -> str:
        for secret, shown in self._hidden.items():
            text = text.replace(secret, shown)
        return redact(text)

    def write(self) -> None:
        """Save now, if anything has changed since the last time."""
        if self._file is None or not self._changed:
            return
        self._changed = False
        started = monotonic()
        self.mask()
        text = nbformat.writes(self.nb) + "\n"  # type: ignore[no-untyped-call]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.touch()  # a new file gets the rights that the user's umask gives, an old one keeps its own
        mode = self._file.stat().st_mode
        write_atomic(self._file, text)
        self._file.chmod(mode)
        self._pause = max(INTERVAL, 20 * (monotonic() - started))

    def write_elsewhere(self) -> None:
        """Save to an address that is no local file."""
        if self._file is None and self.output_path:
            write_ipynb(self.nb, self.output_path)

    async def write_now_and_then(self) -> None:
        """Save every two seconds what has changed; seldom enough that saving takes 5 % of the time at most."""
        while True:
            await asyncio.sleep(self._pause)
            try:
                self.write()
            except OSError as error:
                # A full disk must not end a run whose cells are fine; the last save, at the end, does raise.
                logger.warning("the notebook could not be saved: %s", error)
                self._changed = True
