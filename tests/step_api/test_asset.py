from __future__ import annotations

import configparser

import pytest

from alo_nb.errors import (
    InterfaceError,
    SourceError,
    StepArgumentError,
    StepDefinitionError,
    StepOutputError,
    StepRunError,
)
from alo_nb.handover.codec import decode
from alo_nb.step_api import Asset

KINDS = ("data", "config")


def load(asset, kind):
    return getattr(asset, f"load_{kind}")()


def save(asset, kind, values):
    return getattr(asset, f"save_{kind}")(values)


def test_an_asset_is_made_by_a_run_and_not_by_hand():
    class UserAsset(Asset):
        pass

    with pytest.raises(StepDefinitionError, match="UserAsset is made by alo_nb when its step runs, not by hand"):
        UserAsset({"envs": {}})


def test_an_asset_says_whose_it_is(asset):
    made = asset("fit")
    assert repr(made) == "<asset of step 'fit' in train_pipeline>"
    assert made.asset is made


# -- data and config -------------------------------------------------------------------------------------------------


def test_the_first_step_gets_nothing(asset):
    assert asset().load_data() == {}
    assert set(asset().load_config()) == {"meta"}


def test_a_later_step_gets_what_the_one_before_saved(asset):
    made = asset(data={"x": [1], "y": 2}, config={"c": "v"})
    assert made.load_data() == {"x": [1], "y": 2}
    assert made.load_config()["c"] == "v"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"accuracy": 1, "model": 2}, "nothing is loaded as 'acuracy'; did you mean 'accuracy'?"),
        ({"x": 1, "y": 2}, "nothing is loaded as 'acuracy'; known: x, y"),
        ({}, "nothing is loaded as 'acuracy': no step that is defined here, before this one, has saved anything"),
    ],
)
def test_a_key_that_nobody_saved_names_those_that_are_there(asset, data, told):
    with pytest.raises(KeyError) as caught:
        asset(data=data).load_data()["acuracy"]
    assert caught.value.args == ("acuracy",)
    assert caught.value.__notes__ == [told]
    assert asset(data=data).load_data().get("acuracy") is None


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_loaded_is_the_steps_own(asset, kind):
    made = asset(data={"x": [1]}, config={"x": [1]})
    load(made, kind)["x"].append(2)
    assert load(made, kind)["x"] == [1]


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_saved_is_what_it_was_at_that_moment(context, kind):
    made, values = context(), {"x": [1]}
    save(Asset(made), kind, values)
    values["x"].append(2)
    values["y"] = 3
    assert decode(made.io.interface.read(made.io.own, kind, "x").parts) == [1]
    assert [each.name for each in made.io.interface.entries(made.io.own, kind)] == ["x"]


def test_part_of_the_data_can_be_loaded(asset):
    made = asset(data={"df_train": 1, "df_test": 2, "model": 3})
    assert made.load_data("df_") == {"df_train": 1, "df_test": 2}
    assert made.load_data(partial_load="test") == {"df_test": 2}


def test_part_of_the_data_that_is_not_there_is_refused(asset):
    with pytest.raises(StepArgumentError, match=r"no data key contains 'modle'; did you mean 'model'\?"):
        asset(data={"model": 3}).load_data("modle")
    with pytest.raises(StepArgumentError, match="load_data: partial_load must be text, got list"):
        asset(data={"model": 3}).load_data(["model"])
    with pytest.raises(StepArgumentError, match="no data key contains 'x'"):
        asset().load_data("x")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [None, [], 5, "x", [("a", 1)]])
def test_only_a_dict_can_be_saved(asset, kind, value):
    with pytest.raises(StepOutputError) as caught:
        save(asset(), kind, value)
    assert caught.value.what == f"save_{kind} takes a dict, got {type(value).__name__}"
    assert caught.value.do == f"asset.save_{kind}({{'name': value}})"


@pytest.mark.parametrize("kind", KINDS)
def test_keys_are_text(asset, kind):
    with pytest.raises(StepOutputError, match=rf"save_{kind}: keys must be text, got int 1"):
        save(asset(), kind, {"a": 0, 1: 2})


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_save_is_refused(asset, kind):
    made = asset()
    save(made, kind, {})
    with pytest.raises(StepOutputError) as caught:
        save(made, kind, {"x": 1})
    assert caught.value.what == f"save_{kind} was called a second time in step 'train'"
    assert caught.value.do == f"put everything into one dict and call save_{kind} once, at the end"


@pytest.mark.parametrize("kind", KINDS)
def test_a_refused_save_does_not_count(asset, kind):
    made = asset()
    with pytest.raises(StepOutputError):
        save(made, kind, None)
    save(made, kind, {})


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_the_step_before_cannot_be_dropped(asset, kind):
    made = asset(data={"x": 1, "y": 2}, config={"x": 1, "y": 2})
    values = load(made, kind)
    del values["y"]  # in place, which ALO 2.6 does not notice in memory mode
    with pytest.raises(StepOutputError) as caught:
        save(made, kind, values)
    assert caught.value.what == f"save_{kind} dropped key 'y' that step 'input' had saved"
    assert caught.value.do == f"keys may be added, not removed: asset.save_{kind}({{**asset.load_{kind}(), ...}})"


@pytest.mark.parametrize("kind", KINDS)
def test_keys_may_be_added_and_changed(asset, kind):
    save(asset(data={"x": 1}, config={"x": 1}), kind, {"x": None, "z": 3})


def test_a_value_that_cannot_be_handed_over_is_named(asset):
    with pytest.raises(InterfaceError, match=r"key 'lines': a value of type generator cannot be handed"):
        asset().save_data({"a": 1, "lines": (x for x in "ab")})


def test_config_says_where_the_step_stands(asset, workspace):
    root = workspace.root
    names = ("input", "train_artifacts", "inference_artifacts", ".asset_interface", "history")
    assert asset("fit", data={}).load_config()["meta"] == {
        "artifacts": {name: f"{root / name}/" for name in names},
        "pipeline": "train_pipeline",
        "step": 1,
        "step_number": 1,
        "step_name": "fit",
    }


def test_meta_is_made_anew_for_every_step(context):
    first = context()
    Asset(first).save_config({"meta": {"step_name": "wrong"}, "c": 1})
    assert [each.name for each in first.io.interface.entries(first.io.own, "config")] == ["c"]
    second = Asset(context("next", config={"c": 1}))
    config = second.load_config()
    assert config["meta"]["step_name"] == "next"
    del config["meta"]
    second.save_config(config)


# -- the end of a step -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("saved", "missing", "call"), [("data", "config", "asset.load_config()"), ("config", "data", "{}")]
)
def test_a_step_that_saved_only_one_of_the_two_is_refused(context, saved, missing, call):
    made = context()
    save(Asset(made), saved, {})
    with pytest.raises(StepOutputError) as caught:
        made.finish()
    assert caught.value.what == f"step 'train' ended without calling save_{missing}"
    assert caught.value.do == f"end the step with `asset.save_{missing}({call})`, with what it adds"


def test_a_later_step_is_told_to_carry_its_data_on(context):
    made = context(data={"x": 1})
    Asset(made).save_config({})
    with pytest.raises(StepOutputError, match=r"`asset.save_data\(asset.load_data\(\)\)`"):
        made.finish()


def test_decorator_run_checks_the_end_and_ignores_the_return_value(context):
    class UserAsset(Asset):
        @Asset.decorator_run
        def run(self, save=True):
            """Docs."""
            if save:
                self.asset.save_data({"x": 1})
                self.asset.save_config({"c": 2})
            return "ignored"

    assert UserAsset(context()).run() == ({"x": 1}, {"c": 2})
    assert UserAsset.run.__doc__ == "Docs."
    with pytest.raises(StepOutputError, match="ended without calling save_data"):
        UserAsset(context()).run(save=False)


def test_decorator_run_lets_the_steps_own_exception_through(context):
    class UserAsset(Asset):
        @Asset.decorator_run
        def run(self):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        UserAsset(context()).run()


# -- paths -----------------------------------------------------------------------------------------------------------

TRAIN, INFERENCE = "train_pipeline", "inference_pipeline"


@pytest.mark.parametrize(
    ("call", "step", "pipeline", "folder"),
    [
        ("get_model_path", "train", TRAIN, "train_artifacts/models/train/"),
        ("get_model_path", "train2", TRAIN, "train_artifacts/models/train/"),
        ("get_model_path", "step-1 한글x", TRAIN, "train_artifacts/models/step한글x/"),
        ("get_model_path", "1", TRAIN, "train_artifacts/models/1/"),
        ("get_output_path", "train", TRAIN, "train_artifacts/output/"),
        ("get_output_path", "x", INFERENCE, "inference_artifacts/output/"),
        ("get_extra_output_path", "step-1", TRAIN, "train_artifacts/extra_output/step-1/"),
        ("get_extra_output_path", "x", INFERENCE, "inference_artifacts/extra_output/x/"),
        ("get_report_path", "train", TRAIN, "train_artifacts/report/"),
    ],
)
def test_a_path_is_absolute_ends_with_a_slash_and_exists(asset, workspace, call, step, pipeline, folder):
    made = asset(step, pipeline)
    for _ in range(2):
        path = getattr(made, call)()
        assert path == f"{workspace.root}/{folder}"
        assert (workspace.root / folder).is_dir()
        (workspace.root / folder / "kept").touch()
    assert (workspace.root / folder / "kept").exists()


@pytest.mark.parametrize("pipeline", [TRAIN, INFERENCE])
def test_the_input_path_is_that_of_the_pipeline(asset, workspace, pipeline):
    mode = pipeline.removesuffix("_pipeline")
    assert asset("input", pipeline).get_input_path() == f"{workspace.root}/input/{mode}/"


@pytest.mark.parametrize(
    ("step", "pair"), [("inference", "train"), ("inference2", "train"), ("fit", "fit"), ("fit2", "fit")]
)
def test_inference_reads_the_model_that_train_left(asset, workspace, step, pair):
    folder = workspace.root / "train_artifacts" / "models" / pair
    with pytest.raises(SourceError) as caught:
        asset(step, INFERENCE).get_model_path()
    assert caught.value.what == f"step {step!r} needs the model of step {pair!r}, and train has left none"
    assert caught.value.where == str(folder)
    assert caught.value.do.startswith("run the train pipeline first")
    folder.mkdir(parents=True)
    (folder / "m").touch()
    assert asset(step, INFERENCE).get_model_path() == f"{folder}/"


def test_whoever_lacks_a_model_learns_whose_there_are(asset, workspace):
    for name in ("fit", "scale", "train"):
        (workspace.root / "train_artifacts" / "models" / name).mkdir(parents=True)
    for name in ("fit", "scale"):
        (workspace.root / "train_artifacts" / "models" / name / "m").touch()
    with pytest.raises(SourceError) as caught:
        asset("inference", INFERENCE).get_model_path()
    assert caught.value.do.endswith("; there are models of 'fit', 'scale'")


def test_an_empty_model_folder_is_none_for_the_step_called_inference(asset, workspace):
    for name in ("train", "fit"):
        (workspace.root / "train_artifacts" / "models" / name).mkdir(parents=True)
    with pytest.raises(SourceError, match="needs the model of step 'train'"):
        asset("inference", INFERENCE).get_model_path()
    assert asset("fit", INFERENCE).get_model_path().endswith("/train_artifacts/models/fit/")


def test_inference_may_have_models_of_its_own(asset, workspace):
    path = asset("inference", INFERENCE).get_model_path(use_inference_path=True)
    assert path == f"{workspace.root}/inference_artifacts/models/inference/"
    with pytest.raises(StepArgumentError, match="use_inference_path=True works in the inference pipeline only"):
        asset("train").get_model_path(use_inference_path=True)
    with pytest.raises(StepArgumentError, match="use_inference_path must be a bool, got 1"):
        asset("train").get_model_path(1)


def test_inference_has_no_reports(asset):
    with pytest.raises(StepArgumentError, match="get_report_path can only be used in the train pipeline"):
        asset("x", INFERENCE).get_report_path()


# -- read_custom_config ----------------------------------------------------------------------------------------------


@pytest.fixture
def input_folder(tmp_path):
    folder = tmp_path / "input" / "train" / "sub"
    folder.mkdir(parents=True)
    (folder / "a.ini").write_text("[s]\nk = 한글\n", encoding="utf-8")
    (folder / "a.yaml").write_text("k: [1, 한글]\n", encoding="utf-8")
    (folder / "a.txt").write_text("k")
    (folder / "list.yaml").write_text("- 1\n")
    (folder / "broken.ini").write_text("k = 1")
    (folder / "tag.yaml").write_text("k: !!python/object/apply:os.getcwd []")
    (tmp_path / "secret.yaml").write_text("k: 1")
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    return folder


def test_custom_config_is_read_below_the_input_folder(asset, input_folder):
    parser = asset().read_custom_config("sub/a.ini")
    assert isinstance(parser, configparser.ConfigParser)
    assert parser["s"]["k"] == "한글"
    assert asset().read_custom_config("sub/../sub/a.yaml") == {"k": [1, "한글"]}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("../../secret.yaml", "read_custom_config: '../../secret.yaml' leads out of the input folder"),
        ("sub/link.yaml", "read_custom_config: 'sub/link.yaml' leads out of the input folder"),
        ("/etc/passwd", "read_custom_config: '/etc/passwd' leads out of the input folder"),
        ("sub/b.yaml", r"read_custom_config: there is no file 'sub/b.yaml'; did you mean 'sub/a.yaml'\?"),
        ("sub", "read_custom_config: there is no file 'sub'"),
        ("sub/a.txt", r"read_custom_config reads .ini and .yaml files, got 'sub/a.txt'"),
        ("sub/list.yaml", "read_custom_config: 'sub/list.yaml' cannot be read: holds list, not a mapping"),
        ("sub/broken.ini", "read_custom_config: 'sub/broken.ini' cannot be read: File contains no section headers"),
        ("sub/tag.yaml", "read_custom_config: 'sub/tag.yaml' cannot be read: not readable as YAML"),
        (5, "read_custom_config takes a path below the input folder, got 5"),
    ],
)
def test_custom_config_that_cannot_be_read_says_why(asset, input_folder, path, message):
    with pytest.raises(SourceError, match=message):
        asset().read_custom_config(path)


# -- log -------------------------------------------------------------------------------------------------------------


def test_a_step_logs_lines(asset, logged):
    asset().save_info("read", show=True)
    asset().save_warning("hm")
    assert [(each.level, each.message, each.show) for each in logged] == [
        ("info", "read", True),
        ("warning", "hm", False),
    ]
    name = test_a_step_logs_lines.__name__
    first = test_a_step_logs_lines.__code__.co_firstlineno
    assert [(each.file, each.line - first, each.function) for each in logged] == [
        (__file__, 1, name),
        (__file__, 2, name),
    ]


def test_an_error_line_stops_the_step(asset, logged):
    with pytest.raises(StepRunError) as caught:
        asset().save_error("no rows")
    assert caught.value.what == "no rows"
    assert caught.value.do == "the step itself stopped the run with save_error"
    assert [(each.level, each.message) for each in logged] == [("error", "no rows")]


def test_an_error_line_in_a_handler_stops_with_the_exception_being_handled(asset):
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError as active:
        with pytest.raises(ZeroDivisionError) as caught:
            asset().save_error("bad division")
        assert caught.value is active  # noqa: PT017  # it must be the one being handled


@pytest.mark.parametrize("level", ["info", "warning", "error"])
@pytest.mark.parametrize(("msg", "show"), [(5, False), (None, False), ("x", 1), ("x", None)])
def test_a_line_is_text_and_shown_or_not(asset, level, msg, show):
    with pytest.raises(StepArgumentError, match=f"save_{level} takes a text and show=True or False, got"):
        getattr(asset(), f"save_{level}")(msg, show)
