"""Two runs in one picture: which steps differ, in what, and which of them is the first."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from alo_nb.lang import tr
from alo_nb.store import Run, StepRecord
from alo_nb.views.boxes import Box, Look
from alo_nb.views.chain import chain, chains_picture, check_depth
from alo_nb.views.comparison import OTHER, SAME
from alo_nb.views.html import DRAWN
from alo_nb.views.picture import NO_PICTURE, Picture
from alo_nb.views.run_picture import model_links
from alo_nb.views.text import run_name

_SAME, _OTHER = Look(SAME, DRAWN["success"]), Look(OTHER, DRAWN["stale"], "#fff3e0")


def diff_picture(a: Run, b: Run, *, depth: int | None = None, twin: bool = True) -> Picture:
    """Return the steps of two runs as one graph; an empty picture when one of them has no steps.

    A step differs when its code, its arguments, what it saved or how it ended does. The first one that does stands out:
    what comes behind it may only follow.

    Parameters
    ----------
    depth : int, optional
        How many steps are drawn from each end of a pipeline, and around each that differs.
    twin : bool
        Whether the html has the text, too.
    """
    check_depth(depth)
    if not a.steps or not b.steps:
        return NO_PICTURE
    differing = differences(a, b)
    begins = next((key for key, parts in differing.items() if parts), None)
    chains = []
    for pipeline in dict.fromkeys(pipeline for pipeline, _ in differing):
        keys = [key for key in differing if key[0] == pipeline]
        boxes: dict[Hashable, Box] = {key: _box(key[1], differing[key], first=key == begins) for key in keys}
        kept = {key for key in keys if differing[key]}
        chains.append(chain(pipeline.removesuffix("_pipeline"), boxes, {}, outstanding=kept, depth=depth))
    return chains_picture(_head(a, b, begins), chains, [*model_links(b)], twin=twin)


def differences(a: Run, b: Run) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return for each step, (pipeline, name), in what it differs between two runs; nothing when it does not."""
    first, second = ({(each.pipeline, each.step): each for each in run.steps} for run in (a, b))
    return {key: tuple(_parts(first.get(key), second.get(key))) for key in dict.fromkeys([*first, *second])}


def _parts(a: StepRecord | None, b: StepRecord | None) -> Iterator[str]:
    if a is None or b is None:
        yield tr("only in a") if b is None else tr("only in b")
        return
    if a.fingerprint and b.fingerprint and a.fingerprint != b.fingerprint:
        yield tr("code")
    if a.args != b.args:
        yield tr("arguments")
    if a.digests() != b.digests():
        yield tr("output")
    if a.status != b.status:
        yield tr("status")


def _box(step: str, parts: tuple[str, ...], *, first: bool) -> Box:
    word = tr("differs first") if first else tr("differs") if parts else tr("equal")
    return Box(step, ", ".join(parts), _OTHER if parts else _SAME, word, stands_out=first)


def _head(a: Run, b: Run, begins: tuple[str, str] | None) -> str:
    names = tr("runs {a} and {b}", a=run_name(a), b=run_name(b))
    if begins is None:
        return f"{names}: {tr('all steps are equal')}"
    return f"{names}: {tr('step {step} differs first', step='/'.join(begins))}"
