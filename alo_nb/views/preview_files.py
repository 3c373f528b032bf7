"""Files and folders as cards: pictures, the first lines of texts, folders as trees. Nothing is unpickled."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from tokenize import TokenError

from alo_nb.handover.glance import cut
from alo_nb.key_files import is_key_path
from alo_nb.lang import tr
from alo_nb.plan.redact import is_secret_name, redact_file
from alo_nb.views.card import Card, bytes_text, facts_card, plain_card
from alo_nb.views.preview_values import text_card, value_card
from alo_nb.views.printable import in_one_line
from alo_nb.views.thumbnail import embedded

HEAD = 16_384  # bytes of a file that are read for a look
LARGEST = 100_000  # bytes of a picture that is shown as it is
HEADER = 120  # characters of what numpy says of a damaged file
TREE, MET = 40, 2_000  # lines of a tree, and entries that are counted
_PICTURES = {
    **{".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"},
    **{".webp": "image/webp", ".svg": "image/svg+xml"},
}
_TABLES = {".csv", ".tsv"}
_BAD_HEADER = (ValueError, TypeError, SyntaxError, TokenError, EOFError, OverflowError, RecursionError, MemoryError)
_PICKLES = {".pkl", ".pickle", ".joblib", ".pt", ".pth"}


def path_card(path: Path) -> Card:
    """Return a file or folder on disk; a link is judged by its own name and by what it leads to."""
    try:
        return _path_card(path)
    except OSError as error:
        return facts_card(path.name, [(tr("not loaded"), error.strerror or type(error).__name__)])


def _path_card(path: Path) -> Card:
    place = path.resolve()
    if is_key_path(path) or is_key_path(place):
        return _key_card(path.name)
    if place.is_dir():
        return folder_card(path.name or place.name or "/", _below(place))
    if not place.is_file():  # a pipe would be waited for, and a device may have no end
        return facts_card(path.name, [("", tr("not shown: this is neither a file nor a folder"))])
    if path.suffix.lower() == ".npy":
        return _array_card(path)
    size = place.stat().st_size
    with place.open("rb") as file:
        return content_card(path.name, file.read(max(HEAD, LARGEST) if is_picture_file(path.name) else HEAD), size)


def _key_card(title: str) -> Card:
    return facts_card(title, [("", tr("not shown: a file of this name may hold keys"))])


def is_picture_file(name: str) -> bool:
    """Tell whether a file of this name is a picture that a browser can show."""
    return PurePosixPath(name).suffix.lower() in _PICTURES


def content_card(name: str, head: bytes, size: int) -> Card:
    """Return a file of which the beginning was read."""
    title = f"{name} · {bytes_text(size)}"
    suffix = PurePosixPath(name).suffix.lower()
    if is_key_path(PurePosixPath(name)):
        return _key_card(title)
    if suffix in _PICTURES:
        return facts_card(title, [], _picture(name, head, size, _PICTURES[suffix]))
    if suffix in _PICKLES:
        return facts_card(title, [("", tr("a pickle: loading it would run its code, so nothing of it is shown"))])
    text = _text(head, whole=len(head) == size)
    if text is None:
        return facts_card(title, [(tr("begins with"), head[:16].hex(" "))])
    return facts_card(title, [], text_card(redact_file(_masked_columns(text) if suffix in _TABLES else text)))


def _masked_columns(text: str) -> str:
    """Return the beginning of a table as text, its columns that are named for secrets masked."""
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t|", key=first.count))
    written = io.StringIO()
    try:
        names = next(rows, [])
        if not any(map(_is_secret_column, names)):
            return text
        writer = csv.writer(written, rows.dialect, delimiter=rows.dialect.delimiter, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(_masked_row(names, row) for row in rows)
    except csv.Error:  # no table, whatever its name says
        return f"{first}\n***"
    return written.getvalue()


def _masked_row(names: Sequence[str], row: Sequence[str]) -> list[str]:
    if len(row) > len(names):  # which of its values is the secret cannot be told
        return ["***"]
    return ["***" if _is_secret_column(name) else value for name, value in zip(names, row, strict=False)]


def _is_secret_column(name: str) -> bool:
    return is_secret_name(name.strip("\ufeff \"'"))


def _picture(name: str, head: bytes, size: int, kind: str) -> Card:
    if size > LARGEST or len(head) < size:
        return plain_card(tr("a picture, too large to be shown here"))
    return Card(tr("[picture]"), embedded(head, kind, name))


def _text(head: bytes, *, whole: bool) -> str | None:
    """Return bytes as text; None for what is none. A letter may be cut at the end of what was read."""
    if b"\0" in head:
        return None
    try:
        return head.decode()
    except UnicodeDecodeError as error:
        is_cut = not whole and error.start >= len(head) - 3
        return head[: error.start].decode() if is_cut else None


def _array_card(path: Path) -> Card:
    """Return an array that was saved by numpy; it is mapped and not read."""
    import numpy as np

    title = f"{path.name} · {bytes_text(path.stat().st_size)}"
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except _BAD_HEADER as error:
        return facts_card(title, [(tr("not loaded"), cut(redact_file(f"{type(error).__name__}: {error}"), HEADER))])
    if not isinstance(array, np.ndarray):
        return facts_card(title, [(tr("not loaded"), tr("it holds more than one array"))])
    return value_card(title, [], array.view(np.ndarray), {})


# Folders -------------------------------------------------------------------------------------------------------------


def folder_card(name: str, entries: Iterable[tuple[str, int]]) -> Card:
    """Return a folder as a tree; `entries` are the paths of the files in it, with ``/``, and their sizes in bytes."""
    met = [*islice(entries, MET + 1)]
    found = sorted((PurePosixPath(path).parts, size) for path, size in met[:MET])
    lines = [*_tree(found)]
    more = [f"… {len(lines) - TREE}"] if len(lines) > TREE else []
    count = f"{len(found)}{'+' if len(met) > MET else ''}"
    total = bytes_text(sum(size for _, size in found))
    head = " · ".join([name, tr("{count} files", count=count), total])
    return facts_card(head, [], plain_card("\n".join([*lines[:TREE], *more])))


def _tree(found: Sequence[tuple[tuple[str, ...], int]]) -> Iterator[str]:
    above: tuple[str, ...] = ()
    for parts, size in found:
        for depth, folder in enumerate(parts[:-1]):
            if above[: depth + 1] != parts[: depth + 1]:
                yield f"{'  ' * depth}{in_one_line(folder)}/"
        above = parts[:-1]
        yield f"{'  ' * len(above)}{in_one_line(parts[-1])}  {bytes_text(size)}"


def _below(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the files below a folder; what cannot be read, and what a link leads to, is passed over."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(place, name)
            yield path.relative_to(folder).as_posix(), 0 if path.is_symlink() else path.stat().st_size
