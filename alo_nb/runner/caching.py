"""What a run may take from earlier ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from alo_nb.errors import MagicUsageError

ALL = "*"
LATEST = "latest"


@dataclass(frozen=True)
class Caching:
    """How a run uses what earlier runs have left.

    Attributes
    ----------
    on : bool
        Whether steps are taken from earlier runs when nothing that they depend on has changed.
    force : tuple of str
        Steps that run whatever is kept of them; ``"*"`` for all.
    resume : str, optional
        The run to go on with: its id, cut short or not, or ``"latest"`` for the newest one that did not end well. Only
        the steps that it lacks are executed.
    inputs : str, optional
        Where steps take their inputs from when the step before them does not run: a run's id, or a version of the
        data, ``v3`` or an alias. The latest when absent.
    """

    on: bool = True
    force: tuple[str, ...] = ()
    resume: str | None = None
    inputs: str | None = None

    @classmethod
    def of(
        cls,
        *,
        cache: bool = True,
        force: bool | str | Iterable[str] = False,
        resume: bool | str | None = None,
        inputs: str | None = None,
    ) -> Caching:
        """Return what people write: ``force=True`` is all steps, ``resume=True`` the latest run.

        Raises
        ------
        MagicUsageError
            A run is to go on with an earlier one, and to use nothing that is kept of it.
        """
        steps = (ALL,) if force is True else () if not force else (force,) if isinstance(force, str) else tuple(force)
        run = LATEST if resume is True else resume or None
        if run is not None and not cache:
            raise MagicUsageError(
                "--resume takes the steps that an earlier run has completed, and --no-cache executes every step",
                do="leave out one of them; --resume --force=STEP executes a step that is complete",
            )
        return cls(cache, steps, run, inputs or None)


CACHING, NO_CACHING = Caching(), Caching(on=False)
