"""Every file of ``magics/`` is a thin magic whose help says all that it takes."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

MAGICS = Path(__file__).parents[2] / "magics"
NAMES = sorted(path.stem for path in MAGICS.glob("[!_]*.py"))


def module(name):
    return importlib.import_module(f"alo_nb.magics.{name}")


def grammar(name):
    from alo_nb.steps.asset_line import GRAMMAR

    return getattr(module(name), "GRAMMAR", GRAMMAR)


def test_the_folder_holds_magics():
    assert {"alo", "alo_asset", "alo_plan", "alo_run"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_help_mentions_every_option(name):
    help_text = getattr(module(name), name).__doc__
    taken = grammar(name)
    assert taken.magic.lstrip("%") == name
    for option in taken.options:
        assert re.search(rf"(?<![\w-])(--)?{re.escape(option)}[ =]", help_text), f"{option} is not in the help"
    for switch in taken.switches:
        assert f"--{switch}" in help_text, f"--{switch} is not in the help"
    for letter in taken.short:
        assert re.search(rf"(?<![\w-])-{letter}\b", help_text), f"-{letter} is not in the help"


@pytest.mark.parametrize("name", NAMES)
def test_the_help_mentions_no_option_that_the_magic_refuses(name):
    help_text = getattr(module(name), name).__doc__
    taken = grammar(name)
    known = {*taken.options, *taken.switches}
    flags = set(re.findall(r"(?<![\w-])--([a-z][a-z-]*)", help_text)) - known
    assert {each.removeprefix("no-") for each in flags} <= known
    assert set(re.findall(r"(?<![\w-])-([a-z])\b", help_text)) <= set(taken.short)


@pytest.mark.parametrize("name", NAMES)
def test_the_help_shows_how_the_magic_is_written(name):
    help_text = getattr(module(name), name).__doc__
    assert re.search(rf"^ +{re.escape(grammar(name).magic)}\b", help_text, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_a_word_or_option_too_many_is_refused_with_a_hint(name):
    from alo_nb.errors import MagicUsageError

    taken = grammar(name)
    for line in ("--no-such-option", "a b c d"):
        with pytest.raises(MagicUsageError, match=re.escape(taken.magic)):
            taken.parse(line)


@pytest.mark.parametrize("name", NAMES)
def test_a_magic_decides_nothing(name):
    """It parses, calls and shows: no loop, and no branch but on what was typed."""
    tree = ast.parse((MAGICS / f"{name}.py").read_text(encoding="utf-8"))
    kinds = {type(node) for node in ast.walk(tree)}
    assert not kinds & {ast.For, ast.While, ast.Try, ast.With, ast.ClassDef}
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    assert (function.end_lineno or 0) - function.body[0].end_lineno <= 15


@pytest.mark.parametrize("name", NAMES)
def test_a_magic_can_be_taken_away(name):
    found = module(name)
    added = []

    class Shell:
        def __init__(self):
            self.magics_manager = SimpleNamespace(magics={"line": {}, "cell": {}})

        def register_magic_function(self, function, kind, magic_name):
            self.magics_manager.magics[kind][magic_name] = function
            added.append(magic_name)

    shell = Shell()
    found.register(shell)
    assert name in added
    found.unregister(shell)
    assert shell.magics_manager.magics == {"line": {}, "cell": {}}
