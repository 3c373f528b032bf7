from __future__ import annotations

import json

import pytest

from alo_nb.errors import StepOutputError
from alo_nb.runner import Caching, Selection
from alo_nb.runner.contracts import LEARNED_FROM, broken, learned
from alo_nb.runner.events import Warned
from alo_nb.store.breaks import break_lines

CACHED = Caching(on=True)
INPUT = """\
import numpy as np
import pandas as pd
seed = asset.check_args('seed', default=0, chng_type='int')
rows = asset.check_args('rows', default=200, chng_type='int')
random = np.random.default_rng(seed)
new = {'dataframe': pd.DataFrame({
    'Age': random.normal(30, 5, rows),
    'Fare': random.exponential(30, rows),
    'Pclass': random.integers(1, 4, rows),
    'Sex': random.choice(['male', 'female'], rows),
    'Survived': random.integers(0, 2, rows),
})}
"""
PREPROCESS = """\
df = asset.load_data()['dataframe']
df['is_old'] = df['Age'] > 40
{change}
config = {{'x_columns': ['Age', 'Fare'], 'y_column': 'Survived', 'limits': {{'Age': 40, 'rows': len(df)}}}}
{config}
asset.save_data({{'dataframe': df, 'ages': df['Age'].to_numpy(), 'note': 'done', **locals().get('more', {{}})}})
asset.save_config(config)
# saves
"""
TRAIN = "new = {'rows': len(asset.load_data()['dataframe'])}"
END = "new = {}"


def preprocess(change="", config=""):
    return PREPROCESS.format(change=change, config=config)


@pytest.fixture
def titanic(bench):
    """Three steps and an end; `with_` writes the middle one anew."""

    def write(change="", config="", **args):
        steps = {"input": INPUT, "preprocess": preprocess(change, config), "train": TRAIN, "end": END}
        bench.write(steps, args={"input": args} if args else {})

    bench.with_ = write
    write()
    return bench


def warnings(bench):
    return [each.message for each in bench.events if isinstance(each, Warned)]


def test_a_first_run_and_three_clean_reruns_warn_of_nothing(titanic):
    for _ in range(4):
        titanic.run()
        assert warnings(titanic) == []


@pytest.mark.parametrize("interface_mode", ["memory", "file"])
def test_new_data_of_the_same_kind_warns_of_nothing(titanic, interface_mode):
    for seed, rows in ((0, 200), (1, 150), (2, 320), (3, 90)):
        titanic.with_(seed=seed, rows=rows)
        titanic.run(interface_mode=interface_mode)
        assert warnings(titanic) == []


BREAKS = {
    "a dropped column": (
        "df = df.drop(columns='Sex')", "",
        "data.dataframe lost column 'Sex' (6 columns in run {run}, 5 now)",
    ),
    "dropped columns": (
        "df = df[['Age', 'Survived']]", "",
        "data.dataframe lost columns 'Fare', 'Pclass', 'Sex' and 1 more (6 columns in run {run}, 2 now)",
    ),
    "a renamed column": (
        "df = df.rename(columns={'Sex': 'sex'})", "",
        "data.dataframe lost column 'Sex' (6 columns in run {run}, 6 now)",
    ),
    "a dtype that drifts": (
        "df['Pclass'] = df['Pclass'].astype(str)", "",
        "data.dataframe changed the dtype of column 'Pclass' (int64 in run {run}, str now)",
    ),
    "nulls": (
        "df.loc[:9, 'Fare'] = None", "",
        "data.dataframe has missing values in column 'Fare' (none of 200 in run {run}, 10 of 200 now)",
    ),
    "no rows": ("df = df[df['Age'] > 1000]", "", "data.dataframe has no rows (200 in run {run}, 0 now)"),
    "exploded rows": (
        "df = df.merge(df[['Survived', 'Pclass']], on='Survived')", "",
        "data.dataframe has far more rows (200 rows in run {run}, ",
    ),
    "few rows left": (
        "df = df.head(15)", "",
        "data.dataframe has far fewer rows (200 rows in run {run}, 15 now)",
    ),
    "another unit": (
        "df['Age'] *= 365", "",
        "data.dataframe is far out of range in column 'Age' (",
    ),
    "another type": (
        "", "more = {'note': ['done']}",
        "data.note changed its type (str in run {run}, list now)",
    ),
    "a deleted config key": (
        "", "del config['x_columns']",
        "config.x_columns is gone (list 2 in run {run}, not saved now)",
    ),
    "a deleted config key with a text": (
        "", "del config['y_column']",
        "config.y_column is gone (str 8 in run {run}, not saved now)",
    ),
    "an array of other shape": (
        "", "more = {'ages': df[['Age', 'Fare']].to_numpy()}",
        "data.ages changed its shape (1 axes in run {run}, 2 now)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "config", "told"), BREAKS.values(), ids=BREAKS)
def test_a_break_is_told_once_at_the_step_that_made_it(titanic, change, config, told):
    good = titanic.run()
    titanic.with_(change, config)
    run = titanic.run()
    first, *others = warnings(titanic)
    assert first.startswith("preprocess: " + told.format(run=good.id[-6:]))
    assert all(each.startswith("preprocess: ") for each in others)  # `train` and `end` only pass it on
    assert run.step("preprocess").breaks
    titanic.run()
    assert warnings(titanic) == []  # the run with the break went well: it is the new contract


ADDED = [("df['Title'] = 'Mr'", ""), ("", "more = {'other': 1}"), ("", "config['other'] = 1")]


@pytest.mark.parametrize(("change", "config"), ADDED)
def test_what_is_added_breaks_nothing(titanic, change, config):
    titanic.run()
    titanic.with_(change, config)
    titanic.run()
    assert warnings(titanic) == []


def test_each_of_two_breaks_is_told_at_its_own_step(titanic):
    titanic.run()
    titanic.with_("df = df.drop(columns='Sex')")
    titanic.write(
        {
            "input": INPUT,
            "preprocess": preprocess("df = df.drop(columns='Sex')"),
            "train": "new = {'dataframe': asset.load_data()['dataframe'].drop(columns='Fare'), 'rows': 3}",
            "end": END,
        }
    )
    titanic.run()
    told = [each.partition(" (")[0] for each in warnings(titanic)]
    assert told == ["preprocess: data.dataframe lost column 'Sex'", "train: data.dataframe lost column 'Fare'"]


def test_a_step_that_runs_alone_on_broken_inputs_is_not_blamed(titanic):
    titanic.run()
    titanic.with_("df = df.drop(columns='Sex')")
    titanic.run(selection=Selection(only=("preprocess",)))
    assert [each.partition(":")[0] for each in warnings(titanic)] == ["preprocess"]
    run = titanic.run(selection=Selection(only=("train",)))
    assert warnings(titanic) == []
    assert [each.inherited for each in run.step("train").breaks] == [True]


def test_a_strict_run_ends_at_the_step_and_keeps_the_latest_outputs(titanic):
    good = titanic.run()
    titanic.with_("df = df.drop(columns='Sex')")
    for _ in range(2):  # refused until it is accepted
        with pytest.raises(StepOutputError, match=r"breaks its contract: data\.dataframe lost column 'Sex'") as caught:
            titanic.run(strict_contracts=True)
        assert "step 'preprocess'" in caught.value.where
        failed = titanic.store.list()[0]
        assert [(each.step, each.status) for each in failed.steps] == [("input", "success"), ("preprocess", "failed")]
    train_alone = titanic.run(selection=Selection(only=("train",)), strict_contracts=True)
    assert train_alone.step("train").outputs()["data.dataframe"] == good.step("preprocess").outputs()["data.dataframe"]
    titanic.run()  # accepted
    assert titanic.run(strict_contracts=True).status == "success"


def test_a_strict_run_refuses_what_an_earlier_run_has_kept_of_a_break(titanic):
    titanic.run(caching=CACHED)
    titanic.with_("df = df.drop(columns='Sex')")
    titanic.steps["train"] = "raise ValueError('no sex')"
    titanic.write({**titanic.steps})
    with pytest.raises(ValueError, match="no sex"):
        titanic.run(caching=CACHED)
    titanic.steps["train"] = TRAIN
    titanic.write({**titanic.steps})
    with pytest.raises(StepOutputError, match="lost column 'Sex'"):
        titanic.run(caching=CACHED, strict_contracts=True)


def test_steps_taken_over_from_earlier_runs_leave_the_contract_as_it_was(titanic):
    for _ in range(LEARNED_FROM + 2):
        titanic.run(caching=CACHED)
        assert warnings(titanic) == []
    titanic.with_("df = df.drop(columns='Sex')")
    titanic.run(caching=CACHED)
    assert [each.partition(" (")[0] for each in warnings(titanic)] == ["preprocess: data.dataframe lost column 'Sex'"]


def test_a_failed_run_teaches_nothing(titanic):
    titanic.run()
    titanic.with_("df = df.drop(columns='Sex')")
    titanic.steps["train"] = "raise ValueError('no sex')"
    titanic.write({**titanic.steps})
    for _ in range(2):
        with pytest.raises(ValueError, match="no sex"):
            titanic.run()
        assert [each.partition(" (")[0] for each in warnings(titanic)] == [
            "preprocess: data.dataframe lost column 'Sex'"
        ]


def test_a_column_that_comes_and_goes_is_told_once(titanic):
    drop = "df = df.drop(columns='Sex')"
    told = []
    for change in ("", drop, "", drop):
        titanic.with_(change)
        titanic.run()
        told.append(len(warnings(titanic)))
    assert told == [0, 1, 0, 0]


def test_a_key_of_a_dict_is_missed_once_it_has_stayed_while_the_values_changed(titanic):
    delete = "del config['limits']['Age']"
    titanic.run()
    titanic.with_(config=delete)
    titanic.run()
    assert warnings(titanic) == []  # the key may have been one of the data, e.g. a category with its count
    for rows in (200, 210, 220, 230, 240):
        titanic.with_(rows=rows)
        titanic.run()
    titanic.with_(config=delete)
    good, _ = titanic.store.list(limit=1)[0], titanic.run()
    assert warnings(titanic) == [f"preprocess: config.limits lost key 'Age' (2 keys in run {good.id[-6:]}, 1 now)"]


def test_another_plan_has_contracts_of_its_own(titanic):
    run = titanic.run()
    step = (titanic.project, "train_pipeline", "preprocess")
    assert learned(*step, plan=run.plan_path) is not None
    assert learned(*step, plan=str(titanic.root / "other.yaml")) is None
    assert learned(titanic.project, "inference_pipeline", "preprocess", plan=run.plan_path) is None


@pytest.mark.parametrize("damage", ["signature", "columns", "text", "older"])
def test_a_record_that_was_edited_or_is_of_an_earlier_version_is_no_contract(titanic, damage):
    run = titanic.run()
    path = titanic.store.folder(run.id) / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    for output in (output for step in record["steps"] for output in step["data"]):
        match damage:
            case "signature":
                output["signature"] = [1]
            case "columns":
                output["signature"]["columns"] = {"Age": {"dtype": 3, "nulls": "many"}}
            case "text":
                output["signature"] |= {"rows": "200", "shape": "ab"}
            case "older":
                del output["signature"]
    path.write_text(json.dumps(record), encoding="utf-8")
    titanic.with_("df = df.drop(columns='Sex')")
    titanic.run()
    assert warnings(titanic) == []


def test_a_break_says_both_signatures(titanic):
    good = titanic.run()
    titanic.with_("df = df.drop(columns='Sex')")
    run = titanic.run()
    contract = learned(titanic.project, "train_pipeline", "preprocess", runs=[good])
    (found,) = broken(contract, run.step("preprocess").outputs())
    assert (found.output, found.what, found.name) == ("data.dataframe", "lost column", "Sex")
    assert (found.old, found.new) == (f"6 columns in run {good.id[-6:]}", "5 now")
    assert titanic.store.get(run.id).step("preprocess").breaks == (found,)
    assert list(break_lines([found])) == [f"data.dataframe lost column 'Sex' ({found.old}, {found.new})"]
