"""Where the keys of ALO's plans stand in a draft, whatever shape its sections have."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from alo_nb.errors import PlanEditError, nearest
from alo_nb.plan.draft import Draft, Path, as_plain
from alo_nb.plan.keys import ALO_3_MARKS, OURS, PARAMETERS, PIPELINE_NAMES, TOP, Section
from alo_nb.plan.redact import shown
from alo_nb.plan.spans import Span
from alo_nb.plan.writer import pair_text

BOM = "\ufeff"
LISTS = ("user_parameters", "asset_source")


@dataclass(frozen=True)
class Places:
    """Finds places in `draft`, and makes those that are missing."""

    draft: Draft

    @property
    def is_alo_3(self) -> bool:
        """Whether the plan was written for ALO 3, whose steps are functions."""
        keys = {key.text for key, _ in self.draft.root.pairs}
        return bool(keys & ALO_3_MARKS) and not keys & set(TOP.required)

    # -- sections ----------------------------------------------------------------------------------------------------

    def entry(self, path: Path, section: Section, name: str) -> Path | None:
        """Return the path of a key in a mapping, or in a list of mappings, by today's or by an older spelling."""
        span = self.draft.span(path)
        tables: list[tuple[Path, Span]] = [((*path, at), each) for at, each in enumerate(span.items)]
        found = [
            (*where, key.text)
            for where, table in tables or [(path, span)]
            for key, _ in table.pairs
            if key.text == name or section.respelled.get(key.text) == name
        ]
        return found[-1] if found else None

    def set_in_section(self, name: str, section: Section, key: str, value: Any) -> None:
        """Set a key of a section, which is made when it is missing."""
        line, path = pair_text(key, as_plain(value)), (name,)
        if self.draft.root.index(name) is None:
            self.draft.add_key((), name, [{key: value}], [f"{name}:", f"  - {line}"])
            return
        found, span = self.entry(path, section, key), self.draft.span(path)
        if found is not None:
            self.draft.set(found, value)
        elif span.kind == "mapping":
            self.draft.add_key(path, key, value)
        else:
            self.insert(path, len(span.items), {key: value}, [f"- {line}"])

    def insert(self, path: Path, at: int, value: Any, lines: Sequence[str]) -> None:
        """Put an item into a list, or into what is nothing yet."""
        span = self.draft.span(path)
        if span.kind != "list" and self.draft.value(path) is not None:
            raise self.draft.error("there is no list here that an item could be put into", span)
        self.draft.insert(path, at, value, lines)

    # -- steps -------------------------------------------------------------------------------------------------------

    def steps_path(self, part: str, pipeline: str) -> Path | None:
        """Return the path of a pipeline's list of steps in `user_parameters` or `asset_source`."""
        if self.draft.root.index(part) is None:
            return None
        found = self.entry((part,), PIPELINE_NAMES, pipeline)
        items = self.draft.span((part,)).items
        if found is None and any(each.index("step") is not None for each in items):
            return (part,)  # steps without a pipeline
        return found

    def step_names(self, path: Path) -> list[str]:
        """Return the names of the steps in a list, in its order; an item that is no step has none."""
        return [self._name(each) for each in self.draft.span(path).items]

    def step(self, part: str, pipeline: str, step: str) -> Path | None:
        """Return the path of a step in `user_parameters` or `asset_source`, None when it is not there."""
        path = self.steps_path(part, pipeline)
        if path is None:
            return None
        span = self.draft.span(path)
        if span.kind == "mapping" and self._name(span) == normal(step):
            return path  # one step without a dash
        names = self.step_names(path)
        return (*path, names.index(normal(step))) if normal(step) in names else None

    def require_step(self, part: str, pipeline: str, step: str) -> Path:
        """Return the path of a step.

        Raises
        ------
        PlanEditError
            It is not there; the message names the nearest that is.
        """
        self.refuse_alo_3()
        found = self.step(part, pipeline, step)
        if found is None:
            path = self.steps_path(part, pipeline)
            known = [] if path is None else self.step_names(path)
            what = f"{part} > {pipeline} has no step {shown(step)}{nearest(step[:100], known[:100])}"
            raise PlanEditError(what, where=self.draft.file, do="add the step first")
        return found

    def require_item(self, part: str, pipeline: str, step: str) -> tuple[Path, int]:
        """Return the path of the list that a step stands in, and the step's number there."""
        path = self.require_step(part, pipeline, step)
        if not isinstance(path[-1], int):
            raise self.draft.error(f"{part} > {pipeline} is one step without a dash", self.draft.span(path))
        return path[:-1], path[-1]

    def insert_step(self, part: str, pipeline: str, at: int | None, value: Any, lines: Sequence[str]) -> None:
        """Put a step into a list, at the end by default; the list and what is around it are made when missing."""
        path = self.steps_path(part, pipeline)
        if path is not None:
            count = len(self.draft.span(path).items)
            self.insert(path, count if at is None else at, value, lines)
            return
        nested = [f"- {pipeline}:", *(f"    {line}" for line in lines)]
        if self.draft.root.index(part) is None:
            self.draft.add_key((), part, [{pipeline: [value]}], [f"{part}:", *(f"  {line}" for line in nested)])
        elif self.draft.span((part,)).kind == "mapping":
            self.draft.add_key((part,), pipeline, [value], [nested[0][2:], *(line[2:] for line in nested[1:])])
        else:
            first = pipeline == PIPELINE_NAMES.known[0]
            self.insert((part,), 0 if first else len(self.draft.span((part,)).items), {pipeline: [value]}, nested)

    def args(self, step: Path) -> Path | None:
        """Return the path of the arguments of a step in `user_parameters`."""
        return self.entry(step, PARAMETERS, "args")

    def cache_policy(self, step: str) -> Path | None:
        """Return the path of a step's cache policy in the section `alo_nb`."""
        if self.draft.root.index("alo_nb") is None:
            return None
        section = self.entry(("alo_nb",), OURS, "cache")
        if section is None:
            return None
        span = self.draft.span(section)
        tables = [((*section, at), each) for at, each in enumerate(span.items)] or [(section, span)]
        keys = [(path, key.text) for path, table in tables for key, _ in table.pairs]
        found = [(*path, key) for path, key in keys if normal(key) == normal(step)]
        return found[-1] if found else None

    def refuse_alo_3(self) -> None:
        """Refuse what has no place in a plan of ALO 3."""
        if self.is_alo_3:
            what = "the plan is one of ALO 3, whose steps are functions; only arguments and paths are edited here"
            raise PlanEditError(what, where=self.draft.file, do="edit the file in a text editor")

    def _name(self, span: Span) -> str:
        return next((normal(value.text) for key, value in span.pairs if key.text == "step"), "")


def normal(name: str) -> str:
    """Return a step's name as names are compared."""
    return unicodedata.normalize("NFC", name)


def edited(text: str, change: Callable[[Places], None]) -> str:
    """Return the text with a change made to it, behind the byte order mark that it may have.

    Raises
    ------
    PlanEditError
        The change is not possible.
    PlanReadError
        The text is no readable plan.
    """
    places = Places(Draft(text.removeprefix(BOM)))
    change(places)
    return text[: text.startswith(BOM)] + places.draft.text
