"""``%alo_runs``, ``%alo_show``, ``%alo_diff``, ``%alo_lineage`` and ``%alo_artifact`` in a notebook."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from alo_nb.errors import ArtifactNotFoundError, MagicUsageError, StoreError

TRAIN = """\
import alo_nb

for rate in (0.1, 0.5):
    with alo_nb.init("digits", job_type="train", name=f"rate-{rate}", config={"rate": rate}) as run:
        for step in range(3):
            run.log({"loss": rate / (step + 1)})
        model = alo_nb.Artifact("model", "model")
        with model.new_file("weights.txt") as file:
            file.write(str(rate))
        run.log_artifact(model)
"""


@pytest.fixture
def trained(shell):
    shell.run(TRAIN)
    return shell


def test_runs_are_a_table_with_columns_of_config_and_metrics(trained) -> None:
    found = trained.run("%alo_runs --where 'loss < 1' --sort config.rate --desc")
    assert [*found["name"]] == ["rate-0.5", "rate-0.1"]
    assert [*found["config.rate"]] == [0.5, 0.1]
    assert [*trained.run("%alo_runs --last 1 --columns=name,loss").columns] == ["name", "metrics.loss"]
    assert len(trained.run("alo_nb.runs('rate = 0.1')")) == 1


def test_step_cells_are_runs_too(shell) -> None:
    shell.step("first", "asset.save_summary(result='fine', score=0.5)")
    found = shell.run("%alo_runs")
    assert [*found["mode"]] == ["train"]
    assert [*found["metrics.train.score"]] == [0.5]
    assert "fine" in repr(shell.run(f"%alo_show {found['id'][0]}"))
    assert "first" in repr(shell.run("%alo_show first"))


def test_a_summary_shows_itself_with_its_score_and_probabilities_and_is_a_dict(shell) -> None:
    long = "r" * 26
    shell.step("first", f"asset.save_summary({long!r}, 0.5, probability={{'yes': 0.7, 'no': 0.3}})")
    summary = shell.run("import alo_nb\nalo_nb.Api().runs()[0].summaries['train_pipeline']")
    data, _ = shell.ip.display_formatter.format(summary)
    assert data["text/plain"] == f"score 0.5 · {long} · no 0.30, yes 0.70"
    assert 'alt="score 0.5 of 1"' in data["text/html"]
    assert "probability: yes 0.70, no 0.30" in data["text/html"]
    assert f"{long}</span>" in data["text/html"]  # red: longer than ALO's documents allow
    assert summary["score"] == 0.5
    assert type(pickle.loads(pickle.dumps(summary))) is dict


def test_the_card_of_a_run_says_the_line_that_runs_it_again(shell) -> None:
    shell.step("first", "number = asset.load_args()['x']", options="x=1")
    run = shell.run("%alo_run train first.x=2 --force")
    assert "run again  %alo_run train --force first.x=2" in repr(shell.run(f"%alo_show {run.id}"))


def test_a_misspelt_column_is_an_error_with_the_nearest(trained) -> None:
    assert "did you mean 'loss'" in str(trained.error("%alo_runs --where 'lss < 1'"))
    assert isinstance(trained.error("%alo_runs --where 'loss <'"), MagicUsageError)


def test_show_diff_and_lineage_are_shown_as_text_and_html(trained) -> None:
    for line, word in (
        ("%alo_show rate-0.5", "metric"),
        ("%alo_show model:v0", "weights.txt"),
        ("%alo_diff rate-0.1 rate-0.5", "first difference: arguments rate"),
        ("%alo_diff model:v0 model:v1", "weights.txt"),
        ("%alo_lineage model:v0", "made of"),
    ):
        found = trained.run(line)
        assert word in repr(found), line
        data, _ = trained.ip.display_formatter.format(found)
        assert word in data["text/plain"]
        assert data["text/html"].startswith("<div")


@pytest.mark.parametrize("line", ["%alo_show", "%alo_lineage", "%alo_lineage a --file b"])
def test_a_magic_without_its_names_says_what_to_write(shell, line: str) -> None:
    error = shell.error(line)
    assert isinstance(error, MagicUsageError)
    assert "write `%alo" in str(error)


def test_diff_without_names_compares_the_last_two_runs_of_whole_pipelines(shell) -> None:
    shell.step("first", "number = asset.load_args()['x']", options="x=1")
    assert "no two good runs of whole pipelines" in str(shell.error("%alo_diff"))
    older, newer = shell.run("%alo_run"), shell.run("%alo_run first.x=2")
    shell.step("first", "number = asset.load_args()['x']", options="x=3")
    found = shell.run("%alo_diff")
    assert (older.id[-6:] in found.a, newer.id[-6:] in found.b) == (True, True)
    assert "x" in {row.what.rpartition(".")[2] for row in found.rows if row.part == "arguments"}
    assert newer.id[-6:] in shell.run(f"%alo_diff {older.id}").b


def test_lineage_in_other_formats_and_to_a_file(trained) -> None:
    assert "\tmodel:v0" in repr(trained.run("%alo_lineage model:v0 --format edges"))
    assert "written to graph.svg" in repr(trained.run("%alo_lineage model:v0 --up --depth 1 --output graph.svg"))
    assert Path("graph.svg").read_text(encoding="utf-8").startswith("<svg")
    assert trained.run("alo_nb.lineage('model:v0').origins()") == []


def test_which_data_and_code_made_this_file(trained) -> None:
    Path("copy.txt").write_text("0.5")
    found = trained.run("%alo_lineage --file copy.txt")
    assert found.versions == ("model:v1/weights.txt",)
    assert trained.run("alo_nb.made_by('copy.txt').work[0]['run']") == found.work[0]["run"]
    assert isinstance(trained.error("%alo_lineage --file graph.svg"), StoreError)


def test_an_artifact_from_log_to_rm(shell) -> None:
    Path("data.csv").write_text("1,2\n")

    assert "data:v0 · dataset · first, latest" in repr(
        shell.run("%alo_artifact log data data.csv type=dataset alias=first")
    )
    assert [*shell.run("%alo_artifact ls dataset")["name"]] == ["data"]
    assert [*shell.run("%alo_artifact")["version"]] == ["v0"]
    assert shell.run("%alo_artifact use data:first there") == "there"
    assert Path("there/data.csv").read_text() == "1,2\n"
    assert "as they were logged" in repr(shell.run("%alo_artifact verify data:v0 there"))
    Path("there/data.csv").write_text("9,9\n")
    assert "data.csv was changed" in str(shell.error("%alo_artifact verify data:v0 there"))
    Path("data.csv").write_text("3,4\n")
    assert "data:v1" in repr(shell.run("%alo_artifact log data data.csv"))
    assert "best" in repr(shell.run("%alo_artifact alias data:v0 best"))
    assert "best" not in repr(shell.run("%alo_artifact alias data:v0 best --off"))
    assert "tags" in repr(shell.run("%alo_artifact tag data:v0 checked"))
    assert "tags" not in repr(shell.run("%alo_artifact tag data:v0 checked --off"))
    assert "add --force" in str(shell.error("%alo_artifact rm data:v0"))
    assert "data:v0 is deleted" in repr(shell.run("%alo_artifact rm data:v0 --force"))
    assert isinstance(shell.error("%alo_artifact show data:v0"), ArtifactNotFoundError)
    assert [*shell.run("%alo_artifact ls data")["version"]] == ["v1"]


def test_an_artifact_goes_into_one_file_and_comes_back(shell) -> None:
    Path("data.csv").write_text("1,2\n")
    shell.run("%alo_artifact log data data.csv type=dataset")
    assert "is written to data.tar" in repr(shell.run("%alo_artifact export data:v0 data.tar"))
    shell.run("%alo_artifact rm data:v0")
    assert "data:v1" in repr(shell.run("%alo_artifact import data.tar"))
    assert shell.run("%alo_artifact use data:latest there") == "there"
    assert Path("there/data.csv").read_text() == "1,2\n"


def test_a_log_that_fails_leaves_a_failed_run(shell) -> None:
    assert isinstance(shell.error("%alo_artifact log data missing.csv type=dataset"), Exception)
    assert [*shell.run("%alo_runs")["status"]] == ["failed"]


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("%alo_artifact lst", "did you mean 'ls'"),
        ("%alo_artifact show", "write show NAME:ALIAS"),
        ("%alo_artifact rm model", "write model:v0"),
        ("%alo_artifact log data data.csv", "add type=dataset"),
        ("%alo_artifact alias model:v0 bset --off", "not called 'bset'"),
        ("%alo_artifact tag model:v0 x --off", "has no tag 'x'"),
    ],
)
def test_what_cannot_be_understood_changes_nothing(trained, line: str, hint: str) -> None:
    before = trained.run("%alo_artifact ls model").to_dict("records")
    error = trained.error(line)
    assert isinstance(error, MagicUsageError)
    assert hint in str(error)
    assert trained.run("%alo_artifact ls model").to_dict("records") == before


def test_code_for_wandb_runs_with_another_import(shell) -> None:
    Path("x.csv").write_text("1")
    assert shell.run("""\
import alo_nb as wandb

with wandb.init(project="artifacts-example", job_type="load-data", config={"n": 1}) as run:
    raw = wandb.Artifact("raw", type="dataset", description="numbers", metadata={"sizes": [1]})
    raw.add_file("x.csv")
    with raw.new_file("y.csv", mode="wb") as file:
        file.write(b"2")
    run.log_artifact(raw, aliases=["first"])

with wandb.init(project="artifacts-example", job_type="use") as run:
    used = run.use_artifact("me/artifacts-example/raw:first", type="dataset")
    folder = used.download()

sorted(each.path for each in used.files()), used.version, wandb.Api().artifact("raw:latest").logged_by().job_type
""") == (["x.csv", "y.csv"], "v0", "load-data")


def test_two_runs_that_took_all_from_the_cache_are_equal(shell, project) -> None:
    body = "asset.save_data({'x': [1]})\nasset.save_config({})"
    shell.step("fit", body, options="pipeline=train -n", end="")
    summary = "from pathlib import Path\nPath(asset.get_output_path(), 'output.csv').write_text('a')"
    summary += "\nasset.save_summary(result='OK', score=0.5)"
    shell.step("predict", f"{body}\n{summary}", options="pipeline=inference -n", end="")
    shell.run("%alo_run")
    shell.run("%alo_run")
    first = shell.run("%alo_run")
    second = shell.run("%alo_run")
    assert first.mode == second.mode == "all"
    assert all(each.cached_from for each in (*first.steps, *second.steps))
    assert shell.run(f"%alo_diff {first.id} {second.id}").rows == ()
