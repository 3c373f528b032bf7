"""Which steps of a pipeline to run."""

from __future__ import annotations

from dataclasses import dataclass

from alo_nb.errors import MagicUsageError, UnknownStepError, nearest
from alo_nb.plan import Pipeline, Plan


@dataclass(frozen=True)
class Selection:
    """``--from``, ``--to``, ``--only`` and ``--except``; all steps when none is set."""

    first: str | None = None
    last: str | None = None
    only: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether no step is left out on purpose."""
        return self == EVERYTHING

    def options(self) -> dict[str, str]:
        """Return the options of the command line that choose these steps."""
        given = {"--from": self.first, "--to": self.last, "--only": ",".join(self.only)}
        return {name: value for name, value in {**given, "--except": ",".join(self.excluded)}.items() if value}

    def check(self, plan: Plan, pipelines: tuple[str, ...]) -> None:
        """Raise `UnknownStepError` for a name that none of these pipelines has."""
        known = {name for each in plan.pipelines if each.name in pipelines for name in each.step_names()}
        for name in (self.first, self.last, *self.only, *self.excluded):
            if name is not None and name not in known:
                raise UnknownStepError(
                    f"there is no step {name!r} to run{nearest(name, known)}", where=str(plan.path or plan.name)
                )
        if self.only and (self.first or self.last or self.excluded):
            raise MagicUsageError("--only cannot be combined with --from, --to or --except")

    def steps(self, pipeline: Pipeline) -> tuple[str, ...]:
        """Return the chosen steps of a pipeline in its order; none when the selection lies in the other pipeline."""
        names = pipeline.step_names()
        if self.only:
            return tuple(name for name in names if name in self.only)
        if (self.first and self.first not in names) or (self.last and self.last not in names):
            return ()
        start = names.index(self.first) if self.first else 0
        stop = names.index(self.last) + 1 if self.last else len(names)
        if start >= stop:
            raise MagicUsageError(f"--from {self.first} comes after --to {self.last} in {pipeline.name}")
        return tuple(name for name in names[start:stop] if name not in self.excluded)


EVERYTHING = Selection()
