"""A real JupyterLab and a real Chromium. Without them these tests are skipped; where ``CI=true`` they fail."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.lab import Lab
from tests.browser.notebook_page import PATIENCE_MS, NotebookPage, Watch, write_notebook
from tests.browser.traffic import Traffic

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCREENSHOTS = Path(tempfile.gettempdir()) / "alo-nb-screenshots"  # of failures, for a person to look at
_FAILED = pytest.StashKey[bool]()
_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_QUIET = (
    *("--disable-gpu", "--disable-quic", "--disable-sync", "--disable-background-networking", "--no-first-run"),
    *("--disable-component-update", "--disable-dev-shm-usage"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing here needs another machine
)


def _missing() -> list[str]:
    needed = ("jupyterlab", "playwright")
    missing = [f"{name} (pip install 'alo-nb[browser]')" for name in needed if importlib.util.find_spec(name) is None]
    return [*missing, *([] if _CHROMIUM else ["chromium (apt-get install chromium)"])]


@pytest.fixture(scope="package", autouse=True)
def _needed() -> None:
    missing = _missing()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"not installed: {', '.join(missing)}", pytrace=False)
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.fixture(scope="package")
def lab(_needed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server that all tests of this process share."""
    made = Lab(tmp_path_factory.mktemp("lab"))
    yield made
    made.stop()


@pytest.fixture(scope="package")
def chromium(_needed: None) -> Iterator[Browser]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]  # Chromium has none for root
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=[*_QUIET, *sandbox])
        yield browser
        browser.close()


@pytest.fixture
def expect(chromium: Browser) -> Any:
    """What is waited for: `playwright.sync_api.expect`."""
    from playwright.sync_api import expect

    return expect


@pytest.fixture
def project(lab: Lab, request: pytest.FixtureRequest) -> Path:
    """An empty project folder that the server shows; a notebook's path used twice would get the first one's kernel."""
    made = lab.root / request.node.name
    (made / ".alo").mkdir(parents=True)
    return made


@pytest.fixture
def open_notebook(lab: Lab, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., NotebookPage]]:
    """Open a notebook of the server; whatever its console complains about fails the test."""
    watch, opened = Watch(), []

    def open_page(path: Path, cells: Sequence[str] = (), *, theme: str = "light", width: int = 1300) -> NotebookPage:
        if cells:
            write_notebook(path, cells)
        lab.use_theme(theme)
        page = chromium.new_page(viewport={"width": width, "height": 1000})
        page.set_default_timeout(PATIENCE_MS)
        watch.follow(page)
        traffic = Traffic(page)
        opened.append(page)
        page.goto(lab.address(path))
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        return NotebookPage(page, path, traffic)

    yield open_page
    for number, page in enumerate(opened):
        if watch.troubles or request.node.stash.get(_FAILED, False):
            _keep_screenshot(page, request.node, number)
        page.close()
    lab.end_kernels()
    assert watch.troubles == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[None]:
    """Remember that a test has failed, for its fixtures."""
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


def _keep_screenshot(page: Page, item: pytest.Item, number: int) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{item.name}-{number}.png"
    page.screenshot(path=path, full_page=True)
    item.add_report_section("teardown", "screenshot", str(path))
