"""A run as a picture: how each step ended and how long it took, and what went from one step to the next."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from alo_nb.lang import tr
from alo_nb.store import OutputRecord, Run, StepRecord
from alo_nb.views.boxes import Box, Link, state_look
from alo_nb.views.card import bytes_text
from alo_nb.views.chain import chain, chains_picture, check_depth
from alo_nb.views.picture import Picture
from alo_nb.views.svg import said
from alo_nb.views.text import NOTHING, duration, run_name, short_run, state_of, state_text


def run_picture(run: Run, *, depth: int | None = None, twin: bool = True) -> Picture:
    """Return the picture of a run; an empty one for a run without steps.

    Parameters
    ----------
    depth : int, optional
        How many steps are drawn from each end of a pipeline, and around each that failed.
    twin : bool
        Whether the html has the text, too.
    """
    check_depth(depth)
    models = [*model_links(run)]
    chains = []
    for pipeline in dict.fromkeys(each.pipeline for each in run.steps):
        records = {(pipeline, each.step): each for each in run.steps if each.pipeline == pipeline}
        boxes: dict[Hashable, Box] = {key: step_box(record) for key, record in records.items()}
        handed: dict[Hashable, Link] = {key: handed_link(record.data) for key, record in records.items()}
        kept = {key for key, box in boxes.items() if box.stands_out}.union(*models)
        chains.append(chain(pipeline.removesuffix("_pipeline"), boxes, handed, outstanding=kept, depth=depth))
    about = (said(run.plan) or tr("notebook"), state_text(run.status), tr("run {name}", name=run_name(run)))
    return chains_picture(" · ".join(about), chains, models, twin=twin)


def step_box(record: StepRecord) -> Box:
    """Return the box of a step that has run: its state, and how long it took, or what went wrong."""
    state = state_of(record)
    if record.cached_from:
        facts = tr("of run {name}", name=short_run(record.cached_from))
    else:
        facts = record.error or duration(record.seconds).strip(NOTHING)
    return Box(record.step, facts, state_look(state), state_text(state), stands_out=bool(record.error))


def handed_link(data: Sequence[OutputRecord]) -> Link:
    """Return the arrow behind a step, with its largest value, ``dataframe 891x12``, and the size of all of them.

    The type and the shape are told, never the value itself, which may be secret.
    """
    if not data:
        return Link()
    first = max(data, key=lambda each: each.size)
    above = f"{first.name} {first.kind.removeprefix('DataFrame ')}".rstrip()
    others = tr("and {count} more", count=len(data) - 1) if data[1:] else ""
    size = bytes_text(sum(each.size for each in data)).strip(NOTHING)
    return Link(above, " ".join(filter(None, (size, others))))


def model_links(run: Run) -> Iterator[tuple[Hashable, Hashable]]:
    """Yield which train step gave its model to which inference step of the same run (see `Asset.get_model_path`)."""
    with_model = {path.split("/")[2] for path in run.outputs if path.startswith("train_artifacts/models/")}
    trained = {each.step: (each.pipeline, each.step) for each in run.steps if each.pipeline == "train_pipeline"}
    for each in run.steps:
        pair = "train" if each.step == "inference" else each.step
        if each.pipeline == "inference_pipeline" and pair in with_model and pair in trained:
            yield trained[pair], (each.pipeline, each.step)
