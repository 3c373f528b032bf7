"""Compares what the steps of two runs have made, and finds why they differ; `views.comparison` shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from alo_nb.plan.redact import redact_all
from alo_nb.project import Project
from alo_nb.store import Run, StepRecord
from alo_nb.store.records import SUCCESS
from alo_nb.views.card import number_text
from alo_nb.views.comparison import ENVIRONMENT, FOLLOWS, HIDDEN_STATE, RANDOM, Cause, Comparison, Item, StepComparison
from alo_nb.views.made import Made, Ran, Side, StepKey
from alo_nb.views.text import NOTHING

Explain = Callable[[StepKey, Ran, Ran | None], Cause | None]
Again = Callable[[StepKey], Side]


@dataclass
class Sides:
    """Two sides of the same steps.

    Attributes
    ----------
    order : tuple
        (pipeline, step), in the order of the pipelines.
    explain : callable
        Says why a step's own code, arguments or variables differ; None when they do not.
    again : callable, optional
        Runs the second side once more, up to a step; asked at most once for each pipeline.
    late : callable, optional
        Says what else may have changed since a step ran on the first side, once chance is ruled out.
    ended : Cause, optional
        Why the second side ended before its first step.
    """

    project: Project
    a: Side
    b: Side
    order: tuple[StepKey, ...]
    names: tuple[str, str]
    explain: Explain
    again: Again | None = None
    late: Callable[[StepKey, Ran], Cause | None] = lambda _key, _ran: None
    ended: Cause | None = None

    def compare(self, a: str, b: str, *, run_id: str = "") -> Comparison:
        """Return what differs; `a` and `b` are the sides in words."""
        return Comparison(a, b, self.names, tuple(self._step(key) for key in self.order), run_id, self.ended)

    def _step(self, key: StepKey) -> StepComparison:
        first, second, items = self.a.get(key), self.b.get(key), self._items[key]
        if first is None:
            return StepComparison(*key, note=f"not compared: it has not run {self.names[0]}")
        if second is None and self._has_failed:
            return StepComparison(*key, note="not compared: the new run ended without it")
        compared = self._compared(key)
        if items:
            return StepComparison(*key, items, compared, self._cause(key))
        own = self.explain(key, first, second)
        return StepComparison(*key, (), compared, note=f"equal, although {own.what}" if own is not None else "")

    @property
    def _has_failed(self) -> bool:
        return self.ended is not None or any(each.record.status != SUCCESS for each in self.b.values())

    # What differs ---------------------------------------------------------------------------------------------------

    @cached_property
    def _items(self) -> dict[StepKey, tuple[Item, ...]]:
        return {key: tuple(self._made.items(key, self.a.get(key), self.b.get(key), self.names)) for key in self.order}

    @cached_property
    def _made(self) -> Made:
        return Made(self.project)

    def _compared(self, key: StepKey) -> int:
        first, second = self.a.get(key), self.b.get(key)
        if first is None or second is None:
            return 0
        return len(self._made.facts(key, first).keys() | self._made.facts(key, second).keys())

    # Why ------------------------------------------------------------------------------------------------------------

    def _cause(self, key: StepKey) -> Cause:
        first, second = self.a[key], self.b.get(key)
        own = self.explain(key, first, second)
        if own is not None:
            return own
        if second is None:
            return Cause("unknown", "the new run has no step of this name", "look whether the plan lists it")
        return self._handed(key, first, second) or self._outside(key, first, second)

    def _handed(self, key: StepKey, first: Ran, second: Ran) -> Cause | None:
        """Return that a step only follows what came before it, or was run before that."""
        before = self._before(key)
        if before is not None and before in self.a and first.inputs not in (None, self.a[before].record.digests()):
            return Cause(
                HIDDEN_STATE,
                f"step {before[1]} has run again {self.names[0]} after step {key[1]}: "
                f"{key[1]} was made of outputs that are gone",
                f"run step {key[1]} again, and compare again",
            )
        if before is not None and self._items[before]:
            return Cause(FOLLOWS, f"its input differs: it follows step {before[1]}")
        model = next((each for each in self.order if each[0] != key[0] and _has_model(self._items[each])), None)
        if key[0] == "inference_pipeline" and model is not None:
            return Cause(FOLLOWS, f"its model differs: it follows train step {model[1]}")
        ids = [each.run.ids.get(key[0]) for each in (first, second)]
        if before is None and ids[0] is not None and ids[1] is not None and ids[0].data_id != ids[1].data_id:
            do = "see whether the data was replaced between the two runs"
            return Cause("input files", f"the files in input/{key[0].removesuffix('_pipeline')} differ", do)
        return None

    def _before(self, key: StepKey) -> StepKey | None:
        mine = [each for each in self.order if each[0] == key[0]]
        number = mine.index(key)
        return mine[number - 1] if number else None

    def _outside(self, key: StepKey, first: Ran, second: Ran) -> Cause:
        """Return why a step with equal code, arguments and input differs: chance, or where it ran."""
        again = self._again(key[0]).get(key) if second.record.status == SUCCESS else None
        if again is not None and any(self._made.items(key, second, again, self.names)):
            return Cause(
                RANDOM,
                f"two runs of step {key[1]} with equal code, arguments and input differ from each other",
                "give its random generators a seed (random_state=, numpy.random.default_rng(SEED)); "
                "what reads the clock or the order of a set differs from run to run, too",
            )
        late = self.late(key, first)
        if late is not None:
            return late
        places = [*_places(first.run, second.run, self.names)]
        if places:
            do = "install equal versions on both sides, then compare again"
            return Cause(ENVIRONMENT, "; ".join(places), do)
        return Cause(
            "unknown",
            "code, arguments, input and environment are equal, and two fresh runs agree"
            if self.again is not None and second.record.status == SUCCESS
            else "code, arguments, input and environment are equal",
            "look at what it reads beside them: files, os.environ, the clock, modules edited since they were imported",
        )

    def _again(self, pipeline: str) -> Side:
        if self.again is None:
            return {}
        if pipeline not in self._second:
            last = [key for key in self.order if key[0] == pipeline and self._items[key] and key in self.b][-1]
            self._second[pipeline] = self.again(last)
        return self._second[pipeline]

    @cached_property
    def _second(self) -> dict[str, Side]:
        return {}


def _has_model(items: tuple[Item, ...]) -> bool:
    return any(each.what.startswith("model ") for each in items)


def _places(a: Run, b: Run, names: tuple[str, str]) -> Iterator[str]:
    """Yield what differs between the places where two runs went on."""
    first, second = a.made_in, b.made_in
    for what in ("python", "system", "host"):
        if first.get(what) != second.get(what):
            yield f"{what} {first.get(what)} {names[0]}, {second.get(what)} {names[1]}"
    packages = [set(each.get("packages") or ()) for each in (first, second)]
    if packages[0] != packages[1]:
        only = sorted(packages[0] ^ packages[1])
        yield f"packages: {', '.join(only[:8])}{' …' if len(only) > 8 else ''}"


def own_difference(key: StepKey, a: Ran, b: Ran | None, names: tuple[str, str]) -> Cause | None:
    """Return that a step's code or its arguments differ, as their records say; None when they do not."""
    if b is None:
        return None
    one, other = a.record, b.record
    if one.fingerprint and other.fingerprint and one.fingerprint != other.fingerprint:
        return Cause("code", f"the code of step {key[1]} differs ({one.cell} {names[0]}, {other.cell} {names[1]})")
    changed = [*different_arguments(one, other, names)]
    return Cause("arguments", f"its arguments differ: {', '.join(changed)}") if changed else None


def different_arguments(a: StepRecord, b: StepRecord, names: tuple[str, str]) -> Iterator[str]:
    """Yield each argument that differs, with both values; secrets are masked."""
    first, second = (redact_all(dict(each.args)) for each in (a, b))
    for name in dict.fromkeys([*first, *second]):
        if (name in first) != (name in second) or first[name] != second[name]:
            values = (number_text(each[name]) if name in each else NOTHING for each in (first, second))
            yield " ".join(f"{name}={value} {side}," for value, side in zip(values, names, strict=True)).rstrip(",")
