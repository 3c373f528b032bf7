from __future__ import annotations

from pathlib import Path

import pytest
from bench_project import Bench


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A new project, which is the current folder."""
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    monkeypatch.chdir(tmp_path)
    return Bench(tmp_path)
