"""Write docs/reference/magics.md and docs/reference/command-line.md from what the parsers read: ``make reference``."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from collections.abc import Iterable
from pathlib import Path

import alo_nb.magics
from alo_nb.headless.options import parser
from alo_nb.steps.magic_help import is_usage, one_line, option_rows, paragraphs

PAGES = Path(__file__).parent / "reference"
_MADE = "<!-- Written by `make reference`: edit the magics and alo_nb/headless/options.py instead. -->"


def magics_page() -> str:
    """Return the page about the magics: the docstring and the options of each."""
    blocks = [
        "# Magics",
        _MADE,
        "What `%alo_run?` and its like show in a notebook. How the lines are written, and what lies behind them: "
        "[the reference](../reference.md#magics).",
    ]
    for name in sorted(each.name for each in pkgutil.iter_modules(alo_nb.magics.__path__) if each.name[0] != "_"):
        module = importlib.import_module(f"alo_nb.magics.{name}")
        blocks.append(f"## `{module.GRAMMAR.magic}`")
        blocks += [_code(each) if is_usage(each) else one_line(each) for each in paragraphs(getattr(module, name))]
        blocks += _table(("option", "meaning"), option_rows(module.GRAMMAR))
    return "\n\n".join(blocks) + "\n"


def command_line_page() -> str:
    """Return the page about the command line: each command with its arguments and options."""
    whole = parser()
    listed = next(each for each in whole._actions if isinstance(each, argparse._SubParsersAction))
    said = {each.dest: each.help or "" for each in listed._choices_actions}
    blocks = [
        "# Command line",
        _MADE,
        f"{whole.description} Exit status, and more about the commands: [the reference](../reference.md#commands).",
        *_table(("command", "does"), [(f"alo-nb {name}", said[name]) for name in listed.choices]),
    ]
    for name, command in listed.choices.items():
        actions = [each for each in command._actions if each.dest != "help"]
        words = "".join(f" {_word(each)}" for each in actions if not each.option_strings)
        blocks += [f"## `alo-nb {name}`", _code(f"alo-nb {name}{words} [options]")]
        blocks += [one_line(command.description)] if command.description else []
        blocks += _table(("argument or option", "meaning"), [(_spelled(each), each.help or "") for each in actions])
    return "\n\n".join(blocks) + "\n"


def _word(action: argparse.Action) -> str:
    name = str(action.metavar or action.dest)
    return {"?": name if name[0] == "[" else f"[{name}]", "*": f"[{name} ...]"}.get(str(action.nargs), name)


def _spelled(action: argparse.Action) -> str:
    if not action.option_strings:
        return _word(action)
    *short, name = sorted(action.option_strings, key=len)
    value = action.metavar or "|".join(map(str, action.choices or ()))
    behind = {"0": "", "?": f"[={value}]"}.get(str(action.nargs), f" {value}")
    return ", ".join([f"{name}{behind}", *short])


def _table(heads: tuple[str, str], rows: Iterable[tuple[str, str]]) -> list[str]:
    """Return rows as a table whose first column is code; nothing for no rows."""
    lines = [f"| `{_cell(spelled)}` | {_cell(meaning)} |" for spelled, meaning in rows]
    return ["\n".join([f"| {heads[0]} | {heads[1]} |", "|---|---|", *lines])] if lines else []


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    return f"```\n{text}\n```"


if __name__ == "__main__":
    (PAGES / "magics.md").write_text(magics_page(), encoding="utf-8")
    (PAGES / "command-line.md").write_text(command_line_page(), encoding="utf-8")
