"""The functions for looking at runs and artifacts, behind the magics of the same names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alo_nb.errors import MagicUsageError
from alo_nb.lang import tr
from alo_nb.notebook.session import current_session
from alo_nb.views.artifacts import COLUMNS as ARTIFACT_COLUMNS
from alo_nb.views.artifacts import project_artifacts
from alo_nb.views.card import Card, facts_card, plain_card
from alo_nb.views.cards import card_of
from alo_nb.views.diff import Diff, compare
from alo_nb.views.gantt import gantt
from alo_nb.views.lineage import LineageView, project_lineage
from alo_nb.views.made_by import MadeBy
from alo_nb.views.made_by import made_by as file_made_by
from alo_nb.views.named import StepOfRun, named, pair_named, run_named
from alo_nb.views.picture import Picture
from alo_nb.views.plan_picture import plan_picture
from alo_nb.views.preview import preview as preview_of
from alo_nb.views.run_picture import run_picture
from alo_nb.views.runs import RunFilter, chosen_columns, columns_of, project_runs
from alo_nb.views.signature import signature_card
from alo_nb.views.why import Why

if TYPE_CHECKING:
    import pandas as pd

    from alo_nb.views.runs_table import Runs


def runs(
    where: str = "",
    *,
    sort: str | None = None,
    descending: bool = False,
    last: int | None = None,
    status: str | None = None,
    mode: str | None = None,
    tag: str | None = None,
    columns: Iterable[str] = (),
) -> Runs:
    """Return all runs as a table, newest first. What ``%alo_runs`` calls.

    Parameters
    ----------
    where : str, optional
        Comparisons joined by ``and``: ``"metrics.loss < 0.1 and status = success"``. ``metrics.`` and ``config.`` may
        be left out where only one of them has the name. A run without the column is not listed.
    sort : str, optional
        The column to sort by; runs without it come last.
    descending : bool
        Largest first.
    last : int, optional
        Only the newest so many of those that fit.
    status, mode, tag : str, optional
        Only runs with this value.
    columns : iterable of str, optional
        Only these columns.

    Returns
    -------
    Runs
        A DataFrame with a row for each run of pipelines, of a cell, and of `init`; ``metrics.<name>`` is what it found
        last, ``config.<name>`` what it was told.

    Raises
    ------
    MagicUsageError
        `where` is no comparison, or no run has a column of this name.
    """
    from alo_nb.views.runs_table import Runs

    wanted = RunFilter(where, status, mode, tag)
    rows = project_runs(current_session().project, wanted, sort=sort, descending=descending, last=last)
    return Runs(rows, columns=chosen_columns(rows, columns, columns_of))


def show(name: str) -> Card:
    """Return a run, a step or a version of an artifact as a card. What ``%alo_show`` calls.

    Parameters
    ----------
    name : str
        A run's id, which may be cut short; ``RUN/STEP``; ``NAME``, ``NAME:v3`` or ``NAME:ALIAS``; a step, for its
        newest run; or the name of a run.

    Raises
    ------
    AloNbError
        There is nothing of this name.
    """
    project = current_session().project
    return card_of(project, named(project, name))


def preview(name: str) -> Card:
    """Return what a step has saved, an artifact or a file, by its beginning. What ``%alo_preview`` calls.

    A table by its first rows and its columns, an array by its range and a histogram, a model by its parameters, a
    picture, a text, a folder as a tree. Little is read, and no code of your own classes is run.

    Parameters
    ----------
    name : str
        ``STEP.KEY``, ``RUN/STEP.KEY`` or ``STEP.KEY:v3``; a step, for all that it has saved; ``NAME:ALIAS`` or
        ``NAME:ALIAS/PATH``, an artifact or a file in it; or a path.

    Raises
    ------
    AloNbError
        There is nothing of this name.
    """
    return preview_of(current_session().project, name)


def signature(name: str) -> Card:
    """Return what a step hands on: each value and column with type, nulls and range, and what became otherwise.

    Parameters
    ----------
    name : str
        A step, for its newest run, or ``RUN/STEP``.

    Raises
    ------
    AloNbError
        There is no such step.
    """
    project = current_session().project
    found = named(project, name)
    if not isinstance(found, StepOfRun):
        raise MagicUsageError(f"{name!r} is no step", do="write the name of a step that has run, or RUN/STEP")
    return signature_card(project, found)


def why(step: str) -> Why:
    """Return what would happen to a step if its pipeline ran now, with every cause; nothing is run.

    What ``%alo_why`` calls. Each of ``.steps`` has `state`, `reason`, `causes`, and `last`, the record of its last run.

    Raises
    ------
    UnknownStepError
        No pipeline has the step.
    """
    return Why(tuple(current_session().why(step)))


def dag(run: str | None = None, *, depth: int | None = None, svg: str | Path | None = None) -> Picture:
    """Return the plan in use as a picture, with the state of each step, or a run with its times.

    What ``%alo_dag`` calls. Nothing is run.

    Parameters
    ----------
    run : str, optional
        A run's id, which may be cut short, or its name.
    depth : int, optional
        Of many steps, how many are drawn from each end and around each that stands out.
    svg : str or Path, optional
        Write the drawing to this file, too.

    Raises
    ------
    MagicUsageError
        There are no steps to draw, or `depth` is no number of steps.
    """
    session = current_session()
    if run is not None:
        found = run_named(session.project, run)
        drawn = run_picture(found, depth=depth).above(gantt(found))
    else:
        states = {(each.pipeline, each.step): each.state for each in session.status()}
        drawn = plan_picture(session.plan, states, depth=depth)
    if not drawn.svg:
        raise MagicUsageError(
            "there are no steps to draw",
            do="start a cell with `%%alo_asset step=NAME`" if run is None else f"`%alo_show {run}` shows the run",
        )
    if svg is not None:
        drawn = drawn.above(plain_card(tr("written to {path}", path=drawn.write(Path(svg).expanduser()))))
    return drawn


def diff(*names: str) -> Diff:
    """Return what differs between two runs or two versions of artifacts, what comes first, first.

    What ``%alo_diff`` calls. ``.rows`` are the differences, ``.equal`` tells whether there are none.

    Parameters
    ----------
    *names : str
        Two names; with one, it is compared with the newest good run of a whole pipeline; without any, the last two are.
    """
    project = current_session().project
    return compare(project, *pair_named(project, *names))


def lineage(name: str, *, up: bool = False, down: bool = False, depth: int | None = None) -> LineageView:
    """Return what a version was made of and what was made of it. What ``%alo_lineage`` calls.

    Parameters
    ----------
    name : str
        ``NAME:ALIAS``, or a run.
    up, down : bool
        Only what it was made of, or only what came of it; both when neither is asked for.
    depth : int, optional
        How many arrows away; all when absent.

    Returns
    -------
    LineageView
        It shows itself as a drawing; ``.edges()``, ``.origins()``, ``.to_openlineage()``, ``.svg()``, ``.text()``.
    """
    return project_lineage(current_session().project, name, up=up, down=down, depth=depth)


def made_by(path: str | Path) -> MadeBy:
    """Return which data and code made a file; it is known by its content. What ``%alo_lineage --file`` calls.

    Raises
    ------
    ArtifactNotFoundError
        No version holds what is in the file now.
    """
    return file_made_by(current_session().project, path)


def artifacts(which: str | None = None) -> pd.DataFrame:
    """Return the artifacts, each with its latest version, or all versions of one. What ``%alo_artifact ls`` calls.

    Parameters
    ----------
    which : str, optional
        A type of artifacts, or the name of one.
    """
    import pandas as pd

    return pd.DataFrame(project_artifacts(current_session().project, which), columns=[*ARTIFACT_COLUMNS])


def artifact(verb: str, *words: str, **options: Any) -> object:
    """Do what ``%alo_artifact`` was asked for; a table, a card, a path or a line comes back."""
    import pandas as pd

    from alo_nb.notebook.artifact_verbs import Wish, artifact_verb

    found = artifact_verb(verb, Wish(current_session().project, words, **options))
    return pd.DataFrame(found, columns=[*ARTIFACT_COLUMNS]) if isinstance(found, list) else found


def lineage_or_maker(
    name: str | None = None,
    *,
    file: str | None = None,
    format: str | None = None,
    output: str | None = None,
    **options: Any,
) -> LineageView | MadeBy | Card:
    """Return what ``%alo_lineage`` was asked for: the graph, one of its formats, or what made a file."""
    if (name is None) == (file is None):
        raise MagicUsageError(
            "lineage: of what?", do="write `%alo_lineage NAME:ALIAS`, `%alo_lineage RUN` or `%alo_lineage --file PATH`"
        )
    if file is not None:
        return made_by(file)
    found = lineage(str(name), **options)
    if output is not None:
        return facts_card(tr("written to {path}", path=found.write(Path(output), format)), [])
    return found if format is None else plain_card(found.as_format(format))
