"""What a run is told, checked against the steps that it has: arguments, steps to force, variables of the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alo_nb.errors import MagicUsageError, UnknownStepError, nearest
from alo_nb.runner.caching import ALL
from alo_nb.runner.request import RunRequest
from alo_nb.steps.definition import argument_names

if TYPE_CHECKING:
    from alo_nb.runner.setup import Setup


def check_overrides(request: RunRequest, known: set[str]) -> None:
    """Refuse an argument of this run that names no step, of those `known`, or no argument."""
    for key in request.overrides:
        step, _, argument = key.partition(".")
        if not argument:
            raise MagicUsageError(
                f"{key!r} names no argument", do="write step.argument=value, e.g. train.n_estimators=50"
            )
        if not any(key.startswith(f"{each}.") for each in known):
            raise UnknownStepError(f"{key!r}: there is no step {step!r} in this run{nearest(step, known)}")


def check_forced(setup: Setup) -> None:
    """Refuse to force a step that the run does not have."""
    known = {step for _, step in setup.definitions}
    for name in setup.request.caching.force:
        if name != ALL and name not in known:
            raise UnknownStepError(f"--force: there is no step {name!r} in this run{nearest(name, known)}")


def check_used(setup: Setup) -> None:
    """Refuse a step that uses a notebook variable which does not exist."""
    for definition in setup.definitions.values():
        for name in definition.use:
            if name not in setup.request.variables:
                raise UnknownStepError(
                    f"step {definition.name!r} uses the notebook variable {name!r}, which does not exist here",
                    where=definition.body.label,
                    do="run the cell that sets it, or let an earlier step save it with save_data",
                )


def check_arguments(setup: Setup) -> None:
    """Refuse an argument of this run that no step can read: most likely its name is misspelt."""
    for key in setup.request.overrides:
        step = next(each for _, each in setup.definitions if key.startswith(f"{each}."))
        argument = key[len(step) + 1 :]
        given, named, takes_any = _readable_arguments(setup, step)
        close = _close(argument, given if takes_any else given | named)
        if argument not in given | named and (close or not takes_any):
            raise UnknownStepError(
                f"step {step!r} has no argument {argument!r}" + (f"; did you mean {close[0]!r}?" if close else ""),
                where=key,
                do=f"name an argument that the step's code reads, as in {step}.argument=value",
            )


def _close(argument: str, known: set[str]) -> list[str]:
    import difflib  # few runs change arguments

    return difflib.get_close_matches(argument, known, n=1, cutoff=0.8)


def _readable_arguments(setup: Setup, step: str) -> tuple[set[str], set[str], bool]:
    """Return the arguments that a step is given, those its code names, and whether it may read any others."""
    given: set[str] = set()
    named: set[str] = set()
    takes_any = False
    for pipeline in setup.pipelines:
        for each in pipeline.steps:
            definition = setup.definitions.get((pipeline.name, each.name))
            if each.name == step and definition is not None:
                texts, any_other = argument_names(definition)
                given |= {*definition.args, *each.args}
                named |= texts
                takes_any |= any_other
    return given, named, takes_any
