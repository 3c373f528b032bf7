"""What the last good run has left in the project: the artifacts, the model and the data that a bundle carries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from alo_nb.errors import AloNbError, RunNotFoundError, StepOutputError
from alo_nb.plan import Pipeline, Place, Plan, Step
from alo_nb.plan.redact import redact_all
from alo_nb.plan.tree import Findings, Severity, path_of
from alo_nb.project import Project
from alo_nb.registration.checks import is_single
from alo_nb.registration.code import Code, code_of
from alo_nb.registration.files import artifacts_of, models_of
from alo_nb.registration.info import SolutionInfo
from alo_nb.runner.ids import code_id
from alo_nb.runner.marks import marked_run
from alo_nb.runner.results import IMAGES, check_inference_output
from alo_nb.steps.definition import StepDefinition
from alo_nb.store import Run, RunStore, StepRecord
from alo_nb.store.records import plain


@dataclass(frozen=True)
class Results:
    """The runs whose results lie in the project.

    `runs` maps ``"train"`` and ``"inference"`` to the id of the run, `records` to its record where it still exists;
    `stale` has the steps whose code or arguments are others by now, as ``"train_pipeline/input"``.
    """

    runs: Mapping[str, str]
    records: Mapping[str, Run]
    stale: tuple[str, ...] = ()


def find_results(
    plan: Plan, pipelines: tuple[Pipeline, ...], code: Code, project: Project, findings: Findings
) -> Results:
    """Return the runs that made what lies in the project; tell what is missing, and what other code has made.

    Parameters
    ----------
    pipelines : tuple of Pipeline
        Those that are registered.
    code : mapping
        Today's code; steps whose code was not found are passed over.
    """
    runs, records = {}, {}
    for pipeline in _with_results(plan, pipelines):
        run_id = marked_run(artifacts_of(project, pipeline.mode))
        if not run_id:
            _tell_missing(plan, pipeline, project, findings)
            continue
        runs[pipeline.mode] = run_id
        try:
            records[pipeline.mode] = RunStore(project).get(run_id)
        except RunNotFoundError:
            message = f"the record of run {run_id} is gone, so nobody can tell whether its code is that of today"
            _warn(message, pipeline, plan, findings)
    _check_plan(plan, records, findings)
    _check_model(plan, runs, records, project, findings)
    stale = tuple(_stale(pipelines, code, records))
    if stale:
        message = f"steps are not what the run of these results ran, or were no part of it: {', '.join(stale)}"
        _warn(message, None, plan, findings)
    return Results(runs, records, stale)


def check_output(project: Project, info: SolutionInfo | None, findings: Findings) -> None:
    """Tell what Edge Conductor would not find in the output of the inference (ALO 2.6 pipeline.py)."""
    artifacts = artifacts_of(project, "inference")
    try:
        check_inference_output(artifacts)
    except StepOutputError as error:
        _add(error, "BUNDLE_OUTPUT", findings)
        return
    suffixes = {each.suffix.lower() for each in (artifacts / "output").iterdir() if not each.name.startswith(".")}
    made = {"table": ".csv" in suffixes, "image": bool(suffixes & IMAGES)}
    for key in ("inference_result_datatype", "train_datatype"):
        wanted = getattr(info.contents_type, key) if info is not None else ""
        if not made.get(wanted, True):
            kind = "a .csv" if wanted == "table" else f"an image ({', '.join(sorted(IMAGES))})"
            message = f"{key} is {wanted}, and the inference wrote no {kind.partition(' ')[2]}"
            do = f"let a step write {kind} to asset.get_output_path(), or correct {key}"
            where = path_of("contents_type", key)
            severity: Severity = "error" if key == "inference_result_datatype" else "warning"
            findings.problem("BUNDLE_DATATYPE", message, where, findings.places[where], do=do, severity=severity)


def _with_results(plan: Plan, pipelines: tuple[Pipeline, ...]) -> Iterator[Pipeline]:
    """Yield the pipelines whose results are looked at: train too when only its model becomes part of the solution."""
    train = plan.pipeline("train_pipeline")
    if train is not None and train.steps and train not in pipelines:
        yield train
    yield from pipelines


def _tell_missing(plan: Plan, pipeline: Pipeline, project: Project, findings: Findings) -> None:
    folder = artifacts_of(project, pipeline.mode)
    what = "holds no results of a whole run" if folder.is_dir() else "does not exist: the pipeline has not run"
    do = f"run it: alo-nb run {plan.path or 'PLAN'}" + ("" if is_single(plan) else f" --mode {_mode_to_run(project)}")
    findings.problem("BUNDLE_NO_RUN", f"{folder.name}/ {what}", pipeline.name, Place(str(folder)), do=do)


def _mode_to_run(project: Project) -> str:
    return "inference" if marked_run(artifacts_of(project, "train")) else "all"


def _check_plan(plan: Plan, records: Mapping[str, Run], findings: Findings) -> None:
    for mode, run in records.items():
        if run.plan != plan.name:
            message = f"{mode}_artifacts/ is of the plan {run.plan!r}, run {run.id}"
            do = f"run this plan in the project: alo-nb run {plan.path or 'PLAN'}"
            findings.problem("BUNDLE_OTHER_PLAN", message, "name", Place(str(plan.path or "")), do=do)


def _check_model(
    plan: Plan, runs: Mapping[str, str], records: Mapping[str, Run], project: Project, findings: Findings
) -> None:
    if is_single(plan):
        _check_own_model(plan, findings)
        return
    if "train" in runs and not any(each.is_file() for each in models_of(project).rglob("*")):
        message, do = "the train pipeline left no model", "save it below asset.get_model_path(), and run the plan"
        findings.problem("BUNDLE_MODEL", message, "train_pipeline", Place(str(models_of(project))), do=do)
    inference = records.get("inference")
    if inference is not None and "train" in runs and inference.train_id not in ("", runs["train"]):
        message = f"the inference used the model of {inference.train_id}, and train_artifacts/ is of {runs['train']}"
        _warn(message, plan.pipeline("inference_pipeline"), plan, findings)


def _check_own_model(plan: Plan, findings: Findings) -> None:
    """Warn when the only pipeline loads its model from outside: such a solution has no model_uri to load it from."""
    if plan.external_path.load_model_path:
        message = "the model is loaded from outside, and a solution that does not train carries none"
        key, do = path_of("external_path", "load_model_path"), "put the model beside the code of the step that reads it"
        place = plan.external_path.places.get("load_model_path", Place(str(plan.path or "")))
        findings.problem("BUNDLE_MODEL", message, key, place, do=do, severity="warning")


def _stale(pipelines: tuple[Pipeline, ...], code: Code, records: Mapping[str, Run]) -> Iterator[str]:
    """Yield the steps that are not what ran: their code, their arguments, or the step itself is new."""
    for pipeline in pipelines:
        today = {name: each.definition for name, each in code_of(pipeline, code).items()}
        run = records.get(pipeline.mode)
        if run is None or len(today) < len(pipeline.steps):  # whose code was not found is told elsewhere
            continue
        ran = {each.step: each for each in run.steps if each.pipeline == pipeline.name}
        steps = pipeline.steps
        other = [each.name for each in steps if not _is_as_recorded(each, today[each.name], ran.get(each.name))]
        if not other and run.ids[pipeline.name].code_id != code_id(today):
            other = ["a module beside an asset file"]
        yield from (f"{pipeline.name}/{each}" for each in other)


def _is_as_recorded(step: Step, today: StepDefinition, record: StepRecord | None) -> bool:
    args = json.loads(json.dumps(plain(redact_all(dict(step.args)))))
    return record is not None and record.fingerprint == today.fingerprint and record.args == args


def _warn(message: str, pipeline: Pipeline | None, plan: Plan, findings: Findings) -> None:
    do = f"run the plan again before it is registered: alo-nb run {plan.path or 'PLAN'}"
    key = pipeline.name if pipeline is not None else ""
    findings.problem("BUNDLE_STALE", message, key, Place(str(plan.path or "")), do=do, severity="warning")


def _add(error: AloNbError, code: str, findings: Findings) -> None:
    findings.problem(code, error.what, "", Place(error.where or ""), do=error.do or "")
