"""What can be written behind ``alo-nb``: the sub-commands and their options. Imports argparse and nothing else."""

from __future__ import annotations

import argparse
import os
import sys

TYPE_CHECKING = False  # typing itself would cost start-up time
if TYPE_CHECKING:
    from typing import Any, NoReturn


class _Formatter(argparse.HelpFormatter):
    """argparse's own, which would import half of `shutil` to learn the width of the terminal."""

    def __init__(self, prog: str) -> None:
        try:
            columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(sys.stdout.fileno()).columns)
        except (AttributeError, ValueError, OSError):  # no terminal
            columns = 80
        super().__init__(prog, width=columns - 2)


class _Parser(argparse.ArgumentParser):
    """argparse whose usage errors name the nearest word that would have been right."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=_Formatter, **options)

    def error(self, message: str) -> NoReturn:
        """Say what was not understood, and end with 2."""
        from alo_nb.errors import nearest

        word, known = _misspelt(message, self)
        hint = nearest(word, known) if word else ""
        self.exit(2, f"{self.prog}: {message.partition(' (choose')[0]}{hint}\n  do:    see {self.prog} --help\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse unknown options where they stand: the sub-command knows its own best."""
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(f"unknown option {rest[0].partition('=')[0]!r}")
        return found, rest


def _misspelt(message: str, parser: argparse.ArgumentParser) -> tuple[str, list[str]]:
    """Return the word that argparse did not understand, and the words that may stand there."""
    quoted = message.split("'")
    word = quoted[1] if len(quoted) > 2 else ""
    if message.startswith("unknown option"):
        return word, [each for action in parser._actions for each in action.option_strings]
    choices = [action.choices for action in parser._actions if action.choices]
    named = [each for each in choices if all(f"{name}" in message for name in each)]
    return (word, [str(name) for name in named[0]]) if named else ("", [])


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    whole = _Parser(
        prog="alo-nb",
        description="Run and check ALO plans whose steps are notebook cells, asset folders or git assets.",
    )
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_run(commands.add_parser("run", help="run a plan"))
    check = commands.add_parser("check", help="find everything that is wrong with a plan")
    check.add_argument("plan", metavar="PLAN", help="a plan file (.yaml)")
    history = commands.add_parser("history", help="list the runs, newest first")
    _add_history(history)
    for each in (check, history):
        _add_common(each)
    return whole


def _add_history(parser: argparse.ArgumentParser) -> None:
    parser.description = "List the runs of a project, newest first: a row for each pipeline of a run."
    add = parser.add_argument
    add("--mode", choices=("train", "inference"), help="only this pipeline")
    add("--status", choices=("success", "failed", "interrupted", "running"), help="only runs that ended so")
    for name, what in (("data", "data"), ("code", "code"), ("param", "arguments"), ("train", "train run's model")):
        add(f"--{name}-id", metavar="ID", help=f"only runs with this {what}; the id may be cut short")
    add("--steps", metavar="STEP,STEP", help="add columns with the arguments of these steps, or of all")
    add("--limit", type=int, metavar="N", help="the newest N rows only")
    add("--pin", metavar="RUN", help="keep the backups of this run whatever backup_size says")
    add("--unpin", metavar="RUN", help="let them go again")


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", metavar="DIR", help="the project folder; default: the nearest one with .alo/")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.description = "Run a plan in a kernel of its own and keep the executed notebook with the run's record."
    add = parser.add_argument
    add("plan", metavar="PLAN", help="a plan file (.yaml), seen from here, else from the project folder")
    add("--mode", choices=("train", "inference", "all"), default="all", help="which pipelines; default: all")
    add("--set", action="append", default=[], metavar="STEP.ARG=VALUE", help="an argument that goes before the plan's")
    add("--from", dest="first", metavar="STEP", help="the first step to run")
    add("--to", dest="last", metavar="STEP", help="the last step to run")
    add("--only", metavar="STEP,STEP", help="these steps only")
    add("--interface-mode", choices=("memory", "file"), help="where data goes between steps; default: the plan's")
    add("--in-process", action="store_true", help="no kernel, no notebook: faster, and a crash ends it all")
    add("--timeout", type=float, metavar="SECONDS", help="how long each step may take")
    add("-q", "--quiet", action="store_true", help="print errors only")
    _add_common(parser)
