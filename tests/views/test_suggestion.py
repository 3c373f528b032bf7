"""What `%alo_suggest` shows: the same as text and as html, harmless whatever the notebook holds."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest

from alo_nb.suggestion import propose
from alo_nb.views.suggestion import Suggestion

NOTEBOOKS = Path(__file__).parents[1] / "data" / "plain_notebooks"


def words(text: str) -> set[str]:
    return set(re.findall(r"\w{2,}", text))


@pytest.mark.parametrize("name", sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")))
def test_text_and_html_say_the_same(name):
    found = Suggestion(propose(NOTEBOOKS / f"{name}.ipynb"))
    shown = html.unescape(re.sub(r"<[^>]+>", " ", found._repr_html_()))

    missing = words(repr(found)) - words(shown)
    assert not missing
    assert len(found._repr_html_()) < 200_000
    assert "<script" not in found._repr_html_()


def test_steps_and_what_they_hand_on_are_shown():
    text = repr(Suggestion(propose(NOTEBOOKS / "survivors.ipynb")))

    assert text.startswith("survivors.ipynb · 5 steps from 11 code cells, as saved; nothing was run\n")
    assert "  1 input       cells 2 to 3  1. Load the data\n    │ passengers: passengers = pd.DataFrame(\n" in text
    assert "comes along into every step: FEATURES, RandomForestClassifier, SEED" in text


def test_a_notebook_of_hostile_texts_is_text(tmp_path):
    bad = '<img src=x onerror="alert(1)">'
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": f"## {bad}"},
        {"cell_type": "code", "metadata": {}, "source": f"x = '{bad}'.lower()"},
        {"cell_type": "markdown", "metadata": {}, "source": "## b"},
        {
            "cell_type": "code",
            "metadata": {},
            "source": "print(x)\nkey = 'https://me:hidden@host/x'.lower()\nprint(key)",
        },
        {"cell_type": "markdown", "metadata": {}, "source": "## c"},
        {"cell_type": "code", "metadata": {}, "source": "print(key)"},
    ]
    path = tmp_path / f"{bad.replace('/', '')}.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    found = Suggestion(propose(path))

    assert len(found.steps) == 3
    assert "<img" not in found._repr_html_()
    assert "hidden" not in repr(found) + found._repr_html_()


def test_the_facts_are_there_for_programs():
    facts = Suggestion(propose(NOTEBOOKS / "held_together.ipynb")).to_dict()

    assert [each["name"] for each in json.loads(json.dumps(facts))["steps"]] == ["input", "scale", "share"]
    assert facts["closed"][0]["place"] == {
        "cell": 2,
        "line": 1,
        "text": 'database = sqlite3.connect(":memory:")',
    }
