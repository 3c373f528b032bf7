"""``alo-nb run``: run a plan and keep the record; when nothing has changed since the last time, only say so."""

from __future__ import annotations

import sys

from alo_nb.headless.receipt import standing_receipt

TYPE_CHECKING = False  # typing itself would cost start-up time
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any


def run(options: Namespace) -> int:
    """Run the plan, or the notebook, and return the exit code: see `alo_nb.headless.perform`."""
    receipt = standing_receipt(options)
    if receipt is not None:
        _show(receipt, options)
        return 0
    from alo_nb.headless.perform import perform

    return perform(options)


def _show(receipt: dict[str, Any], options: Namespace) -> None:
    if options.json:
        with open(receipt["record"], encoding="utf-8") as file:
            sys.stdout.write(f"{file.read()}\n")
    elif not options.quiet:
        from alo_nb.lang import tr

        said = tr("nothing to do: all is as in run {run}; --force runs it again", run=receipt["run"])
        sys.stdout.write(f"{said}\n{receipt['text']}\n")
