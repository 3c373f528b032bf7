"""What the plan widget works on, without a widget."""

from __future__ import annotations

import subprocess
import threading
from functools import partial
from pathlib import Path

import nbformat
import pytest
from clicked_plan import INFERENCE, PLAN, TRAIN, write

from alo_nb.errors import AloNbError, MagicUsageError, PlanEditError, SourceError
from alo_nb.notebook import plan_runs
from alo_nb.notebook.plan_bench import PlanBench
from alo_nb.notebook.plan_places import Spot
from alo_nb.notebook.plan_shelf import CELLS, COPY, EMPTY
from alo_nb.notebook.session import current_session
from alo_nb.notebook.step_sources import CELL, FILE, FOLDER, GIT, NOTEBOOK

ASSET = """\
class UserAsset(Asset):
    def run(self):
        self.asset.check_args("top", is_required=True, chng_type="int")
        how = self.asset.check_args("how", default="bar", chng_type="str")
        if how == "line":
            pass
"""
STEP = "\nasset.save_data({})\nasset.save_config({})"


@pytest.fixture
def address(tmp_path_factory, monkeypatch):
    """The address of a repository with an asset."""
    monkeypatch.setenv("ALO_NB_GIT_PROTOCOLS", "https,file")
    folder = tmp_path_factory.mktemp("upstream")
    (folder / "asset_report.py").write_text(ASSET)
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    return f"file://{folder}"


@pytest.fixture
def bench(shell, project):
    write(project)
    return PlanBench.open(current_session(), "plan.yaml")


def fields(bench, step, pipeline=TRAIN):
    return {each.name: each for each in bench.fields(pipeline, step)}


# -- fields ----------------------------------------------------------------------------------------------------------


def test_a_field_knows_where_its_value_comes_from_and_what_it_would_be_without_the_plan(bench):
    found = fields(bench, "fit")
    assert (found["depth"].value, found["depth"].origin, found["depth"].default) == (5, "plan", 3)
    assert (found["rounds"].value, found["rounds"].origin) == (9, "magic line")
    assert (found["rate"].value, found["rate"].origin) == (0.5, "default")
    assert (found["seconds"].value, found["seconds"].origin, found["seconds"].kind) == (0, "default", "int")
    bench.runs.override("fit.depth=7 fit.extra=x")
    found = fields(bench, "fit")
    assert (found["depth"].value, found["depth"].override, found["depth"].is_overridden) == (5, 7, True)
    assert found["extra"].override == "x"
    assert not found["rate"].is_overridden


def test_the_code_of_a_step_gives_its_fields_type_default_choices_and_what_is_missing(bench, project):
    (project / "assets" / "report").mkdir(parents=True)
    (project / "assets" / "report" / "asset_report.py").write_text(ASSET)
    bench.add(TRAIN, FOLDER, "assets/report")
    found = fields(bench, "report")
    assert found["top"].is_missing
    assert (found["how"].kind, found["how"].value, found["how"].options) == ("text", "bar", ("bar", "line"))
    assert bench.code_place(TRAIN, "report") == "assets/report/asset_report.py"


def test_a_secret_within_a_value_is_no_field_that_shows_it(shell, project):
    write(
        project, PLAN.replace("kind: forest", "kind: {deep: {token: abcdef-123456}, url: 'https://me:pw12345@x.org'}")
    )
    found = fields(PlanBench.open(current_session(), "plan.yaml"), "fit")["kind"]
    assert (found.kind, found.value, found.default) == ("secret", None, None)


@pytest.mark.parametrize("written", ["depth=7", "fit.depth", "fitt.depth=7", "fit.=7"])
def test_an_override_that_names_no_argument_of_a_step_is_refused(bench, written):
    with pytest.raises(MagicUsageError):
        bench.runs.override(written)
    assert bench.runs.overrides == {}


# -- problems --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "spot"),
    [
        (("interface_mode: memory", "interface_mode: memroy"), Spot("control", field="interface_mode", line=38)),
        (("load_model_path:", "load_model_path: 5"), Spot("paths", field="load_model_path", line=9)),
        (("source: {code: steps.ipynb", "source: {code: "), Spot("step", TRAIN, "prep", line=28)),
        (("kind: forest", "kind: 1e-5"), Spot("step", TRAIN, "fit", "", 21)),
        (("- step: fit\n        source", "- step: fit t\n        source"), Spot("step", TRAIN, "fit", line=29)),
        (("- get_asset_source: once", "- get_asset: once"), Spot("text", line=32)),
        (("name: shop", "name: [shop"), Spot("text", line=3)),
    ],
)
def test_a_problem_knows_where_it_is_mended(shell, project, change, spot):
    write(project, PLAN.replace(*change, 1))
    bench = PlanBench.open(current_session(), "plan.yaml")
    found = [bench.spot(each) for each in bench.told()]
    assert (spot.part, spot.pipeline, spot.step) in {(each.part, each.pipeline, each.step) for each in found}
    assert any(each.part == spot.part and (each.field == spot.field or not spot.field) and each.line for each in found)


def test_errors_come_before_warnings_and_a_text_that_is_no_plan_is_one_error_with_its_line(shell, project):
    write(project, PLAN.replace("interface_mode: memory", "interface_mode: memroy"))
    bench = PlanBench.open(current_session(), "plan.yaml")
    assert [each.severity for each in bench.told()][:2] == ["error", "warning"]
    assert bench.is_readable
    bench.file.write("name: x\n\tb: 1\n")
    (problem,) = bench.told()
    assert problem.place.line == 2
    assert not bench.is_readable
    assert bench.rows(TRAIN) == []


# -- the shelf -------------------------------------------------------------------------------------------------------


def test_plans_are_found_and_the_edits_of_one_wait_while_another_is_worked_on(bench, project):
    (project / "plans").mkdir()
    (project / "plans" / "other.yml").write_text(PLAN.replace("name: shop", "name: other"))
    (project / "settings.yaml").write_text("name: no plan\n")
    for made in (".alo/x", "history/train/a", "train_artifacts/b"):
        (project / made).mkdir(parents=True)
        (project / made / "plan.yaml").write_text(PLAN)
    bench.look_again()
    assert [*bench.shelf.names()] == ["plan.yaml", "plans/other.yml"]
    bench.file.write(PLAN.replace("depth: 5", "depth: 6"))
    first = bench.file.path
    bench.shelf.choose(bench.shelf.names()["plans/other.yml"])
    assert bench.plan.name == "other"
    assert bench.shelf.is_unsaved(first)
    bench.shelf.choose(first)
    assert bench.plan.pipeline(TRAIN).steps[1].args["depth"] == 6
    bench.file.undo()
    assert bench.file.text == PLAN


def test_a_new_plan_begins_with_nothing_with_the_cells_or_as_a_copy_and_has_no_file_before_it_is_saved(
    bench, shell, project
):
    shell.run(f"%%alo_asset step=score -n{STEP}")
    bench.shelf.begin(EMPTY, "plans/empty.yaml")
    assert (bench.plan.name, bench.rows(TRAIN)) == ("empty", [])
    assert not any(each.severity == "error" for each in bench.problems)
    bench.shelf.begin(CELLS, "plans/cells.yaml")
    assert bench.plan.pipeline(TRAIN).step_names() == ("score",)
    bench.shelf.choose(project / "plan.yaml")
    bench.shelf.begin(COPY, "plans/copy.yaml")
    assert bench.plan.pipeline(TRAIN).steps[0].source.code == "../steps.ipynb"
    assert not (project / "plans").exists()
    bench.file.save()
    assert (project / "plans" / "copy.yaml").read_text() == PLAN.replace("steps.ipynb", "../steps.ipynb")


def test_saved_as_another_file_the_old_one_stays_and_the_steps_are_found_from_there(bench, project):
    bench.file.write(PLAN.replace("depth: 5", "depth: 6"))
    bench.shelf.save_as("deep/er/two.yaml")
    assert (project / "plan.yaml").read_text() == PLAN
    assert bench.file.path == project / "deep" / "er" / "two.yaml"
    assert not bench.file.is_unsaved
    assert bench.code_place(TRAIN, "fit").startswith("steps.ipynb")
    assert bench.plan.pipeline(TRAIN).steps[1].args["depth"] == 6


@pytest.mark.parametrize("name", ["", "plan.yaml", "plan.txt", "new"])
def test_a_plan_is_never_written_over_another_file(bench, project, name):
    for act in (lambda: bench.shelf.save_as(name), lambda: bench.shelf.begin(EMPTY, name)):
        with pytest.raises((MagicUsageError, PlanEditError)):
            act()
    assert (project / "plan.yaml").read_text() == PLAN
    assert bench.file.path == project / "plan.yaml"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("x" * 300 + ".yaml", "longer than 200 bytes"),
        ("한" * 80 + ".yaml", "longer than 200 bytes"),
        ("a/" * 3000 + "b.yaml", "no name of a plan"),
        ("a/b\0.yaml", "cannot be seen"),
        ("a\x1b[31m.yaml", "cannot be seen"),
        ("a\u202eb.yaml", "cannot be seen"),
        ("a\nb.yaml", "cannot be seen"),
        ("~nobody-of-this-name/b.yaml", "no name of a plan"),
        ("plan.yaml/b.yaml", "is a file, not a folder"),
        ("../b.yaml", "outside of the project"),
        ("{elsewhere}/b.yaml", "outside of the project"),
        ("link/b.yaml", "outside of the project"),
    ],
)
def test_a_name_that_cannot_be_or_leads_out_of_the_project_is_refused(bench, project, tmp_path_factory, name, why):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (project / "link").symlink_to(elsewhere)
    for act in (bench.shelf.save_as, partial(bench.shelf.begin, EMPTY)):
        with pytest.raises(PlanEditError, match=why) as caught:
            act(name.format(elsewhere=elsewhere))
        assert "plans/second.yaml" in caught.value.do
        assert not {"\x1b", "\0", "\u202e"}.intersection(str(caught.value))
    assert bench.file.path == project / "plan.yaml"
    assert [*elsewhere.iterdir()] == []


def test_a_plan_that_is_opened_from_elsewhere_is_saved_beside_itself(shell, project, tmp_path_factory):
    elsewhere = write(tmp_path_factory.mktemp("elsewhere"))
    bench = PlanBench.open(current_session(), elsewhere)
    bench.shelf.save_as(bench.shelf.free_name(elsewhere))
    assert bench.file.path == elsewhere.with_name("plan_2.yaml")


def test_what_is_not_known_of_a_step_says_what_to_do(bench, project):
    key = (TRAIN, "prep")
    bench.look_again()
    assert set(bench.states().values()) == {"never"}
    bench.shelf.begin(COPY, "plans/copy.yaml")
    bench.look_again()
    assert bench.states()[key] == "unknown"
    assert {each.why for each in bench.rows(TRAIN)} == {"save the plan to see what would run"}
    bench.file.save()
    assert bench.why_unknown() == "press Reload to see what would run"
    bench.look_again()
    assert bench.states()[key] == "never"
    bench.file.write(bench.file.text.replace("interface_mode: memory", "interface_mode: memroy"))
    assert "mend the errors" in bench.why_unknown()


def test_cells_are_named_by_their_notebook_when_it_is_known_so_that_the_plan_runs_anywhere(
    bench, shell, project, monkeypatch
):
    monkeypatch.setenv("JPY_SESSION_NAME", str(project / "steps.ipynb"))
    shell.run(f"%%alo_asset step=score -n{STEP}")
    bench.shelf.begin(CELLS, "plans/cells.yaml")
    assert bench.plan.pipeline(TRAIN).steps[0].source.code == "../steps.ipynb"


# -- steps from everywhere -------------------------------------------------------------------------------------------


def test_a_step_comes_from_a_cell_another_notebook_a_folder_or_a_file(bench, shell, project):
    shell.run(f"%%alo_asset step=score -n{STEP}")
    cells = [nbformat.v4.new_code_cell(f"%%alo_asset step={name}{STEP}") for name in ("plot", "send")]
    (project / "more").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), project / "more" / "more.ipynb")
    (project / "assets" / "report").mkdir(parents=True)
    (project / "assets" / "report" / "asset_report.py").write_text(ASSET)
    (project / "more" / "asset_tidy.py").write_text(ASSET)
    (project / "more" / "clean").mkdir()
    (project / "more" / "clean" / "asset_clean.py").write_text(ASSET)
    (project / "more" / "clean" / "helpers.py").write_text("n = 1\n")

    def labels(kind):
        return [each.label for each in bench.candidates(kind, TRAIN)]

    assert labels(CELL) == ["score"]
    assert labels(NOTEBOOK) == ["plot · more/more.ipynb", "send · more/more.ipynb"]
    assert labels(FOLDER) == ["assets/report"]
    assert labels(FILE) == ["more/asset_tidy.py", "more/clean/asset_clean.py"]
    added = [
        bench.add(TRAIN, CELL, "score", after=""),
        bench.add(TRAIN, NOTEBOOK, "plot · more/more.ipynb"),
        bench.add(TRAIN, FOLDER, "assets/report"),
        bench.add(TRAIN, FILE, "more/asset_tidy.py", name="tidy_up"),
        bench.add(INFERENCE, FOLDER, "more/clean"),
    ]
    assert added == ["score", "plot", "report", "tidy_up", "clean"]
    assert bench.plan.pipeline(TRAIN).step_names() == ("score", "prep", "fit", "plot", "report", "tidy_up")
    codes = {each.name: each.source.code for each in bench.plan.pipeline(TRAIN).steps}
    assert (codes["score"], codes["plot"], codes["tidy_up"]) == ("notebook", "more/more.ipynb", "local")
    assert (project / "assets" / "tidy_up" / "asset_tidy_up.py").read_text() == ASSET
    assert (project / "assets" / "clean" / "helpers.py").exists()
    assert bench.code_place(INFERENCE, "clean") == "assets/clean/asset_clean.py"
    assert labels(CELL) == labels(FOLDER)[:0] == []


@pytest.mark.parametrize(
    ("kind", "wanted", "name", "why"),
    [
        (CELL, "", "", "which step"),
        (CELL, "scor", "", "did you mean 'score'"),
        (CELL, "score", "other", "is called 'score'"),
        (NOTEBOOK, "nothing.ipynb", "", "no notebook"),
        (NOTEBOOK, "steps.ipynb", "", "2 step cells: prep, fit"),
        (FOLDER, "bare", "", "no file asset_"),
        (FILE, "more/asset_bad.py", "", "asset_bad.py is not valid Python: .*line 1"),
        (FILE, "more/nothing.py", "", "there is no"),
        (FILE, "plan.yaml", "", "no Python file"),
        (GIT, "not an address", "", "no address"),
        (GIT, "https://git.example.org/group/x.git", "../x", "cannot name a step"),
    ],
)
def test_what_cannot_be_added_is_an_error_that_says_why_and_nothing_is_left(
    bench, shell, project, kind, wanted, name, why
):
    shell.run(f"%%alo_asset step=score -n{STEP}")
    (project / "bare").mkdir()
    (project / "more").mkdir()
    (project / "more" / "asset_bad.py").write_text("def (:\n")
    with pytest.raises(AloNbError, match=why):
        bench.add(TRAIN, kind, wanted, name=name)
    assert bench.file.text == PLAN
    assert not (project / "assets").exists()


def test_a_copied_step_never_replaces_one_that_is_there(bench, project):
    (project / "asset_mine.py").write_text(ASSET)
    (project / "assets" / "mine").mkdir(parents=True)
    (project / "assets" / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(SourceError, match="already"):
        bench.add(TRAIN, FILE, "asset_mine.py")
    assert [each.name for each in (project / "assets" / "mine").iterdir()] == ["notes.txt"]
    assert bench.file.text == PLAN


def test_code_from_git_is_fetched_beside_the_plan_and_its_arguments_are_known_then(bench, project, address):
    name = bench.add(TRAIN, GIT, address, name="report", branch="main")
    ended = threading.Event()
    bench.fetch(TRAIN, name, ended.set)
    assert ended.wait(60)
    fetch = bench.fetches[(TRAIN, name)]
    assert fetch.error is None
    assert len(fetch.commit) == 12
    assert fields(bench, "report")["top"].is_missing
    assert bench.plan.pipeline(TRAIN).steps[-1].source.branch == "main"


def test_code_that_cannot_be_fetched_says_why_and_the_plan_has_the_step_anyway(bench, address):
    name = bench.add(TRAIN, GIT, address, name="report", branch="nowhere")
    ended = threading.Event()
    bench.fetch(TRAIN, name, ended.set)
    assert ended.wait(60)
    assert "no branch, tag or commit 'nowhere'" in str(bench.fetches[(TRAIN, name)].error)


# -- runs ------------------------------------------------------------------------------------------------------------


def test_a_cell_that_is_newer_than_its_file_is_not_run_as_the_file_has_it(bench, shell):
    shell.run("%alo_plan plan.yaml")
    shell.run(f"%%alo_asset step=prep -n{STEP}")
    with pytest.raises(MagicUsageError, match="has another cell of step 'prep'"):
        bench.runs.start(plan_runs.CHANGED)
    bench.session.registry.remove("prep")
    running = bench.runs.start(plan_runs.CHANGED)
    running.stop()
    running.close()
    assert Path("plan.yaml").read_text() == PLAN
