"""A plan as a picture: train and inference, the state of each step, and the model that leads from one to the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence

from alo_nb.lang import tr
from alo_nb.plan import Plan, Problem
from alo_nb.views.boxes import Box, Look, state_look
from alo_nb.views.chain import chain, chains_picture, check_depth
from alo_nb.views.picture import Picture
from alo_nb.views.svg import said
from alo_nb.views.text import state_text

States = Mapping[tuple[str, str], str]  # pipeline and step to a state of `GLYPHS`
Pair = tuple[Hashable, Hashable]

_CALM = {"", "fresh", "success", "cached", "never", "unknown"}  # states that need nobody's eye


def plan_picture(
    plan: Plan,
    states: States | None = None,
    problems: Sequence[Problem] = (),
    *,
    depth: int | None = None,
    twin: bool = True,
) -> Picture:
    """Return the picture of a plan; an empty one for a plan without steps.

    Parameters
    ----------
    states : mapping, optional
        (pipeline, step) to its state. Without any, no glyphs are drawn.
    problems : sequence of Problem
        How many a step has is written into its box.
    depth : int, optional
        How many steps are drawn from each end of a pipeline, and around each that stands out.
    twin : bool
        Whether the html has the text, too.
    """
    check_depth(depth)
    found, models = _found(problems), [*model_links(plan)]
    chains = []
    for pipeline in (each for each in plan.pipelines if each.steps):
        boxes: dict[Hashable, Box] = {}
        kept: set[Hashable] = {key for pair in models for key in pair}
        for number, step in enumerate(pipeline.steps):
            key, place = (pipeline.name, number), (pipeline.name, step.name)
            state = states.get(place, "unknown") if states else ""
            boxes[key] = _box(step.name, state, found.get(place, 0))
            if found.get(place) or state not in _CALM:
                kept.add(key)
        chains.append(chain(pipeline.mode, boxes, {}, outstanding=kept, depth=depth, key=pipeline.name))
    head = tr("plan {name}", name=said(plan.name) or tr("(no name)"))
    return chains_picture(head, chains, models, twin=twin)


def _box(step: str, state: str, problems: int) -> Box:
    facts = tr("1 problem") if problems == 1 else tr("{count} problems", count=problems) if problems else ""
    look = state_look(state) if state else Look()
    return Box(step, facts, look, state_text(state), stands_out=bool(problems) or state == "failed")


def _found(problems: Sequence[Problem]) -> Mapping[Pair, int]:
    """Return how many problems each step has, by what the keys of the problems name."""
    keys = (each.key.split(" > ") for each in problems if each.severity != "note")
    return Counter((key[1], key[2]) for key in keys if len(key) > 2)


def model_links(plan: Plan) -> Iterator[Pair]:
    """Yield which step gives its model to which, as numbers of steps; or the pipelines, where no name tells it.

    The step ``inference`` gets the model of ``train`` (ALO 2.6 asset.py, `get_model_path`). Any other gets that of its
    namesake, if there is one, and whether there is, only a run can tell.
    """
    train, inference = plan.pipeline("train_pipeline"), plan.pipeline("inference_pipeline")
    if train is None or inference is None or not train.steps or not inference.steps:
        return
    if "train" in train.step_names() and "inference" in inference.step_names():
        source, target = train.step_names().index("train"), inference.step_names().index("inference")
        yield (train.name, source), (inference.name, target)
    else:
        yield train.name, inference.name
