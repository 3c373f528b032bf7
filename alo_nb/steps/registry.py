"""The steps that this session's cells have defined."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from alo_nb.errors import StepDefinitionError, UnknownStepError, nearest
from alo_nb.plan import Pipeline, Plan, Step
from alo_nb.steps.definition import StepDefinition


class StepRegistry(Mapping[str, StepDefinition]):
    """Name to definition, in the order of definition; a name belongs to one cell."""

    def __init__(self) -> None:
        self._steps: dict[str, StepDefinition] = {}
        self._before: dict[str, str] = {}

    def __getitem__(self, name: str) -> StepDefinition:
        try:
            return self._steps[name]
        except KeyError:
            raise UnknownStepError(
                f"no cell has defined a step {name!r}{nearest(name, self._steps)}",
                do=f"run the cell that starts with `%%alo_asset step={name}`",
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self._steps

    def __iter__(self) -> Iterator[str]:
        return iter(self._steps)

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, step: StepDefinition, *, replace: bool = False) -> None:
        """Register a step; running its cell again replaces it.

        Raises
        ------
        StepDefinitionError
            Another cell has the name already, with other code or for other pipelines, and `replace` is not set.
        """
        held = self._steps.get(step.name)
        is_of_other_cell = held is not None and held.cell != step.cell and not replace
        if held is not None and is_of_other_cell and held.fingerprint != step.fingerprint:
            raise StepDefinitionError(
                f"step {step.name!r} is already defined in {held.body.label}",
                where=step.body.label,
                do="give this step another name, or add --replace to its magic line if it is meant to take over",
            )
        if held is not None and is_of_other_cell and held.pipelines != step.pipelines:
            raise StepDefinitionError(
                f"step {step.name!r} is already defined in {held.body.label}, for another pipeline",
                where=step.body.label,
                do="write `-p all` on that cell's magic line if both pipelines have the step, and leave this cell out; "
                "else give this step another name, or add --replace to its magic line if it is meant to take over",
            )
        self._forget_earlier_name(step)
        self._steps[step.name] = step

    def _forget_earlier_name(self, step: StepDefinition) -> None:
        """Drop the step that this cell defined when it ran before, under a name that was corrected since."""
        for each in list(self._steps.values()):
            if step.cell and each.cell == step.cell and each.body.label != step.body.label and each.name != step.name:
                del self._steps[each.name]

    def remove(self, name: str) -> StepDefinition:
        """Forget a step and return it; raises `UnknownStepError` when there is none."""
        step = self[name]
        del self._steps[name]
        return step

    def forget_cells(self, cells: Collection[str]) -> None:
        """Forget the steps whose cells were deleted from the notebook."""
        for step in [each for each in self._steps.values() if each.cell and each.cell in cells]:
            del self._steps[step.name]

    def let_precede(self, before: str, step: str) -> None:
        """Let the plan of the cells have a step in front of another one, also while no cell defines it.

        Its outputs are at hand, as those are with which a step has failed on another day.
        """
        self._before[step] = before

    def as_plan(self) -> Plan:
        """Return the plan that the cells make by themselves: the train pipeline, unless ``pipeline=`` says else."""
        placed: dict[str, list[Step]] = {}
        for name, own in self._in_order():
            for pipeline in own or ("train_pipeline",):
                placed.setdefault(pipeline, []).append(Step(name))
        pipelines = (name for name in ("train_pipeline", "inference_pipeline") if name in placed)
        return Plan(name="notebook", pipelines=tuple(Pipeline(name, tuple(placed[name])) for name in pipelines))

    def _in_order(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the name of each step and the pipelines that its cell names."""
        listed: set[str] = set()
        for step in self._steps.values():
            for name in (self._before.get(step.name, step.name), step.name):
                if name not in listed:
                    listed.add(name)
                    yield name, self._steps.get(name, step).pipelines
