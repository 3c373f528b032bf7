"""What one execution of a step has made, fact by fact: values for the next step, files, and metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from alo_nb.errors import InterfaceError, StoreError
from alo_nb.handover.difference import difference
from alo_nb.handover.interface import decoded
from alo_nb.handover.values import Values, of_artifact
from alo_nb.plan.redact import redact_named
from alo_nb.project import Project
from alo_nb.store import OutputRecord, Run, StepRecord
from alo_nb.store.records import SUCCESS
from alo_nb.store.store import Store
from alo_nb.views.card import bytes_text, number_text
from alo_nb.views.comparison import Item
from alo_nb.views.text import NOTHING, outputs_line

StepKey = tuple[str, str]
Names = tuple[str, str]


@dataclass(frozen=True)
class Ran:
    """One execution of a step: its record, the run it belongs to, and the digests of what it was handed, if known."""

    record: StepRecord
    run: Run
    inputs: Mapping[str, str] | None = None


Side = Mapping[StepKey, Ran]


def steps_of(run: Run) -> dict[StepKey, Ran]:
    """Return the steps of one run."""
    found: dict[StepKey, Ran] = {}
    before: StepRecord | None = None
    for record in run.steps:
        handed = before.digests() if before is not None and before.pipeline == record.pipeline else None
        found[record.pipeline, record.step] = Ran(record, run, handed)
        before = record
    return found


@dataclass(frozen=True)
class Fact:
    """One thing that a step made: what to compare it by, and how it is shown."""

    digest: str
    shown: str
    is_value: bool = False


class Made:
    """What executions of steps have made: values for the next step, files, and metrics."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[tuple[str, StepKey], dict[str, Fact]] = {}

    def items(self, key: StepKey, a: Ran | None, b: Ran | None, names: Names) -> Iterator[Item]:
        """Yield what differs between two executions of a step; nothing when the first side has none."""
        if a is None:
            return
        if b is None:
            yield Item("run", a.record.status, "did not run")
        elif not a.record.status == b.record.status == SUCCESS:
            if a.record.status != b.record.status:
                yield Item("run", *(f"{each.record.status}{_reason(each.record)}" for each in (a, b)))
        else:
            yield from self._differing(self.facts(key, a), self.facts(key, b), names)

    def _differing(self, first: Mapping[str, Fact], second: Mapping[str, Fact], names: Names) -> Iterator[Item]:
        for what in dict.fromkeys([*first, *second]):
            one, other = first.get(what), second.get(what)
            if one is None or other is None:
                yield Item(what, *(NOTHING if each is None else each.shown for each in (one, other)))
            elif one.digest != other.digest and (how := self.difference(what, one, other, names)) is not None:
                yield Item(what, one.shown, other.shown, how)

    def facts(self, key: StepKey, ran: Ran) -> dict[str, Fact]:
        """Return ``data.<key>``, ``config.<key>``, ``model <file>``, ``output <file>`` and the names of metrics."""
        if (ran.run.id, key) not in self._known:
            values = {
                f"{kind}.{each.name}": _value(each)
                for kind, saved in (("data", ran.record.data), ("config", ran.record.config))
                for each in saved
            }
            self._known[ran.run.id, key] = {**values, **dict(self._logged(key, ran.run))}
        return self._known[ran.run.id, key]

    def _logged(self, key: StepKey, run: Run) -> Iterator[tuple[str, Fact]]:
        """Yield the files and metrics that the store holds as the work of a step in a run."""
        if not self.project.own.is_dir():
            return
        store, mode = Store.of(self.project), key[0].removesuffix("_pipeline")
        for version, direction, work in store.index.edges_of_run(run.id):
            row = store.index.version_by_id(version)
            if direction != "out" or work != f"{mode}/{key[1]}" or row.deleted or row.name.endswith("-data"):
                continue
            if row.type == "metrics":
                yield from ((name, _metric(value)) for name, value in _flat(row.metadata))
                continue
            for path, entry in store.files(row.digest):
                inside, _, rest = path.partition("/")
                if row.type != "model":
                    yield f"output {path}", Fact(entry.digest, bytes_text(entry.size))
                elif inside == "model":
                    yield f"model {rest}", Fact(entry.digest, bytes_text(entry.size))

    def difference(self, what: str, a: Fact, b: Fact, names: tuple[str, str]) -> str | None:
        """Return how two things with other digests differ; None when only their bytes do."""
        if not a.is_value:
            return f"{a.shown} {names[0]}, {b.shown} {names[1]}"
        try:
            return difference(
                self._loaded(what, a.digest), self._loaded(what, b.digest), names, key=what.partition(".")[2]
            )
        except (InterfaceError, StoreError):  # it was not kept, or cannot be loaded in this process
            return f"{a.shown} {names[0]}, {b.shown} {names[1]}; their bytes differ"

    def _loaded(self, what: str, digest: str) -> object:
        value = Values(self.project).get(digest)
        if value is None:
            value = of_artifact(Store.of(self.project), digest)
        return decoded(what, value)


def _value(record: OutputRecord) -> Fact:
    summary = str(redact_named(record.name, record.summary))
    return Fact(record.digest, outputs_line([replace(record, name="", summary=summary)]).strip(), is_value=True)


def _metric(value: object) -> Fact:
    return Fact(repr(value), number_text(value))


def _flat(metadata: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in metadata.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{each}", inner) for each, inner in value.items())
        else:
            yield name, value


def _reason(record: StepRecord) -> str:
    return f" ({record.error})" if record.error else ""
