"""What would happen to each step if the pipelines ran now, and why. Nothing is run, fetched or written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice

from alo_nb.cache.decision import NEVER, Cause, Decision, Now, all_causes, decide
from alo_nb.cache.explained import FAILED, FRESH, NEVER_RUN, STALE, UNKNOWN, Explained
from alo_nb.cache.state import ELSEWHERE
from alo_nb.cache.trace import Trace, Traces
from alo_nb.errors import AloNbError, InterfaceError, UnknownStepError, nearest
from alo_nb.handover import MemoryInterface
from alo_nb.handover.difference import difference
from alo_nb.handover.interface import KINDS, decoded, encode_all
from alo_nb.handover.values import Values
from alo_nb.plan import Pipeline, Plan
from alo_nb.plan.policies import IGNORE
from alo_nb.plan.secrets import Mask, hidden_texts
from alo_nb.project import Project
from alo_nb.runner.ahead import Upstream, outputs_of
from alo_nb.runner.expected import MODELS, Expected
from alo_nb.runner.now import asked_for, step_now
from alo_nb.runner.of_plan import is_of_another_plan
from alo_nb.runner.request import RunRequest
from alo_nb.runner.setup import Setup
from alo_nb.store import RunStore, StepRecord
from alo_nb.store.records import INTERRUPTED, SUCCESS
from alo_nb.store.runs import find_run

LOOKED_BACK = 100  # runs, for the last one of a step
LARGEST = 100_000_000  # bytes of a value that is loaded to be compared
NOT_KEPT = Cause("not kept", "nothing is kept of its last run")

NOTHING: Upstream = {kind: {} for kind in KINDS}
NOBODY = ("", "")

Name = tuple[str, str]  # of a step: its pipeline's and its own
Last = Mapping[Name, tuple[str, StepRecord]]


def explain_step(request: RunRequest, step: str) -> list[Explained]:
    """Return what would happen to one step in each pipeline that has it, with all that is known of each cause.

    Raises
    ------
    UnknownStepError
        No pipeline has the step.
    """
    known = [name for pipeline in request.plan.pipelines for name in pipeline.step_names()]
    if step not in known:
        raise UnknownStepError(f"no pipeline has a step {step!r}{nearest(step, dict.fromkeys(known))}")
    return [each for each in _explained(request, detailed=step) if each.step == step]


def explain_steps(request: RunRequest) -> list[Explained]:
    """Return what would happen to each step of each pipeline, in their order, if all of them ran."""
    return list(_explained(request))


def _explained(request: RunRequest, detailed: str = "") -> Iterator[Explained]:
    setup, problems = _resolved(request)
    written = ((step, each.args.items()) for (_, step), each in setup.definitions.items())
    given = {f"{step}.{name}": value for step, args in written for name, value in args}
    mask = Mask(hidden_texts(request.plan, {**given, **request.overrides}))
    names = [(pipeline.name, step) for pipeline in setup.pipelines for step in pipeline.step_names()]
    last = last_records(request.project, request.plan, names)
    train: _Walk | None = None
    for pipeline in setup.pipelines:
        walk = _Walk(setup, pipeline, problems, last, mask, detailed, Expected(request, pipeline), train)
        yield from walk.steps()
        train = walk


def _resolved(request: RunRequest) -> tuple[Setup, dict[Name, str]]:
    """Return the request with the steps whose code is there, and what is wrong with the others."""
    pipelines = tuple(each for each in request.plan.pipelines if each.steps)
    definitions, problems = {}, {}
    for pipeline in pipelines:
        for step in pipeline.steps:
            try:
                found = request.find(step)
            except (AloNbError, SyntaxError, OSError) as error:
                problems[pipeline.name, step.name] = str(error).partition("\n")[0]
                continue
            definitions[pipeline.name, step.name] = found
            missing = [each for each in found.use if each not in request.variables]
            if missing:
                problems[pipeline.name, step.name] = f"it uses the notebook variable {missing[0]!r}, which is not here"
    chosen = {each.name: each.step_names() for each in pipelines}
    return Setup(request, pipelines, chosen, definitions, MemoryInterface(), "memory"), problems


def last_records(project: Project, plan: Plan, names: Iterable[Name]) -> Last:
    """Return the newest run of each step, and its record; runs of another plan do not count."""
    found: dict[Name, tuple[str, StepRecord]] = {}
    missing = {*names}
    own = (run for run in RunStore(project) if not is_of_another_plan(run, plan))
    for run in islice(own, LOOKED_BACK):
        for record in reversed(run.steps):
            found.setdefault((record.pipeline, record.step), (run.id, record))
        if missing <= found.keys():
            break
    return found


@dataclass
class _Walk:
    """The way through a pipeline, as a run of it would go.

    Attributes
    ----------
    detailed : str
        The step whose changed inputs are compared value by value.
    train : _Walk, optional
        The way through the train pipeline, when this is the inference after it.
    upstream : mapping
        What the next step would be given; meaningless while `waits` names a step that runs first, and why it does.
    has_files : bool
        Whether the files are known that the steps before have made.
    """

    setup: Setup
    pipeline: Pipeline
    problems: Mapping[Name, str]
    last: Last
    mask: Mask
    detailed: str
    expected: Expected
    train: _Walk | None = None
    upstream: Upstream = field(default_factory=lambda: NOTHING)
    before: str = ""
    waits: tuple[str, str] = NOBODY
    has_files: bool = True

    @property
    def _traces(self) -> Traces:
        return Traces(self.setup.request.project)

    @property
    def _values(self) -> Values:
        return Values(self.setup.request.project)

    def steps(self) -> Iterator[Explained]:
        """Yield what would happen to each step."""
        for name in self.pipeline.step_names():
            yield self._step(name)
            self.before = name

    def _step(self, name: str) -> Explained:
        key = self.pipeline.name, name
        definition, problem = self.setup.definitions.get(key), self.problems.get(key)
        run_id, record = self.last.get(key, ("", None))
        code = definition.body.label if definition is not None else problem or ""
        found = Explained(*key, code, UNKNOWN, record, run_id, note=self.expected.note)
        if problem is not None:
            self._go_on(name, problem)
            return replace(found, causes=(Cause("unknown", self.mask(problem)),))
        decision, waits = self._decision(name)
        if decision.trace is not None and not waits:
            self.expected.take(decision.trace)
            self.upstream = outputs_of(decision.trace, self.upstream)
            return replace(found, state=FRESH, run=decision.trace.run, taken=self._taken(found, decision.trace.run))
        causes = tuple(_with_failure(decision.causes, record))
        found = replace(found, causes=tuple(self._told(name, each) for each in causes))
        if waits and not causes:
            found = replace(found, waits_for=waits[0], waits_why=waits[1])
        found = replace(found, state=_state(found))
        self._go_on(name, "" if found.waits_for else found.reason)
        return found

    def _taken(self, found: Explained, run_id: str) -> StepRecord | None:
        """Return the record of what would be taken; None when the newest run has it, or nobody has any more."""
        if found.last is not None and (found.last.cached_from or found.last_run) == run_id:
            return None
        run = find_run(self.setup.request.project, run_id)
        records = run.steps if run is not None else ()
        key = found.pipeline, found.step
        return next((each for each in records if (each.pipeline, each.step) == key), None)

    def _go_on(self, name: str, why: str) -> None:
        """Go on behind a step that runs, or of which nobody can tell (no `why`)."""
        self.has_files = False
        if self.setup.policy(self.pipeline.name, name) == IGNORE:
            self.upstream, self.waits = NOTHING, NOBODY
        elif why:
            self.waits = name, why

    def _decision(self, name: str) -> tuple[Decision, tuple[str, str] | None]:
        """Return what is known of the decision about a step, and the step to wait for when that is not all."""
        asked = asked_for(self.setup, self.pipeline.name, name)
        if asked is not None:
            return asked, None
        kept, trouble = self._traces.of(self.pipeline.name, name)
        traces = [self.expected.seen(each) for each in kept]
        try:
            now = self._now(name)
            if self.waits == NOBODY:
                found = decide(now, traces, self._values, trouble=trouble)
                return found, self._waits_for_models(found.trace)
            own = [all_causes(each, replace(now, upstream=each.upstream), self._values) for each in traces]
        except (AloNbError, OSError) as error:
            return Decision(causes=(Cause("unknown", str(error).partition("\n")[0]),)), None
        if all(own):
            return Decision(causes=own[0] if own else (NEVER,)), None
        return Decision(), self.waits

    def _waits_for_models(self, trace: Trace | None) -> tuple[str, str] | None:
        """Return the step of the train pipeline that runs first, when the trace has read what train makes."""
        waits = self.train.waits if self.train is not None else NOBODY
        reads = trace is not None and any(each.startswith(MODELS) for each in (*trace.folders, *trace.files))
        return waits if reads and waits != NOBODY else None

    def _now(self, name: str) -> Now:
        use = self.setup.definitions[self.pipeline.name, name].use
        used = encode_all({each: self.setup.request.variables[each] for each in use})
        return step_now(
            self.setup,
            self.pipeline.name,
            name,
            upstream=self.upstream,
            upstream_step=self.before,
            used={each: value.digest for each, value in used.items()},
            files=self.expected.state() if self.has_files else ELSEWHERE,
            mask=self.mask,
        )

    def _told(self, name: str, cause: Cause) -> Cause:
        """Return a cause as people may see it; of the detailed step, with what differs in an input."""
        detail = cause.detail
        if name == self.detailed and cause.kind == "input":
            detail = self._input_difference(name, *cause.key.partition(".")[::2]) or detail
        return replace(cause, text=self.mask(cause.text), detail=self.mask(detail))

    def _input_difference(self, name: str, kind: str, key: str) -> str:
        """Return how an input differs from what it was, when both are kept and not too large."""
        newest = self._traces.of(self.pipeline.name, name)[0][0]
        digests = [side.get(kind, {}).get(key, "") for side in (newest.upstream, self.upstream)]
        with suppress(InterfaceError, OSError):
            before, now = (self._value(key, digest) for digest in digests)
            return difference(before, now, ("before", "now"), key=key) or ""
        return ""

    def _value(self, key: str, digest: str) -> object:
        """Return a kept value; `InterfaceError` or `OSError` when it is gone, damaged or large."""
        files = self._values.files(digest).values() if digest else ()
        value = self._values.get(digest) if 0 < sum(each.stat().st_size for each in files) <= LARGEST else None
        if value is None:
            raise InterfaceError(f"{key} is not compared")
        return decoded(key, value)


def _with_failure(causes: tuple[Cause, ...], last: StepRecord | None) -> Iterator[Cause]:
    """Yield the causes; before them that the last run failed, and that a step which ran has left nothing."""
    if last is not None and last.status != SUCCESS:
        how = "was interrupted" if last.status == INTERRUPTED else f"failed: {last.error}"
        yield Cause("failed", f"its last run {how}")
        yield from (each for each in causes if each != NEVER)
    else:
        yield from (NOT_KEPT if each == NEVER and last is not None else each for each in causes)


def _state(found: Explained) -> str:
    """Return the state of a step that is not taken from an earlier run."""
    if found.last is None:
        return NEVER_RUN
    if found.last.status != SUCCESS:
        return FAILED
    is_known = any(each.kind not in {"unknown", NOT_KEPT.kind} for each in found.causes)
    return STALE if is_known else UNKNOWN
