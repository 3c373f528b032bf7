"""``alo-nb suggest``: how a plain notebook could become step cells."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path

from alo_nb.suggestion import propose, write_notebook
from alo_nb.views.suggestion import Suggestion


def suggest(options: Namespace) -> int:
    """Show what is proposed, and write it when asked to; 1 when the notebook cannot become steps."""
    proposal = propose(Path(options.notebook))
    written = None
    if options.write is not None and not proposal.refused:
        written = write_notebook(proposal, Path(options.write) if options.write else None)
    found = Suggestion(proposal, written)
    sys.stdout.write((json.dumps(found.to_dict(), indent=1) if options.json else repr(found)) + "\n")
    return 1 if found.refused else 0
