"""``%config Alo``, and the help of a magic in the language that it chooses."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from alo_nb.lang import VARIABLE, language


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def test_the_language_is_chosen_for_this_process_and_those_that_it_starts(shell) -> None:
    assert shell.run("%config Alo.lang") == "en"
    shell.run('%config Alo.lang = "ko"')
    assert language() == shell.run("%config Alo.lang") == "ko"
    code = "from alo_nb.lang import language; print(language())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "ko"
    shell.run('%config Alo.lang = "en_US.UTF-8"')
    assert language() == "en"


def test_an_unknown_language_is_refused_with_those_there_are(shell, caplog: pytest.LogCaptureFixture) -> None:
    shell.run('%config Alo.lang = "ko"')
    with caplog.at_level(logging.ERROR):
        shell.run('%config Alo.lang = "kr"')
    assert "Alo.lang: there is no language 'kr'; known: en, ko" in caplog.text
    assert language() == shell.run("%config Alo.lang") == "ko"


def test_unloading_goes_back_to_the_language_of_before(shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.run('%config Alo.lang = "ko"')
    shell.run("%unload_ext alo_nb")
    assert VARIABLE not in os.environ
    monkeypatch.setenv(VARIABLE, "ko")
    shell.run("%load_ext alo_nb")
    assert shell.run("%config Alo.lang") == "ko"
    shell.run('%config Alo.lang = "en"')
    shell.run("%unload_ext alo_nb")
    assert os.environ[VARIABLE] == "ko"


def test_a_configuration_file_may_choose_it(bare) -> None:
    bare.ip.config.Alo.lang = "ko"
    bare.run("%load_ext alo_nb")
    assert language() == "ko"


def test_config_alone_tells_what_there_is(shell) -> None:
    shell.run("%config Alo")
    assert "Alo.lang=<Unicode>" in shell.out
    assert "en or ko" in shell.out


def shown_help(shell, magic: str) -> str:
    found = shell.ip.object_inspect_mime(magic, detail_level=0)
    return str(found["text/plain"])


def test_the_help_of_a_magic_shows_its_options_in_the_language_of_the_moment(shell) -> None:
    english = shown_help(shell, "%alo_run")
    assert "%alo_run [train|inference|all]" in english
    assert "--only STEP,..." in english
    assert "run these steps only" in english
    shell.run('%config Alo.lang = "ko"')
    korean = shown_help(shell, "%alo_run")
    assert "--only STEP,..." in korean
    assert "run these steps only" not in korean


def test_each_magic_of_a_kernel_has_its_help(shell) -> None:
    names = [each for each in shell.ip.magics_manager.magics["line"] if each.startswith("alo") and "%" not in each]
    for name in {*names} - {"alo_unknown"}:
        assert f"%{name}" in shown_help(shell, f"%{name}")


def test_the_language_is_no_reason_for_a_step_to_run(shell, project: Path) -> None:
    shell.step("a", "x = 1")
    shell.run('%config Alo.lang = "ko"')
    assert [each.state for each in shell.run("%alo_status")] == ["fresh"]
