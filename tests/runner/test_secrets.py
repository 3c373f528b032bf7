"""Nothing that a run writes holds a secret that the run knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from alo_nb.plan import parse_plan
from alo_nb.plan.secrets import Mask, hidden_texts, hide_also, holds_secret, known_secrets
from alo_nb.project import Project
from alo_nb.runner import RunRequest, run_plan
from alo_nb.steps.sources import Sources

PLAN = """\
name: secrets
user_parameters:
  - train_pipeline:
      - step: train
        args:
          - db_password: hunter,CANARY1
            n_password: 9988770027
            credentials: {user: CANARY2}
            max_tokens: 5555555
asset_source:
  - train_pipeline:
      - step: train
        source: {code: local}
"""
CODE = """\
from alolib.asset import Asset


class UserAsset(Asset):
    def __init__(self, asset_structure):
        super().__init__(asset_structure)
        self.args = self.asset.load_args()

    @Asset.decorator_run
    def run(self):
        self.asset.save_info(f"logged {self.args['db_password']} {self.args['n_password']}")
        known = self.args["db_password"], self.args["n_password"], self.args["credentials"]
        raise ValueError(f"no login by {known}")
"""


def test_an_exception_and_a_log_carry_no_secret_into_any_file_of_the_run(tmp_path: Path) -> None:
    folder = tmp_path / "assets" / "train"
    folder.mkdir(parents=True)
    plan = parse_plan(PLAN, file=str(tmp_path / "plan.yaml"))
    project = Project(tmp_path)
    (folder / "asset_train.py").write_text(CODE, encoding="utf-8")
    with pytest.raises(ValueError, match="no login"):
        run_plan(RunRequest(plan=plan, project=project, find=Sources(plan, project).step, mode="train"))
    written = [each for each in tmp_path.rglob("*") if each.is_file() and folder not in each.parents]
    assert any(b"no login" in each.read_bytes() for each in written)
    for path in written:
        assert not any(each in path.read_bytes() for each in (b"CANARY", b"9988770027")), path


def test_the_secrets_of_a_run_are_known_at_any_depth() -> None:
    plan = parse_plan(PLAN)
    assert known_secrets(plan) == {"hunter,CANARY1", "9988770027", "CANARY2"}
    assert {"deep1", "deep2"} <= known_secrets(plan, {"train.opts": {"token": ["deep1"]}, "train.pwd": "deep2"})
    assert known_secrets(plan, {"train.pwd": "abc", "train.token": "${TOKEN}"}) == known_secrets(plan)


def test_of_two_secrets_the_longer_is_hidden_first() -> None:
    hidden = hidden_texts(parse_plan(PLAN), {"a.pwd": "abcd", "b.pwd": "abcdef"})
    assert list(hidden).index("abcdef") < list(hidden).index("abcd")


def test_a_value_is_a_secret_by_its_name_or_its_form_at_any_depth() -> None:
    assert holds_secret("pwd", "x")
    assert holds_secret("opts", {"a": [{"token": "x"}]})
    assert holds_secret("url", ("postgresql://u:pw@h/db",))
    assert not holds_secret("opts", {"max_tokens": 512, "password": "${PASSWORD}"})


def test_plain_data_is_masked_below_names_at_any_depth_and_stays_what_it_is_without_secrets() -> None:
    mask = Mask({"hunter2": "***", "12345": "***"})
    value = {"password": "x", "n": 12345, "deep": [("told hunter2", {"api_key": 1})], 3: {"s"}}
    assert mask.plain("", value) == {"password": "***", "n": "***", "deep": [("told ***", {"api_key": 1})], 3: {"s"}}
    plain = {"a": [1, (2.5, None)], "max_tokens": 5000}
    assert mask.plain("", plain) == plain
    assert mask.is_in("a hunter2 b".encode("utf-32-le"))
    assert not mask.is_in(b"hunter")


def test_secrets_that_are_learned_are_hidden_for_all_who_hold_the_texts() -> None:
    hidden = hidden_texts(parse_plan(PLAN))
    hide_also(hidden, ["CANARY2-and-more"])
    assert Mask(hidden)("CANARY2-and-more CANARY2") == "*** ***"
