"""What a run has made is in the store without anybody asking, with what it was made of."""

from __future__ import annotations

import json

import pytest

from alo_nb.handover.values import Values
from alo_nb.runner import Selection
from alo_nb.store.api import Api
from alo_nb.store.lineage import lineage
from alo_nb.store.store import Store

INPUT = "from pathlib import Path\nnew = {'table': Path(asset.get_input_path(), 'data', 'a.csv').read_text()}"
TRAIN = (
    "from pathlib import Path\nPath(asset.get_model_path(), 'w').write_text(str(asset.load_args()['n']))\n"
    "asset.save_summary('OK', 0.5)\nnew = {'n': asset.load_args()['n']}"
)
INFERENCE = (
    "from pathlib import Path\n"
    "Path(asset.get_output_path(), 'o.csv').write_text(Path(asset.get_model_path(), 'w').read_text())\n"
    "asset.save_summary('OK', 0.5)"
)


@pytest.fixture
def done(bench):
    """A plan with data, a model, an output and summaries; it has run once."""
    (bench.root / "data").mkdir()
    (bench.root / "data" / "a.csv").write_text("1")
    external = {f"load_{mode}_data_path": "./data/" for mode in ("train", "inference")}
    bench.write(
        {"input": INPUT, "train": TRAIN},
        {"input": INPUT, "inference": INFERENCE},
        args={"train": {"n": 3}},
        external=external,
    )
    bench.first = bench.run("all")
    bench.api = Api(bench.root)
    return bench


def files_of(bench, name):
    store = Store.of(bench.project)
    return dict(store.files(store.index.versions(name)[0].digest))


def names(bench):
    return {name: bench.api.artifact(name) for name in bench.api.artifact_names()}


def test_data_models_outputs_and_summaries_are_versions_with_types(done):
    found = names(done)
    assert {name: (each.type, each.version) for name, each in found.items()} == {
        "inference-external-files": ("dataset", "v0"),
        "inference-inference-data": ("dataset", "v0"),
        "inference-input-data": ("dataset", "v0"),
        "inference-output": ("dataset", "v0"),
        "inference-summary": ("metrics", "v0"),
        "train-external-files": ("dataset", "v0"),
        "train-input-data": ("dataset", "v0"),
        "train-model": ("model", "v0"),
        "train-summary": ("metrics", "v0"),
        "train-train-data": ("dataset", "v0"),
    }
    assert done.store.get(done.first.id).artifacts["train-model"] == "v0"
    assert found["train-summary"].metadata["score"] == 0.5


def test_a_model_has_its_weights_its_code_and_its_environment(done, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    done.api.artifact("train-model").download(folder)
    assert (folder / "model" / "w").read_text() == "3"
    assert "get_model_path" in (folder / "code" / "train.py").read_text()
    assert any(line.startswith("pandas==") for line in (folder / "environment.txt").read_text().splitlines())
    assert done.api.artifact("train-model").metadata["args"] == {"n": 3}


def test_external_data_is_a_reference_with_its_digest_and_nobody_made_it(done):
    data = done.api.artifact("train-external-files")
    [file] = data.files()
    assert file.ref_target() == (done.root / "input" / "train" / "data" / "a.csv").as_uri()
    assert (file.size, data.metadata["sources"], data.logged_by()) == (1, ["./data/"], None)


@pytest.mark.parametrize("mode", ["memory", "file"])
def test_what_a_step_handed_on_is_kept_with_names_and_digests(done, tmp_path_factory, mode):
    run = done.run("train", interface_mode=mode)
    folder = tmp_path_factory.mktemp("data")
    done.api.artifact("train-train-data").download(folder)
    kept = json.loads((folder / "data.json").read_text())
    assert [(each["name"], each["digest"]) for each in kept] == [(e.name, e.digest) for e in run.step("train").data]
    assert all((folder / each["file"]).is_file() for each in kept)


@pytest.mark.parametrize("mode", ["memory", "file"])
def test_a_large_column_is_kept_once_by_the_cache_and_by_all_artifacts(bench, mode):
    made = "import numpy as np, pandas as pd\nnew = {'t': pd.DataFrame({c: np.arange(6e5) + ord(c) for c in 'ab'})}"
    changed = "table = asset.load_data()['t']\ntable['b'] = table['b'] * 2\nnew = {'t': table}"
    bench.write({"input": made, "change": changed})
    run = bench.run(interface_mode=mode)
    tables = []
    for step in ("input", "change"):
        files = {path: entry.digest for path, entry in files_of(bench, f"train-{step}-data").items()}
        [about] = json.loads(Store.of(bench.project).read(files["data.json"]))
        tables.append({digest for path, digest in files.items() if path.startswith("parts/")})
        assert about["digest"] == files[about["file"]] == run.step(step, "train_pipeline").data[0].digest
    first, second = tables
    assert (len(first), len(second), len(first & second)) == (2, 2, 1)
    for digest in first | second:
        assert Values(bench.project).path(digest).samefile(Store.of(bench.project).objects.path(digest))


def test_the_lineage_leads_from_a_prediction_to_the_data_and_the_step_that_trained(done):
    edges = lineage(done.api._store, "inference-output", direction="up").edge_list()
    run = done.first.id
    assert set(edges) == {
        (f"{run}/inference/inference", "inference-output:v0"),
        ("train-model:v0", f"{run}/inference/inference"),
        ("inference-input-data:v0", f"{run}/inference/inference"),
        (f"{run}/inference/input", "inference-input-data:v0"),
        ("inference-external-files:v0", f"{run}/inference/input"),
        (f"{run}/train/train", "train-model:v0"),
        ("train-input-data:v0", f"{run}/train/train"),
        (f"{run}/train/input", "train-input-data:v0"),
        ("train-external-files:v0", f"{run}/train/input"),
    }


def test_an_equal_run_makes_no_new_version_and_a_changed_step_only_its_own(done):
    done.run("all")
    assert {each.version for each in names(done).values()} == {"v0"}
    done.run("train", overrides={"train.n": 4})
    assert {name for name, each in names(done).items() if each.version == "v1"} == {"train-train-data", "train-model"}


def test_an_inference_of_its_own_is_linked_with_the_model_of_the_run_that_trained(done):
    second = done.run("train", overrides={"train.n": 4})
    inference = done.run("inference")
    used = {name for source, name in _inputs(done, inference.id)}
    assert inference.train_id == second.id
    assert "train-model:v1" in used
    first = done.run("inference", train_id=done.first.id)
    assert "train-model:v0" in {name for _, name in _inputs(done, first.id)}


def _inputs(bench, run_id):
    edges = lineage(bench.api._store, run_id, direction="up", depth=1).edge_list()
    return [(target, source) for source, target in edges]


def test_a_part_of_a_pipeline_is_linked_with_what_it_took_from_an_earlier_run(done):
    part = done.run("train", selection=Selection(only=("train",)), overrides={"train.n": 5})
    assert ("train-input-data:v0", f"{part.id}/train/train") in lineage(
        done.api._store, part.id, direction="up"
    ).edge_list()
    assert done.api.artifact("train-train-data").version == "v1"


def test_a_failed_run_logs_nothing_and_a_store_that_cannot_be_written_spoils_no_run(done, monkeypatch):
    before = {name: each.version for name, each in names(done).items()}
    done.write({"input": INPUT, "train": f"{TRAIN}\n1 / 0"}, args={"train": {"n": 3}})
    with pytest.raises(ZeroDivisionError):
        done.run()
    assert {name: each.version for name, each in names(done).items()} == before
    done.write({"input": "new = {'n': 1}"})

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Store, "keep", full)
    assert done.run().status == "success"
    [warning] = [each.message for each in done.events if type(each).__name__ == "Warned" and "store" in each.message]
    assert warning == "what the run has made is not in the store: [Errno 28] No space left on device"


def test_old_data_of_a_step_goes_when_it_takes_more_than_backup_size_and_models_stay(bench):
    body = "from pathlib import Path\nPath(asset.get_model_path(), 'w').write_text(str(asset.load_args()['n']))\n"
    bench.write(
        {"train": f"{body}new = {{'big': bytes([asset.load_args()['n']]) * 600_000}}"}, control={"backup_size": 2}
    )
    runs = [bench.run(overrides={"train.n": number}) for number in range(6)]
    api = Api(bench.root)
    assert [each.version for each in api.artifacts("dataset", "train-train-data")] == ["v5", "v4", "v3"]
    assert len(api.artifacts("model", "train-model")) == 6
    assert lineage(api._store, runs[0].id, direction="down", depth=1).edge_list()


def test_a_step_called_external_is_not_taken_for_the_external_data(done):
    done.write({"external": INPUT}, external={"load_train_data_path": "./data/"})
    done.run()
    assert {"train-external-data", "train-external-files"} <= set(done.api.artifact_names())


def test_references_to_data_elsewhere_take_no_room_and_stay(bench):
    (bench.root / "data").mkdir()
    control, external = {"backup_size": 1}, {"load_train_data_path": "./data/"}
    bench.write({"input": "x = 1"}, control=control, external=external)
    for number in range(4):
        (bench.root / "data" / "big").write_bytes(bytes([number]) * 900_000)
        bench.run()
    assert len(Api(bench.root).artifacts("dataset", "train-external-files")) == 4
