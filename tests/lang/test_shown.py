"""In another language nothing that is shown stays English but data: found with a language that is all brackets."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest
from views.everything import cards, stored

import alo_nb.lang
from alo_nb.lang import VARIABLE
from alo_nb.project import Project
from alo_nb.views.runs_table import Runs

from .pseudo import Brackets, texts_of, untranslated

NAME = "Ж"  # in all places where users' texts stand: no letter that English has
HEADLINE = re.compile(r"^. \S+: (ok|cached|failed|interrupted) - ", re.MULTILINE)  # a form that never changes
DATA = {
    *(
        "train",
        "inference",
        "pipeline",
        "all",
        "data",
        "config",
        "raw",
        "dataset",
        "load",
        "latest",
        "copy",
        "txt",
    ),
    *("ms", "kB", "MB"),
    *("DataFrame", "Timestamp", "category", "object", "nan", "None", "str", "float", "dict", "set", "int"),
    *("frames", "result", "score", "note", "probability", "git", "host", "python", "mode", "notebook"),
    # keys and values of a plan
    *("get", "asset", "source", "external", "once", "backup", "artifacts", "log", "size", "interface", "memory"),
    *("save", "format", "tar", "gz", "check", "resource", "True", "False", "Python"),
    *("and", "more"),  # of a reason, which stays as it was recorded
}


@pytest.fixture(autouse=True)
def _brackets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, "ko")
    monkeypatch.setattr(alo_nb.lang, "_catalog", lambda _: Brackets())
    (tmp_path / ".alo").mkdir()
    monkeypatch.chdir(tmp_path)


def test_no_card_has_a_word_that_is_not_translated(tmp_path: Path) -> None:
    import os

    host, found = os.uname().nodename, {}
    for name, shown in chain(cards(NAME), stored(Project(tmp_path), NAME)):
        html = shown._repr_html_() if hasattr(shown, "_repr_html_") else ""
        text = "\n".join([HEADLINE.sub("", repr(shown)), *texts_of(html or "")])
        columns = {*shown.columns, "metrics"} if isinstance(shown, Runs) else set()  # as --where and --sort take them
        found[name] = untranslated(text.replace(host, ""), DATA | columns)
    assert {name: words for name, words in found.items() if words} == {}
    assert len(found) > 30


def test_the_brackets_find_what_is_not_translated() -> None:
    assert untranslated("⟦run ⟦x⟧ left⟧ Ж 3x2", DATA) == set()
    assert untranslated("⟦run⟧ failed", DATA) == {"failed"}
    assert untranslated("\n".join(texts_of('<b title="why">⟦run⟧</b>')), DATA) == {"why"}
