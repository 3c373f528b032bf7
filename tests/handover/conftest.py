from __future__ import annotations

import pytest

from alo_nb.handover import FileInterface, MemoryInterface, codec, reduce, values
from alo_nb.handover.values import Values
from alo_nb.project import Project


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def store(project):
    return Values(project)


@pytest.fixture(params=["memory", "mapped", "file"])
def interface(request, project):
    """Outputs in this process, copied or mapped for each reader, and outputs in files."""
    if request.param == "file":
        return FileInterface(project)
    return MemoryInterface(Values(project) if request.param == "mapped" else None)


@pytest.fixture
def apart(monkeypatch):
    """Let buffers of 64 bytes lie apart, and tables of 2 rows be kept by column."""
    for module in (codec, values):
        monkeypatch.setattr(module, "LARGE", 64)
    monkeypatch.setattr(reduce, "ROWS", 2)
