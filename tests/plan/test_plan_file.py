from __future__ import annotations

import os

import pytest
from edited_plans import PLANS, USUAL

from alo_nb.errors import PlanEditError, PlanReadError
from alo_nb.plan.editor import set_argument, set_control
from alo_nb.plan.plan_file import PlanFile, difference

TRAIN = "train_pipeline"


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_bytes(USUAL.encode())
    return file


@pytest.mark.parametrize("name", PLANS)
def test_a_file_that_is_saved_without_an_edit_keeps_its_bytes(name, tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_bytes(PLANS[name].encode())
    plan = PlanFile(file)
    plan.save()
    assert file.read_bytes() == PLANS[name].encode()
    assert not plan.is_unsaved


def test_an_edit_shows_its_line_and_is_in_the_file_when_it_is_saved(path):
    plan = PlanFile(path)
    shown = plan.edit(set_control, "backup_size", 5)
    number = USUAL.splitlines().index("    - backup_size: 1000   # MB") + 1
    assert shown == f"- {number}:     - backup_size: 1000   # MB\n+ {number}:     - backup_size: 5   # MB"
    assert plan.unsaved() == shown
    assert path.read_bytes() == USUAL.encode()
    plan.save()
    assert path.read_bytes() == USUAL.replace("1000   #", "5   #").encode()
    assert plan.unsaved() == ""
    assert [each.name for each in path.parent.iterdir()] == ["plan.yaml"]


def test_an_edit_that_is_refused_changes_nothing(path):
    plan = PlanFile(path)
    with pytest.raises(PlanEditError):
        plan.edit(set_argument, TRAIN, "trian", "max_depth", 1)
    assert plan.text == USUAL
    assert not plan.can_undo


def test_edits_are_taken_back_and_made_again(path):
    plan = PlanFile(path)
    texts = [plan.text]
    for value in (1, 2, 3):
        plan.edit(set_control, "backup_size", value)
        texts.append(plan.text)
    for wanted in texts[2::-1]:
        plan.undo()
        assert plan.text == wanted
    plan.undo()
    assert plan.text == USUAL
    assert not plan.is_unsaved
    for wanted in texts[1:]:
        plan.redo()
        assert plan.text == wanted
    plan.undo()
    plan.edit(set_control, "backup_size", 9)
    assert not plan.can_redo
    plan.redo()
    assert plan.plan().control.backup_size == 9


def test_a_change_on_disk_is_told_and_never_overwritten(path):
    plan = PlanFile(path)
    assert not plan.has_changed_on_disk()
    plan.edit(set_control, "backup_size", 5)
    theirs = USUAL.replace("interface_mode: memory", "interface_mode: file")
    path.write_text(theirs)
    assert plan.has_changed_on_disk()
    with pytest.raises(PlanEditError, match=r"not overwritten:\n    - \d+:     - interface_mode: memory\n    \+"):
        plan.save()
    assert path.read_text() == theirs
    assert plan.plan().control.backup_size == 5
    plan.reload()
    assert plan.text == theirs
    assert not plan.is_unsaved
    plan.undo()
    assert plan.plan().control.backup_size == 5


def test_the_same_bytes_written_again_are_no_change(path):
    plan = PlanFile(path)
    path.write_bytes(USUAL.encode())
    os.utime(path, (1, 1))
    assert not plan.has_changed_on_disk()


def test_a_deleted_file_is_not_made_again_unasked(path):
    plan = PlanFile(path)
    plan.edit(set_control, "backup_size", 5)
    path.unlink()
    with pytest.raises(PlanEditError, match="it is gone"):
        plan.save()
    assert not path.exists()


def test_saving_keeps_the_rights_of_the_file_and_writes_through_a_link(path, tmp_path):
    path.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    plan = PlanFile(link)
    plan.edit(set_control, "backup_size", 5)
    plan.save()
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert b"backup_size: 5" in path.read_bytes()


def test_a_text_that_is_no_plan_can_be_opened_and_says_so_when_it_is_read(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text("name: [1,\n")
    plan = PlanFile(file)
    with pytest.raises(PlanReadError):
        plan.plan()
    with pytest.raises(PlanReadError):
        plan.edit(set_control, "backup_size", 5)
    with pytest.raises(PlanReadError):
        PlanFile(tmp_path / "nothing.yaml")


def test_a_difference_shows_no_secret(path):
    plan = PlanFile(path)
    plan.edit(set_argument, TRAIN, "train", "password", "hunter2-hunter2")
    assert "hunter2" not in plan.unsaved()
    assert "password: '***'" in plan.unsaved()
    plan.save()
    assert plan.edit(set_argument, TRAIN, "train", "password", "other-secret") == "what differs is masked here"
    assert difference(plan.text, plan.text) == ""
