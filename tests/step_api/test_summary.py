from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import yaml

from alo_nb.errors import StepOutputError


@pytest.mark.parametrize(
    ("result", "score", "note", "probability"),
    [
        ("OK", 0.987, "fine", {"OK": 0.7, "NG": 0.3}),
        ("한" * 32, 0, "n" * 128, {}),
        ("OK", 1, "", {"a": 1}),
        ("OK", True, "", {"a": 0.333, "b": 0.333, "c": 0.333}),
        ("OK", Fraction(1, 4), "", {"a": 0.123456, "b": 0.876544}),
        (np.str_("OK"), np.float32(0.25), np.str_("n"), {np.str_("a"): np.float64(0.5), "b": np.float32(0.5)}),
        ("OK", np.int64(1), "", {"a": np.int8(1)}),
        ("no", 0.5, "yes: [1]\n#", {"null": 1.0}),
    ],
)
def test_a_summary_is_stored_as_plain_yaml(asset, workspace, result, score, note, probability):
    saved = asset("x").save_summary(result, score, note, probability)
    path = workspace.root / "train_artifacts" / "score" / "train_summary.yaml"
    stored = yaml.safe_load(path.read_bytes())
    assert sorted(stored) == ["date", "file_path", "note", "probability", "result", "score", "version"]
    assert (stored["result"], stored["note"], stored["file_path"], stored["version"]) == (result, note, "", "")
    assert stored["score"] == round(float(score), 2)
    assert stored["probability"] == {str(key): round(float(each), 4) for key, each in probability.items()}
    assert {name: stored[name] for name in saved} == saved
    assert asset("y").load_summary() == saved


def test_the_pipelines_have_summaries_of_their_own(asset, workspace):
    asset("x", "inference_pipeline").save_summary("OK", 0.5)
    assert (workspace.root / "inference_artifacts" / "score" / "inference_summary.yaml").is_file()
    with pytest.raises(StepOutputError, match="load_summary: no summary was saved yet"):
        asset("x").load_summary()


def test_the_last_summary_wins(asset):
    made = asset("x")
    made.save_summary("first", 0.1)
    made.save_summary("second", 0.2)
    assert made.load_summary() == {"result": "second", "score": 0.2, "note": "", "probability": {}}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (("x" * 33, 0.5), "result has 33 characters; at most 32 are allowed"),
        ((5, 0.5), "result must be text, got int 5"),
        ((None, 0.5), "result must be text, got NoneType None"),
        (("OK", 0.5, "n" * 129), "note has 129 characters; at most 128 are allowed"),
        (("OK", 0.5, None), "note must be text, got NoneType None"),
        (("OK", -0.01), "score must lie between 0 and 1, got -0.01"),
        (("OK", 1.01), "score must lie between 0 and 1, got 1.01"),
        (("OK", 10**400), "score must lie between 0 and 1, got 1"),
        (("OK", float("inf")), "score must lie between 0 and 1, got inf"),
        (("OK", float("nan")), "score must be a number from 0 to 1, got nan"),
        (("OK", np.float64("nan")), "score must be a number from 0 to 1, got np.float64(nan)"),
        (("OK", "0.5"), "score must be a number from 0 to 1, got '0.5'"),
        (("OK", None), "score must be a number from 0 to 1, got None"),
        (("OK", 0.5, "", [0.5]), "probability must be a dict of class name to number, got [0.5]"),
        (("OK", 0.5, "", {0: 1.0}), "probability must be a dict of class name to number, got {0: 1.0}"),
        (("OK", 0.5, "", {"a": "1"}), "probability['a'] must be a number from 0 to 1, got '1'"),
        (("OK", 0.5, "", {"a": 1.4}), "probability['a'] must lie between 0 and 1, got 1.4"),
        (("OK", 0.5, "", {"a": 2, "b": -1}), "probability['a'] must lie between 0 and 1, got 2"),
        (("OK", 0.5, "", {"a": 0.3, "b": 0.3}), "the probabilities add up to 0.6, not to 1"),
        (("OK", 0.5, "", {"a": 0.52, "b": 0.5}), "the probabilities add up to 1.02, not to 1"),
    ],
)
def test_a_value_over_its_limit_is_refused_and_nothing_is_written(asset, workspace, call, message):
    with pytest.raises(StepOutputError) as caught:
        asset("x").save_summary(*call)
    assert caught.value.what.startswith(f"save_summary: {message}")
    assert not (workspace.root / "train_artifacts" / "score" / "train_summary.yaml").exists()


def test_a_text_above_the_documented_length_is_warned_of(asset, logged):
    asset("x").save_summary("r" * 25, 0.5, "n" * 100)
    assert logged == []
    asset("x").save_summary("r" * 26, 0.5, "n" * 101)
    assert [(each.level, each.message) for each in logged] == [
        ("warning", "save_summary: result has 26 characters; ALO's documents allow 25"),
        ("warning", "save_summary: note has 101 characters; ALO's documents allow 100"),
    ]


def test_the_external_path_is_in_the_file(context, workspace):
    from alo_nb.step_api import Asset

    made = context("x")
    made.save_artifacts_path = "/nas/out/"
    Asset(made).save_summary("OK", 0.5)
    path = workspace.root / "train_artifacts" / "score" / "train_summary.yaml"
    assert yaml.safe_load(path.read_bytes())["file_path"] == "/nas/out/"
