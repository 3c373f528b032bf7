"""Why a plan cannot be read at all: a `PlanReadError` that carries a stable code and the offending line."""

from __future__ import annotations

from typing import NoReturn

from alo_nb.errors import PlanReadError
from alo_nb.plan.model import Place
from alo_nb.plan.redact import redact_lines


def read_error(code: str, what: str, *, where: str, do: str) -> PlanReadError:
    """Return the error, with the code as its `.code`; a code of the text (``YAML_…``) stands in the message too."""
    error = PlanReadError(what, where=where, do=do)
    vars(error)["code"] = code
    return error


def refuse(code: str, what: str, *, text: str, place: Place, do: str) -> NoReturn:
    """Raise the three-part error for text that cannot be read, with the offending line (credentials masked)."""
    lines = text.splitlines() if place.line else []
    line = lines[place.line - 1].strip() if 0 < place.line <= len(lines) else ""
    where = f"{place.file}, line {place.line}, column {place.column}" if place.line else place.file
    shown = f"{where}\n         {redact_lines(line[:1000])[:160]}" if line else where
    raise read_error(code, f"{what} [{code}]", where=shown, do=do)
