"""Settings of every pytest run, of the tests and of the tutorials."""

from __future__ import annotations

import pytest

pytest_plugins = ["nbval_guard"]


@pytest.fixture(autouse=True)
def _no_project_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test begin without the project folder that `use_project` leaves for child processes."""
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
