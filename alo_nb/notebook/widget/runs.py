"""Runs in the plan widget: in a process of their own, so that the notebook stays usable and Stop works."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

import ipywidgets as widgets

from alo_nb.errors import MagicUsageError
from alo_nb.notebook.background import BackgroundRun, Look
from alo_nb.notebook.plan_bench import ONLY, ONWARDS, RUNS, PlanBench
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import button, line, row, stretched
from alo_nb.plan.redact import redact_lines
from alo_nb.store import Run, StepRecord
from alo_nb.store.records import RUNNING
from alo_nb.views.html import escape, progress_html
from alo_nb.views.text import duration, outputs_line, short_run, state_of

LOOK_EVERY_S = 0.3
Step = tuple[str, str]  # a pipeline and its step


class Runs(widgets.VBox):
    """Run, Stop, and how far a run is.

    Parameters
    ----------
    before : callable
        Saves the plan.
    chosen : callable
        Gives the pipeline and the step that are chosen.
    told : callable
        Is given the states of the steps while a run goes on, by a thread that must only set traits.
    """

    def __init__(
        self,
        bench: PlanBench,
        guard: Guard,
        before: Callable[[], None],
        chosen: Callable[[], Step],
        told: Callable[[Mapping[Step, str]], None],
    ) -> None:
        self.bench, self._guard = bench, guard
        self._before, self._chosen, self._told = before, chosen, told
        self.running: BackgroundRun | None = None
        self._thread: threading.Thread | None = None
        self.what = widgets.Dropdown(options=RUNS, layout=stretched("130px"))
        self.mode = widgets.Dropdown(options=["all"], layout=stretched("90px"))
        self.run_button = button("▶ Run", "Save the plan and run it", guard(lambda _: self.start()), wide=True)
        self.stop_button = button("■ Stop", "Stop the run in good order", guard(lambda _: self.stop()), wide=True)
        self.run_button.button_style, self.stop_button.disabled = "primary", True
        self.bar = widgets.IntProgress(layout=widgets.Layout(flex="1 1 120px", width="auto", min_width="80px"))
        self.state, self.steps, self.log_tail = (widgets.HTML(layout=widgets.Layout(min_width="0")) for _ in range(3))
        controls = row(self.run_button, self.what, self.mode, self.stop_button, self.bar)
        super().__init__([controls, self.state, self.steps, self.log_tail])

    def refresh(self) -> None:
        """Offer the pipelines that the plan has."""
        modes = self.bench.modes()
        if list(self.mode.options) != modes:
            self.mode.options = modes

    def start(self) -> None:
        """Save the plan and start a run of it."""
        if self._thread is not None and self._thread.is_alive():
            raise MagicUsageError("a run is going on", do="wait for its end, or stop it")
        self._before()
        pipeline, step = self._chosen()
        self.running = self.bench.start(self.what.value, self.mode.value, pipeline, step)
        self._show(self.running.look(), self._wanted(pipeline, step))
        arguments = (self.running, self._wanted(pipeline, step))
        self._thread = threading.Thread(target=self._follow, args=arguments, name="alo-nb run", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask the run to end."""
        if self.running is not None:
            self.running.stop()
            self.state.value = line("stopping ...")

    def wait(self, patience_s: float) -> None:
        """Return when the run that was started has ended; for tests and for those who script the widget."""
        if self._thread is not None:
            self._thread.join(patience_s)

    def close(self) -> None:
        """Close the widget; a run goes on and is recorded."""
        self.running = None
        super().close()

    def _wanted(self, pipeline: str, step: str) -> tuple[Step, ...]:
        """Return the steps that the run is about."""
        every = [(each.name, name) for each in self.bench.plan.pipelines for name in each.step_names()]
        if self.what.value == ONLY:
            return ((pipeline, step),)
        if self.what.value == ONWARDS:
            own = [each for each in every if each[0] == pipeline]
            return tuple(own[own.index((pipeline, step)) :])
        return tuple(each for each in every if self.mode.value in ("all", each[0].removesuffix("_pipeline")))

    def _follow(self, running: BackgroundRun, wanted: tuple[Step, ...]) -> None:
        """Look at the run until it has ended; runs in a thread and sets nothing but traits."""
        follow = self._guard.quiet(self._show)
        while (look := running.look()).is_alive:
            if self.running is running:
                follow(look, wanted)
            time.sleep(LOOK_EVERY_S)
        if self.running is running:
            follow(look, wanted)
        running.close()

    def _show(self, look: Look, wanted: tuple[Step, ...]) -> None:
        states = step_states(look, wanted)
        done = sum(state not in (RUNNING, "never") for state in states.values())
        self.bar.max, self.bar.value = max(1, len(wanted)), done
        self.bar.bar_style = {"success": "success", RUNNING: ""}.get(look.state, "danger")
        self.run_button.disabled, self.stop_button.disabled = look.is_alive, not look.is_alive
        self.state.value = line(_headline(look))
        records = {} if look.run is None else {(each.pipeline, each.step): each for each in look.run.steps}
        said = {key: each.error or _took(each) for key, each in records.items()}
        self.steps.value = progress_html((state, _label(key), said.get(key, "")) for key, state in states.items())
        self.log_tail.value = _log(look)
        self._told({key: "fresh" if state in ("success", "cached") else state for key, state in states.items()})


def step_states(look: Look, wanted: tuple[Step, ...]) -> dict[Step, str]:
    """Return the state of each step of a run: as recorded, ``running`` for the one that comes next, else ``never``."""
    records = {} if look.run is None else {(each.pipeline, each.step): state_of(each) for each in look.run.steps}
    states = {key: records.get(key, "never") for key in wanted}
    following = next((key for key, state in states.items() if state == "never"), None)
    if look.is_alive and look.run is not None and following is not None:
        states[following] = RUNNING
    return states


def _headline(look: Look) -> str:
    if look.run is None:
        return "starting ..." if look.is_alive else "the run did not begin: see what it said"
    name = f"run {short_run(look.run.id)}"
    if look.had_nothing_to_do:
        return f"nothing to do: all is as in {name}"
    return f"{name} is running" if look.is_alive else f"{name}: {_ended(look.run, look.state)}"


def _ended(run: Run, state: str) -> str:
    return f"{state} · {duration(run.seconds)}" + (f" · {run.error}" if run.error else "")


def _label(step: Step) -> str:
    return f"{step[0].removesuffix('_pipeline')} · {step[1]}"


def _took(record: StepRecord) -> str:
    took = "taken over" if record.cached_from else duration(record.seconds)
    return f"{took}  {outputs_line(record.data)}"


def _log(look: Look) -> str:
    if not look.said.strip():
        return ""
    style = "max-height:12em;overflow:auto;margin:2px 0;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.3"
    is_open, said = " open" if look.state == "failed" else "", escape(redact_lines(look.said))
    return f'<details{is_open}><summary>log</summary><pre style="{style}">{said}</pre></details>'
