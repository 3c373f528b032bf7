"""The bundle on disk: what it holds, that it runs, and that there is never half of one."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from blake3 import blake3

from alo_nb.errors import PlanInvalidError, ProjectError
from alo_nb.external.archives import read_archive
from alo_nb.plan import check, read_plan
from alo_nb.registration import NEXT_STEPS, write, write_bundle

from .conftest import INFER


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# -- what it holds ---------------------------------------------------------------------------------------------------


def test_the_folders_are_those_of_the_bucket_and_the_sources_those_of_alo(ran):
    assert sorted(files(ran.bundle().folder)) == [
        "NEXT_STEPS.md",
        "bundle.json",
        "inference/.dockerignore",
        "inference/Dockerfile",
        "inference/artifacts/inference_artifacts.tar.gz",
        "inference/data.tar.gz",
        "inference/source/.package_list/inference_pipeline_step_1.txt",
        "inference/source/assets/inference/asset_inference.py",
        "inference/source/assets/inference/requirements.txt",
        "inference/source/assets/input/asset_input.py",
        "inference/source/assets/input/reading.py",
        "inference/source/assets/input/requirements.txt",
        "inference/source/requirements.txt",
        "inference/source/solution/experimental_plan.yaml",
        "solution_metadata.yaml",
        "train/.dockerignore",
        "train/Dockerfile",
        "train/artifacts/model.tar.gz",
        "train/artifacts/train_artifacts.tar.gz",
        "train/data.tar.gz",
        "train/source/.package_list/train_pipeline_step_1.txt",
        "train/source/.package_list/train_pipeline_step_2.txt",
        "train/source/assets/input/asset_input.py",
        "train/source/assets/input/reading.py",
        "train/source/assets/input/requirements.txt",
        "train/source/assets/train/asset_train.py",
        "train/source/assets/train/requirements.txt",
        "train/source/requirements.txt",
        "train/source/solution/experimental_plan.yaml",
    ]


def test_the_archives_hold_the_results_of_the_run_byte_for_byte(ran, tmp_path):
    folder = ran.bundle().folder
    for archive, original in {
        "train/artifacts/train_artifacts.tar.gz": "train_artifacts",
        "train/artifacts/model.tar.gz": "train_artifacts/models",
        "inference/artifacts/inference_artifacts.tar.gz": "inference_artifacts",
        "train/data.tar.gz": "input/train",
        "inference/data.tar.gz": "input/inference",
    }.items():
        unpacked = tmp_path / "unpacked" / archive
        read_archive(folder / archive, unpacked)
        assert files(unpacked) == files(ran.root / original)


def test_the_manifest_lists_every_file_with_its_size_and_digest(ran):
    bundle = ran.bundle()
    manifest = json.loads((bundle.folder / "bundle.json").read_bytes())
    found = files(bundle.folder)
    del found["bundle.json"]

    assert manifest["files"] == [
        {"path": name, "size": len(data), "digest": f"b3:{blake3(data).hexdigest()}"}
        for name, data in sorted(found.items())
    ]
    assert [vars(each) for each in bundle.files] == manifest["files"]


def test_the_manifest_says_what_it_was_made_of(ran):
    run = ran.run()
    manifest = json.loads((ran.bundle().folder / "bundle.json").read_bytes())

    assert manifest["runs"] == {"train": run.id, "inference": run.id}
    assert manifest["pipelines"]["train_pipeline"]["steps"]["train"] == run.step("train").fingerprint
    assert manifest["pipelines"]["train_pipeline"]["param_id"] == run.ids["train_pipeline"].param_id
    assert (manifest["solution"], manifest["version"], manifest["not_as_run"]) == ("demo-solution", "v1", [])


def test_the_same_solution_gives_the_same_bytes(ran):
    first = files(ran.bundle().folder)
    ran.output = ran.output.with_name("again")

    assert files(ran.bundle().folder) == first


def test_the_plan_of_an_image_is_that_of_one_pipeline_with_alos_control(ran):
    ran.plan["external_path_permission"] = [{"aws_key_profile": "my-profile"}]
    ran.plan["control"] = [{"get_asset_source": "every"}, {"interface_mode": "file"}, {"check_resource": True}]
    ran.write_texts()
    folder = ran.bundle().folder

    for mode, other in (("train", "inference"), ("inference", "train")):
        path = folder / mode / "source/solution/experimental_plan.yaml"
        plan = read_plan(path)
        assert check(plan) == [each for each in check(plan) if each.severity == "note"]
        assert [each.name for each in plan.pipelines] == [f"{mode}_pipeline"]
        assert f"{other}_pipeline" not in path.read_text()
        assert plan.aws_key_profile is None
        control = plan.control
        assert (control.get_asset_source, control.interface_mode, control.backup_artifacts) == ("once", "memory", False)
        assert (control.save_inference_format, control.check_resource) == ("zip", False)
        assert str(ran.root) not in path.read_text()


def test_next_steps_names_what_takes_servers_and_every_archive(ran):
    folder = ran.bundle().folder
    text = (folder / NEXT_STEPS).read_text()

    for word in (
        "Log in",
        "must be free",
        "S3",
        "docker build",
        "docker push",
        "Register",
        "Test run",
        "Nothing below",
    ):
        assert word in text
    for path in folder.rglob("*.tar.gz"):
        assert f"`{path.relative_to(folder)}`" in text
    for placeholder in json.loads((folder / "bundle.json").read_bytes())["placeholders"]:
        assert f"- `{placeholder}`" in text


# -- the image -------------------------------------------------------------------------------------------------------

INSTRUCTIONS = {"ARG", "FROM", "ENV", "RUN", "WORKDIR", "COPY", "ENTRYPOINT"}


def instructions(path: Path) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile that uses no continuation lines, no heredoc and no parser directive."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    assert not any(line.endswith("\\") or "<<" in line for line in lines)
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


@pytest.mark.parametrize("mode", ["train", "inference"])
def test_the_dockerfile_is_well_formed_and_finds_what_it_copies(ran, mode):
    context = ran.bundle().folder / mode
    found = instructions(context / "Dockerfile")

    assert {name for name, _ in found} <= INSTRUCTIONS
    assert [name for name, _ in found][:2] == ["ARG", "FROM"]
    assert re.fullmatch(r"BASE=python:3\.\d+-slim-bookworm", found[0][1])
    assert found[0][1].startswith(f"BASE=python:{sys.version_info.major}.{sys.version_info.minor}-")
    assert found[1][1] == "${BASE}"
    assert [name for name, _ in found].count("ENTRYPOINT") == 1
    assert found[-1][0] == "ENTRYPOINT"
    assert (context / ".dockerignore").read_text() == "*\n!source\n"
    for name, rest in found:
        if name == "COPY":
            *sources, target = shlex.split(rest)
            assert len(sources) == 1
            assert sources[0].startswith("source/")
            assert (context / sources[0]).exists()
            assert (context / sources[0]).is_dir() == target.endswith("/") or target == "./"
        if name == "RUN" and "pip" in rest:
            installed = re.findall(r"-r (\S+)", rest)
    assert all((context / "source" / each).is_file() for each in installed)
    lists = sorted(path.name for path in (context / "source/.package_list").iterdir())
    assert installed == ["requirements.txt", *(f".package_list/{each}" for each in lists)]


def test_a_pipeline_without_packages_copies_no_lists(ran):
    ran.put("assets/input/requirements.txt", "# nothing\n")
    folder = ran.bundle().folder / "inference"

    assert not (folder / "source/.package_list").exists()
    assert ".package_list" not in (folder / "Dockerfile").read_text()


def start_image(context: Path, *options: str) -> None:
    """Do in a copy of the source what a container does in its own."""
    program, *words = json.loads(instructions(context / "Dockerfile")[-1][1])
    assert program == "alo-nb"
    shutil.copytree(context / "source", Path("framework"), dirs_exist_ok=True)
    command = [sys.executable, "-W", "error", "-m", "alo_nb", *words, *options]
    done = subprocess.run(command, cwd="framework", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


RESULTS = {
    "train": ("train_artifacts/models/train/model.txt", "train_artifacts.tar.gz"),
    "inference": ("inference_artifacts/output/output.csv", "inference_artifacts.zip"),
}


@pytest.mark.parametrize("mode", ["train", "inference"])
def test_what_the_image_runs_on_mounted_folders_gives_the_results_of_the_run(ran, tmp_path, monkeypatch, mode):
    bundle = ran.bundle().folder
    monkeypatch.chdir(tmp_path)
    read_archive(bundle / mode / "data.tar.gz", Path("framework/data") / mode)
    shutil.copytree(bundle / "train/artifacts", "framework/model")

    start_image(bundle / mode)

    result, saved = RESULTS[mode]
    assert (Path("framework") / result).read_bytes() == (ran.root / result).read_bytes()
    assert (Path("framework/artifacts") / mode / saved).is_file()


@pytest.mark.parametrize("mode", ["train", "inference"])
def test_with_its_placeholders_filled_in_the_metadata_leads_the_image_to_data_model_and_results(
    ran, tmp_path, monkeypatch, mode
):
    bundle = ran.bundle().folder
    monkeypatch.chdir(tmp_path)
    bucket = tmp_path / "bucket"  # a folder stands for the bucket: it gets what NEXT_STEPS.md says
    for each in ("train", "inference"):
        read_archive(bundle / each / "data.tar.gz", bucket / each / "data")
    shutil.copytree(bundle / "train/artifacts", bucket / "train/artifacts")
    metadata = (bundle / "solution_metadata.yaml").read_text()
    filled_in = metadata.replace("s3://BUCKET-OF-YOUR-WORKSPACE/ai-solutions/demo-solution/v1", str(bucket))
    Path("metadata.yaml").write_text(filled_in)

    start_image(bundle / mode, "--system", "../metadata.yaml")

    result, saved = RESULTS[mode]
    assert (Path("framework") / result).read_bytes() == (ran.root / result).read_bytes()
    assert (bucket / mode / "artifacts" / saved).is_file()
    assert not Path("framework/artifacts").exists()


def test_an_argument_of_a_magic_line_is_in_the_plan_of_the_image(ran):
    ran.lines["inference"] = " limit=2.5"
    ran.write_texts()
    plan = read_plan(ran.bundle().folder / "inference/source/solution/experimental_plan.yaml")

    assert plan.pipelines[0].steps[1].args == {"limit": 2.5}


# -- all or nothing --------------------------------------------------------------------------------------------------


def test_with_an_error_nothing_is_written_and_all_of_them_are_told(ran):
    ran.info["solution_name"] = "a b"
    ran.cells["inference"] = INFER.replace("save_summary", "save_sumary")
    ran.write_texts()

    with pytest.raises(PlanInvalidError, match="2 errors, and no bundle was written") as caught:
        ran.bundle()

    assert {each.code for each in caught.value.problems} == {"INFO_NAME", "BUNDLE_SAVE_SUMMARY"}
    assert "BUNDLE_SAVE_SUMMARY" in str(caught.value)
    assert not ran.output.exists()


def test_an_empty_folder_is_filled_and_a_full_one_is_left_alone(ran):
    ran.output.mkdir()
    ran.bundle()
    before = files(ran.output)

    with pytest.raises(ProjectError, match="is there and not empty") as caught:
        ran.bundle()

    assert "never replaces an earlier one" in (caught.value.do or "")
    assert files(ran.output) == before


@pytest.mark.parametrize("name", ["train_artifacts/bundle", "input/x", ".alo/x", "assets/bundle"])
def test_a_bundle_cannot_lie_where_runs_write(ran, name):
    with pytest.raises(ProjectError, match="runs write to this folder"):
        write_bundle(ran.examine(), ran.root / name)


def test_a_link_is_no_folder_for_a_bundle(ran, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    ran.output.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ProjectError, match="is there and not empty"):
        ran.bundle()


@pytest.mark.parametrize("name", ["next_steps", "solution_metadata", "write_archive", "dockerfile", "write_source"])
def test_a_failure_in_the_middle_leaves_nothing_behind(ran, monkeypatch, name):
    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write, name, full_disk)
    with pytest.raises(ProjectError, match="No space left on device"):
        ran.bundle()

    assert [each.name for each in ran.output.parent.iterdir()] == ["project"]


def test_results_that_a_run_replaced_after_the_look_are_not_bundled(ran):
    examined = ran.examine()
    ran.run()

    with pytest.raises(ProjectError, match="a run has replaced train_artifacts/"):
        write_bundle(examined, ran.output)

    assert not ran.output.exists()
