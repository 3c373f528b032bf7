"""The packages of an image: one list a step, in the versions that were here, and nothing but packages and an index."""

from __future__ import annotations

from importlib.metadata import version

import pytest


def lists(folder, mode):
    """Return the lists of packages of an image by name, without the comments."""
    found = sorted((folder / mode / "source/.package_list").iterdir())
    return {path.name: path.read_text().splitlines() for path in found}


def require(ran, *requirements):
    ran.steps("asset_source", "train_pipeline")[1]["source"]["requirements"] = list(requirements)
    ran.write_texts()


def test_each_step_has_a_list_and_a_cell_gets_the_versions_that_it_ran_with(ran):
    require(ran, "scikit-learn", "pandas>=2")

    assert lists(ran.bundle().folder, "train") == {
        "train_pipeline_step_1.txt": ["pandas>=2"],
        "train_pipeline_step_2.txt": [f"scikit-learn=={version('scikit-learn')}", "pandas>=2"],
    }


def test_what_a_cell_imports_is_required_of_the_image_too(ran):
    ran.cells["train"] = f"import numpy\n{ran.cells['train']}"
    require(ran)

    assert lists(ran.bundle().folder, "train")["train_pipeline_step_2.txt"] == [f"numpy=={version('numpy')}"]


def test_a_module_beside_the_notebook_comes_along_and_is_told(ran):
    ran.put("beside.py", "import math\n\n\ndef root(value):\n    return math.sqrt(value)\n")
    ran.cells["train"] = f"from beside import root\n{ran.cells['train']}print(root(4))\n"
    ran.write_texts()
    bundle = ran.bundle()

    assert (bundle.folder / "train/source/assets/train/beside.py").is_file()
    assert len(bundle.notes) == 1
    assert "beside" in bundle.notes[0]


def test_an_index_stands_above_the_packages_of_its_step(ran):
    require(ran, "numpy --extra-index-url https://host.invalid/simple", "scipy --force-reinstall")

    assert lists(ran.bundle().folder, "train")["train_pipeline_step_2.txt"] == [
        "--extra-index-url https://host.invalid/simple",
        "numpy",
        "scipy",
    ]


def test_two_versions_that_exclude_each_other_are_refused(ran):
    require(ran, "pandas<2")

    assert ran.found("PLAN_REQUIREMENT_CONFLICT").severity == "error"


def test_what_excludes_each_other_in_two_images_does_no_harm(ran):
    ran.steps("asset_source", "inference_pipeline")[1]["source"]["requirements"] = ["humanize<4"]
    require(ran, "humanize>=4")

    assert ran.examine().problems == ()


def test_a_missing_file_is_refused(ran):
    (ran.root / "assets/input/requirements.txt").unlink()

    problems = [each for each in ran.examine().errors if each.code == "PLAN_REQUIREMENT_FILE"]
    assert len(problems) == 2


@pytest.mark.parametrize("line", ["-r other.txt", "-e .", "a @ https://host/a.whl", "--trusted-host x", "./local"])
def test_a_line_of_a_file_that_could_install_anything_is_refused_with_its_line(ran, line):
    ran.put("assets/input/requirements.txt", f"pandas\n{line}\n")
    problems = [each for each in ran.examine().errors if each.place.file == "assets/input/requirements.txt"]

    assert {each.code for each in problems} == {"PLAN_REQUIREMENT", "BUNDLE_REQUIREMENTS"}
    assert {each.place.line for each in problems} == {2}
