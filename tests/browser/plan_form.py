"""The plan widget as a person uses it: by the texts and labels that are to be seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.notebook_page import NotebookPage


class PlanForm:
    """The plan widget that the last cell of a notebook shows; whoever clicks waits for what comes of it."""

    def __init__(self, notebook: NotebookPage) -> None:
        self.whole, self._settle = notebook.output(-1).locator(".widget-vbox").first, notebook.settle

    def click(self, button: str | Locator) -> None:
        """Click a button."""
        self._settle()
        (self.button(button) if isinstance(button, str) else button).click()
        self._settle()

    def button(self, name: str) -> Locator:
        """Return the button with this text, or this tooltip where the text is a sign."""
        return self.whole.get_by_role("button", name=name, exact=True)

    def field(self, label: str) -> Locator:
        """Return the control that is labelled so."""
        return self.whole.get_by_label(label, exact=True).locator("visible=true")

    def chips(self, pipeline: str = "train") -> Locator:
        """Return the steps of a pipeline, as they stand in its row."""
        rows = self.whole.locator(".widget-hbox").filter(has=self.whole.page.locator(".widget-toggle-button"))
        return rows.filter(has_text=re.compile(rf"^\s*{pipeline}")).get_by_role("button")

    def chip(self, step: str, pipeline: str = "train") -> Locator:
        """Return a step in the row of its pipeline; its text begins with the sign of its state."""
        return self.chips(pipeline).filter(has_text=re.compile(rf"^\W+{re.escape(step)}(\s!)?$"))

    def choose(self, step: str, pipeline: str = "train") -> None:
        """Choose a step."""
        self.click(self.chip(step, pipeline))

    def remove(self, step: str, pipeline: str = "train") -> None:
        """Take a step out of a pipeline."""
        self.choose(step, pipeline)
        self.click("Remove")

    def open(self, section: str) -> None:
        """Open one of the sections below the form."""
        self.click(self.whole.get_by_role("button", name=re.compile(rf"^{section}\b")))

    def add_step(self, name: str, pipeline: str) -> None:
        """Add a step from a cell; the form for that is open."""
        self.field("to").select_option(label=pipeline)
        self.set("which", name)
        self.click("Add")

    def add_argument(self, name: str, value: str) -> None:
        """Give the chosen step an argument."""
        self.set("new argument", name)
        self.set("value", value)
        self.click("Set")

    def set(self, label: str, value: str) -> None:
        """Write a value into a field, as one does: the whole of it, then Enter."""
        self._settle()
        self.field(label).fill(value)
        self.field(label).press("Enter")
        self._settle()
