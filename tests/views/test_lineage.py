"""What was made of what: a tree, a drawing, and formats for other programs."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

import alo_nb
from alo_nb.errors import ArtifactNotFoundError, MagicUsageError
from alo_nb.project import Project
from alo_nb.store.lineage import Lineage, Node
from alo_nb.views.lineage import FAN, NODES, LineageView, nearest_part, project_lineage

from .drawings import SVG, texts


def star(count: int) -> LineageView:
    """One run that made many versions."""
    work = Node("work", "20261121T093000Z-1f3a9c")
    made = [Node("artifact", f"part-{number:03d}:v0") for number in range(count)]
    about = {"type": "dataset", "aliases": (), "deleted": False, "created": ""}
    nodes = {
        work: {"run": work.key, "step": "", "status": "success", "job_type": "split"},
        **dict.fromkeys(made, about),
    }
    return LineageView(Lineage(work, nodes, tuple((work, each) for each in made)), "alo://test")


def test_the_tree_leads_up_and_down(digits: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALO_NB_DETERMINISTIC", "1")
    assert (
        project_lineage(digits, "model:best").text()
        == """\
model:v1  model · best, latest
made of
└─ ✔ train  train-1 · digits
   └─ data:v0  dataset · latest
      └─ ✔ prepare  digits
         └─ raw:v0  dataset · latest
            └─ ✔ load  digits
used for
└─ ✖ evaluate  digits
   └─ report:v0  metrics · latest"""
    )


def test_a_run_is_a_start_too_by_id_or_name(digits: Project) -> None:
    by_name = project_lineage(digits, "train-0", up=True)
    run = by_name.graph.start.key
    assert by_name.edges() == project_lineage(digits, run.rpartition("-")[2], up=True).edges()
    assert (("data:v0", run)) in by_name.edges()
    assert by_name.text().splitlines()[:4] == [
        f"run {run}",
        "made of",
        f"✔ train  train-0 · digits · {run[-6:]}",
        "└─ data:v0  dataset · latest",
    ]
    assert "used for" not in by_name.text()


def test_directions_and_depth_cut_the_graph(digits: Project) -> None:
    assert len(project_lineage(digits, "model:v0", up=True, depth=1).edges()) == 1
    assert all("report" not in end for edge in project_lineage(digits, "model:v1", up=True).edges() for end in edge)
    assert all("raw" not in end for edge in project_lineage(digits, "model:v1", down=True).edges() for end in edge)
    assert "… there is more" in project_lineage(digits, "model:v1", depth=1).text()


@pytest.mark.parametrize("depth", [0, -1, True, "2"])
def test_depth_is_a_number_of_arrows(digits: Project, depth: object) -> None:
    with pytest.raises(MagicUsageError, match="depth is a number"):
        project_lineage(digits, "model:v0", depth=depth)  # type: ignore[arg-type]


def test_an_unknown_name_names_the_nearest(digits: Project) -> None:
    with pytest.raises(ArtifactNotFoundError, match="did you mean 'best'"):
        project_lineage(digits, "model:bets")


def test_the_drawing_says_what_the_tree_says_and_needs_nothing_else(digits: Project) -> None:
    svg = project_lineage(digits, "model:best").svg()
    shown = texts(svg)
    assert {"✔ train", "✖ evaluate", "raw:v0", "data:v0", "model:v1", "report:v0"} <= {*shown}
    assert "<script" not in svg
    assert "<style" not in svg
    titles = [each.text for each in ElementTree.fromstring(svg).iter(f"{SVG}title")]
    assert titles[0] == "lineage of model:v1"
    assert len(titles) == 1 + len(project_lineage(digits, "model:best").graph.nodes)


def test_in_a_notebook_it_is_an_image_with_the_tree_as_its_alternative(digits: Project) -> None:
    found = project_lineage(digits, "raw:v0")
    shown = found._repr_html_()
    assert 'src="data:image/svg+xml;base64,' in shown
    assert "✔ load" in shown.partition('alt="')[2].partition('"')[0]
    assert repr(found) == found.text()


def test_names_that_look_like_markup_are_shown_as_they_are(project: Project) -> None:
    name = "<b>&\"'\x07</b>"
    with alo_nb.init(job_type=name) as run:
        artifact = alo_nb.Artifact("x", "<i>")
        with artifact.new_file("f") as file:
            file.write("1")
        run.log_artifact(artifact)
    found = project_lineage(project, "x")
    assert any("<b>" in each for each in texts(found.svg()))
    assert "<b>&" not in found._repr_html_()


def test_of_a_long_name_the_version_stays() -> None:
    node = Node("artifact", "a-very-long-name-of-a-dataset-indeed:v12")
    about = {"type": "dataset", "aliases": (), "deleted": False, "created": ""}
    shown = LineageView(Lineage(node, {node: about}, ()), "alo://test").svg()
    assert texts(shown)[0].startswith("a-very-long")
    assert texts(shown)[0].endswith("…:v12")
    assert "a-very-long-name-of-a-dataset-indeed:v12" in shown  # its title


def test_many_neighbours_are_counted_and_not_drawn() -> None:
    view = star(FAN + 30)
    assert "+30 more →" in texts(view.svg())
    assert "└─ +30 more" in view.text()
    assert len(view.edges()) == FAN + 30


def test_a_large_graph_is_drawn_as_far_as_it_can_be_read() -> None:
    nodes = [Node("artifact", f"a:v{number}") for number in range(1000)]
    about = {"type": "dataset", "aliases": (), "deleted": False, "created": ""}
    graph = Lineage(nodes[0], dict.fromkeys(nodes, about), tuple(pairwise(nodes)))
    shown, hidden = nearest_part(graph)
    assert len(shown) == NODES
    assert hidden == {(nodes[NODES - 1], True): 1}
    view = LineageView(graph, "alo://test")
    assert view.text().endswith("└─ …")
    assert len(view._repr_html_()) < 200_000


def test_equal_work_has_an_equal_drawing_where_ids_are_left_out(digits: Project, monkeypatch) -> None:
    monkeypatch.setenv("ALO_NB_DETERMINISTIC", "1")
    svg = project_lineage(digits, "model:best").svg()
    assert svg == project_lineage(digits, "model:best").svg()
    assert not any(run["id"][-6:] in svg for run in alo_nb.runs().to_dict("records"))


def test_formats_for_other_programs(digits: Project, tmp_path: Path) -> None:
    found = project_lineage(digits, "model:v0", up=True)
    assert [line.split("\t") for line in found.as_format("edges").splitlines()] == [[*edge] for edge in found.edges()]
    events = json.loads(found.as_format("openlineage"))
    train = next(each for each in events if each["job"]["name"] == "train")
    assert train["job"]["namespace"] == f"alo://{digits.root.name}"
    assert [each["name"] for each in train["inputs"]] == ["data"]
    assert [each["name"] for each in train["outputs"]] == ["model"]
    with pytest.raises(MagicUsageError, match="did you mean 'svg'"):
        found.as_format("svgg")


@pytest.mark.parametrize(
    ("name", "start"), [("g.svg", "<svg"), ("g.json", "["), ("g.tsv", "20"), ("g.txt", "model:v0")]
)
def test_the_ending_of_a_file_says_the_format(digits: Project, tmp_path: Path, name: str, start: str) -> None:
    path = project_lineage(digits, "model:v0", up=True).write(tmp_path / name)
    assert path.read_text(encoding="utf-8").startswith(start)


def test_origins_are_what_nothing_here_has_made(digits: Project) -> None:
    assert project_lineage(digits, "model:v0", up=True).origins() == []
    assert project_lineage(digits, "model:v0", up=True, depth=2).origins() == ["data:v0"]
