"""Many versions in one durable write: what a run has made, with what each of its steps used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alo_nb.store.index import Index
from alo_nb.store.logging import decide_version
from alo_nb.store.records import now
from alo_nb.store.store import Store
from alo_nb.store.trees import Entry, write_tree


@dataclass
class Batch:
    """Versions that a run logs together. Nothing is visible before `commit`, and then all of it."""

    store: Store
    run: str
    _decisions: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._staging = self.store.staging()

    def __enter__(self) -> Batch:
        return self

    def __exit__(self, *_: object) -> None:
        self._staging.discard()

    def bytes(self, content: bytes) -> Entry:
        """Take in some bytes as a file."""
        blob = self._staging.add_bytes(content)
        return Entry("file", blob.digest, blob.size)

    def file(self, path: Path) -> Entry:
        """Take in a file, which stays as it is."""
        blob = self._staging.add_file(path)
        return Entry("file", blob.digest, blob.size)

    def own_file(self, path: Path, digest: str) -> Entry:
        """Take in a file of ours that nobody writes to any more, without a copy; its digest is known."""
        blob = self._staging.add_own(path, digest)
        return Entry("file", blob.digest, blob.size)

    def log(
        self,
        name: str,
        type: str,
        entries: Mapping[str, Entry],
        *,
        step: str = "",
        metadata: Mapping[str, Any] | None = None,
        is_made: bool = True,
        description: str = "",
    ) -> None:
        """Log files as a version that a step of the run has made; no files, no version.

        What came from outside is not made by the run: `is_made` is false.
        """
        if not entries:
            return
        tree = write_tree(entries, self._staging.add_bytes)
        values = {
            **{"name": name, "type": type, "digest": tree.digest, "files": tree.files, "size": tree.size},
            **{
                "created": now(),
                "run": self.run if is_made else "",
                "step": step,
                "aliases": [],
                "metadata": dict(metadata or {}),
            },
            **{"description": description, "tags": [], "expires": ""},
        }
        self._decisions.append(("log", values))

    def use(self, name: str, *, step: str, number: int | None = None) -> None:
        """Note that a step of the run used a version: one of this batch when `number` is not given."""
        self._decisions.append(("use", {"run": self.run, "name": name, "number": number, "step": step}))

    def commit(self) -> dict[str, str]:
        """Write all of it; return name to version (``v3``) of what was logged."""
        self.store.keep(self._staging)
        numbers: dict[str, int] = {}

        def decide(index: Index, kind: str, values: dict[str, Any]) -> tuple[str, Mapping[str, Any]]:
            if kind == "use":
                number = values["number"] if values["number"] is not None else numbers[values["name"]]
                return "use", {**values, "number": number}
            decided, logged = decide_version(index, values)
            numbers[values["name"]] = logged["number"]
            return decided, logged

        self.store.change_many(lambda index: (decide(index, *each) for each in self._decisions))
        return {name: f"v{number}" for name, number in numbers.items()}
