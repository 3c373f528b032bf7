"""What stands against a bundle: pipelines, arguments, calls, results. Everything is told at once."""

from __future__ import annotations

import pytest

from alo_nb.plan import read_plan

from .conftest import INFER, TRAIN


def test_a_good_solution_has_no_problems(ran):
    assert ran.examine().problems == ()


def test_all_findings_come_at_once(solution):
    solution.info["solution_name"] = "a b"
    solution.plan["user_parameters"][0]["train_pipeline"][1]["ui_args"] = ["rat"]
    solution.cells["inference"] = INFER.replace("save_summary", "save_sumary")
    solution.write_texts()

    codes = {each.code for each in solution.examine().errors}

    assert codes == {"INFO_NAME", "PLAN_UI_ARGS", "BUNDLE_SAVE_SUMMARY", "BUNDLE_NO_RUN"}


def test_nothing_is_run_fetched_or_written_by_looking(ran):
    before = {path: path.stat().st_mtime_ns for path in ran.root.rglob("*") if path.is_file()}

    ran.examine()

    assert {path: path.stat().st_mtime_ns for path in ran.root.rglob("*") if path.is_file()} == before


# -- pipelines -------------------------------------------------------------------------------------------------------


def test_a_solution_cannot_train_only(solution):
    solution.drop("inference_pipeline")
    solution.write_texts()

    assert solution.found("BUNDLE_PIPELINES").severity == "error"


def test_an_info_with_train_needs_a_plan_with_train(solution):
    solution.drop("train_pipeline")
    solution.write_texts()
    problem = solution.found("INFO_PIPELINES")

    assert (problem.severity, problem.key, problem.place.line) == ("error", "inference_only", 2)


def test_a_pipeline_in_one_section_only_is_an_error(ran):
    ran.plan["asset_source"] = [each for each in ran.plan["asset_source"] if "train_pipeline" not in each]
    ran.write_texts()

    assert ran.found("PLAN_STEP_MISMATCH").severity == "error"


def test_a_plan_of_alo_3_is_sent_to_alo_3(solution):
    solution.put("plan.yaml", "name: x\nsolution:\n  function:\n    f: {def: m.f}\n  inference: {pipeline: [f]}\n")

    assert "alo register" in solution.found("BUNDLE_ALO_3").do


def test_inference_only_leaves_train_out(ran):
    ran.info["inference_only"] = True
    ran.write_texts()
    examined = ran.examine()

    assert examined.problems == ()
    assert [each.name for each in examined.pipelines] == ["inference_pipeline"]


# -- the code of the steps -------------------------------------------------------------------------------------------


def test_code_that_is_not_there_is_told_for_every_step(ran):
    (ran.root / "assets/input/asset_input.py").unlink()
    ran.put("steps.ipynb", '{"cells": []}')
    keys = {each.key for each in ran.examine().errors if each.code == "BUNDLE_CODE"}

    assert keys == {
        "asset_source > train_pipeline > input > source > code",
        "asset_source > train_pipeline > train > source > code",
        "asset_source > inference_pipeline > input > source > code",
        "asset_source > inference_pipeline > inference > source > code",
    }


def test_a_step_in_git_that_was_never_fetched_is_told_and_not_fetched(ran):
    ran.steps("asset_source", "train_pipeline")[1]["source"]["code"] = "https://host.invalid/train.git"
    ran.write_texts()

    assert "was not fetched yet" in ran.found("BUNDLE_CODE").message


def test_a_cell_that_needs_its_notebook_is_told_with_its_line(ran):
    ran.cells["train"] = f"!ls\n{TRAIN}"
    ran.write_texts()

    assert "steps.ipynb, cell 2, line 2: !ls" in ran.found("BUNDLE_CODE").message


def test_a_solution_without_check_args_is_an_error(ran):
    ran.cells["train"] = TRAIN.replace('asset.check_args("rate", chng_type="float", default=1.0)', "1")
    ran.cells["inference"] = INFER.replace('asset.check_args("limit", chng_type="float", default=1.0)', "1")
    ran.put("assets/input/asset_input.py", ran.root.joinpath("assets/input/asset_input.py").read_text().replace(
        'self.asset.check_args("column", is_required=True)', "pass"
    ))  # fmt: skip
    ran.write_texts()
    problem = ran.found("BUNDLE_CHECK_ARGS")

    assert problem.severity == "error"
    assert problem.place.file.endswith("plan.yaml")
    assert 'asset.check_args("name"' in problem.do


def test_a_call_in_a_module_beside_the_asset_or_in_a_function_of_another_cell_counts(ran):
    ran.shared += "\n\ndef finish(asset):\n    asset.save_summary(result='OK', score=0.5)\n"
    ran.cells["inference"] = INFER.replace('asset.save_summary(result="OK", score=0.5)', "finish(asset)")
    ran.put("assets/input/asset_input.py", ran.root.joinpath("assets/input/asset_input.py").read_text().replace(
        'self.asset.check_args("column", is_required=True)', "checked(self.asset)"
    ).replace("import first_column", "import checked, first_column"))  # fmt: skip
    ran.put("assets/input/reading.py", ran.root.joinpath("assets/input/reading.py").read_text() + (
        '\n\ndef checked(asset):\n    asset.check_args(arg_key="column", is_required=True)\n'
    ))  # fmt: skip
    ran.write_texts()

    assert ran.examine().errors == ()


def test_an_argument_that_nothing_reads_is_a_warning_with_the_nearest_name(ran):
    ran.steps("user_parameters", "train_pipeline")[1]["args"] = [{"rates": 0.5, "rate": 0.5}]
    ran.write_texts()
    problem = ran.found("BUNDLE_ARG")

    assert problem.severity == "warning"
    assert problem.key == "user_parameters > train_pipeline > train > args > rates"
    assert "did you mean 'rate'?" in problem.message
    assert problem.place.line


def test_a_ui_arg_that_nothing_reads_is_a_warning_with_the_nearest_name(ran):
    ran.steps("user_parameters", "train_pipeline")[1]["ui_args"] = ["rate", "ratio"]
    detail = ran.plan["ui_args_detail"][0]["train_pipeline"][0]["args"]
    detail.append({"name": "ratio", "type": "int", "range": [0, 1]})
    ran.write_texts()
    problem = ran.found("BUNDLE_UI_ARG")

    assert (problem.severity, problem.key) == ("warning", "user_parameters > train_pipeline > train > ui_args > ratio")
    assert "did you mean 'rate'?" in problem.message


def test_a_step_that_passes_on_all_its_arguments_may_read_any(ran):
    ran.cells["train"] = TRAIN + "print(dict(**asset.load_args()))\n"
    ran.steps("user_parameters", "train_pipeline")[1]["args"] = [{"rate": 0.5, "unheard_of": 1}]
    ran.write_texts()

    assert not [each for each in ran.examine().problems if each.code == "BUNDLE_ARG"]


def test_the_check_args_of_alo_1_is_understood(ran):
    ran.cells["train"] = TRAIN.replace('check_args("rate"', 'check_args(asset.args, "rate"')
    ran.write_texts()

    assert not [each for each in ran.examine().problems if each.code in ("BUNDLE_ARG", "BUNDLE_UI_ARG")]


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        ({"type": "flaot"}, "did you mean 'float'"),
        ({"type": "single_selection", "selectable": ["one"]}, "nothing to select"),
        ({"type": "int"}, "no range"),
    ],
)
def test_a_ui_arg_that_no_screen_can_show_is_a_warning(ran, detail, message):
    ran.plan["ui_args_detail"][0]["train_pipeline"][0]["args"][0] = {"name": "rate", **detail}
    ran.write_texts()
    problem = ran.found("BUNDLE_UI_DETAIL")

    assert problem.severity == "warning"
    assert message in problem.message


# -- results ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "advice"), [((), "--mode all"), (("train",), "--mode inference")])
def test_without_results_the_run_that_makes_them_is_named(solution, before, advice):
    for mode in before:
        solution.run(mode)
    problems = [each for each in solution.examine().errors if each.code == "BUNDLE_NO_RUN"]

    missing = {"train", "inference"} - set(before)
    assert {each.key for each in problems} == {f"{mode}_pipeline" for mode in missing}
    assert all(f"alo-nb run {solution.root / 'plan.yaml'} {advice}" in each.do for each in problems)


def test_code_that_changed_since_the_run_is_a_warning_that_names_the_step(ran):
    ran.cells["train"] = TRAIN.replace("rate * mean", "2 * rate * mean")
    ran.write_texts()
    problem = ran.found("BUNDLE_STALE")

    assert problem.severity == "warning"
    assert problem.message.endswith(": train_pipeline/train")
    assert ran.examine().results.stale == ("train_pipeline/train",)


def test_a_comment_is_no_change_and_another_argument_is(ran):
    ran.cells["train"] = "# a comment\n" + TRAIN
    ran.write_texts()
    assert ran.examine().results.stale == ()

    ran.steps("user_parameters", "inference_pipeline")[0]["args"] = [{"column": "y"}]
    ran.write_texts()
    assert ran.examine().results.stale == ("inference_pipeline/input",)


def test_a_module_beside_an_asset_file_counts_as_its_code(ran):
    path = ran.root / "assets/input/reading.py"
    path.write_text(path.read_text().replace("float(", "2 * float("))

    assert ran.examine().results.stale == (
        "train_pipeline/a module beside an asset file",
        "inference_pipeline/a module beside an asset file",
    )


def test_a_model_that_is_newer_than_the_inference_is_a_warning(ran):
    ran.run("train")

    assert "used the model of" in ran.found("BUNDLE_STALE").message


def test_results_of_another_plan_are_refused(ran):
    ran.plan["name"] = "another"
    ran.write_texts()
    problems = [each for each in ran.examine().errors if each.code == "BUNDLE_OTHER_PLAN"]

    assert len(problems) == 2
    assert "'demo'" in problems[0].message


def test_a_train_without_a_model_is_refused(ran):
    (ran.root / "train_artifacts/models/train/model.txt").unlink()

    assert ran.found("BUNDLE_MODEL").severity == "error"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "score/inference_summary.yaml").unlink(), "saved no summary"),
        (lambda folder: (folder / "output/output.csv").unlink(), "found: nothing"),
        (lambda folder: (folder / "output/more.csv").write_text("x"), "more.csv, output.csv"),
    ],
)
def test_an_output_that_edge_conductor_does_not_take_is_refused(ran, change, message):
    change(ran.root / "inference_artifacts")

    assert message in ran.found("BUNDLE_OUTPUT").message


@pytest.mark.parametrize(("key", "severity"), [("inference_result_datatype", "error"), ("train_datatype", "warning")])
def test_an_output_of_another_kind_than_the_info_says_is_told(ran, key, severity):
    ran.info["contents_type"][key] = "image"
    ran.write_texts()
    problem = ran.found("BUNDLE_DATATYPE")

    assert (problem.severity, problem.key) == (severity, f"contents_type > {key}")
    assert problem.place.file.endswith("info.yaml")
    assert problem.place.line


def test_a_model_from_outside_is_a_warning_for_a_solution_that_does_not_train(ran):
    ran.put("outside/train/model.txt", "3.0")
    ran.drop("train_pipeline")
    ran.info["inference_only"] = True
    ran.plan["external_path"][4]["load_model_path"] = "./outside/"
    ran.write_texts()
    ran.run("inference")

    assert ran.found("BUNDLE_MODEL").severity == "warning"


def test_a_link_in_what_would_be_bundled_is_refused(ran):
    (ran.root / "assets/input/link.py").symlink_to(ran.root / "plan.yaml")

    assert "link.py" in ran.found("BUNDLE_FILE").message


def test_the_plan_of_an_examination_has_the_arguments_of_the_magic_lines(ran):
    ran.lines["inference"] = " limit=2.5"
    ran.write_texts()
    plan = ran.examine().plan

    assert read_plan(ran.root / "plan.yaml").pipelines[1].steps[1].args == {}
    assert plan.pipelines[1].steps[1].args == {"limit": 2.5}
