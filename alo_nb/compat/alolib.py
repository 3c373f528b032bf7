"""``from alolib.asset import Asset`` inside an asset file means ours while its step runs; nothing is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from alo_nb.step_api import Asset, StepContext

NAMES = ("alolib", "alolib.asset", "alolib.common", "alolib.exception", "alolib.logger", "alolib.utils")


class Envs(dict[str, Any]):
    """What ALO 1.0 hands to ``UserAsset(envs, argv, data, config)``; it brings the context along."""

    def __init__(self, context: StepContext) -> None:
        super().__init__(
            project_home=f"{context.folders.root}/",
            pipeline=context.pipeline,
            step=context.step,
            artifacts=context.meta()["artifacts"],
        )
        self.context = context


class AlolibAsset(Asset):
    """`Asset` with the calls that only older versions of ALO had (alolib 1.0 to 1.2)."""

    def __init__(self, asset_structure: Any, argv: Any = None, version: Any = None) -> None:
        super().__init__(asset_structure.context if isinstance(asset_structure, Envs) else asset_structure)
        self._envs = Envs(self._context)

    def load_config(self, name: str = "config") -> dict[str, Any]:
        """Return the config; in ALO 1.0 also ``load_config('args')`` and ``load_config('envs')``."""
        if name == "args":
            return self.load_args()
        return self.load_envs() if name == "envs" else super().load_config()

    def load_envs(self) -> dict[str, Any]:
        """Return the project's folder, the pipeline, the step and the artifact folders (ALO 1.2)."""
        return dict(self._envs)


@contextmanager
def alolib_modules() -> Iterator[None]:
    """Let ``import alolib`` find these modules for the body; an installed alolib is back afterwards."""
    before = {name: sys.modules.get(name) for name in NAMES}
    made = {name: ModuleType(name) for name in NAMES}
    made["alolib"].__path__ = []
    for name, module in made.items():
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(made[parent], child, module)
    made["alolib.asset"].__dict__["Asset"] = AlolibAsset
    sys.modules.update(made)
    try:
        yield
    finally:
        for name, own in before.items():
            if own is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = own
