"""What the doctor has found, as text: needs no package that may be missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alo_nb.health.finding import Check
from alo_nb.lang import padded, tr, wide

GLYPHS = {"ok": "✔", "note": "▲", "problem": "✖", "unknown": "?"}


def label(name: str) -> str:
    """Return what a check is called in the language in use."""
    labels = {
        **{"python": "Python", "alo_nb": "alo_nb", "git": "git", "s3": "S3", "language": tr("language")},
        **{"packages": tr("packages"), "plan_packages": tr("packages"), "environment": tr("environment")},
        **{"front_end": tr("front end"), "kernel": tr("kernel"), "widgets": tr("widgets")},
        **{"project": tr("project"), "locks": tr("file locks"), "disk": tr("disk")},
        **{"plan": tr("plan"), "store": tr("store")},
    }
    return labels[name]


def headline(checks: Sequence[Check]) -> str:
    """Return how many things are wrong, or that none is."""
    problems = sum(each.state == "problem" for each in checks)
    if problems == 1:
        return tr("1 problem")
    return tr("{count} problems", count=problems) if problems else tr("all is in order")


def report_text(checks: Sequence[Check]) -> str:
    """Return a line for each check, and below it the command that puts it right."""
    width = max((wide(label(each.name)) for each in checks), default=0)
    lines = []
    for each in checks:
        lines.append(f"{GLYPHS[each.state]} {padded(label(each.name), width)}  {each.what}")
        lines += [f"  {' ' * width}  {tr('do:')} {each.do}"] if each.do else []
    return "\n".join([*lines, headline(checks)])


def report_rows(checks: Sequence[Check]) -> list[Mapping[str, str]]:
    """Return the checks for programs."""
    return [{"check": each.name, "state": each.state, "what": each.what, "do": each.do} for each in checks]
