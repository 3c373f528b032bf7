"""Bytes to a plan. Nothing that a plan says is executed, looked up or fetched here, unless ALO 3's tags are allowed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from alo_nb.errors import PlanReadError, nearest
from alo_nb.plan.dialects import read_dialect
from alo_nb.plan.model import Place, Plan
from alo_nb.plan.refusal import read_error, refuse
from alo_nb.plan.tree import Findings
from alo_nb.plan.validate import finished, value_problems
from alo_nb.plan.yaml_tree import read_tree

MAX_BYTES = 1 << 20

# All but what YAML 1.1 calls printable (section 5.1), as PyYAML reads it. `[^...]` would compile ten times slower.
_UNPRINTABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def read_plan(path: str | Path, *, allow_python_tags: bool = False) -> Plan:
    """Return the plan in the file at `path`; what is wrong with its meaning is in `Plan.problems`.

    Parameters
    ----------
    path : str or Path
        An ``experimental_plan.yaml``. Relative to the working directory, a bare file name too (ALO 2.6 cannot).
    allow_python_tags : bool
        See `parse_plan`.

    Raises
    ------
    PlanReadError
        No such file (`.code` is ``PLAN_NOT_FOUND``), a folder or a pipe (``PLAN_NOT_FILE``), no right to open it
        (``PLAN_UNREADABLE``), or no readable YAML in it; see `parse_plan`.
    """
    data = read_bytes(path)
    return parse_plan(data, file=str(path), path=Path(path), allow_python_tags=allow_python_tags)


def read_bytes(path: str | Path) -> bytes:
    """Return what is in the file, cut behind `MAX_BYTES` + 1.

    Raises
    ------
    PlanReadError
        See `read_plan`.
    """
    file = Path(path)
    try:
        _require_file(file)
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as exc:  # also of a name that no file can have: too long, or with a NUL
        raise _unreadable(file, exc) from exc


def _require_file(path: Path) -> None:
    """Refuse what is there and is no file: opening a pipe would wait for ever."""
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "a device or a pipe"
        do = "give the file itself, e.g. experimental_plan.yaml"
        raise read_error("PLAN_NOT_FILE", f"the plan is {kind}, not a file", where=str(path), do=do)


def _unreadable(path: Path, exc: Exception) -> PlanReadError:
    if isinstance(exc, FileNotFoundError):
        folder = path.parent
        plans = [each.name for each in folder.glob("*.y*ml")] if folder.is_dir() else []
        hint = nearest(path.name, plans) or "; no .yaml file stands beside it"
        what, do = f"there is no plan {path.name!r}", f"give the path of a plan{hint}"
        return read_error("PLAN_NOT_FOUND", what, where=str(path), do=do)
    what = f"the plan cannot be opened: {getattr(exc, 'strerror', None) or exc}"
    return read_error("PLAN_UNREADABLE", what, where=str(path), do="check the path and its rights")


def parse_plan(
    text: str | bytes, *, file: str = "<text>", path: Path | None = None, allow_python_tags: bool = False
) -> Plan:
    """Return the plan that `text` says, whatever ALO era wrote it.

    Parameters
    ----------
    text : str or bytes
        YAML 1.1, bytes in UTF-8 with or without a byte order mark, at most 1 MiB. Scalars mean what they mean in ALO
        (PyYAML's FullLoader): ``no`` is False, ``010`` is 8, mapping keys keep their type.
    file : str
        The name that messages show.
    path : Path, optional
        Kept as `Plan.path`.
    allow_python_tags : bool
        Whether an ``!Python`` of ALO 3 may run its expression, with all rights of this process; a note shows each one.
        Otherwise it is an error. ``!Env`` is always read.

    Returns
    -------
    Plan
        `Plan.notes` holds each repair, `Plan.problems` each error and warning, with their lines.

    Raises
    ------
    PlanReadError
        The text is no YAML mapping, or must not be read on. Its `.code` is stable: ``PLAN_EMPTY``, ``PLAN_ENCODING``,
        ``PLAN_NOT_MAPPING``, ``YAML_ALIAS_LIMIT``, ``YAML_DEPTH``, ``YAML_MULTIDOC``, ``YAML_SIZE``, ``YAML_SYNTAX``
        or ``YAML_TAG``.
    """
    source = decoded(text, file)
    findings = Findings()
    root = read_tree(source, file, findings)
    plan = replace(read_dialect(root, findings, allow_python=allow_python_tags), path=path, text=source)
    known = {(each.code, each.key) for each in findings.problems}
    values = [each for each in value_problems(plan, findings.places) if (each.code, each.key) not in known]
    problems = finished([*findings.problems, *values], plan.from_env, findings.hidden)
    return replace(plan, notes=tuple(findings.notes), problems=tuple(problems))


def decoded(text: str | bytes, file: str) -> str:
    """Return printable text of at most `MAX_BYTES`, without a byte order mark.

    Raises
    ------
    PlanReadError
        It is too large, not UTF-8, or holds what no plan holds (``YAML_SIZE``, ``PLAN_ENCODING``).
    """
    if len(text) > MAX_BYTES:
        what, do = "the plan is larger than 1 MiB [YAML_SIZE]", "move the data into a file and name its path"
        raise read_error("YAML_SIZE", what, where=file, do=do)
    if isinstance(text, bytes):
        text = _from_utf8(text, file)
    source = text.removeprefix("\ufeff")
    odd = _UNPRINTABLE.search(source)
    if odd:
        name = "a NUL character" if odd.group() == "\0" else f"the unprintable character U+{ord(odd.group()):04X}"
        place = _place_of(source, odd.start(), file)
        shown = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", source)
        refuse("PLAN_ENCODING", f"the plan holds {name}", text=shown, place=place, do="remove it; a plan is plain text")
    return source


def _from_utf8(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        shown = data.decode("utf-8", "replace")
        place = _place_of(data[: exc.start].decode("utf-8"), exc.start, file)
        name = "UTF-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else f"the byte 0x{data[exc.start]:02x} is no UTF-8"
        what = f"the plan is not UTF-8 text: {name}"
        try:
            refuse("PLAN_ENCODING", what, text=shown, place=place, do="save the file as UTF-8")
        except PlanReadError as error:
            raise error from exc


def _place_of(text: str, index: int, file: str) -> Place:
    before = re.split("\r\n|[\n\r\x85\u2028\u2029]", text[:index])
    return Place(file, len(before), len(before[-1]) + 1)
