"""The chosen step in the plan widget: its name, where its code is, its cache policy, and its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from alo_nb.cache.explained import UNKNOWN
from alo_nb.errors import MagicUsageError
from alo_nb.lang import tr
from alo_nb.notebook.plan_bench import PlanBench
from alo_nb.notebook.plan_fields import Field
from alo_nb.notebook.plan_places import field_in
from alo_nb.notebook.widget.controls import FieldList
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import (
    ERROR,
    QUIET,
    button,
    is_shown,
    labelled,
    line,
    problem_line,
    row,
    show,
)
from alo_nb.notebook.widget.look import text as text_widget
from alo_nb.plan import Problem, Step
from alo_nb.plan.editor import remove_argument, rename_step, set_argument, set_cache_policy, set_source
from alo_nb.plan.policies import POLICIES
from alo_nb.plan.redact import redact
from alo_nb.plan.yaml_text import read_value
from alo_nb.views.text import GLYPHS, state_text, with_short_runs

_AS_WRITTEN = ""  # no policy in the plan: the cell's counts


class StepForm(widgets.VBox):
    """The form of one step.

    Parameters
    ----------
    on_edit : callable
        Is called after an edit, with the pipeline and the step.
    on_fetched : callable
        Is called when code was fetched, by a thread that must only set traits.
    """

    def __init__(
        self,
        bench: PlanBench,
        guard: Guard,
        on_edit: Callable[[str, str], None],
        on_fetched: Callable[[], None],
    ) -> None:
        self.bench, self._on_edit, self._on_fetched = bench, on_edit, on_fetched
        self.pipeline = self.step = ""
        self._is_showing = False
        self.title = text_widget()
        self.state, self.about = (widgets.HTML(layout=widgets.Layout(min_width="0")) for _ in range(2))
        self.name, self.code, self.branch, self.requirements = (
            labelled(widgets.Text(continuous_update=False), label, width="300px")
            for label in (tr("name"), tr("code"), tr("branch"), tr("requirements"))
        )
        self.code.placeholder = tr("notebook, FILE.ipynb, local, or a git address")
        self.requirements.placeholder = tr("pandas==2.2.2, scikit-learn")
        policies = [(tr("as the cell says"), _AS_WRITTEN), *((each, each) for each in POLICIES)]
        self.cache = labelled(widgets.Dropdown(options=policies), tr("cache"), width="300px")
        for control, handler in (
            (self.name, self._rename),
            (self.code, self._set_code),
            (self.branch, self._set_branch),
            (self.requirements, self._set_requirements),
            (self.cache, self._set_cache),
        ):
            control.observe(guard(self._for_edit(handler)), names="value")
        self.fetch_button = button(
            tr("Fetch"), tr("Fetch the code of the step from git"), guard(lambda _: self.fetch())
        )
        self.fields = FieldList(guard, self._write, self._reset)
        self.new_name = labelled(widgets.Combobox(), tr("new argument"))
        self.new_value = labelled(widgets.Text(), tr("value"))
        add = button(tr("Set"), tr("Give the step this argument"), guard(lambda _: self.add()))
        self._form = widgets.VBox(
            [
                row(self.name, self.cache, self.code, self.requirements, self.branch, self.fetch_button),
                text_widget(tr("arguments"), bold=True),
                self.fields,
                row(self.new_name, self.new_value, add),
            ]
        )
        super().__init__([self.title, self.state, self.about, self._form])

    @property
    def controls(self) -> dict[str, Any]:
        """Argument to the control that it has."""
        return {name: each.control for name, each in self.fields.rows.items()}

    def choose(self, pipeline: str, step: str) -> None:
        """Show a step."""
        self.pipeline, self.step = pipeline, step
        self.refresh()

    def refresh(self) -> None:
        """Show the step as the plan has it now; the controls stay when they are still the right ones."""
        step = self.bench.step(self.pipeline, self.step)
        show(self._form, step is not None)
        if step is None:
            off = tr("step {step} is out of use: Enable brings it back", step=self.step)
            self.title.value = line(off if self.step else tr("choose a step to see its arguments"), colour=QUIET)
            self.state.value = self.about.value = ""
            return
        self.title.value = line(f"{self.pipeline.removesuffix('_pipeline')} · {step.name}", bold=True)
        problems = self.bench.problems_of(self.pipeline, self.step)
        self.state.value, self.about.value = self._state_html(), self._about_html(problems)
        self._show_source(step)
        fields = self.bench.fields(self.pipeline, self.step)
        self.fields.show(fields, lambda name: [each for each in problems if field_in(each) == name])
        self.new_name.options = self.bench.argument_names(self.pipeline, self.step, {each.name for each in fields})

    def show_about(self) -> None:
        """Show anew what is known of the code, e.g. that it was fetched; for a thread."""
        if self.bench.step(self.pipeline, self.step) is not None:
            self.about.value = self._about_html(self.bench.problems_of(self.pipeline, self.step))

    def show_states(self, states: Mapping[tuple[str, str], str]) -> None:
        """Show what a run tells of the step, in place of what is known; for a thread."""
        if is_shown(self._form):
            self.state.value = self._state_html(states.get((self.pipeline, self.step), "never"))

    def fetch(self) -> None:
        """Fetch the code of the step."""
        self.bench.fetch(self.pipeline, self.step, self._on_fetched)
        self.show_about()

    def add(self) -> None:
        """Give the step the argument that was named."""
        name = self.new_name.value.strip()
        if not name:
            raise MagicUsageError("which argument?", do="write its name and its value")
        value = read_value(self.new_value.value)
        self.bench.file.edit(set_argument, self.pipeline, self.step, name, value)
        self.new_name.value = self.new_value.value = ""
        self._on_edit(self.pipeline, self.step)

    def _write(self, field: Field, value: Any) -> None:
        self.bench.file.edit(set_argument, self.pipeline, self.step, field.name, value)
        self._on_edit(self.pipeline, self.step)

    def _reset(self, field: Field) -> None:
        self.bench.file.edit(remove_argument, self.pipeline, self.step, field.name)
        self._on_edit(self.pipeline, self.step)

    # What is shown --------------------------------------------------------------------------------------------------

    def _show_source(self, step: Step) -> None:
        source, self._is_showing = step.source, True
        try:
            self.name.value = step.name
            self.code.value = redact(source.code) if source else ""
            self.branch.value = (source.branch or "") if source else ""
            self.requirements.value = redact(", ".join(source.requirements)) if source else ""
            policy = self.bench.plan.cache.get(step.name, _AS_WRITTEN)
            self.cache.value = policy if policy in POLICIES else _AS_WRITTEN
        finally:
            self._is_showing = False
        for control in (self.code, self.requirements):
            control.disabled = "***" in control.value  # it would be written masked
        is_git = source is not None and source.kind == "git"
        show(self.branch, is_git)
        show(self.fetch_button, is_git)

    def _state_html(self, told: str = "never") -> str:
        """Return the step's state: as a run tells it; before the run has come to the step, as it is known."""
        known = self.bench.explained(self.pipeline, self.step)
        if told != "never":
            state, why = told, ""
        elif known is None:
            state, why = UNKNOWN, self.bench.why_unknown()
        else:
            state, why = known.state, with_short_runs(known.reason)
        return line(f"{GLYPHS[state]} {why or state_text(state)}", colour=QUIET)

    def _about_html(self, problems: list[Problem]) -> str:
        place = tr("code: {place}", place=self.bench.code_place(self.pipeline, self.step))
        said = [line(place, colour=QUIET)]
        fetch = self.bench.fetches.get((self.pipeline, self.step))
        if fetch is not None:
            said.append(line(_fetched(fetch), colour=ERROR if fetch.error else QUIET))
        said += [problem_line(each) for each in problems if not field_in(each)]
        return "".join(said)

    # Edits ----------------------------------------------------------------------------------------------------------

    def _for_edit(self, handler: Callable[[str], None]) -> Callable[[Mapping[str, Any]], None]:
        def edit(change: Mapping[str, Any]) -> None:
            if not self._is_showing:
                handler(change["new"].strip())

        return edit

    def _rename(self, name: str) -> None:
        self.bench.file.edit(rename_step, self.pipeline, self.step, name)
        self._on_edit(self.pipeline, name)

    def _set_code(self, code: str) -> None:
        self.bench.file.edit(set_source, self.pipeline, self.step, code=code)
        self._on_edit(self.pipeline, self.step)

    def _set_branch(self, branch: str) -> None:
        self.bench.file.edit(set_source, self.pipeline, self.step, branch=branch or None)
        self._on_edit(self.pipeline, self.step)

    def _set_requirements(self, written: str) -> None:
        wanted = [each.strip() for each in written.split(",") if each.strip()]
        self.bench.file.edit(set_source, self.pipeline, self.step, requirements=wanted)
        self._on_edit(self.pipeline, self.step)

    def _set_cache(self, policy: str) -> None:
        self.bench.file.edit(set_cache_policy, self.step, policy or None)
        self._on_edit(self.pipeline, self.step)


def _fetched(fetch: Any) -> str:
    if fetch.is_running:
        return tr("its code is being fetched ...")
    if fetch.error is not None:
        return tr("not fetched: {why}", why=str(fetch.error))
    return tr("fetched: commit {commit}", commit=fetch.commit)
