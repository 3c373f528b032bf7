"""solution_metadata.yaml: the structure that ALO 2.6 writes, and that our own reader lays over a plan again."""

from __future__ import annotations

import re

import pytest

from alo_nb import __version__
from alo_nb.plan import check, overlay_solution_metadata, read_plan
from alo_nb.plan.yaml_text import read_mapping

PATHS = "ai-solutions/demo-solution/v1"


@pytest.fixture
def metadata(ran):
    """The metadata of the bundle as its file has it."""
    return read_mapping(ran.bundle().folder / "solution_metadata.yaml")


def test_the_description_is_that_of_the_info_and_the_plan(metadata):
    assert (metadata["metadata_version"], metadata["name"]) == (1.2, "demo-solution")
    assert metadata["description"] == {
        "title": "demo-solution",
        "overview": "Means of a column.",
        "detail": [{"title": "How", "content": "By adding."}],
        "contents_name": "demo",
        "contents_version": "1.0.0",
        "alo_version": f"alo-nb {__version__}",
        "inference_build_type": "amd64",
    }
    assert metadata["edgeconductor_interface"] == {
        "support_labeling": False,
        "inference_result_datatype": "table",
        "train_datatype": "table",
        "labeling_column_name": None,
    }
    assert metadata["edgeapp_interface"] == {"single_pipeline": False, "redis_server_uri": "", "redis_db_number": 0}


def test_the_addresses_are_placeholders_that_no_server_can_have(metadata):
    train, inference = metadata["pipeline"]

    assert (train["type"], inference["type"]) == ("train", "inference")
    assert train["dataset_uri"] == [f"s3://BUCKET-OF-YOUR-WORKSPACE/{PATHS}/train/data/train/"]
    assert train["artifact_uri"] == f"s3://BUCKET-OF-YOUR-WORKSPACE/{PATHS}/train/artifacts/"
    assert inference["artifact_uri"] == f"s3://BUCKET-OF-YOUR-WORKSPACE/{PATHS}/inference/artifacts/"
    assert inference["model_uri"] == train["artifact_uri"]
    assert "model_uri" not in train
    repository = "REGISTRY-OF-YOUR-WORKSPACE/ai-solutions/demo-solution/train/demo-solution:v1"
    assert train["container_uri"] == repository
    # The rules of AWS: the names of buckets and repositories are in lower case.
    assert not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "BUCKET-OF-YOUR-WORKSPACE")
    assert not re.fullmatch(r"[a-z0-9._/-]+:v1", repository)


def test_the_arguments_are_the_plans_and_those_for_users_are_described(metadata):
    parameters = metadata["pipeline"][0]["parameters"]

    assert parameters["candidate_parameters"] == [
        {"step": "input", "args": [{"column": "x"}]},
        {"step": "train", "args": [{"rate": 0.5}], "ui_args": ["rate"]},
    ]
    assert parameters["selected_user_parameters"] == [{"step": "input", "args": {}}, {"step": "train", "args": {}}]
    assert parameters["user_parameters"] == [
        {"step": "input", "args": []},
        {
            "step": "train",
            "args": [{"name": "rate", "description": "how fast", "type": "float", "default": 0.5, "range": [0, 1]}],
        },
    ]


def test_laid_over_the_plan_it_gives_the_same_arguments(ran):
    bundle, plan = ran.bundle(), read_plan(ran.root / "plan.yaml")
    before = [error for error in check(plan) if error.severity == "error"]
    over = overlay_solution_metadata(plan, bundle.folder / "solution_metadata.yaml")

    assert over.pipelines == plan.pipelines
    assert over.metadata_version == "1.2"
    assert over.external_path.load_model_path == f"s3://BUCKET-OF-YOUR-WORKSPACE/{PATHS}/train/artifacts/"
    assert [error for error in check(over) if error.severity == "error"] == before == []


def test_what_edge_conductor_selects_is_laid_over_the_plan_of_the_image(ran):
    folder = ran.bundle().folder
    text = (folder / "solution_metadata.yaml").read_text()
    chosen = folder.parent / "chosen.yaml"
    chosen.write_text(text.replace("- args: {}\n      step: train\n", "- args: {rate: 0.75}\n      step: train\n"))
    over = overlay_solution_metadata(read_plan(folder / "train/source/solution/experimental_plan.yaml"), chosen)

    assert over.pipelines[0].steps[1].args == {"rate": 0.75}


def test_an_update_leaves_its_version_to_the_server(ran):
    ran.info["solution_update"] = True
    ran.write_texts()
    metadata = read_mapping(ran.bundle().folder / "solution_metadata.yaml")

    assert metadata["pipeline"][0]["artifact_uri"].endswith("/demo-solution/vN/train/artifacts/")
    assert "`vN`" in (ran.output / "NEXT_STEPS.md").read_text()


def test_a_solution_that_does_not_train_has_one_pipeline_and_no_model(ran):
    ran.drop("train_pipeline")
    ran.info["inference_only"] = True
    ran.write_texts()
    ran.run("inference")
    metadata = read_mapping(ran.bundle().folder / "solution_metadata.yaml")

    assert metadata["edgeapp_interface"]["single_pipeline"] is True
    assert [each["type"] for each in metadata["pipeline"]] == ["inference"]
    assert metadata["pipeline"][0]["model_uri"] is None
    assert not (ran.output / "train").exists()


def test_inference_only_of_a_plan_that_trains_keeps_the_model(ran):
    ran.info["inference_only"] = True
    ran.write_texts()
    metadata = read_mapping(ran.bundle().folder / "solution_metadata.yaml")

    assert [each["type"] for each in metadata["pipeline"]] == ["inference"]
    assert metadata["pipeline"][0]["model_uri"].endswith("/train/artifacts/")
    assert [each.name for each in (ran.output / "train").rglob("*") if each.is_file()] == ["model.tar.gz"]


def test_arm_is_the_build_type_of_the_inference(ran):
    ran.info["inference_arm"] = ran.info["train_gpu"] = True
    ran.write_texts()
    metadata = read_mapping(ran.bundle().folder / "solution_metadata.yaml")
    steps = (ran.output / "NEXT_STEPS.md").read_text()

    assert metadata["description"]["inference_build_type"] == "arm64"
    assert re.search(r"^docker build --build-arg BASE=IMAGE-WITH-CUDA -t \S+ train$", steps, re.MULTILINE)
    assert re.search(r"^docker build --platform linux/arm64 -t \S+ inference$", steps, re.MULTILINE)


def test_values_that_stand_twice_are_written_out_twice(ran):
    columns = ["a", "b"]
    for pipeline in ("train_pipeline", "inference_pipeline"):
        ran.steps("user_parameters", pipeline)[0]["args"] = [{"column": "x", "columns": columns}]
    ran.write_texts()

    assert not re.search(r"[&*]id\d", (ran.bundle().folder / "solution_metadata.yaml").read_text())
