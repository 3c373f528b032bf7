"""What files are like now, compared with what they were."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from alo_nb.cache.texts import digest_of_text
from alo_nb.handover.values import Marks, marks_of
from alo_nb.store.objects import digest_of_own

SETTLED_NS = 50_000_000  # file systems' clocks tick some milliseconds apart; two changes in between look like one
_MADE_BY_RUNS = frozenset({".alo", "__pycache__", "history", "input", "train_artifacts", "inference_artifacts"})


@dataclass(frozen=True)
class FileState:
    """Files as they are now.

    Attributes
    ----------
    root : Path, optional
        The run's folder, which relative names start at; None where there is no run: then its files are not compared.
    folder : callable
        Gives the digests of the files in a folder of the run.
    """

    root: Path | None
    folder: Callable[[str], Mapping[str, str]]

    @property
    def has_run(self) -> bool:
        """Whether there is a run whose files can be looked at."""
        return self.root is not None

    def digest(self, name: str, was: str, marks: tuple[int, ...]) -> str:
        """Return the digest of a file that had the digest `was` when it had these marks; empty when it is gone."""
        if self.root is None and not os.path.isabs(name):
            return was
        return digest_now(Path(self.root or "/", name), was, marks)


ELSEWHERE = FileState(None, lambda _: {})


def digest_now(path: Path, was: str, marks: tuple[int, ...]) -> str:
    """Return the digest of a file, which is read only when its marks have changed; empty when it is gone."""
    try:
        return was if marks and marks_of(path) == marks else digest_of_own(path)
    except OSError:
        return ""


def settled_marks(path: Path) -> Marks:
    """Return the marks of a file whose next change they will show; none while it is too young for that."""
    marks = marks_of(path)
    return marks if time.time_ns() > marks[2] + SETTLED_NS else ()


def names_digest(folder: Path) -> str:
    """Return a digest of the names in a folder, but for those that runs make themselves; empty when it is gone."""
    try:
        return digest_of_text("\0".join(sorted({*os.listdir(folder)} - _MADE_BY_RUNS)))
    except OSError:
        return ""
