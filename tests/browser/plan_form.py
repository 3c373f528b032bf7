"""The plan widget as a person uses it: by the texts and labels that are to be seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

_SECTIONS = {  # with a text that each shows
    "paths": "load_train_data_path",
    "control": "interface_mode",
    "text": "YAML",
    "runs": "no run of this plan yet",
}


class PlanForm:
    """The plan widget in an output."""

    def __init__(self, output: Locator) -> None:
        self.whole = output.locator(".widget-vbox").first

    def click(self, button: str) -> None:
        """Click a button."""
        self.button(button).click()

    def button(self, name: str) -> Locator:
        """Return the button with this text, or this tooltip where the text is a sign."""
        return self.whole.get_by_role("button", name=name, exact=True)

    def field(self, label: str) -> Locator:
        """Return the control that is labelled so."""
        return self.whole.get_by_label(label, exact=True).locator("visible=true")

    def chips(self, pipeline: str = "train") -> Locator:
        """Return the steps of a pipeline, as they stand in its row."""
        rows = self.whole.locator(".widget-hbox").filter(has=self.whole.page.locator(".widget-toggle-buttons"))
        return rows.filter(has_text=re.compile(rf"^\s*{pipeline}")).get_by_role("button")

    def chip(self, step: str, pipeline: str = "train") -> Locator:
        """Return a step in the row of its pipeline; its text begins with the sign of its state."""
        return self.chips(pipeline).filter(has_text=re.compile(rf"^\W+{re.escape(step)}(\s!)?$"))

    def choose(self, step: str, pipeline: str = "train") -> None:
        """Choose a step, and return when its arguments are shown."""
        self.chip(step, pipeline).click()
        self.whole.get_by_text(f"{pipeline} · {step}", exact=True).first.wait_for()

    def remove(self, step: str, pipeline: str = "train") -> None:
        """Take a step out of a pipeline."""
        self.choose(step, pipeline)
        self.click("Remove")
        self.chip(step, pipeline).wait_for(state="detached")

    def open(self, section: str) -> None:
        """Open one of the sections below the form, and return when it is there."""
        self.whole.get_by_role("button", name=re.compile(rf"^{section}\b")).click()
        self.whole.get_by_text(_SECTIONS[section], exact=True).locator("visible=true").first.wait_for()

    def add_step(self, name: str, pipeline: str) -> None:
        """Add a step from a cell; the form for that is open."""
        self.field("to").select_option(label=pipeline)
        self.field("which").fill(name)
        self.click("Add")
        self.chip(name, pipeline).wait_for()

    def add_argument(self, name: str, value: str) -> None:
        """Give the chosen step an argument, and return when that is done."""
        self.field("new argument").fill(name)
        self.field("value").fill(value)
        self.click("Set")
        for emptied in ("new argument", "value"):
            self.field(emptied).and_(self.whole.locator(":placeholder-shown")).wait_for()

    def set(self, label: str, value: str) -> None:
        """Write a value into a field, as one does: the whole of it, then Enter."""
        field = self.field(label)
        field.fill(value)
        field.press("Enter")
