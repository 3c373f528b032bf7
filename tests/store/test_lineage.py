from __future__ import annotations

from alo_nb.store.api import Api
from alo_nb.store.artifact import Artifact
from alo_nb.store.lineage import lineage, open_lineage, origins
from alo_nb.store.logging import log_version, use_version


def make(store, run, content, *, of=(), name="data"):
    for each in of:
        use_version(store, each, run=run)
    artifact = Artifact(name, "dataset", store=store)
    artifact._open().add_bytes(content, "a")
    log_version(artifact, run=run)
    return artifact


def keys(graph):
    return {node.key for node in graph.nodes}


def test_the_graph_leads_from_what_was_there_to_what_came_of_it(store):
    make(store, "load", b"1", name="raw")
    make(store, "train", b"2", of=["raw:v0"], name="model")
    make(store, "score", b"3", of=["model:v0"], name="result")
    graph = lineage(store, "model")
    assert graph.edge_list() == [
        *[("train", "model:v0"), ("raw:v0", "train"), ("load", "raw:v0")],
        *[("model:v0", "score"), ("score", "result:v0")],
    ]
    assert keys(lineage(store, "model", direction="up")) == {"load", "raw:v0", "train", "model:v0"}
    assert keys(lineage(store, "model", depth=1)) == {"train", "model:v0", "score"}
    assert lineage(store, "model", depth=1).is_cut


def test_equal_content_that_was_made_of_itself_is_a_new_version(store):
    """A -> B -> A: the last A would be its own origin if it were the first one again."""
    make(store, "r1", b"A")
    make(store, "r2", b"B", of=["data:latest"])
    last = make(store, "r3", b"A", of=["data:latest"])
    assert last.version == "v2"
    assert Api().artifact("data:latest").version == "v2"
    assert Api().artifact("data:v0").digest == last.digest
    assert [node.key for node in origins(lineage(store, "data:v2", direction="up"))] == []


def test_equal_content_that_was_not_made_of_itself_is_the_version_it_was(store):
    make(store, "r1", b"A")
    make(store, "r2", b"B")
    assert make(store, "r3", b"A").version == "v0"
    assert Api().artifact("data:latest").version == "v0"


def test_a_run_that_reads_what_it_made_is_no_circle(store):
    make(store, "r1", b"A", name="raw")
    make(store, "r2", b"B", of=["raw:v0"], name="other")
    before = store.journal.last()
    assert use_version(store, "raw:v0", run="r1").version == "v0"
    assert use_version(store, "other:v0", run="r1").version == "v0"
    assert store.journal.last() == before


def test_steps_of_one_run_are_works_of_their_own(store):
    artifact = Artifact("x", "dataset", store=store)
    log_version(artifact, run="r", step="input")
    use_version(store, "x", run="r", step="train")
    assert lineage(store, "x").edge_list() == [("r/input", "x:v0"), ("x:v0", "r/train")]


def test_a_deleted_version_keeps_its_place(store):
    make(store, "r1", b"1", name="raw").delete()
    graph = lineage(store, "r1") if store.project.runs.is_dir() else None
    make(store, "r2", b"2", name="raw")
    assert graph is None
    assert store.index.edges_of_run("r1") != []


def test_events_for_open_lineage_name_inputs_and_outputs(store):
    make(store, "r1", b"1", name="raw")
    make(store, "r2", b"2", of=["raw:v0"], name="model")
    events = {event["job"]["name"]: event for event in open_lineage(lineage(store, "model"), namespace="alo://p")}
    assert [each["name"] for each in events["r2"]["inputs"]] == ["raw"]
    assert events["r2"]["outputs"][0]["facets"]["version"]["datasetVersion"] == "v0"
