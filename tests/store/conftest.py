from __future__ import annotations

import pytest

from alo_nb.project import Project
from alo_nb.store.artifact import Artifact
from alo_nb.store.logging import log_version
from alo_nb.store.store import Store


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project folder that is the current one; other files of the test go to ``tmp_path``."""
    root = tmp_path / "project"
    (root / ".alo").mkdir(parents=True)
    monkeypatch.chdir(root)
    return Project(root)


@pytest.fixture
def store(project):
    with Store.of(project) as store:
        yield store


@pytest.fixture
def log(store):
    """Log an artifact whose files are given as ``{name: bytes}``."""

    def log(name="raw", files=None, *, type="dataset", **options):
        artifact = Artifact(name, type, store=store)
        for path, content in (files or {"a.txt": b"1"}).items():
            with artifact.new_file(path, "wb") as file:
                file.write(content)
        log_version(artifact, **options)
        return artifact

    return log
