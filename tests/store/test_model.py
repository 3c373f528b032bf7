"""The store against a plain dict: whatever is logged, renamed, deleted, collected and rebuilt, both say the same."""

from __future__ import annotations

import shutil

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from alo_nb.store.artifact import Artifact
from alo_nb.store.housekeeping import collect_garbage
from alo_nb.store.lineage import lineage
from alo_nb.store.logging import log_version, use_version
from alo_nb.store.store import Store

NAMES = st.sampled_from(["raw", "데이터", "model"])
ALIASES = st.sampled_from(["best", "prod"])
CONTENTS = st.dictionaries(st.sampled_from(["a", "s/b", "s/t/c"]), st.binary(max_size=2), max_size=3)
RUNS = st.sampled_from(["", "r1", "r2", "r3"])


class StoreMachine(RuleBasedStateMachine):
    """`versions` is name to the list of its contents, None for a deleted one; `aliases` is (name, alias) to number."""

    def __init__(self):
        super().__init__()
        self.store = Store.in_memory()
        self.versions: dict[str, list[dict[str, bytes] | None]] = {}
        self.aliases: dict[tuple[str, str], int] = {}

    def teardown(self):
        self.store.close()

    def living(self):
        return [
            (name, number)
            for name, found in self.versions.items()
            for number, each in enumerate(found)
            if each is not None
        ]

    @rule(name=NAMES, files=CONTENTS, run=RUNS, alias=st.none() | ALIASES)
    def log(self, name, files, run, alias):
        artifact = Artifact(name, "dataset", store=self.store)
        for path, content in files.items():
            artifact._open().add_bytes(content, path)
        is_new = log_version(artifact, run=run, aliases=[alias] if alias else [])
        number, known = int(artifact.version[1:]), self.versions.setdefault(name, [])
        if is_new:
            assert number == len(known)
            assert files not in known or run
            known.append(files)
        else:
            assert known[number] == files
        for each in ["latest", *([alias] if alias else [])]:
            self.aliases[name, each] = number

    @precondition(lambda self: self.living())
    @rule(data=st.data(), run=RUNS)
    def use(self, data, run):
        name, number = data.draw(st.sampled_from(self.living()))
        assert use_version(self.store, f"{name}:v{number}", run=run).version == f"v{number}"

    @precondition(lambda self: self.living())
    @rule(data=st.data(), alias=ALIASES)
    def move_alias(self, data, alias):
        name, number = data.draw(st.sampled_from(self.living()))
        artifact = use_version(self.store, f"{name}:v{number}")
        artifact.aliases.append(alias)
        artifact.save()
        self.aliases[name, alias] = number

    @precondition(lambda self: self.living())
    @rule(data=st.data())
    def delete(self, data):
        name, number = data.draw(st.sampled_from(self.living()))
        use_version(self.store, f"{name}:v{number}").delete(delete_aliases=True)
        self.versions[name][number] = None
        left = [each for own, each in self.living() if own == name]
        for (own, alias), target in [*self.aliases.items()]:
            if (own, target) == (name, number):
                del self.aliases[own, alias]
                if alias == "latest" and left:
                    self.aliases[own, alias] = max(left)

    @rule()
    def collect(self):
        collect_garbage(self.store, dry_run=False, grace_s=-1)

    @rule(is_gone=st.booleans())
    def rebuild(self, is_gone):
        if is_gone:
            shutil.rmtree(self.store.root / "index", ignore_errors=True)
        else:
            self.store.rebuild()

    @rule()
    def reopen(self):
        self.store._indexes.close()

    @invariant()
    def says_the_same(self):
        index = self.store.index
        rows = [row for name, _ in index.artifacts() for row in index.versions(name)]
        assert sorted((row.name, row.number) for row in rows) == sorted(self.living())
        found = {(row.name, alias): row.number for row in rows for alias in row.aliases}
        assert found == self.aliases
        for row in rows:
            files = {path: self.store.read(entry.digest) for path, entry in self.store.files(row.digest)}
            assert files == self.versions[row.name][row.number]

    @invariant()
    def lineage_runs_in_no_circle(self):
        for name, number in self.living():
            graph = lineage(self.store, f"{name}:v{number}")
            waiting = {node: set(graph.before(node)) for node in graph.nodes}
            while free := [node for node, before in waiting.items() if not before]:
                for node in free:
                    del waiting[node]
                for before in waiting.values():
                    before.difference_update(free)
            assert not waiting


StoreMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
test_the_store_does_what_a_dict_does = StoreMachine.TestCase
