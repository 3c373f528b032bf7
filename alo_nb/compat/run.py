"""Runs a step's asset class, whichever ALO version it was written for."""

from __future__ import annotations

import inspect
from typing import Any

from alo_nb.compat.alolib import Envs
from alo_nb.step_api import StepContext


def run_asset_class(asset_class: type[Any], context: StepContext) -> None:
    """Make the class and call its `run`.

    ``UserAsset(asset_structure)`` is that of ALO 1.2 to 2.8. ``UserAsset(envs, argv, data, config)`` is that of ALO
    1.0: it gets the data and config at once (0 and ``{}`` in the first step), and its `run` returns the new ones. ALO
    1.0 had no rule about keys, so keys may disappear there.
    """
    __tracebackhide__ = True
    if not _is_of_alo_1_0(asset_class):
        asset_class(context).run()
        return
    context.keys_may_disappear = True
    data = context.load_all("data") if context.upstream else 0
    config = context.load_all("config")
    asset = asset_class(Envs(context), dict(context.args), data, config)
    result = asset.run()
    if not any(context.saves.values()) and isinstance(result, tuple) and len(result) == 2:
        asset.save_data(result[0])
        asset.save_config(result[1])


def _is_of_alo_1_0(asset_class: type[Any]) -> bool:
    parameters = list(inspect.signature(asset_class).parameters.values())
    positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    return len(positional) == 4
