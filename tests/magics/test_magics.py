"""Every file of ``magics/`` is a thin magic whose help says all that it takes."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from alo_nb.headless.options import parser
from alo_nb.notebook.completion import _KINDS
from alo_nb.steps import magic_help
from alo_nb.steps.magic_line import FREE, SEVERAL

MAGICS = Path(__file__).parents[2] / "magics"
NAMES = sorted(path.stem for path in MAGICS.glob("[!_]*.py"))


def module(name):
    return importlib.import_module(f"alo_nb.magics.{name}")


def grammar(name):
    return module(name).GRAMMAR


def commands():
    """Return the options of each command of the command line: name to whether it takes a value and what it means."""
    whole = next(each for each in parser()._actions if each.choices and each.dest == "command")
    return {
        name: {
            spelled.removeprefix("--"): (action.nargs != 0, action.help)
            for action in each._actions
            for spelled in action.option_strings
            if spelled.startswith("--")
        }
        for name, each in whole.choices.items()
    }


def test_the_folder_holds_magics():
    assert {"alo", "alo_asset", "alo_plan", "alo_run"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_option_has_a_text_and_a_value_that_completes_or_is_declared_free(name):
    taken = grammar(name)
    assert taken.magic.lstrip("%") == name
    assert {*taken.takes} == {*taken.options, *range(taken.words)}
    assert all({**taken.options, **taken.switches, **taken.more}.values())
    assert {*taken.texts, *taken.optional, *filter(None, [taken.main])} <= {*taken.options}
    assert {*taken.short.values()} <= {*taken.options, *taken.switches}
    kinds = {each for takes in taken.takes.values() for each in takes.removesuffix(SEVERAL).split("|")}
    assert {each for each in kinds if each.isupper()} <= {*_KINDS, *FREE}


@pytest.mark.parametrize("name", NAMES)
def test_the_options_are_written_once_and_shown_in_the_help(name):
    taken = grammar(name)
    function = getattr(module(name), name)
    help_text = magic_help.help_text(function, taken)
    for meaning in (*taken.options.values(), *taken.switches.values(), *taken.more.values()):
        assert meaning in help_text
        assert meaning not in function.__doc__
    for option in taken.options:
        assert re.search(rf"^(--)?{re.escape(option)}[ =[]", help_text, re.MULTILINE), option
    for letter in taken.short:
        assert re.search(rf"(?<![\w-])-{letter}\b", help_text), f"-{letter} is not in the help"


@pytest.mark.parametrize("name", NAMES)
def test_the_docstring_mentions_no_option_that_the_magic_refuses(name):
    taken = grammar(name)
    known = {*taken.options, *taken.switches}
    flags = set(re.findall(r"(?<![\w-])--([a-z][a-z-]*)", getattr(module(name), name).__doc__))
    assert {each.removeprefix("no-") for each in flags - known} <= known


@pytest.mark.parametrize("name", NAMES)
def test_an_option_that_a_command_has_too_means_the_same_there(name):
    taken = grammar(name)
    command = commands().get(name.removeprefix("alo_"), {})
    for option, meaning in {**taken.options, **taken.switches}.items():
        takes_value, there = command.get(option, (False, None))
        if there is not None and takes_value == (option in taken.options):
            assert meaning == there, option


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
