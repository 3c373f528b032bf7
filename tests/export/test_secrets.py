"""No file that is written from a plan or a folder takes a secret along."""

from __future__ import annotations

from pathlib import Path

import pytest

from alo_nb.compat.alo3_folders import Models
from alo_nb.errors import ProjectError, StepArgumentError
from alo_nb.export.folder import files_below
from alo_nb.export.load import load_plan
from alo_nb.plan import parse_plan
from alo_nb.project import Project

PLAN = """\
name: secrets
user_parameters:
  - train_pipeline: [{step: train, args: [{%s}]}]
asset_source:
  - train_pipeline: [{step: train, source: {code: local}}]
"""


@pytest.mark.parametrize("args", ["db_password: CANARY", "opts: {token: CANARY}", "url: 'db://u:CANARY@h/x'"])
def test_a_plan_with_a_secret_is_not_loaded_into_another(tmp_path: Path, args: str) -> None:
    plan = parse_plan(PLAN % args, file=str(tmp_path / "plan.yaml"))
    with pytest.raises(ProjectError, match="no exported file may") as caught:
        load_plan(plan, Project(tmp_path), tmp_path / "new.ipynb")
    assert "CANARY" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_files_of_keys_are_not_copied(tmp_path: Path) -> None:
    for name in (".env.local", "id_rsa", "a.pem", "B.KEY", "credentials.json", "_netrc", "kept.py", "keys.csv"):
        (tmp_path / name).touch()
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").touch()
    assert list(files_below(tmp_path)) == ["kept.py", "keys.csv"]


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "a/b", ""])
def test_the_name_of_a_model_of_alo_3_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    models = Models(folder)
    with pytest.raises(StepArgumentError):
        models[name] = 1
    with pytest.raises(StepArgumentError):
        models[name]
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []
