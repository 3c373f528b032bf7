"""What is to be done: frozen values, no I/O, and nothing about running.

A plan is what ALO calls ``experimental_plan.yaml``. Whatever era it was written in, it is one `Plan` here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

PIPELINES = ("train_pipeline", "inference_pipeline")
MODES: Mapping[str, tuple[str, ...]] = {
    "train": ("train_pipeline",),
    "inference": ("inference_pipeline",),
    "all": PIPELINES,
}


@dataclass(frozen=True)
class Place:
    """Where a value stands: `file`, and `line` and `column` counted from 1 (0: not known)."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}" if self.line else self.file


@dataclass(frozen=True)
class Source:
    """Where a step's code comes from.

    `code` is ``"local"`` (``assets/<step>/``), ``"notebook"`` (the cells of the running notebook), the path of an
    ``.ipynb`` relative to the plan, a git address, or ``"function:module.name"``: a function of ALO 3, whose module
    lies beside the plan or in `repository`, a git address of which `branch` is read.
    """

    code: str
    branch: str | None = None
    requirements: tuple[str, ...] = ()
    place: Place = Place()
    repository: str | None = None

    @property
    def kind(self) -> Literal["local", "notebook", "ipynb", "git", "function"]:
        """Which of the five kinds of source `code` names."""
        if self.code == "local" or self.code == "notebook":
            return self.code  # type: ignore[return-value]  # mypy does not narrow `or` on str literals
        if self.code.startswith("function:"):
            return "function"
        return "ipynb" if self.code.endswith(".ipynb") else "git"


@dataclass(frozen=True)
class Step:
    """One step of a pipeline: its name, its arguments as `load_args` gives them, and its code's source."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict, repr=False)  # they may hold passwords
    source: Source | None = None
    ui_args: tuple[str, ...] | None = None
    place: Place = Place()


@dataclass(frozen=True)
class Pipeline:
    """Steps in the order of execution. `name` is ``"train_pipeline"`` or ``"inference_pipeline"``."""

    name: str
    steps: tuple[Step, ...]
    place: Place = Place()

    @property
    def mode(self) -> str:
        """``"train"`` or ``"inference"``."""
        return self.name.removesuffix("_pipeline")

    @property
    def artifacts(self) -> str:
        """The project's folder for what it makes, ``"train_artifacts"`` or ``"inference_artifacts"``."""
        return f"{self.mode}_artifacts"

    def step_names(self) -> tuple[str, ...]:
        """Return the names of the steps in order."""
        return tuple(step.name for step in self.steps)


@dataclass(frozen=True)
class ExternalPath:
    """Folders outside the project; a relative one starts at the project folder (ALO 2.6 external.py)."""

    load_train_data_path: tuple[str, ...] = ()
    load_inference_data_path: tuple[str, ...] = ()
    save_train_artifacts_path: str | None = None
    save_inference_artifacts_path: str | None = None
    load_model_path: str | None = None
    places: Mapping[str, Place] = field(default_factory=dict)

    def loads(self, mode: str) -> tuple[str, ...]:
        """Return the data folders of a pipeline, ``"train"`` or ``"inference"``."""
        return self.load_train_data_path if mode == "train" else self.load_inference_data_path

    def saves(self, mode: str) -> str | None:
        """Return where the results of a pipeline are saved to."""
        return self.save_train_artifacts_path if mode == "train" else self.save_inference_artifacts_path


@dataclass(frozen=True)
class Control:
    """How a run behaves, with ALO 2.6's defaults. `backup_size` is in MB (10**6 bytes)."""

    get_asset_source: Literal["once", "every"] = "once"
    get_external_data: Literal["once", "every"] = "every"
    backup_artifacts: bool = True
    backup_log: bool = True
    backup_size: int = 1000
    interface_mode: Literal["memory", "file"] = "memory"
    save_inference_format: Literal["tar.gz", "zip"] = "tar.gz"
    check_resource: bool = False


@dataclass(frozen=True)
class Note:
    """A repair that the reader made so that an older plan means what its author meant."""

    code: str
    message: str
    key: str
    place: Place = Place()


@dataclass(frozen=True)
class Plan:
    """A whole plan. `path` is the file it was read from; None for a plan made from cells.

    `era` is the generation of ALO that wrote it, ``"ALO 1.0 to 2.6"`` or ``"ALO 3"``, empty for a plan made in Python.
    `metadata_version` is that of a solution_metadata laid over it. `from_env` maps each text that came out of the
    environment to what the plan says, e.g. ``"${HOME}/data"``: show the latter. `aws_key_file` is the path of the file
    that ALO 1.0 to 2.2 read keys from; today's ALO has `aws_key_profile`. `cache` maps steps to their cache policies,
    from the section `alo_nb`, which is ours alone.
    """

    name: str = ""
    version: str = ""
    pipelines: tuple[Pipeline, ...] = ()
    external_path: ExternalPath = ExternalPath()
    control: Control = Control()
    aws_key_profile: str | None = None
    aws_key_file: str | None = None
    ui_args_detail: tuple[Any, ...] = ()
    path: Path | None = None
    text: str = field(default="", repr=False)
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()
    era: str = ""
    metadata_version: str = ""
    from_env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cache: Mapping[str, str] = field(default_factory=dict)

    def pipeline(self, name: str) -> Pipeline | None:
        """Return the pipeline called `name`, or None."""
        return next((each for each in self.pipelines if each.name == name), None)


@dataclass(frozen=True)
class Problem:
    """One finding about a plan.

    `code` is stable (``PLAN_…`` or ``YAML_…``); `key` is the path of keys, e.g.
    ``"asset_source > train_pipeline > train > source > code"``; `do` says the next step.
    """

    severity: Literal["error", "warning", "note"]
    code: str
    message: str
    key: str = ""
    place: Place = Place()
    do: str = ""
