"""What the runner gives to one execution of a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from alo_nb.errors import StepOutputError

Kind = Literal["data", "config"]


class StepIO(Protocol):
    """The outputs of the previous step, and a place for this step's own."""

    def names(self, kind: Kind) -> tuple[str, ...]:
        """Return the keys that the previous step saved."""

    def load(self, kind: Kind, name: str) -> object:
        """Return a new object for one of those keys."""

    def save(self, kind: Kind, values: Mapping[str, object], unread: Iterable[str] = ()) -> None:
        """Keep this step's data or config; keys that are `unread` are kept as they came."""


class Folders(Protocol):
    """The project as a running step sees it: what it writes shows up for others when the run is complete."""

    root: Path

    def writable(self, folder: str, *, empty: bool = False) -> Path:
        """Return a folder of the step's own, made if absent; `empty` hides what an earlier run left there."""

    def readable(self, folder: str) -> Path:
        """Return a folder that the step reads and leaves as it is."""


@dataclass(frozen=True)
class LogRecord:
    """One line a step asked to have logged. `show` puts it into the final table; `file`, `line` are the call's."""

    level: Literal["info", "warning", "error"]
    message: str
    show: bool = False
    file: str = ""
    line: int = 0
    function: str = ""


@dataclass
class StepContext:
    """One execution of one step. ALO calls this ``asset_structure`` and hands it to ``UserAsset(asset_structure)``.

    `pipeline` is ``"train_pipeline"`` or ``"inference_pipeline"``; `number` counts its steps from 0, `steps` are their
    names, `arguments` what each of them is given.
    """

    pipeline: str
    step: str
    number: int
    args: Mapping[str, Any]
    io: StepIO
    folders: Folders
    log: Callable[[LogRecord], None]
    save_artifacts_path: str | None = None
    metadata_version: str = ""
    upstream: str | None = None
    steps: tuple[str, ...] = ()
    arguments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    plan_name: str = ""
    run_id: str = ""
    keys_may_disappear: bool = False
    saves: dict[Kind, int] = field(default_factory=lambda: {"data": 0, "config": 0})

    @property
    def mode(self) -> str:
        """``"train"`` or ``"inference"``."""
        return self.pipeline.removesuffix("_pipeline")

    @property
    def artifacts_folder(self) -> str:
        """``"train_artifacts"`` or ``"inference_artifacts"``."""
        return f"{self.mode}_artifacts"

    def load_all(self, kind: Kind) -> dict[str, Any]:
        """Return new objects for all that the previous step saved."""
        return {name: self.io.load(kind, name) for name in self.io.names(kind)}

    def meta(self) -> dict[str, Any]:
        """Return ALO's ``config['meta']``: the folders, the pipeline and the step, right in both interface modes."""
        names = ("input", "train_artifacts", "inference_artifacts", ".asset_interface", "history")
        return {
            "artifacts": {name: f"{self.folders.root / name}/" for name in names},
            "pipeline": self.pipeline,
            "step": self.number,
            "step_number": self.number,
            "step_name": self.step,
        }

    def finish(self) -> None:
        """Check that the step saved its data and its config; ALO counts exactly one call of each.

        Raises
        ------
        StepOutputError
            A call is missing.
        """
        for kind, count in self.saves.items():
            if count == 0:
                carry_on = "{}" if kind == "data" and self.upstream is None else f"asset.load_{kind}()"
                raise StepOutputError(
                    f"step {self.step!r} ended without calling save_{kind}",
                    where=f"step {self.step!r}",
                    do=f"end the step with `asset.save_{kind}({carry_on})`, with what it adds",
                )
