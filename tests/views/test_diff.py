"""What differs between two runs or two versions, what comes first, first."""

from __future__ import annotations

from dataclasses import replace

import pytest

import alo_nb
from alo_nb.errors import MagicUsageError
from alo_nb.project import Project
from alo_nb.store.records import OutputRecord, PipelineIds, Run, StepRecord
from alo_nb.store.runs import RunStore
from alo_nb.views.diff import Diff, compare
from alo_nb.views.named import named

PIPELINE = "train_pipeline"


def diff(project: Project, a: str, b: str) -> Diff:
    return compare(project, named(project, a), named(project, b))


def step(**values: object) -> StepRecord:
    base = StepRecord(
        PIPELINE,
        "fit",
        "success",
        1.0,
        "b3:c0de",
        "cell 1",
        {"n": 3},
        (OutputRecord("df", "DataFrame 3x1", 9, "b3:da7a"),),
    )
    return replace(base, **values)  # type: ignore[arg-type]


def run(
    project: Project,
    number: int,
    record: StepRecord,
    *,
    plan: str = "name: a\n",
    code: str = "x = 1\n",
    **values: object,
) -> str:
    store = RunStore(project)
    started = store.start(Run(f"2099010{number}T000000Z-00000{number}", mode="train", plan="small"))
    (store.folder(started.id) / "plan.yaml").write_text(plan)
    source = project.history / "train" / started.id / "backup_source" / "assets" / "fit"
    source.mkdir(parents=True)
    (source / "fit.py").write_text(code)
    store.finish(replace(started, steps=(record,), **values), "success")  # type: ignore[arg-type]
    return started.id


def parts(found: Diff) -> list[tuple[str, str]]:
    return [(each.part, each.what) for each in found.rows]


def test_equal_runs_are_said_to_be_equal(project: Project) -> None:
    a, b = run(project, 1, step()), run(project, 2, step())
    found = diff(project, a, b)
    assert found.equal
    assert found.headline() == "equal"
    assert "equal" in found._repr_html_()


def test_differences_come_in_the_order_of_cause_and_effect(project: Project) -> None:
    changed = step(
        fingerprint="b3:c1de", args={"n": 5, "m": 1}, data=(OutputRecord("df", "DataFrame 4x1", 9, "b3:da7b"),)
    )
    a = run(project, 1, step(), ids={PIPELINE: PipelineIds("d1")}, summaries={PIPELINE: {"score": 0.5, "date": "x"}},
            made_in={"python": "3.11.7", "pid": 1})  # fmt: skip
    b = run(project, 2, changed, plan="name: b\n", code="x = 2\n", ids={PIPELINE: PipelineIds("d2")},
            summaries={PIPELINE: {"score": 0.75, "date": "y"}}, made_in={"python": "3.12.1", "pid": 2})  # fmt: skip

    found = diff(project, a, b)

    assert parts(found) == [
        ("plan", ""),
        ("arguments", "fit.n"),
        ("arguments", "fit.m"),
        ("code", "train_pipeline/fit"),
        ("data", "train input"),
        ("environment", "python"),
        ("output", "fit data.df"),
        ("metrics", "train.score"),
    ]
    assert found.headline() == "first difference: plan"
    assert "-name: a" in found.rows[0].detail
    assert "+x = 2" in found.rows[3].detail
    assert (found.rows[2].a, found.rows[2].b) == ("-", "1")
    shown = found.text()
    assert shown.index("first difference") < shown.index("+x = 2")
    assert "+x = 2" in found._repr_html_()


def test_code_without_a_backup_differs_by_its_fingerprint_only(project: Project) -> None:
    a, b = run(project, 1, step()), run(project, 2, step(fingerprint="b3:ffff"))
    (project.history / "train" / a / "backup_source" / "assets" / "fit" / "fit.py").unlink()
    (row,) = diff(project, a, b).rows
    assert (row.part, row.a, row.b, row.detail) == ("code", "b3:c0de", "b3:ffff", "")


def test_a_changed_file_beside_an_asset_is_told_where_the_step_itself_is_the_same(project: Project) -> None:
    a = run(project, 1, step(), ids={PIPELINE: PipelineIds(code_id="c1")})
    b = run(project, 2, step(), ids={PIPELINE: PipelineIds(code_id="c2")})
    for number, name in enumerate((a, b)):
        folder = project.history / "train" / name / "backup_source" / "assets" / "fit"
        (folder / "fit.py").rename(folder / "asset_fit.py")
        (folder / "engine.py").write_text(f"depth = {number}\n")
    (row,) = diff(project, a, b).rows

    assert (row.part, row.what, row.a, row.b) == ("code", "Python files beside step train_pipeline/fit", "c1", "c2")
    assert "engine.py" in row.detail
    assert "+depth = 1" in row.detail


def test_a_changed_file_whose_backup_is_gone_is_told_by_its_pipeline(project: Project) -> None:
    a = run(project, 1, step(), ids={PIPELINE: PipelineIds(code_id="c1")})
    b = run(project, 2, step(), ids={PIPELINE: PipelineIds(code_id="c2")})
    (row,) = diff(project, a, b).rows

    assert (row.what, row.a, row.b) == ("Python files beside the steps of train_pipeline", "c1", "c2")


def test_runs_of_two_modes_are_compared_by_the_pipeline_that_both_have(project: Project) -> None:
    a = run(project, 1, step(), ids={PIPELINE: PipelineIds("d1")})
    both = replace(Run("20990102T000000Z-000002", mode="all", plan="small"), train_id="t")
    store = RunStore(project)
    started = store.start(both)
    (store.folder(started.id) / "plan.yaml").write_text("name: a\n")
    steps = (step(args={"n": 5}), replace(step(), pipeline="inference_pipeline", step="predict"))
    ids = {PIPELINE: PipelineIds("d1"), "inference_pipeline": PipelineIds("d9")}
    summaries = {"inference_pipeline": {"score": 1}}
    store.finish(replace(started, steps=steps, ids=ids, summaries=summaries), "success")
    found = diff(project, a, both.id)

    assert parts(found) == [("run", "mode"), ("arguments", "fit.n")]
    assert found.headline() == "first difference: run mode"
    assert "of their pipelines, train_pipeline is compared" in found.text()


def test_runs_without_a_common_pipeline_say_so(project: Project) -> None:
    a = run(project, 1, step())
    store = RunStore(project)
    started = store.start(Run("20990102T000000Z-000002", mode="inference", plan="small"))
    predict = replace(step(), pipeline="inference_pipeline", step="predict")
    store.finish(replace(started, steps=(predict,)), "success")
    found = diff(project, a, started.id)

    assert parts(found) == [("run", "mode")]
    assert "they have no pipeline in common" in found.text()


def test_what_is_empty_on_both_sides_and_what_a_file_says_of_itself_is_left_out(project: Project) -> None:
    technical = {"date": "x", "file_path": "/one", "version": "v1", "score": 1}
    a = run(project, 1, step(args={"n": 3, "m": None}), summaries={PIPELINE: technical})
    other = {**technical, "date": "y", "file_path": "", "version": "v2", "score": 2}
    b = run(project, 2, step(args={"n": 3, "k": ""}), summaries={PIPELINE: other})

    assert parts(diff(project, a, b)) == [("metrics", "train.score")]


def test_a_long_difference_is_cut(project: Project) -> None:
    a = run(project, 1, step())
    b = run(project, 2, step(fingerprint="b3:ffff"), code="\n".join(f"y{number} = 1" for number in range(500)))
    (row,) = diff(project, a, b).rows
    assert "more lines" in row.detail
    assert len(row.detail.splitlines()) < 100


def test_tracked_runs_differ_by_what_they_were_told_used_made_and_found(digits: Project) -> None:
    found = diff(digits, "train-0", "train-1")
    assert parts(found) == [("arguments", "rate"), ("output", "model"), ("metrics", "loss")]


def test_secrets_are_not_shown(project: Project) -> None:
    for number in (1, 2):
        with alo_nb.init(name=f"run-{number}", config={"token": f"hunter{number}", "n": number}):
            pass
    shown = diff(project, "run-1", "run-2")
    assert "hunter" not in shown.text()
    assert ("arguments", "n") in parts(shown)


def test_versions_differ_by_files_and_metadata(project: Project) -> None:
    for number in range(2):
        with alo_nb.init() as tracked:
            artifact = alo_nb.Artifact("data", "dataset", metadata={"n": number})
            for name, text in {"same": "1", "changed": str(number), f"only-{number}": "x"}.items():
                with artifact.new_file(f"{name}.txt") as file:
                    file.write(text)
            tracked.log_artifact(artifact)

    found = diff(project, "data:v0", "data:v1")

    assert parts(found) == [
        ("file", "changed.txt"),
        ("file", "only-0.txt"),
        ("file", "only-1.txt"),
        ("metadata", "n"),
    ]
    assert [each.a == "-" for each in found.rows] == [False, False, True, False]
    assert diff(project, "data:v1", "data:latest").equal


def test_things_of_two_kinds_are_not_compared(digits: Project) -> None:
    with pytest.raises(MagicUsageError, match="two runs or two versions"):
        diff(digits, "train-0", "model:v0")


def test_the_model_that_a_run_has_made_itself_is_no_input(project: Project) -> None:
    a, b = (run(project, number, step(), train_id=f"2099010{number}T000000Z-00000{number}") for number in (1, 2))
    assert diff(project, a, b).equal
    c = run(project, 3, step(), train_id=a)
    assert parts(diff(project, a, c)) == [("data", "model from run")]
