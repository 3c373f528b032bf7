"""Two runs, or two versions of artifacts, side by side: what differs, in the order of cause and effect."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from alo_nb.errors import MagicUsageError
from alo_nb.lang import tr
from alo_nb.plan import MODES
from alo_nb.plan.redact import redact_all
from alo_nb.project import Project
from alo_nb.store.artifact import Artifact
from alo_nb.store.records import Run, StepRecord
from alo_nb.store.store import Store
from alo_nb.views.artifacts import versions_of
from alo_nb.views.card import bytes_text, number_text, shortened
from alo_nb.views.diff_picture import diff_picture
from alo_nb.views.html import COLOURS, escape, frame, grey, html_table
from alo_nb.views.printable import bounded, visible
from alo_nb.views.text import NOTHING, is_deterministic, run_name, state_text, table

LINES = 60  # of a difference between two texts
_TECHNICAL = {"date", "file_path", "version"}  # what a summary's file says of itself (ALO 2.6 asset.py)
_COLOURS = {"+": COLOURS["success"], "-": COLOURS["failed"], "@": COLOURS["unknown"]}
_Steps = Mapping[tuple[str, str], StepRecord]


@dataclass(frozen=True)
class Difference:
    """One thing that differs.

    Attributes
    ----------
    part : str
        ``plan``, ``arguments``, ``code``, ``data``, ``environment``, ``output``, ``metrics`` or ``run``; of artifacts
        ``file``, ``metadata`` or ``artifact``.
    what : str
        Which one, e.g. ``train_pipeline/train``.
    a, b : str
        What it is on each side; ``-`` where there is none.
    detail : str
        The lines that differ, as a unified diff, when both texts are kept; of modes, what is compared.
    """

    part: str
    what: str
    a: str
    b: str
    detail: str = ""


@dataclass(frozen=True, repr=False)
class Diff:
    """What differs between two things; it shows itself.

    Attributes
    ----------
    rows : tuple of Difference
        In the order of cause and effect.
    drawn : str
        Html of a picture of the two; of runs only.
    """

    a: str
    b: str
    rows: tuple[Difference, ...]
    drawn: str = field(default="", compare=False)

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.rows

    def headline(self) -> str:
        """Return the first difference in a few words, or that there is none."""
        if self.equal:
            return tr("equal")
        first = self.rows[0]
        return tr("first difference: {what}", what=f"{part_text(first.part)} {first.what}".rstrip())

    def text(self) -> str:
        """Return the differences as a table, and below it the lines that differ."""
        lines = [f"a  {self.a}", f"b  {self.b}", self.headline()]
        if not self.equal:
            rows = [{**vars(each), "part": part_text(each.part)} for each in self.rows]
            lines += ["", table(rows, ("part", "what", "a", "b"), _heads())]
        for each in self.rows:
            lines += ["", f"{part_text(each.part)} {each.what}", bounded(each.detail)] if each.detail else []
        return visible("\n".join(lines))

    def __repr__(self) -> str:
        return bounded(self.text())

    def _repr_html_(self) -> str:
        names = html_table([], [[grey("a"), escape(self.a)], [grey("b"), escape(self.b)]])
        rows = [[escape(value) for value in (part_text(each.part), each.what, each.a, each.b)] for each in self.rows]
        parts = [names, f"<div><b>{escape(self.headline())}</b></div>"]
        parts += [self.drawn] if self.drawn else []
        parts += [html_table(_heads(), rows)] if rows else []
        return frame(*parts, *(_detail_html(each) for each in self.rows if each.detail))


def _detail_html(row: Difference) -> str:
    lines = (
        f'<span style="color:{_COLOURS.get(line[:1], "inherit")}">{escape(line)}</span>'
        for line in bounded(row.detail).splitlines()
    )
    code = '<pre style="margin:0;font-size:12px;white-space:pre;overflow-x:auto">' + "\n".join(lines) + "</pre>"
    return f"<div>{grey(f'{part_text(row.part)} {row.what}')}</div>{code}"


def part_text(part: str) -> str:
    """Return what kind of thing differs in the language in use."""
    words = {
        **{"plan": tr("plan"), "arguments": tr("arguments"), "code": tr("code"), "data": tr("data")},
        **{"environment": tr("environment"), "output": tr("output"), "metrics": tr("metrics"), "run": tr("run")},
        **{"file": tr("file"), "metadata": tr("metadata"), "artifact": tr("artifact")},
    }
    return words.get(part, part)


def _heads() -> tuple[str, ...]:
    return tr("part"), tr("what"), "a", "b"


def compare(project: Project, a: object, b: object) -> Diff:
    """Return what differs between two runs or two versions of artifacts.

    Raises
    ------
    MagicUsageError
        They are not two of a kind.
    """
    if isinstance(a, Run) and isinstance(b, Run):
        return Diff(_run_text(a), _run_text(b), tuple(_runs(project, a, b)), _drawn(a, b))
    if isinstance(a, Artifact) and isinstance(b, Artifact):
        return Diff(a.name, b.name, tuple(_artifacts(a, b)))
    raise MagicUsageError("two runs or two versions of artifacts can be compared", do="write `%alo_diff RUN RUN`")


def _run_text(run: Run) -> str:
    name = run.name or run.job_type or run.plan or tr("notebook")
    return f"{name} · {state_text(run.status)} · {tr('run {run}', run=run_name(run))}"


# Runs ---------------------------------------------------------------------------------------------------------------


def _runs(project: Project, a: Run, b: Run) -> Iterator[Difference]:
    if a.mode != b.mode:
        both = [each for each in MODES.get(a.mode, ()) if each in MODES.get(b.mode, ())]
        only = tr("of their pipelines, {pipeline} is compared", pipeline=both[0]) if both else ""
        compared = only or tr("they have no pipeline in common")
        yield Difference("run", "mode", a.mode or NOTHING, b.mode or NOTHING, compared)
        a, b = _only(a, both), _only(b, both)
    yield from _plan(a, b)
    yield from _values("arguments", _arguments(a), _arguments(b))
    yield from _code(project, a, b)
    yield from _values("data", *_both(a, b, _inputs(project, a), _inputs(project, b)))
    yield from _values("environment", _environment(a), _environment(b))
    yield from _values("output", *_both(a, b, _outputs(project, a), _outputs(project, b)))
    yield from _values("metrics", _metrics(a), _metrics(b))
    yield from _values("run", {"status": a.status}, {"status": b.status})


def _drawn(a: Run, b: Run) -> str:
    """Return the picture of what two runs have in common, where their modes differ, else of all their steps."""
    if a.mode != b.mode:
        both = {each.pipeline for each in a.steps} & {each.pipeline for each in b.steps}
        a, b = _only(a, both), _only(b, both)
    return diff_picture(a, b).html


def _only(run: Run, pipelines: Collection[str]) -> Run:
    """Return a run as if it had had these pipelines only."""
    return replace(
        run,
        steps=tuple(each for each in run.steps if each.pipeline in pipelines),
        ids={name: each for name, each in run.ids.items() if name in pipelines},
        summaries={name: each for name, each in run.summaries.items() if name in pipelines},
    )


def _both(a: Run, b: Run, first: dict[str, Any], second: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what both runs have, where their modes differ: of versions it is not known which pipeline made them."""
    if a.mode == b.mode:
        return first, second
    names = [key for key in first if key in second]
    return {key: first[key] for key in names}, {key: second[key] for key in names}


def _plan(a: Run, b: Run) -> Iterator[Difference]:
    first, second = _text(Path(a.folder) / "plan.yaml"), _text(Path(b.folder) / "plan.yaml")
    if a.plan != b.plan or (first and second and first != second):
        unnamed = tr("(no name)") if first and second else NOTHING
        yield Difference("plan", "", a.plan or unnamed, b.plan or unnamed, _lines(first, second))


def _code(project: Project, a: Run, b: Run) -> Iterator[Difference]:
    first, second = _steps(a), _steps(b)
    found: set[str] = set()
    for key in dict.fromkeys([*first, *second]):
        for row in _step_code(project, a, b, key, first, second):
            found.add(key[0])
            yield row
    for pipeline in a.ids.keys() & b.ids.keys() - found:
        one, other = a.ids[pipeline].code_id, b.ids[pipeline].code_id
        if one != other:
            yield Difference("code", f"Python files beside the steps of {pipeline}", one or NOTHING, other or NOTHING)


def _step_code(
    project: Project, a: Run, b: Run, key: tuple[str, str], first: _Steps, second: _Steps
) -> Iterator[Difference]:
    """Yield that a step's own code differs, or that only the Python files of its asset folder do."""
    pipeline, step = key
    one, other = (each[key].fingerprint if key in each else "" for each in (first, second))
    if one == other and _code_id(a, pipeline) == _code_id(b, pipeline):
        return
    sources = [_source(project, run, pipeline, step) for run in (a, b)]
    detail = _sources(*sources)
    if one != other:
        yield Difference("code", f"{pipeline}/{step}", one[:12] or NOTHING, other[:12] or NOTHING, detail)
    elif detail and any(set(files) != {f"{step}.py"} for files in sources):  # a cell has no files beside it
        ids = (_code_id(a, pipeline), _code_id(b, pipeline))
        yield Difference("code", f"Python files beside step {pipeline}/{step}", *ids, detail)


def _code_id(run: Run, pipeline: str) -> str:
    return run.ids[pipeline].code_id if pipeline in run.ids else NOTHING


def _steps(run: Run) -> _Steps:
    return {(each.pipeline, each.step): each for each in run.steps}


def _source(project: Project, run: Run, pipeline: str, step: str) -> dict[str, str]:
    """Return the files of a step's code as the run's backup keeps them; nothing when the backup is gone."""
    mode = pipeline.removesuffix("_pipeline")
    for name in (run.id, f"{run.id}-error"):
        folder = project.history / mode / name / "backup_source" / "assets" / step
        if folder.is_dir():
            return {each.relative_to(folder).as_posix(): _text(each) for each in sorted(folder.rglob("*.py"))}
    return {}


def _sources(a: Mapping[str, str], b: Mapping[str, str]) -> str:
    if not a or not b:
        return ""
    names = dict.fromkeys([*a, *b])
    return "\n".join(filter(None, (_lines(a.get(name, ""), b.get(name, ""), name) for name in names)))


def _arguments(run: Run) -> dict[str, Any]:
    steps = {f"{each.step}.{name}": value for each in run.steps for name, value in each.args.items()}
    return dict(redact_all({**run.config, **steps}))


def _inputs(project: Project, run: Run) -> dict[str, Any]:
    ids = {f"{name.removesuffix('_pipeline')} input": each.data_id for name, each in run.ids.items() if each.data_id}
    is_given = run.train_id not in {"", run.id}  # a model that the run has made itself is an output
    return {**ids, **({"model from run": run.train_id} if is_given else {}), **_versions(project, run, "in")}


def _versions(project: Project, run: Run, direction: Literal["in", "out"]) -> dict[str, Any]:
    rows = versions_of(Store.of(project).index, run.id, direction)
    if is_deterministic():  # what is new to a project depends on what it has seen before
        return {}
    return {row.name: f"v{row.number} {row.digest[3:15]}" for row in rows}


def _environment(run: Run) -> dict[str, Any]:
    return {name: value for name, value in run.made_in.items() if name != "pid"}


def _outputs(project: Project, run: Run) -> dict[str, Any]:
    saved = {
        f"{each.step} {kind}.{output.name}": f"{output.summary} {output.digest[3:15]}"
        for each in run.steps
        for kind, outputs in (("data", each.data), ("config", each.config))
        for output in outputs
    }
    return {**saved, **_versions(project, run, "out")}


def _metrics(run: Run) -> dict[str, Any]:
    found = dict(run.summary)
    for pipeline, summary in run.summaries.items():
        mode = pipeline.removesuffix("_pipeline")
        found |= {f"{mode}.{name}": value for name, value in summary.items() if name not in _TECHNICAL}
    return found


def _values(part: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys([*a, *b]):
        is_empty = all(each.get(name) in (None, "", [], {}, ()) for each in (a, b))
        if not is_empty and ((name in a) != (name in b) or a.get(name) != b.get(name)):
            yield Difference(part, name, *(_short(each[name]) if name in each else NOTHING for each in (a, b)))


def _short(value: Any) -> str:
    return shortened(number_text(value).replace("\n", " "), 60)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:  # it was never kept, or is gone
        return ""


def _lines(a: str, b: str, name: str = "") -> str:
    if not a or not b:
        return ""
    heads = (f"a/{name}", f"b/{name}") if name else ("a", "b")
    found = [*difflib.unified_diff(a.splitlines(), b.splitlines(), *heads, lineterm="", n=2)]
    more = [tr("… {count} more lines", count=len(found) - LINES)] if found[LINES:] else []
    return "\n".join([*found[:LINES], *more])


# Artifacts ----------------------------------------------------------------------------------------------------------


def _artifacts(a: Artifact, b: Artifact) -> Iterator[Difference]:
    if a.digest != b.digest:
        first, second = ({each.path: each for each in artifact.files()} for artifact in (a, b))
        for path in sorted({*first, *second}):
            one, other = first.get(path), second.get(path)
            if one is None or other is None or (one.digest, one.ref) != (other.digest, other.ref):
                yield Difference("file", path, *_sizes((one, other)))
    yield from _values("metadata", redact_all(a.metadata), redact_all(b.metadata))
    names = ("type", "description")
    yield from _values("artifact", *({name: getattr(each, name) for name in names} for each in (a, b)))


def _sizes(files: Iterable[Any]) -> Iterator[str]:
    for each in files:
        yield NOTHING if each is None else f"{bytes_text(each.size)} {each.digest[3:15]}".strip()
