"""A new step in the plan widget: from a cell, a notebook, the assets folder, a file or folder elsewhere, or git."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from alo_nb.lang import tr
from alo_nb.notebook.plan_bench import PlanBench
from alo_nb.notebook.step_sources import CELL, FILE, FOLDER, GIT, NOTEBOOK
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import BESIDE, QUIET, button, is_shown, labelled, line, row, show
from alo_nb.plan import PIPELINES


class AddStep(widgets.VBox):
    """A form that opens on demand.

    Parameters
    ----------
    chosen : callable
        Gives the pipeline and the step that are chosen: the new one comes behind it.
    on_add : callable
        Is called with the pipeline and the step that was added.
    """

    def __init__(
        self,
        bench: PlanBench,
        guard: Guard,
        chosen: Callable[[], tuple[str, str]],
        on_add: Callable[[str, str], None],
    ) -> None:
        self.bench, self._chosen, self._on_add = bench, chosen, on_add
        kinds = (
            (tr("a cell of this notebook"), CELL),
            (tr("a cell of another notebook"), NOTEBOOK),
            (tr("a folder"), FOLDER),
            (tr("a Python file"), FILE),
            (tr("git"), GIT),
        )
        pipelines = [(each.removesuffix("_pipeline"), each) for each in PIPELINES]
        self.pipeline = labelled(widgets.Dropdown(options=pipelines), tr("to"))
        self.kind = labelled(widgets.Dropdown(options=kinds), tr("from"))
        self.wanted = labelled(widgets.Combobox(ensure_option=False), tr("which"), width="300px")
        self.name = labelled(widgets.Text(), tr("name"))
        self.branch = labelled(widgets.Text(placeholder=tr("the default branch")), tr("branch"))
        self.hint = widgets.HTML()
        for each in (self.pipeline, self.kind):
            each.observe(guard(lambda _: self.refresh()), names="value")
        add = button(tr("Add"), tr("Add this step to the plan"), guard(lambda _: self.add()), style="primary")
        cancel = button(tr("Cancel"), tr("Add nothing"), guard(lambda _: show(self, False)))
        border = widgets.Layout(border="1px solid var(--jp-border-color2, #bdbdbd)", padding="4px", margin="2px 0")
        first, second = row(self.pipeline, self.kind), row(self.wanted, self.name, self.branch)
        super().__init__([first, second, self.hint, row(add, cancel)], layout=border)
        show(self, False)

    def toggle(self) -> None:
        """Show the form; a second time, put it away."""
        if is_shown(self):
            show(self, False)
            return
        self.pipeline.value = self._chosen()[0] or self.pipeline.value
        show(self, True)
        self.refresh()

    def refresh(self) -> None:
        """Offer the steps that there are now; nothing is looked for while the form is put away."""
        if not is_shown(self):
            return
        kind = self.kind.value
        known = [each.label for each in self.bench.candidates(kind, self.pipeline.value)]
        self.wanted.options = known
        self.wanted.placeholder = {
            CELL: tr("the name of the step"),
            NOTEBOOK: tr("step · notebook"),
            FOLDER: tr("assets/STEP, or another folder"),
            FILE: tr("path/asset_STEP.py"),
            GIT: "https://git.example.org/group/step.git",
        }[kind]
        show(self.branch, kind == GIT)
        show(self.name, kind in (FOLDER, FILE, GIT))
        self.name.placeholder = tr("as the file or address says")
        said = {
            CELL: tr("no cell defines a step that is not in this pipeline yet: run a cell `%%alo_asset step=NAME -n`"),
            NOTEBOOK: tr("no saved notebook of the project has such a step cell"),
            FOLDER: tr("a folder that is not below assets/ is copied to assets/STEP"),
            FILE: tr("the file is copied to assets/STEP/asset_STEP.py"),
            GIT: tr("the code is fetched to assets/STEP while you go on"),
        }[kind]
        self.hint.value = "" if known and kind in (CELL, NOTEBOOK) else line(said, colour=QUIET, indent=BESIDE)

    def add(self) -> None:
        """Add the step, behind the chosen one if that is in the same pipeline."""
        pipeline, (owner, step) = self.pipeline.value, self._chosen()
        after = step if owner == pipeline and self.bench.step(owner, step) else None
        name = self.name.value if is_shown(self.name) else ""
        branch = self.branch.value if is_shown(self.branch) else ""
        added = self.bench.add(pipeline, self.kind.value, self.wanted.value, name=name, branch=branch, after=after)
        self.wanted.value = self.name.value = self.branch.value = ""
        self._on_add(pipeline, added)
