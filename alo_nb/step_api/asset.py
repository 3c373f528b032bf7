"""`Asset`: what a step's code calls, as in ALO 2.x (alolib asset.py), with alo_nb's answers to its faults.

The folders that the path calls return are the step's own view of the project (see `Folders`). Each ends with a slash
and exists when the call returns.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from alo_nb.errors import (
    PlanReadError,
    SourceError,
    StepArgumentError,
    StepDefinitionError,
    StepOutputError,
    StepRunError,
    nearest,
)
from alo_nb.step_api.arguments import checked_argument, own_copy
from alo_nb.step_api.context import Kind, LogRecord, StepContext
from alo_nb.step_api.loaded import Loaded
from alo_nb.step_api.summary import checked_summary, length_warnings, summary_file, write_summary
from alo_nb.store.records import Summary

Run = TypeVar("Run", bound=Callable[..., Any])


def folder_name(step: str) -> str:
    """Return the name of a step's model folder: its letters and ``_`` only, as in ALO 2.x; the name if none is left."""
    return "".join(each for each in step if each.isalpha() or each == "_") or step


class Asset:
    """The base class of ALO's step classes, and the `asset` of function and plain cells."""

    def __init__(self, asset_structure: StepContext) -> None:
        if not isinstance(asset_structure, StepContext):
            raise StepDefinitionError(
                f"{type(self).__name__} is made by alo_nb when its step runs, not by hand",
                do="run the step's cell, or `%alo_run`",
            )
        self._context = asset_structure
        self._saved: dict[Kind, dict[str, Any]] = {}
        self.asset = self

    def __repr__(self) -> str:
        return f"<asset of step {self._context.step!r} in {self._context.pipeline}>"

    @staticmethod
    def decorator_run(run: Run) -> Callable[..., tuple[dict[str, Any], dict[str, Any]]]:
        """Check after `run` that data and config were saved; the user's return value is ignored (ALO 2.x)."""

        @functools.wraps(run)
        def checked(self: Asset, *args: Any, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
            __tracebackhide__ = True
            returned = run(self, *args, **kwargs)
            if self._context.keys_may_disappear and isinstance(returned, tuple) and len(returned) == 2:
                self.save_data(returned[0])  # ALO 1.0: what `run` returns is what it saves
                self.save_config(returned[1])
            self._context.finish()
            return self._saved["data"], self._saved["config"]

        return checked

    # Arguments ---------------------------------------------------------------------------------------------------

    def load_args(self) -> dict[str, Any]:
        """Return the step's arguments: the plan's, over those of the magic line."""
        return {name: own_copy(value) for name, value in self._context.args.items()}

    def check_args(self, arg_key: str, is_required: bool = False, default: Any = "", chng_type: str = "str") -> Any:
        """Return one argument as `chng_type` (``str int float bool list``); `default` when it is missing or null.

        Raises
        ------
        StepArgumentError
            A required argument is missing, or the value cannot be read as the type; the message names the key.
        """
        return checked_argument(
            self._context.args, arg_key, is_required=is_required, default=default, chng_type=chng_type
        )

    # Data and config ---------------------------------------------------------------------------------------------

    def load_data(self, partial_load: str = "") -> dict[str, Any]:
        """Return the data that the previous step saved, as new objects; ``{}`` in the first step.

        Each value is loaded when it is first asked for. A key that is saved again untouched, as in
        ``data = load_data(); data["new"] = ...; save_data(data)``, is handed on as it is.

        Parameters
        ----------
        partial_load : str, optional
            Only keys that contain this text are loaded.

        Raises
        ------
        StepArgumentError
            `partial_load` is no text, or no key contains it.
        """
        if not isinstance(partial_load, str):
            raise StepArgumentError(f"load_data: partial_load must be text, got {type(partial_load).__name__}")
        names = self._context.io.names("data")
        wanted = [name for name in names if partial_load in name]
        if partial_load and not wanted:
            raise StepArgumentError(f"load_data: no data key contains {partial_load!r}{nearest(partial_load, names)}")
        return Loaded(wanted, lambda name: self._context.io.load("data", name))

    def save_data(self, data: dict[str, Any]) -> None:
        """Hand `data` to the next step. Once per step; keys of the previous step may change but not disappear.

        Raises
        ------
        StepOutputError
            Not a dict, a key was dropped, or a second call.
        InterfaceError
            A value cannot be handed over.
        """
        self._save("data", data)

    def load_config(self) -> dict[str, Any]:
        """Return the config that the previous step saved, as new objects, with ALO's ``'meta'`` of this step."""
        context = self._context
        names = ("meta", *context.io.names("config"))
        return Loaded(names, lambda name: self._meta() if name == "meta" else context.io.load("config", name))

    def _meta(self) -> dict[str, Any]:
        """Return ALO's ``config['meta']``; whoever takes paths from it may read what lies there."""
        context = self._context
        context.folders.readable(f"input/{context.mode}")
        if context.mode == "inference":
            context.folders.readable("train_artifacts/models")
        for name in ("models", "output", "extra_output", "report"):
            context.folders.readable(f"{context.artifacts_folder}/{name}")
        return context.meta()

    def save_config(self, config: dict[str, Any]) -> None:
        """Hand `config` to the next step; the rules of `save_data` hold. ``'meta'`` is made anew for every step."""
        self._save("config", config)

    def _save(self, kind: Kind, values: dict[str, Any]) -> None:
        context, call = self._context, f"save_{kind}"
        if not isinstance(values, dict):
            raise StepOutputError(
                f"{call} takes a dict, got {type(values).__name__}", do=f"asset.{call}({{'name': value}})"
            )
        odd = next((key for key in values if not isinstance(key, str)), None)
        if odd is not None:
            raise StepOutputError(f"{call}: keys must be text, got {type(odd).__name__} {odd!r}")
        if context.saves[kind]:
            raise StepOutputError(
                f"{call} was called a second time in step {context.step!r}",
                do=f"put everything into one dict and call {call} once, at the end",
            )
        dropped = [name for name in context.io.names(kind) if name not in values]
        if dropped and not context.keys_may_disappear:
            raise StepOutputError(
                f"{call} dropped key {dropped[0]!r} that step {context.upstream!r} had saved",
                do=f"keys may be added, not removed: asset.{call}({{**asset.load_{kind}(), ...}})",
            )
        unread = values.unread() - {"meta"} if isinstance(values, Loaded) else frozenset()
        names = [name for name in values if (kind, name) != ("config", "meta")]
        context.io.save(kind, {name: None if name in unread else values[name] for name in names}, unread)
        context.saves[kind] += 1
        self._saved[kind] = values

    # Summary -----------------------------------------------------------------------------------------------------

    def save_summary(
        self, result: str, score: float, note: str = "", probability: Mapping[str, float] | None = None
    ) -> Summary:
        """Write the summary of this pipeline and return it. See `alo_nb.step_api.summary` for the limits.

        Raises
        ------
        StepOutputError
            A value breaks its rule.
        """
        summary = checked_summary(result, score, note, {} if probability is None else probability)
        for warning in length_warnings(summary):
            self.save_warning(warning)
        write_summary(self._context, summary)
        return summary

    def load_summary(self) -> Summary:
        """Return the result, score, note and probability that were saved last in this pipeline.

        Raises
        ------
        StepOutputError
            No step has saved a summary.
        """
        from alo_nb.plan.yaml_text import read_mapping

        path = summary_file(self._context)
        if not path.exists():
            raise StepOutputError("load_summary: no summary was saved yet", do="call save_summary in an earlier step")
        kept = read_mapping(path)
        return Summary({name: kept[name] for name in ("result", "score", "note", "probability")})

    # Paths -------------------------------------------------------------------------------------------------------

    def get_input_path(self) -> str:
        """Return the folder that holds the copies of the plan's external data: ``input/<train|inference>/``."""
        return f"{self._context.folders.writable(f'input/{self._context.mode}')}/"

    def get_model_path(self, use_inference_path: bool = False) -> str:
        """Return the folder of this step's model.

        In train: ``train_artifacts/models/<step>/``. In inference: the folder that the step of the same name filled
        in train; the step called ``inference`` gets ``train``'s.

        Parameters
        ----------
        use_inference_path : bool
            In inference only: ``inference_artifacts/models/<step>/`` instead.

        Raises
        ------
        SourceError
            In inference: train has left no such model.
        StepArgumentError
            `use_inference_path` is no bool, or was asked for in train.
        """
        context, name = self._context, folder_name(self._context.step)
        if not isinstance(use_inference_path, bool):
            raise StepArgumentError(f"get_model_path: use_inference_path must be a bool, got {use_inference_path!r}")
        if context.mode == "train":
            if use_inference_path:
                raise StepArgumentError("get_model_path: use_inference_path=True works in the inference pipeline only")
            shared = [each for each in context.steps if each != context.step and folder_name(each) == name]
            return f"{context.folders.writable(f'train_artifacts/models/{name}', empty=not shared)}/"
        if use_inference_path:
            return f"{context.folders.writable(f'inference_artifacts/models/{name}', empty=True)}/"
        pair = "train" if name == "inference" else name
        folder = context.folders.readable(f"train_artifacts/models/{pair}")
        if not folder.is_dir() or (name == "inference" and not any(folder.iterdir())):
            others = sorted(each.name for each in folder.parent.glob("*/") if any(each.iterdir()))
            there = f"; there are models of {', '.join(map(repr, others))}" if others else ""
            raise SourceError(
                f"step {context.step!r} needs the model of step {pair!r}, and train has left none",
                where=str(folder),
                do=f"run the train pipeline first, and let step {pair!r} save its model below get_model_path(){there}",
            )
        return f"{folder}/"

    def get_output_path(self) -> str:
        """Return the folder for ``output.csv`` or an image: ``<train|inference>_artifacts/output/``."""
        return f"{self._context.folders.writable(f'{self._context.artifacts_folder}/output')}/"

    def get_extra_output_path(self) -> str:
        """Return the folder for everything else: ``<train|inference>_artifacts/extra_output/<step>/``."""
        context = self._context
        return f"{context.folders.writable(f'{context.artifacts_folder}/extra_output/{context.step}')}/"

    def get_report_path(self) -> str:
        """Return the folder for reports of train: ``train_artifacts/report/``.

        Raises
        ------
        StepArgumentError
            Called in the inference pipeline.
        """
        if self._context.mode != "train":
            raise StepArgumentError(
                "get_report_path can only be used in the train pipeline", do="use get_output_path()"
            )
        return f"{self._context.folders.writable('train_artifacts/report')}/"

    def read_custom_config(self, file_path: str) -> Any:
        """Return the content of an ``.ini`` (ConfigParser) or ``.yaml`` file (dict) below `get_input_path()`.

        Raises
        ------
        SourceError
            No such file, another kind of file, or a path that leads out of the input folder.
        """
        from configparser import ConfigParser
        from configparser import Error as IniError

        from alo_nb.plan.yaml_text import read_mapping

        if not isinstance(file_path, str):
            raise SourceError(f"read_custom_config takes a path below the input folder, got {file_path!r}")
        folder = Path(self.get_input_path()).resolve()
        path = (folder / file_path).resolve()
        if not path.is_relative_to(folder):
            raise SourceError(f"read_custom_config: {file_path!r} leads out of the input folder", where=str(folder))
        if not path.is_file():
            known = (str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())
            raise SourceError(
                f"read_custom_config: there is no file {file_path!r}{nearest(file_path, known)}", where=str(folder)
            )
        try:
            if path.suffix == ".ini":
                parser = ConfigParser()
                parser.read(path, encoding="utf-8")
                return parser
            if path.suffix in {".yaml", ".yml"}:
                return read_mapping(path)
        except (IniError, PlanReadError, UnicodeDecodeError) as error:
            raise SourceError(f"read_custom_config: {file_path!r} cannot be read: {error}", where=str(path)) from error
        raise SourceError(f"read_custom_config reads .ini and .yaml files, got {file_path!r}", where=str(path))

    # Log ---------------------------------------------------------------------------------------------------------

    def save_info(self, msg: str, show: bool = False) -> None:
        """Log a line; `show=True` also puts it into the table at the end of the run."""
        self._log("info", msg, show)

    def save_warning(self, msg: str, show: bool = False) -> None:
        """Log a warning."""
        self._log("warning", msg, show)

    def save_error(self, msg: str, show: bool = False) -> None:
        """Log an error and stop the step: with the exception being handled, else with a `StepRunError`."""
        self._log("error", msg, show)
        active = sys.exception()
        if active is not None:
            raise active
        raise StepRunError(msg, do="the step itself stopped the run with save_error")

    def _log(self, level: Literal["info", "warning", "error"], msg: str, show: bool) -> None:
        if not isinstance(msg, str) or not isinstance(show, bool):
            raise StepArgumentError(f"save_{level} takes a text and show=True or False, got {msg!r}, show={show!r}")
        caller = sys._getframe(2)  # the line that called save_info; `inspect.stack` would cost a hundred times more
        code = caller.f_code
        self._context.log(LogRecord(level, msg, show, code.co_filename, caller.f_lineno, code.co_name))
