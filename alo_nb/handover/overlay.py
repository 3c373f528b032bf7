"""An interface in which a step gets what another run gave it, e.g. one that failed, until its upstream runs again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alo_nb.handover.codec import Encoded
from alo_nb.handover.interface import Entry, Interface, Key, Kind, MemoryInterface
from alo_nb.handover.large import Large


@dataclass
class Overlay:
    """Outputs that go before the latest ones of their steps. Nothing of them is written anywhere."""

    _kept: MemoryInterface = field(default_factory=MemoryInterface)
    _keys: dict[tuple[str, str], Key] = field(default_factory=dict)

    def put(self, key: Key, values: Mapping[Kind, Mapping[str, Encoded]]) -> None:
        """Let these be the latest outputs of a step for the time being."""
        for kind, each in values.items():
            self._kept.write(key, kind, each)
        self._kept.promote(key)
        self._keys[key.pipeline, key.step] = key

    def drop(self, pipeline: str, step: str) -> None:
        """Go back to the latest outputs that the step really has."""
        self._keys.pop((pipeline, step), None)

    def over(self, base: Interface) -> Interface:
        """Return `base` with these outputs before its own; `base` itself when there are none."""
        return _Overlaid(self, base) if self._keys else base

    def get(self, pipeline: str, step: str) -> Key | None:
        """Return whose outputs stand for the latest of a step."""
        return self._keys.get((pipeline, step))

    def place_of(self, key: Key, base: Interface) -> Interface:
        """Return where to read the outputs of `key`."""
        return self._kept if key in self._keys.values() else base


@dataclass(frozen=True)
class _Overlaid:
    overlay: Overlay
    base: Interface

    def keep(self, buffer: memoryview) -> Large:
        return self.base.keep(buffer)

    def write(self, key: Key, kind: Kind, values: Mapping[str, Encoded]) -> None:
        self.base.write(key, kind, values)

    def entries(self, key: Key, kind: Kind) -> tuple[Entry, ...]:
        return self.overlay.place_of(key, self.base).entries(key, kind)

    def read(self, key: Key, kind: Kind, name: str) -> Encoded:
        return self.overlay.place_of(key, self.base).read(key, kind, name)

    def latest(self, pipeline: str, step: str) -> Key | None:
        return self.overlay.get(pipeline, step) or self.base.latest(pipeline, step)

    def promote(self, key: Key) -> None:
        self.overlay.drop(key.pipeline, key.step)
        self.base.promote(key)
