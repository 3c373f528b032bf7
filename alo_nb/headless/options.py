"""What can be written behind ``alo-nb``: the sub-commands and their options. Of other libraries, only argparse."""

from __future__ import annotations

import argparse
import os
import sys

from alo_nb.option_texts import ARTIFACT, DOCTOR, HISTORY, LINEAGE, RUN, RUNS, STATUSES

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
    suggest = commands.add_parser("suggest", help="tell how a plain notebook could become step cells")
    _add_suggest(suggest)
    for each in (check, why, bundle, history, export, suggest, *_add_store(commands)):
        _add_common(each)


def _add_store(commands: Any) -> list[argparse.ArgumentParser]:
    """Add the commands about runs and artifacts, and return their parsers."""
    runs = commands.add_parser("runs", help="list all runs with what they were told and found")
    _add_runs(runs)
    show = commands.add_parser("show", help="show a run, a step or an artifact")
    show.add_argument("name", metavar="NAME", help="RUN, RUN/STEP, STEP (its newest run) or NAME:ALIAS")
    debug = commands.add_parser("debug", help="show a step that failed: its line, its inputs, its variables")
    debug.add_argument("name", metavar="RUN[/STEP]", nargs="?", help="default: the newest failure that is not mended")
    diff = commands.add_parser("diff", help="show what differs between two runs or two versions")
    diff.add_argument("a", metavar="A", nargs="?", help="RUN or NAME:v1; default: the last good run but one")
    diff.add_argument("b", metavar="B", nargs="?", help="RUN or NAME:v2; default: the last good run of whole pipelines")
    artifact = commands.add_parser("artifact", help="list, log, use and look after artifacts")
    _add_artifact(artifact)
    lineage = commands.add_parser("lineage", help="show what something was made of, and what was made of it")
    _add_lineage(lineage)
    gc = commands.add_parser("gc", help="list what nothing needs any more, and delete it with --yes")
    gc.add_argument("--yes", action="store_true", help="delete it")
    doctor = commands.add_parser("doctor", help="find out whether all is in order")
    _add_doctor(doctor)
    return [runs, show, debug, diff, artifact, lineage, gc, doctor]


def _add_runs(parser: argparse.ArgumentParser) -> None:
    parser.description = "List all runs, newest first: of pipelines, of cells, and of alo_nb.init; a row for each."
    add = parser.add_argument
    add("--where", metavar="TEXT", default="", help=RUNS["where"])
    add("--sort", metavar="COLUMN", help=RUNS["sort"])
    add("--desc", action="store_true", help=RUNS["desc"])
    add("--last", type=int, metavar="N", help=RUNS["last"])
    add("--status", choices=STATUSES, help=RUNS["status"])
    add("--mode", choices=("train", "inference", "all"), help=RUNS["mode"])
    add("--tag", metavar="TAG", help=RUNS["tag"])
    add("--columns", metavar="A,B", help=RUNS["columns"])


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
    add("--type", metavar="T", help=ARTIFACT["type"])
    add("--alias", metavar="A,B", help=ARTIFACT["alias"])
    add("--off", action="store_true", help=ARTIFACT["off"])
    add("--force", action="store_true", help=ARTIFACT["force"])


def _add_lineage(parser: argparse.ArgumentParser) -> None:
    parser.description = "Show what a version or a run was made of, and what was made of it."
    add = parser.add_argument
    add("name", metavar="NAME", nargs="?", help="NAME:ALIAS or RUN")
    add("--file", metavar="PATH", help=LINEAGE["file"])
    add("--up", action="store_true", help=LINEAGE["up"])
    add("--down", action="store_true", help=LINEAGE["down"])
    add("--depth", type=int, metavar="N", help=LINEAGE["depth"])
    add("--format", choices=("text", "svg", "edges", "openlineage"), help=LINEAGE["format"])
    add("--output", metavar="FILE", help=LINEAGE["output"])


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Look over Python and its packages, the project folder, its plan and its store, and name the command that puts "
        "right what is wrong: 0 when nothing is, 1 when something is, 11 when another process holds the store."
    )
    add = parser.add_argument
    for name in ("read-data", "repair", "rebuild"):
        add(f"--{name}", action="store_true", help=DOCTOR[name])


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
    add("--status", choices=STATUSES, help=HISTORY["status"])
    for name in ("data-id", "code-id", "param-id", "train-id"):
        add(f"--{name}", metavar="ID", help=HISTORY[name])
    add("--steps", metavar="STEP,STEP", help=HISTORY["steps"])
    add("--cells", action="store_true", help=HISTORY["cells"])
    add("--limit", type=int, metavar="N", help=HISTORY["limit"])
    add("--pin", metavar="RUN", help="keep the backups of this run whatever backup_size says")
    add("--unpin", metavar="RUN", help="let them go again")


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.description = "Write each step as an asset folder, and the plan, so that ALO 2.x runs them; nothing is run."
    add = parser.add_argument
    add("target", choices=("alo",), metavar="alo", help="for whom: `alo`, folders and plan of ALO 2.x")
    add("folder", metavar="DIR", help="new, empty, or of an export whose files nobody has edited")
    add("--plan", metavar="PLAN", help="a plan file (.yaml); default: the one that the project has")
    _add_reading(parser)


def _add_suggest(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Tell how a plain notebook could become step cells, and what would cross each cut; runs nothing."
    )
    add = parser.add_argument
    add("notebook", metavar="FILE", help="a notebook (.ipynb), which is never written")
    add(
        "--write",
        nargs="?",
        const="",
        metavar="NEW",
        help="write them to a new notebook; default: FILE's name.alo.ipynb",
    )


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
    add("--from", dest="first", metavar="STEP", help=RUN["from"])
    add("--to", dest="last", metavar="STEP", help=RUN["to"])
    add("--only", metavar="STEP,STEP", help=RUN["only"])
    add("--except", dest="excluded", metavar="STEP,STEP", help=RUN["except"])
    add("--force", nargs="?", const="*", metavar="STEP,STEP", help=RUN["force"])
    add("--resume", nargs="?", const="latest", metavar="RUN", help=RUN["resume"])
    add("--inputs", metavar="RUN", help=RUN["inputs"])
    add("--no-cache", action="store_true", help=RUN["no-cache"])
    add("--interface-mode", choices=("memory", "file"), help=RUN["interface-mode"])
    add("--train-id", metavar="RUN", help=RUN["train-id"])
    add("--no-install", action="store_true", help=RUN["no-install"])
    add("--strict", action="store_true", help=RUN["strict"])
    _add_reading(parser)
    add("--in-process", action="store_true", help="no kernel, no notebook: faster, and a crash ends it all")
    add("--timeout", type=float, metavar="SECONDS", help="how long each step may take")
    add("--compare", metavar="RUN", help="show what came out otherwise than in RUN, and why; exit status 3 if anything")
    add("-q", "--quiet", action="store_true", help=RUN["quiet"])
    _add_common(parser)
