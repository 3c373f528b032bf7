"""``alo-nb``: parse, call one function, return its exit code.

Only what parsing needs is imported here; the rest is imported by the sub-command that is called, so that ``--help`` and
a mistyped option answer at once.

Exit codes: 0 good, 1 failed, 2 not understood, 3 `run --compare` found differences, 130 interrupted (Ctrl-C), 143
terminated (SIGTERM).
"""

from __future__ import annotations

import os
import sys

from alo_nb.headless.options import parser

TYPE_CHECKING = False  # typing itself would cost start-up time
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; nothing but a bug raises."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ✔ must not fail a run
    try:
        options = parser(sys.argv[1:] if argv is None else argv).parse_args(argv)
        code = _command(options.command)(options)
        sys.stdout.flush()
    except SystemExit as stop:  # argparse ends so, after --help and after a usage error
        return stop.code if isinstance(stop.code, int) else 0
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130
    except BrokenPipeError:
        return _reader_gone()
    except Exception as error:  # noqa: BLE001  # ours are shown; all others are bugs and raised again
        return _failed(error)
    return code


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    """Return the function of a sub-command: that of the same name in the module of the same name."""
    import importlib

    command: Callable[[argparse.Namespace], int] = getattr(
        importlib.import_module(f"alo_nb.headless.commands.{name}"), name
    )
    return command


def _failed(error: Exception) -> int:
    from alo_nb.errors import AloNbError, MagicUsageError

    if not isinstance(error, AloNbError):
        raise error
    from alo_nb.headless.failures import error_text

    sys.stderr.write(error_text(error, colour=sys.stderr.isatty()) + "\n")
    return 2 if isinstance(error, MagicUsageError) else 1


def _reader_gone() -> int:
    """End quietly when nobody reads our output any more (``alo-nb history | head -1``)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes at its end
    return 1
