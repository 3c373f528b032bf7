"""Two runs of the same steps beside each other: what came out otherwise, and why. Text and html say the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from alo_nb.errors import UnknownStepError, nearest
from alo_nb.lang import padded, tr, wide
from alo_nb.views.html import COLOURS, escape, frame, grey, html_table, span
from alo_nb.views.printable import bounded, visible

SAME, OTHER, UNKNOWN = "=", "≠", "?"
HIDDEN_STATE, RANDOM, ENVIRONMENT, FOLLOWS = "hidden state", "unseeded randomness", "environment", "follows"
_GLYPH_COLOURS = {SAME: COLOURS["success"], OTHER: COLOURS["failed"], UNKNOWN: COLOURS["unknown"]}


@dataclass(frozen=True)
class Item:
    """One thing that a step made otherwise: `what` it is, what is on each side, and `how` the two differ."""

    what: str
    a: str
    b: str
    how: str = ""

    def text(self, names: tuple[str, str]) -> str:
        """Return how the two differ, or what is on each side."""
        return self.how or f"{self.a} {names[0]}, {self.b} {names[1]}"


@dataclass(frozen=True)
class Cause:
    """Why a step made something else.

    Attributes
    ----------
    kind : str
        ``hidden state``, ``unseeded randomness``, ``environment``, ``code``, ``arguments``, ``input files``,
        ``follows`` (only its input differs) or ``unknown``.
    what : str
        The same in words, with the names and the cells.
    do : str
        The next step.
    """

    kind: str
    what: str
    do: str = ""


@dataclass(frozen=True)
class StepComparison:
    """One step on both sides.

    Attributes
    ----------
    items : tuple of Item
        What differs; empty when all is equal.
    compared : int
        How many things were compared; 0 when the step ran on one side only, or on none.
    cause : Cause, optional
        Why it differs.
    note : str
        What to know although nothing differs: the code does, or the step was not compared.
    """

    pipeline: str
    step: str
    items: tuple[Item, ...] = ()
    compared: int = 0
    cause: Cause | None = None
    note: str = ""

    @property
    def glyph(self) -> str:
        """``=`` equal, ``≠`` different, ``?`` not compared."""
        return OTHER if self.items else SAME if self.compared else UNKNOWN


@dataclass(frozen=True, repr=False)
class Comparison:
    """What `%alo_run --fresh --compare` and `alo-nb run --compare` found; it shows itself.

    Attributes
    ----------
    a, b : str
        The two sides, for people.
    names : tuple of str
        What stands behind a value of each, ``("here", "fresh")``.
    steps : tuple of StepComparison
        In the order of the pipelines.
    run_id : str
        The run that was made for the comparison.
    ended : Cause, optional
        Why the second side came to no step.
    """

    a: str
    b: str
    names: tuple[str, str]
    steps: tuple[StepComparison, ...]
    run_id: str = ""
    ended: Cause | None = None

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return self.ended is None and not any(each.items for each in self.steps)

    @property
    def first(self) -> StepComparison | None:
        """The first step that differs."""
        return next((each for each in self.steps if each.items), None)

    def step(self, name: str) -> StepComparison:
        """Return what was found of a step, in the first pipeline that has it.

        Raises
        ------
        UnknownStepError
            There is no such step.
        """
        for each in self.steps:
            if each.step == name:
                return each
        raise UnknownStepError(f"no step {name!r} was compared{nearest(name, (each.step for each in self.steps))}")

    def headline(self) -> str:
        """Return what was found in a few words."""
        first, compared = self.first, [each for each in self.steps if each.compared or each.items]
        if self.ended is not None:
            return tr("nothing was compared: {cause}", cause=cause_text(self.ended.kind))
        if first is None:
            things = sum(each.compared for each in self.steps)
            said = {"values": _values(things), "steps": _steps(len(compared))}
            return tr("no differences: {values} of {steps} are equal", **said)
        number = sum(bool(each.items) for each in self.steps)
        cause = f": {cause_text(first.cause.kind)}" if first.cause is not None else ""
        differing = {"number": number, "steps": _steps(len(compared)), "step": first.step}
        if number == 1:
            return tr("{number} of {steps} differs; first {step}", **differing) + cause
        return tr("{number} of {steps} differ; first {step}", **differing) + cause

    def text(self) -> str:
        """Return the findings, a step after the other, with what to do."""
        width = max(wide(name) for name in self.names)
        lines = [f"{padded(name, width)}  {side}" for name, side in zip(self.names, (self.a, self.b), strict=True)]
        lines.append(self.headline())
        lines += [f"  {name}: {text}" for name, text in _reason(self.ended)]
        for pipeline in dict.fromkeys(each.pipeline for each in self.steps):
            lines.append(f"  {pipeline}")
            for each in self.steps:
                lines += self._step_lines(each) if each.pipeline == pipeline else []
        return visible("\n".join(lines))

    def _step_lines(self, step: StepComparison) -> Iterator[str]:
        yield f"    {step.glyph} {step.step}" + (f"  {step.note}" if step.note else "")
        for name, text in self._facts(step):
            yield f"        {name}: {text}"

    def _facts(self, step: StepComparison) -> Iterator[tuple[str, str]]:
        """Yield label and text: why, what to do, and then what differs."""
        yield from _reason(step.cause)
        for each in step.items:
            yield each.what, each.text(self.names)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"equal": self.equal, **asdict(self)}

    def __repr__(self) -> str:
        return bounded(self.text())

    def _repr_html_(self) -> str:
        sides = html_table([], [[grey(n), escape(s)] for n, s in zip(self.names, (self.a, self.b), strict=True)])
        parts = [sides, f"<div><b>{escape(self.headline())}</b></div>"]
        parts += [f"<div>{grey(name)} {escape(text)}</div>" for name, text in _reason(self.ended)]
        for pipeline in dict.fromkeys(each.pipeline for each in self.steps):
            rows = (self._step_row(each) for each in self.steps if each.pipeline == pipeline)
            parts.append(html_table(["", pipeline.removesuffix("_pipeline"), ""], rows))
        return frame(*parts)

    def _step_row(self, step: StepComparison) -> list[str]:
        facts = [[grey(name), escape(text)] for name, text in self._facts(step)]
        about = (escape(step.note) if step.note else "") + (html_table([], facts) if facts else "")
        return [span(step.glyph, f"color:{_GLYPH_COLOURS[step.glyph]}"), f"<b>{escape(step.step)}</b>", about]


def _reason(cause: Cause | None) -> Iterator[tuple[str, str]]:
    if cause is not None:
        yield cause_text(cause.kind), cause.what
        if cause.do:
            yield tr("do"), cause.do


def cause_text(kind: str) -> str:
    """Return the kind of a cause in the language in use."""
    words = {
        **{HIDDEN_STATE: tr("hidden state"), RANDOM: tr("unseeded randomness"), ENVIRONMENT: tr("environment")},
        **{FOLLOWS: tr("follows"), "code": tr("code"), "arguments": tr("arguments"), "failure": tr("failure")},
        **{"input files": tr("input files"), "unknown": tr("unknown")},
    }
    return words.get(kind, kind)


def _values(count: int) -> str:
    return tr("1 value") if count == 1 else tr("{count} values", count=count)


def _steps(count: int) -> str:
    return tr("1 step") if count == 1 else tr("{count} steps", count=count)
