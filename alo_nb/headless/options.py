"""What can be written behind ``alo-nb``: the sub-commands and their options. Imports argparse and nothing else."""

from __future__ import annotations

import argparse
import os
import sys

TYPE_CHECKING = False  # typing itself would cost start-up time
if TYPE_CHECKING:
    from collections.abc import Sequence
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


def parser(argv: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser of the whole command line; when `argv` begins with ``run``, of that alone, which is quicker."""
    whole = _Parser(
        prog="alo-nb",
        description="Run and check ALO plans whose steps are notebook cells, asset folders or git assets.",
    )
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_run(commands.add_parser("run", help="run a plan"))
    if argv[:1] != ["run"]:
        _add_others(commands)
    return whole


def _add_others(commands: Any) -> None:
    """Add the other commands that read a plan, and those about runs and artifacts."""
    check = commands.add_parser("check", help="find everything that is wrong with a plan")
    check.add_argument("plan", metavar="PLAN", help="a plan file (.yaml)")
    _add_reading(check)
    bundle = commands.add_parser("bundle", help="check a solution and write what its registration needs")
    _add_bundle(bundle)
    why = commands.add_parser("why", help="tell why a step would run, or need not")
    _add_why(why)
    history = commands.add_parser("history", help="list the runs, newest first")
    _add_history(history)
    export = commands.add_parser("export", help="write a plan and its steps as files for ALO")
    _add_export(export)
    new = commands.add_parser("new", help="make a project to start from")
    new.add_argument("name", metavar="NAME", help="a new folder: notebook, plan, sample data, README")
    for each in (check, why, bundle, history, export, *_add_store(commands)):
        _add_common(each)


def _add_store(commands: Any) -> list[argparse.ArgumentParser]:
    """Add the commands about runs and artifacts, and return their parsers."""
    runs = commands.add_parser("runs", help="list all runs with what they were told and found")
    _add_runs(runs)
    show = commands.add_parser("show", help="show a run, a step or an artifact")
    show.add_argument("name", metavar="NAME", help="RUN, RUN/STEP, STEP (its newest run) or NAME:ALIAS")
    debug = commands.add_parser("debug", help="show a step that failed: its line, its inputs, its variables")
    debug.add_argument("name", metavar="RUN[/STEP]", nargs="?", help="default: the newest run that has kept a failure")
    diff = commands.add_parser("diff", help="show what differs between two runs or two versions")
    diff.add_argument("a", metavar="A", help="RUN or NAME:v1")
    diff.add_argument("b", metavar="B", help="RUN or NAME:v2")
    artifact = commands.add_parser("artifact", help="list, log, use and look after artifacts")
    _add_artifact(artifact)
    lineage = commands.add_parser("lineage", help="show what something was made of, and what was made of it")
    _add_lineage(lineage)
    gc = commands.add_parser("gc", help="list what nothing needs any more, and delete it with --yes")
    gc.add_argument("--yes", action="store_true", help="delete it")
    doctor = commands.add_parser("doctor", help="find out whether the store is what it should be")
    _add_doctor(doctor)
    return [runs, show, debug, diff, artifact, lineage, gc, doctor]


def _add_runs(parser: argparse.ArgumentParser) -> None:
    parser.description = "List all runs, newest first: of pipelines, of cells, and of alo_nb.init; a row for each."
    add = parser.add_argument
    add("--where", metavar="TEXT", default="", help="comparisons joined by and: 'metrics.loss < 0.1 and mode = all'")
    add("--sort", metavar="COLUMN", help="the column to sort by")
    add("--desc", action="store_true", help="largest first")
    add("--last", type=int, metavar="N", help="only the newest N of those that fit")
    add("--status", choices=("success", "failed", "interrupted", "running"), help="only runs that ended so")
    add("--mode", choices=("train", "inference", "all"), help="only runs of these pipelines")
    add("--tag", metavar="TAG", help="only runs with this tag")
    add("--columns", metavar="A,B", help="only these columns")


def _add_artifact(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "ls [TYPE|NAME]; show NAME:ALIAS; log NAME PATH --type T [--alias A]; use NAME:ALIAS [DIR]; "
        "alias NAME:v3 ALIAS; tag NAME:v3 TAG; rm NAME:v3; verify NAME:v3 [DIR]; export NAME:v3 FILE.tar; "
        "import FILE.tar"
    )
    add = parser.add_argument
    verbs = ("ls", "show", "log", "use", "alias", "tag", "rm", "verify", "export", "import")
    add("verb", metavar="VERB", choices=verbs, help="what to do, see above")
    add("words", metavar="WORD", nargs="*", help="what to do it with")
    add("--type", metavar="T", help="what it is, when it is logged: dataset, model, metrics or a word of your own")
    add("--alias", metavar="A,B", help="names to give the version that is logged")
    add("--off", action="store_true", help="take the alias or tag away")
    add("--force", action="store_true", help="delete a version with its aliases")


def _add_lineage(parser: argparse.ArgumentParser) -> None:
    parser.description = "Show what a version or a run was made of, and what was made of it."
    add = parser.add_argument
    add("name", metavar="NAME", nargs="?", help="NAME:ALIAS or RUN")
    add("--file", metavar="PATH", help="which data and code made this file? It is known by its content")
    add("--up", action="store_true", help="only what it was made of")
    add("--down", action="store_true", help="only what came of it")
    add("--depth", type=int, metavar="N", help="only so many arrows away")
    add("--format", choices=("text", "svg", "edges", "openlineage"), help="default: text, or what FILE ends with")
    add("--output", metavar="FILE", help="write it to this file: .svg, .json, .tsv or .txt")


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Look for damage in the store: 0 when there is none, 1 when there is, 11 when another process holds it."
    )
    add = parser.add_argument
    add("--read-data", action="store_true", help="read every content and compare it with its digest")
    add("--repair", action="store_true", help="put right what can be put right")
    add("--rebuild", action="store_true", help="make the index again from the files")


def _add_why(parser: argparse.ArgumentParser) -> None:
    parser.description = "Tell what would happen to a step if the plan ran now, and why; nothing is run."
    parser.add_argument("plan", metavar="PLAN", help="a plan file (.yaml); from here or the project folder")
    parser.add_argument("step", metavar="STEP", help="a step of the plan")
    _add_reading(parser)


def _add_bundle(parser: argparse.ArgumentParser) -> None:
    parser.description = "Check a solution and write the bundle that its registration needs; nothing is run or sent."
    add = parser.add_argument
    add("plan", metavar="PLAN", help="a plan file (.yaml) that has been run")
    add("--info", metavar="FILE", required=True, help="the solution info (.yaml)")
    add("--output", metavar="DIR", required=True, help="the folder of the bundle, new or empty")


def _add_history(parser: argparse.ArgumentParser) -> None:
    parser.description = "List the runs of a project, newest first: a row for each pipeline of a run."
    add = parser.add_argument
    add("--mode", choices=("train", "inference"), help="only this pipeline")
    add("--status", choices=("success", "failed", "interrupted", "running"), help="only runs that ended so")
    for name, what in (("data", "data"), ("code", "code"), ("param", "arguments"), ("train", "train run's model")):
        add(f"--{name}-id", metavar="ID", help=f"only runs with this {what}; the id may be cut short")
    add("--steps", metavar="STEP,STEP", help="add columns with the arguments of these steps, or of all")
    add("--cells", action="store_true", help="also runs of a single cell")
    add("--limit", type=int, metavar="N", help="the newest N rows only")
    add("--pin", metavar="RUN", help="keep the backups of this run whatever backup_size says")
    add("--unpin", metavar="RUN", help="let them go again")


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.description = "Write each step as an asset folder, and the plan, so that ALO 2.x runs them; nothing is run."
    add = parser.add_argument
    add("target", choices=("alo",), metavar="alo", help="for whom: `alo`, folders and plan of ALO 2.x")
    add("folder", metavar="DIR", help="new, empty, or of an export whose files nobody has edited")
    add("--plan", metavar="PLAN", help="a plan file (.yaml); default: the one that the project has")
    _add_reading(parser)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", metavar="DIR", help="the project folder; default: the nearest one with .alo/")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """Add what decides how a plan is read, the same for each command that reads one."""
    add = parser.add_argument
    add("--system", metavar="FILE|JSON", help="a solution_metadata whose values go before the plan's")
    add("--allow-python-tags", action="store_true", help="run the expressions behind !Python in a plan of ALO 3")
    add(
        "--allow-requirement-options",
        action="store_true",
        help="give options, addresses and paths in requirements to the installer",
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.description = "Run a plan in a kernel of its own and keep the executed notebook with the run's record."
    add = parser.add_argument
    add("plan", metavar="PLAN", help="a plan file (.yaml), or a notebook (.ipynb); from here or the project folder")
    add("--mode", choices=("train", "inference", "all"), default="all", help="which pipelines; default: all")
    add("--set", action="append", default=[], metavar="STEP.ARG=VALUE", help="an argument that goes before the plan's")
    add("--from", dest="first", metavar="STEP", help="the first step to run")
    add("--to", dest="last", metavar="STEP", help="the last step to run")
    add("--only", metavar="STEP,STEP", help="these steps only")
    add("--except", dest="excluded", metavar="STEP,STEP", help="leave out these steps")
    add("--force", nargs="?", const="*", metavar="STEP,STEP", help="run all steps, or these, whatever is kept of them")
    add("--resume", nargs="?", const="latest", metavar="RUN", help="go on with RUN, or the newest run that stopped")
    add("--inputs", metavar="RUN", help="inputs of an earlier run, or a version of them (v3), for what does not run")
    add("--no-cache", action="store_true", help="run every step, and keep nothing for later")
    add("--interface-mode", choices=("memory", "file"), help="where data goes between steps; default: the plan's")
    add("--train-id", metavar="RUN", help="inference with the model of this earlier train run")
    add("--no-install", action="store_true", help="run with the packages that are there, whatever the plan requires")
    add("--strict", action="store_true", help="stop at a step that no longer hands on what it did: lost columns, types")
    _add_reading(parser)
    add("--in-process", action="store_true", help="no kernel, no notebook: faster, and a crash ends it all")
    add("--timeout", type=float, metavar="SECONDS", help="how long each step may take")
    add("--compare", metavar="RUN", help="show what came out otherwise than in RUN, and why; exit status 3 if anything")
    add("-q", "--quiet", action="store_true", help="print errors only")
    _add_common(parser)
