"""``alo-nb artifact``: list, log, use and look after artifacts."""

from __future__ import annotations

import json
import sys
from argparse import Namespace

from alo_nb.notebook.artifact_verbs import Wish, artifact_verb
from alo_nb.project import find_project
from alo_nb.steps.magic_line import names_in
from alo_nb.views.artifacts import IN_A_TERMINAL, shown_rows
from alo_nb.views.text import table


def artifact(options: Namespace) -> int:
    """Do what was asked for and show what came of it."""
    project = find_project(options.project)
    aliases = names_in(options.alias)
    wish = Wish(project, tuple(options.words), options.type, aliases, options.off, options.force)
    found = artifact_verb(options.verb, wish)
    if options.json:
        shown = json.dumps(found if isinstance(found, list) else str(found), indent=1)
    elif isinstance(found, list):
        shown = table(shown_rows(found), IN_A_TERMINAL) if found else f"no artifacts yet in {project.root}"
    else:
        shown = str(found)
    sys.stdout.write(f"{shown}\n")
    return 0
