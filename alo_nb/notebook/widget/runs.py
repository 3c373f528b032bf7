"""Runs in the plan widget: in a process of their own, so that the notebook stays usable and Stop works."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import ipywidgets as widgets

from alo_nb.errors import MagicUsageError
from alo_nb.lang import tr
from alo_nb.notebook.background import BackgroundRun, Look
from alo_nb.notebook.plan_bench import PlanBench
from alo_nb.notebook.plan_runs import CHANGED, EVERYTHING, ONLY, ONWARDS, UNCACHED
from alo_nb.notebook.widget.guard import Guard
from alo_nb.notebook.widget.look import QUIET, WARNING, button, labelled, line, row, show
from alo_nb.plan.redact import redact_lines
from alo_nb.store import Run, StepRecord
from alo_nb.store.records import RUNNING
from alo_nb.views.html import escape, progress_html
from alo_nb.views.text import duration, outputs_line, short_run, state_of, state_text

LOOK_EVERY_S = 0.3
_LAST_LINE = 120  # characters of what a run has said last
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
        Is given the states of the steps while a run goes on, and whether it has ended, by a thread that must only set
        traits.
    on_override : callable
        Is called when runs are given other arguments than the plan has.
    """

    def __init__(
        self,
        bench: PlanBench,
        guard: Guard,
        before: Callable[[], None],
        chosen: Callable[[], Step],
        told: Callable[[Mapping[Step, str], bool], None],
        on_override: Callable[[], None],
    ) -> None:
        self.bench, self._guard, self._on_override = bench, guard, on_override
        self._before, self._chosen, self._told = before, chosen, told
        self.running: BackgroundRun | None = None
        self._thread: threading.Thread | None = None
        self._since: dict[Step, float] = {}
        self._plan: Path | None = None  # of the run
        whats = (
            (tr("what changed"), CHANGED),
            (tr("everything"), EVERYTHING),
            (tr("from this step on"), ONWARDS),
            (tr("only this step"), ONLY),
            (tr("everything, in a fresh kernel, without cache"), UNCACHED),
        )
        self.what = labelled(widgets.Dropdown(options=whats), tr("what to run"), width="260px")
        self.mode = labelled(widgets.Dropdown(options=["all"]), tr("which pipelines"), width="260px")
        self.run_button = button(f"▶ {tr('Run')}", tr("Save the plan and run it"), guard(lambda _: self.start()))
        self.stop_button = button(f"■ {tr('Stop')}", tr("Stop the run in good order"), guard(lambda _: self.stop()))
        self.run_button.button_style, self.stop_button.disabled = "primary", True
        self.override = labelled(widgets.Text(continuous_update=False), tr("override"), width="280px")
        self.override.tooltip = tr("arguments for runs that are started here, not for the plan")
        self.override.placeholder = tr("STEP.ARGUMENT=VALUE, for runs that are started here")
        self.override.observe(guard(lambda change: self._override(change["new"])), names="value")
        self.bar = widgets.IntProgress(layout=widgets.Layout(flex="1 1 120px", width="auto", min_width="80px"))
        self.state, self.steps, self.log_tail = (widgets.HTML(layout=widgets.Layout(min_width="0")) for _ in range(3))
        controls = row(self.run_button, self.what, self.mode, self.stop_button)
        super().__init__([controls, row(self.override, self.bar), self.state, self.steps, self.log_tail])

    @property
    def is_running(self) -> bool:
        """Whether a run that was started here goes on."""
        return self._thread is not None and self._thread.is_alive()

    def refresh(self) -> None:
        """Offer the pipelines that the plan has."""
        modes = self.bench.runs.modes()
        if list(self.mode.options) != modes:
            kept = self.mode.value
            self.mode.options = modes
            self.mode.value = kept if kept in modes else "all"
        is_ours = self.running is not None and self._plan == self.bench.file.path
        for each in (self.bar, self.state, self.steps, self.log_tail):
            show(each, is_ours)

    def start(self) -> None:
        """Save the plan and start a run of it."""
        if self.is_running:
            raise MagicUsageError("a run is going on", do="wait for its end, or stop it")
        self.bench.runs.override(self.override.value)
        self._before()
        pipeline, step = self._chosen()
        self.running = self.bench.runs.start(self.what.value, self.mode.value, pipeline, step)
        self._since, self._plan = {}, self.bench.file.path
        self.refresh()
        wanted = self._wanted(pipeline, step)
        self._show(self.running.look(), wanted)
        self._thread = threading.Thread(
            target=self._follow, args=(self.running, wanted), name="alo-nb run", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Ask the run to end."""
        if self.running is not None:
            self.running.stop()
            self.stop_button.disabled = True
            self.state.value = line(tr("stopping ..."), colour=WARNING)

    def wait(self, patience_s: float) -> None:
        """Return when the run that was started has ended; for tests and for those who script the widget."""
        if self._thread is not None:
            self._thread.join(patience_s)

    def close(self) -> None:
        """Close the widget; a run goes on and is recorded."""
        self.running = None
        super().close()

    def _override(self, text: str) -> None:
        self.bench.runs.override(text)
        self._on_override()

    def _wanted(self, pipeline: str, step: str) -> tuple[Step, ...]:
        """Return the steps that the run is about."""
        every = [(each.name, name) for each in self.bench.plan.pipelines for name in each.step_names()]
        if self.what.value == ONLY:
            return ((pipeline, step),)
        if self.what.value == ONWARDS:
            own = [each for each in every if each[0] == pipeline]
            return tuple(own[own.index((pipeline, step)) :])
        return tuple(each for each in every if self.mode.value in ("all", each[0].removesuffix("_pipeline")))

    # While it goes on -----------------------------------------------------------------------------------------------

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
        is_stopping = self.running is not None and self.running.is_stopping
        self.run_button.disabled, self.stop_button.disabled = look.is_alive, not look.is_alive or is_stopping
        said = _headline(look, done, len(wanted))
        if is_stopping and (look.is_alive or look.run is None):
            said = tr("stopping ...") if look.is_alive else tr("stopped before it began")
        self.state.value = line(said) + line(_last_line(look), colour=QUIET)
        self.steps.value = progress_html(
            (state, _label(key), self._said(look, key, state)) for key, state in states.items()
        )
        self.log_tail.value = _log(look)
        shown = {key: "fresh" if state in ("success", "cached") else state for key, state in states.items()}
        if self._plan == self.bench.file.path:
            self._told(shown, not look.is_alive)

    def _said(self, look: Look, key: Step, state: str) -> str:
        """Return what a step came to, or for how long it has been running."""
        found = [] if look.run is None else [each for each in look.run.steps if (each.pipeline, each.step) == key]
        if found:
            return found[-1].error or _took(found[-1])
        if state != RUNNING:
            return ""
        began = self._since.setdefault(key, time.monotonic())
        return duration(time.monotonic() - began)


def step_states(look: Look, wanted: tuple[Step, ...]) -> dict[Step, str]:
    """Return the state of each step of a run: as recorded, ``running`` for the one that comes next, else ``never``."""
    records = {} if look.run is None else {(each.pipeline, each.step): state_of(each) for each in look.run.steps}
    states = {key: records.get(key, "never") for key in wanted}
    following = next((key for key, state in states.items() if state == "never"), None)
    if look.is_alive and look.run is not None and following is not None:
        states[following] = RUNNING
    return states


def _headline(look: Look, done: int, count: int) -> str:
    if look.run is None:
        return tr("starting ...") if look.is_alive else tr("the run did not begin: see what it said")
    name = tr("run {id}", id=short_run(look.run.id))
    if look.had_nothing_to_do:
        return tr("nothing to do: all is as in {run}", run=name)
    if look.is_alive:
        return tr("{run} is running: {done} of {count} steps", run=name, done=done, count=count)
    return f"{name}: {_ended(look.run, look.state)}"


def _ended(run: Run, state: str) -> str:
    return f"{state_text(state)} · {duration(run.seconds)}" + (f" · {run.error}" if run.error else "")


def _label(step: Step) -> str:
    return f"{step[0].removesuffix('_pipeline')} · {step[1]}"


def _took(record: StepRecord) -> str:
    took = state_text("cached") if record.cached_from else duration(record.seconds)
    return " · ".join(filter(None, (took, outputs_line(record.data))))


def _last_line(look: Look) -> str:
    """Return what a run that goes on has said last."""
    lines = redact_lines(look.printed or look.said).strip().splitlines() if look.is_alive else []
    return lines[-1][:_LAST_LINE] if lines else ""


def _log(look: Look) -> str:
    parts = [escape(redact_lines(each.strip("\n"))) for each in (look.said, look.printed) if each.strip()]
    if not parts:
        return ""
    style = "max-height:12em;overflow:auto;margin:2px 0;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.3"
    is_open = " open" if look.state == "failed" else ""
    said = "\n\n".join(parts)
    return f'<details{is_open}><summary>{escape(tr("log"))}</summary><pre style="{style}">{said}</pre></details>'
