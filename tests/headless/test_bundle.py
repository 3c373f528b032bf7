"""``alo-nb bundle``: what it prints, and its exit code."""

from __future__ import annotations

import json

import pytest

INFO = """\
solution_name: small-solution
inference_only: False
solution_update: False
contents_type:
  support_labeling: False
  inference_result_datatype: table
  train_datatype: table
  labeling_column_name:
train_gpu: False
inference_gpu: False
inference_arm: False
"""


@pytest.fixture
def bundle(project, alo_nb, tmp_path_factory):
    """The command on a project that has run; words to (exit code, stdout, stderr), and the folder of the bundle."""
    project.write_inference()
    (project.root / "info.yaml").write_text(INFO)
    assert alo_nb("run", "plan.yaml", "--in-process", "--quiet")[0] == 0
    output = tmp_path_factory.mktemp("out") / "bundle"

    def run(*words: str):
        return alo_nb("bundle", "plan.yaml", "--info", "info.yaml", "--output", str(output), *words)

    run.output = output
    return run


def test_a_good_solution_is_written_and_the_next_step_is_named(bundle):
    code, out, err = bundle()

    assert (code, err) == (0, "")
    assert out.splitlines()[-2].startswith(f"bundle {bundle.output}: ")
    assert out.splitlines()[-1].endswith(str(bundle.output / "NEXT_STEPS.md"))
    assert (bundle.output / "solution_metadata.yaml").is_file()


def test_problems_are_shown_with_their_places_and_nothing_is_written(bundle, project):
    (project.root / "info.yaml").write_text(INFO.replace("train_gpu", "trian_gpu"))
    code, out, err = bundle()

    assert (code, err) == (1, "")
    assert "error   INFO_UNKNOWN_KEY  a solution info has no key 'trian_gpu'; did you mean 'train_gpu'?" in out
    assert "        where: info.yaml, line 9, column 1, trian_gpu".replace(", column 1", "") in out
    assert out.endswith("2 errors: nothing was written\n")
    assert not bundle.output.exists()


def test_json_has_every_problem_with_its_line_and_the_files(bundle, project):
    code, out, _ = bundle("--json")
    good = json.loads(out)
    assert (code, good["ok"]) == (0, True)
    assert good["bundle"]["folder"] == str(bundle.output)
    assert {"path", "size", "digest"} == set(good["bundle"]["files"][0])

    (project.root / "info.yaml").write_text(INFO.replace("small-solution", "a b"))
    code, out, _ = bundle("--json")
    bad = json.loads(out)
    assert (code, bad["ok"], bad["bundle"]) == (1, False, None)
    problem = next(each for each in bad["problems"] if each["code"] == "INFO_NAME")
    assert (problem["severity"], problem["file"], problem["line"]) == ("error", "info.yaml", 1)
    assert problem["do"]


def test_a_plan_that_cannot_be_read_is_a_problem_too(bundle, project):
    (project.root / "plan.yaml").write_text("name: [")
    code, out, _ = bundle("--json")

    assert code == 1
    assert [each["code"] for each in json.loads(out)["problems"]] == ["YAML_SYNTAX"]


def test_a_folder_that_is_not_empty_is_left_alone(bundle):
    bundle.output.mkdir()
    (bundle.output / "mine.txt").write_text("x")
    code, _, err = bundle()

    assert code == 1
    assert "is there and not empty" in err
    assert [each.name for each in bundle.output.iterdir()] == ["mine.txt"]


def test_info_and_output_must_be_given(alo_nb):
    code, _, err = alo_nb("bundle", "plan.yaml")

    assert code == 2
    assert "--info" in err
