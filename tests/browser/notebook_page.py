"""A notebook in a page of JupyterLab, and what the page's console and network had to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from tests.browser.traffic import Traffic

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Locator, Page, Request, Response

PATIENCE_MS = 120_000
_TRACEBACK = "application/vnd.jupyter.stderr"  # JupyterLab's name for what an error shows
_IS_READY = """() =>
    (document.querySelector('.jp-KernelName')?.textContent ?? 'No Kernel') !== 'No Kernel' &&
    document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'
"""
_HAVE_RUN = """() => {
    const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(each => each.textContent);
    return /\\d/.test(prompts[0]) && prompts.every(each => !each.includes('*'));
}"""


@dataclass
class Watch:
    """What went wrong in a page that a person may not see, and dialogs that scripts opened."""

    troubles: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Listen to a page from now on."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.troubles.append(f"page error: {error}"))
        page.on("dialog", lambda dialog: (self.troubles.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.troubles.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        if request.url.startswith(("http:", "https:")) and not request.url.startswith("http://127.0.0.1:"):
            self.troubles.append(f"asks another machine: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure == "net::ERR_ABORTED":
            return  # what JupyterLab was asking when the page was left
        self.troubles.append(f"failed: {request.method} {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.troubles.append(f"status {response.status}: {response.request.method} {response.url}")


class NotebookPage:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page: Page, path: Path, traffic: Traffic) -> None:
        self.page, self.path, self.settle = page, path, traffic.settle

    def wait_for_kernel(self) -> None:
        """Return when there is a kernel and it is idle; what is clicked before is lost without a word."""
        self.page.wait_for_function(_IS_READY)

    def run_all(self) -> None:
        """Run all cells and return when the last one has ended, or one has failed."""
        self.wait_for_kernel()
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.locator('[data-command="runmenu:run-all"]').first.click()
        self.page.wait_for_function(_HAVE_RUN)
        self.wait_for_kernel()

    def error(self) -> str:
        """Return what a failed cell shows; empty when none has failed."""
        return texts(self.page.locator(f'[data-mime-type="{_TRACEBACK}"]'))

    def output(self, cell: int) -> Locator:
        """Return what the code cell of this number, counted from 0 and -1 for the last, shows."""
        return self.page.locator(".jp-CodeCell").nth(cell).locator(".jp-Cell-outputArea")

    def resize(self, width: int, height: int = 1000) -> None:
        """Make the window as wide; return when the notebook has followed."""
        self.page.set_viewport_size({"width": width, "height": height})
        fits = "width => document.querySelector('.jp-Notebook').getBoundingClientRect().right <= width"
        self.page.wait_for_function(fits, arg=width)

    def shown(self) -> list[Locator]:
        """Return each output of the notebook; tracebacks are not among them, for JupyterLab colours these."""
        places = self.page.locator(".jp-Cell-outputArea .jp-OutputArea-output:visible")
        told = [place.get_attribute("data-mime-type") for place in places.all()]
        return [place for place, kind in zip(places.all(), told, strict=True) if kind != _TRACEBACK]

    def save(self) -> None:
        """Save the notebook, with its outputs and what its widgets show, and return when it is on disk."""
        with self.page.expect_response(lambda each: each.request.method == "PUT" and "/api/contents/" in each.url):
            self.page.locator('.jp-NotebookPanel-toolbar [data-command="docmanager:save"]').click()


def write_notebook(path: Path, cells: Sequence[str], *, kernel: str = "python3") -> None:
    """Write a notebook of code cells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(each, id=f"cell-{number}") for number, each in enumerate(cells)],
        metadata={"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
    )
    nbformat.write(made, path)


def texts(outputs: Locator) -> str:
    """Return what a person reads in outputs."""
    return "\n".join(outputs.all_inner_texts())
