"""What a run has made, as versions in the store: each step's data and models, and each pipeline's output and summary.

Names are ``<mode>-<step>-data``, ``<step>-model``, ``<mode>-external-files``, ``<mode>-output`` and ``<mode>-summary``.
A step is called ``<mode>/<step>`` in the lineage, since both pipelines may have one of its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alo_nb.handover.interface import KINDS, Key
from alo_nb.handover.values import Values
from alo_nb.plan import Pipeline
from alo_nb.plan.redact import redact_all
from alo_nb.runner.setup import Setup
from alo_nb.runner.workspace import Workspace
from alo_nb.step_api.asset import folder_name
from alo_nb.steps.definition import StepDefinition, source_text
from alo_nb.store import Run, StepRecord
from alo_nb.store.batch import Batch
from alo_nb.store.records import plain
from alo_nb.store.store import Store
from alo_nb.store.trees import Entry

DATA, MODEL, METRICS = "dataset", "model", "metrics"  # as Kubeflow Pipelines tells them apart


def log_artifacts(setup: Setup, run: Run, workspace: Workspace, pipelines: Sequence[Pipeline]) -> dict[str, str]:
    """Log what the pipelines of a run have made, in one durable write; return name to version."""
    with Batch(Store.of(setup.request.project), run.id) as batch:
        for pipeline in pipelines:
            _Pipeline(setup, run, workspace, batch, pipeline).log()
        logged = batch.commit()
    values, names = Values(setup.request.project), {each.name for each in pipelines}
    for record in (each for each in run.steps if each.pipeline in names):
        for output in (*record.data, *record.config):
            values.note_linked(output.digest)
    return logged


@dataclass(frozen=True)
class _Pipeline:
    """One pipeline of a run that is complete and not published yet."""

    setup: Setup
    run: Run
    workspace: Workspace
    batch: Batch
    pipeline: Pipeline

    def log(self) -> None:
        ran = [each for each in self.run.steps if each.pipeline == self.pipeline.name]
        self._input(ran[0])
        for record in ran:
            self._upstream(record)
            self._data(record)
            if self.pipeline.mode == "train":
                self._model(record)
            else:
                self._used_model(record)
        self._files("output", ran, f"{self.pipeline.mode}-output")
        self._summary(ran)

    def _input(self, first: StepRecord) -> None:
        """Note where the external data lies, with its digests; the data itself stays where it is."""
        mode, project = self.pipeline.mode, self.setup.request.project
        sources = self.setup.request.plan.external_path.loads(mode)
        name, published = f"{mode}-external-files", project.published(f"input/{mode}")
        entries = {
            path: Entry("reference", digest, size, (published / path).as_uri())
            for path, (digest, size) in self.workspace.inputs.get(mode, {}).items()
        }
        self.batch.log(name, DATA, entries, metadata={"sources": redact_all(list(sources))}, is_made=False)
        if entries:
            self.batch.use(name, step=self._work(first.step))

    def _upstream(self, record: StepRecord) -> None:
        upstream = self.setup.upstream(self.pipeline, record.step, self.run.id)
        if upstream is None:
            return
        if upstream.run_id == self.run.id:
            if self._has_data(upstream.step):
                self.batch.use(self._data_name(upstream.step), step=self._work(record.step))
            return
        self._use_of(upstream.run_id, self._data_name(upstream.step), record.step)

    def _data_name(self, step: str) -> str:
        return f"{self.pipeline.mode}-{step}-data"

    def _work(self, step: str) -> str:
        return f"{self.pipeline.mode}/{step}"

    def _has_data(self, step: str) -> bool:
        record = self.run.step(step, self.pipeline.name)
        return bool(record.data or record.config)

    def _use_of(self, run_id: str, name: str, step: str) -> None:
        """Note the use of what another run has made, when it is in the store."""
        index = self.batch.store.index
        for version, direction, _ in index.edges_of_run(run_id):
            row = index.version_by_id(version)
            if direction == "out" and row.name == name:
                self.batch.use(name, step=self._work(step), number=row.number)
                return

    def _data(self, record: StepRecord) -> None:
        """Keep the bytes that the next step got, with what each of them is; large parts have files of their own."""
        key, values = Key(self.run.id, self.pipeline.name, record.step), Values(self.setup.request.project)
        entries: dict[str, Entry] = {}
        for kind in KINDS:
            about = []
            for number, entry in enumerate(self.setup.interface.entries(key, kind)):
                file = f"{kind}/{number}.bin"
                if not values.is_whole(entry.digest):
                    values.put(self.setup.interface.read(key, kind, entry.name))
                found = values.files(entry.digest)
                names = {each: f"parts/{each.removeprefix('b3:')}.bin" for each in found} | {entry.digest: file}
                entries |= {name: self.batch.own_file(found[each], each) for each, name in names.items()}
                about.append({"name": entry.name, "summary": entry.summary, "digest": entry.digest, "file": file})
            if about:
                entries[f"{kind}.json"] = self.batch.bytes(json.dumps(about, indent=1).encode())
        self.batch.log(self._data_name(record.step), DATA, entries, step=self._work(record.step))

    def _model(self, record: StepRecord) -> None:
        """Keep a model as what seed 003 calls one: the weights, the code that made them, and the environment."""
        folder = self.workspace.root / "train_artifacts" / "models" / folder_name(record.step)
        weights = dict(self._below(folder, "model/"))
        if not weights:
            return
        definition = self.setup.definitions[self.pipeline.name, record.step]
        metadata = {"args": plain(record.args), "fingerprint": record.fingerprint, "code": record.cell}
        about = {**self._code(definition), "environment.txt": self.batch.bytes(environment().encode())}
        self.batch.log(
            f"{record.step}-model", MODEL, {**weights, **about}, step=self._work(record.step), metadata=metadata
        )

    def _code(self, definition: StepDefinition) -> dict[str, Entry]:
        text = source_text(definition).encode(errors="backslashreplace")
        return {f"code/{definition.name}.py": self.batch.bytes(text)}

    def _used_model(self, record: StepRecord) -> None:
        """Link an inference step with the model of the train step that ALO gives it (`Asset.get_model_path`)."""
        pair = "train" if folder_name(record.step) == "inference" else record.step
        name = f"{pair}-model"
        train = self.setup.request.plan.pipeline("train_pipeline")
        if train is None or not self.run.train_id:
            return
        if self.run.train_id != self.run.id:
            self._use_of(self.run.train_id, name, record.step)
        elif pair in train.step_names() and self._has_model(pair):
            self.batch.use(name, step=self._work(record.step))

    def _has_model(self, step: str) -> bool:
        return any(self._below(self.workspace.root / "train_artifacts" / "models" / folder_name(step), ""))

    def _files(self, kind: str, ran: list[StepRecord], name: str) -> None:
        """Keep an artifacts folder; it counts as the work of the step that asked for it last."""
        unit = self.pipeline.artifacts
        entries = {
            **dict(self._below(self.workspace.root / unit / kind, "")),
            **dict(self._below(self.workspace.root / unit / "extra_output", "extra_output/")),
            **dict(self._below(self.workspace.root / unit / "report", "report/")),
        }
        step = self.workspace.made_by.get(f"{unit}/{kind}", ran[-1].step)
        self.batch.log(name, DATA, entries, step=self._work(step))

    def _summary(self, ran: list[StepRecord]) -> None:
        summary = self.run.summaries.get(self.pipeline.name)
        if summary:
            values = {key: plain(summary[key]) for key in ("result", "score", "note", "probability") if key in summary}
            step = self.workspace.made_by.get(f"{self.pipeline.artifacts}/score", ran[-1].step)
            content = self.batch.bytes(json.dumps(values, indent=1, ensure_ascii=False).encode())
            name = f"{self.pipeline.mode}-summary"
            self.batch.log(name, METRICS, {"summary.json": content}, step=self._work(step), metadata=values)

    def _below(self, folder: Path, prefix: str) -> Iterator[tuple[str, Entry]]:
        """Yield the regular files that the run itself has written below a folder: links stand for earlier runs'."""
        if folder.is_symlink() or not folder.is_dir():
            return
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield f"{prefix}{path.relative_to(folder).as_posix()}", self.batch.file(path)


@cache
def environment() -> str:
    """Return the installed packages as lines ``name==version``; they do not change while a process lives."""
    from importlib.metadata import distributions

    found = {f"{each.name}=={each.version}" for each in distributions() if each.name}
    return "\n".join(sorted(found, key=str.lower)) + "\n"
