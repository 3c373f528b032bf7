"""`Suggestion`: how a notebook could become steps, as text and html."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alo_nb.lang import tr
from alo_nb.plan.redact import redact
from alo_nb.store.records import plain
from alo_nb.suggestion import Proposal, write_notebook
from alo_nb.suggestion.cuts import Crossing
from alo_nb.suggestion.findings import WHOLE, Finding
from alo_nb.suggestion.proposal import ProposedStep
from alo_nb.views.card import bytes_text, shortened
from alo_nb.views.html import COLOURS, escape, frame, grey, html_table, span

_LINE = "margin:0 0 4px 1em;overflow-wrap:anywhere"
_WIDTH = 60
_NAMED = 12


@dataclass(frozen=True, repr=False)
class Suggestion:
    """What is proposed for a notebook; `written` is the new notebook, when one was asked for.

    ``.steps``, ``.refused``, ``.closed`` and ``.notes`` are the facts; ``.write()`` writes the new notebook.
    """

    proposal: Proposal
    written: Path | None = None

    @property
    def steps(self) -> tuple[ProposedStep, ...]:
        return self.proposal.steps

    @property
    def refused(self) -> tuple[Finding, ...]:
        return self.proposal.refused

    @property
    def closed(self) -> tuple[Finding, ...]:
        """What keeps a cut from being made where one was wanted."""
        return tuple(
            replace(found, what=f"no cut before cell {cut.cell}: {found.what}")
            for cut in self.proposal.closed
            for found in cut.obstacles
        )

    @property
    def notes(self) -> tuple[Finding, ...]:
        return self.proposal.notes

    def write(self, path: str | Path | None = None) -> Path:
        """Write the proposal as a new notebook, ``NAME.alo.ipynb`` beside the old one when absent, and return its path.

        Raises
        ------
        StepDefinitionError
            The notebook was refused.
        ProjectError
            There is a file already.
        """
        return write_notebook(self.proposal, None if path is None else Path(path))

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as JSON can hold them."""
        steps = [plain(each) for each in self.steps]
        groups = {"refused": self.refused, "closed": self.closed, "notes": self.notes}
        found = {name: [plain(each) for each in group] for name, group in groups.items()}
        written = None if self.written is None else str(self.written)
        return {"notebook": str(self.proposal.path), "steps": steps, **found, "written": written}

    def __repr__(self) -> str:
        lines = [self._head(), *self._step_lines()]
        for title, group in self._groups():
            lines += ["", title]
            for each in group:
                lines += [
                    redact(
                        f"  {_place_text(each)}: {each.place.text}" if each.place.text else f"  {_place_text(each)}"
                    ),
                    f"    {each.what}",
                    *([f"    {tr('do:')} {each.do}"] if each.do else []),
                ]
        return "\n".join([*lines, *(["", last] if (last := self._last()) else [])])

    def _repr_html_(self) -> str:
        name, _, rest = self._head().partition(" · ")
        parts = [f"<div><b>{escape(name)}</b> · {escape(rest)}</div>", self._step_table()]
        for title, group in self._groups():
            colour = f"color:{COLOURS['failed']}" if group is self.refused else ""
            parts.append(f'<div style="margin-top:6px">{span(f"<b>{escape(title)}</b>", colour)}</div>')
            parts += [_finding_html(each) for each in group]
        last = self._last()
        return frame(*parts, f'<div style="margin-top:6px">{escape(last)}</div>' if last else "")

    @property
    def _is_live(self) -> bool:
        return any(each.about for step in self.steps for each in step.crossing)

    # The parts ------------------------------------------------------------------------------------------------------

    def _head(self) -> str:
        name, cells = self.proposal.path.name, sum(bool(each.number) for each in self.proposal.cells)
        if self.refused:
            return f"{name} · {tr('no steps can be proposed as it is; nothing was run')}"
        steps = tr("1 step") if len(self.steps) == 1 else tr("{count} steps", count=len(self.steps))
        code = tr("1 code cell") if cells == 1 else tr("{count} code cells", count=cells)
        return f"{name} · {tr('{steps} from {cells}, as saved; nothing was run', steps=steps, cells=code)}"

    def _groups(self) -> Iterator[tuple[str, tuple[Finding, ...]]]:
        named = (
            (tr("Why not"), self.refused),
            (tr("Not cut here, since it would not survive the hand-over"), () if self.refused else self.closed),
            (tr("Worth knowing"), self.notes),
        )
        return (each for each in named if each[1])

    def _step_lines(self) -> Iterator[str]:
        width = max((len(each.name) for each in self.steps), default=0)
        for number, step in enumerate(self.steps, start=1):
            title = f"  {shortened(step.title, _WIDTH)}" if step.title else ""
            yield f"  {number} {step.name:<{width}}  {_cells(step)}{title}"
            for line in _crossing_lines(step.crossing):
                yield f"    │ {line}"
        if self._is_live:
            yield f"  {_sizes_text()}"
        if self.steps and self.proposal.taken:
            yield "  " + tr("comes along into every step: {names}", names=_listed(self.proposal.taken))

    def _step_table(self) -> str:
        if not self.steps:
            return ""
        rows = (
            [
                f"<b>{escape(step.name)}</b>",
                escape(_cells(step)) + (f"<br>{grey(shortened(step.title, _WIDTH))}" if step.title else ""),
                "<br>".join(map(escape, _crossing_lines(step.crossing))),
            ]
            for step in self.steps
        )
        table = html_table([tr("step"), tr("from"), tr("hands on")], rows) + self._sizes()
        if not self.proposal.taken:
            return table
        taken = tr("comes along into every step: {names}", names=_listed(self.proposal.taken))
        return f"{table}<div>{grey(taken)}</div>"

    def _sizes(self) -> str:
        return f"<div>{grey(_sizes_text())}</div>" if self._is_live else ""

    def _last(self) -> str:
        if self.refused:
            return ""
        if self.written is None:
            return tr(
                "Next: `%alo_suggest {name} --write`, in a terminal `alo-nb suggest {name} --write`, writes these "
                "cells to a new notebook; this one stays as it is",
                name=_shown(self.proposal.path),
            )
        return tr(
            "Wrote {path}; nothing has run. Next: open it and run its cells, or `alo-nb run {path}`",
            path=_shown(self.written),
        )


def _listed(names: Sequence[str]) -> str:
    more = tr(" and {count} more", count=len(names) - _NAMED) if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _sizes_text() -> str:
    return tr("shapes and sizes are those of the values in this kernel now")


def _shown(path: Path) -> str:
    """Return a path as a command can have it."""
    return shlex.quote(str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path))


def _cells(step: ProposedStep) -> str:
    first, last = step.cells[0], step.cells[-1]
    if first == last:
        return tr("cell {number}", number=first)
    return tr("cells {first} to {last}", first=first, last=last)


def _crossing_lines(crossing: Iterable[Crossing]) -> Iterator[str]:
    """Yield what crosses, with what it is like, else the line that sets it; names that one line sets stand together."""
    groups: dict[str, list[str]] = {}
    for each in crossing:
        groups.setdefault(_about(each.about) or redact(each.place.text or str(each.place)), []).append(each.name)
    values = [*groups.items()]
    for about, names in values[:_NAMED]:
        yield f"{', '.join(names)}: {shortened(about, _WIDTH)}"
    if len(values) > _NAMED:
        yield tr("and {count} more", count=len(values) - _NAMED)


def _about(about: Mapping[str, Any]) -> str:
    """Return ``"DataFrame 891x12, 85.6 kB"``; empty where nothing is known."""
    words = " ".join(str(about[name]) for name in ("type", "shape") if name in about)
    return f"{words}, {bytes_text(about['bytes'])}" if "bytes" in about else words


def _place_text(found: Finding) -> str:
    if found.place == WHOLE:
        return tr("the whole notebook")
    return tr("{place}, line {line}", place=tr("cell {number}", number=found.place.cell), line=found.place.line)


def _finding_html(found: Finding) -> str:
    text = f" <code>{escape(redact(found.place.text))}</code>" if found.place.text else ""
    place = grey(_place_text(found))
    do = f"<br>{grey(tr('do:'))} {escape(found.do)}" if found.do else ""
    return f'<div style="{_LINE}">{place}{text}<br>{escape(found.what)}{do}</div>'
