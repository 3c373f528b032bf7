"""Runs a function of ALO 3: what `pipeline` and `context` hold, what is handed on, and the rules of a pipeline's end.

Found by running mellerikat-alo 3.0.4. A step sees what the steps before it returned, ``pipeline["input"]["result"]``,
their arguments, ``["argument"]``, and the values they put into ``external``. What it changes in them stays its own, as
it does in ALO 3, which copies them for every step. `docs/reference.md` says which folder stands for which.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import alo_nb
from alo_nb.compat.alo3_folders import Dataset, Folder, Models, own_folder, unpack_archives
from alo_nb.compat.alo3_summary import NO_SUMMARY, clipped
from alo_nb.errors import InterfaceError, StepOutputError
from alo_nb.step_api import LogRecord, StepContext
from alo_nb.step_api.arguments import own_copy
from alo_nb.step_api.summary import summary_file, write_summary
from alo_nb.steps.parameters import parameters_of

LOGGER = "alo"
OUTPUTS = (".csv", ".jpg", ".jpeg", ".png", ".svg")


def run_function(function: Callable[..., Any], context: StepContext) -> None:
    """Call a function as ALO 3 does, and keep what it returns.

    Raises
    ------
    StepDefinitionError, StepArgumentError
        The function cannot be called with the step's arguments.
    StepOutputError
        The summary is wrong, or the last step leaves no model in train or an output that ALO 3 refuses.
    InterfaceError
        What it returns cannot be handed to the next step.
    """
    __tracebackhide__ = True
    parameters, name = parameters_of(function), getattr(function, "__qualname__", str(function))
    arguments = parameters.arguments(context.args, function=name, where=f"step {context.step!r}")
    if context.number == 0:
        unpack_archives(context.folders.writable(f"input/{context.mode}"))
    folders = _folders(context)
    with _logger(context) as logger:
        pipeline = _pipeline(context, folders, logger)
        positional = parameters.positional(_context(context, folders, pipeline, logger), pipeline)
        returned = function(*positional, **own_copy(arguments))
    result = _result(context, returned)
    if "summary" in result:
        _write_summary(context, result["summary"])
    _hand_on(context, result, folders["external"])
    if _is_last(context):
        _end(context, folders)


def _warn(context: StepContext, text: str) -> None:
    context.log(LogRecord("warning", text))


def _is_last(context: StepContext) -> bool:
    return context.number == len(context.steps) - 1


# -- what a function is given ----------------------------------------------------------------------------------------


def _folders(context: StepContext) -> dict[str, Folder]:
    folders, stage = context.folders, context.artifacts_folder
    external = context.load_all("config")
    return {
        "model": Models(own_folder(folders, "train_artifacts/models")),
        "external": Folder(folders.writable(f"{stage}/external"), external),
        "dataset": Dataset(folders.writable(f"input/{context.mode}")),
        "artifact": Folder(folders.writable(f"{stage}/output")),
        "extra_output": Folder(own_folder(folders, f"{stage}/extra_output")),
    }


def _pipeline(context: StepContext, folders: Mapping[str, Folder], logger: logging.Logger) -> dict[str, Any]:
    """Return ALO 3's `pipeline`. Of steps before this one, when they started and ended is not known."""
    results = _results(context)
    common = {"workspace": _workspace(context), "artifact": folders["artifact"]}
    started = datetime.now()  # noqa: DTZ005  local time, as in ALO 3
    own = {**common, "argument": own_copy(dict(context.args)), "startAt": started}
    return {
        **folders,
        "name": context.mode,
        "workspace": _workspace(context),
        "logger": logger,
        "startAt": started,
        "__pipeline_names__": list(results),
        **{name: {**common, "argument": _arguments(context, name), "result": results[name]} for name in results},
        context.step: own,
    }


def _workspace(context: StepContext) -> str:
    return str(context.folders.root / context.artifacts_folder)


def _results(context: StepContext) -> dict[str, dict[Any, Any]]:
    """Return what each of the steps before this one has returned, as `_hand_on` saved it."""
    results: dict[str, dict[Any, Any]] = {name: {} for name in context.steps[: context.number]}
    for key, value in context.load_all("data").items():
        step, _, name = key.partition("/")
        results.get(step, {}).update({name: value} if name else value)
    return results


def _arguments(context: StepContext, step: str) -> Any:
    return own_copy(dict(context.arguments.get(step, {})))


def _context(
    context: StepContext, folders: Mapping[str, Folder], pipeline: Mapping[str, Any], logger: logging.Logger
) -> dict[str, Any]:
    """Return ALO 3's `context`: the run, and the pipeline under its name."""
    return {
        "workspace": _workspace(context),
        "startAt": datetime.now(),  # noqa: DTZ005  local time, as in ALO 3
        "id": context.run_id,
        "name": context.plan_name,
        "version": alo_nb.__version__,
        "host": os.uname().nodename,
        "logger": logger,
        "logging": {"name": LOGGER, "level": "DEBUG"},
        "model": folders["model"],
        "external": folders["external"],
        "stage": context.mode,
        "solution_metadata_version": context.metadata_version,
        context.mode: pipeline,
    }


class _Lines(logging.Handler):
    """Makes a line of the step's log of each record."""

    def __init__(self, tell: Callable[[LogRecord], None]) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
        except (TypeError, ValueError):  # `logger.info("shape", df.shape)` without a place for it
            text = f"{record.msg} {record.args}"
        self._tell(LogRecord(_level(record), text, False, record.pathname, record.lineno, record.funcName or ""))


def _level(record: logging.LogRecord) -> Literal["info", "warning", "error"]:
    if record.levelno >= logging.WARNING:
        return "error" if record.levelno >= logging.ERROR else "warning"
    return "info"


@contextmanager
def _logger(context: StepContext) -> Iterator[logging.Logger]:
    """Give ``pipeline["logger"]``, all of whose levels are lines of the step's log for the body."""
    logger, handler = logging.getLogger(LOGGER), _Lines(context.log)
    before = logger.level, logger.propagate
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield logger
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


# -- what it gives ---------------------------------------------------------------------------------------------------


def _result(context: StepContext, returned: Any) -> dict[Any, Any]:
    """Return what the next steps find as ``["result"]``: a dict, or nothing."""
    if isinstance(returned, dict):
        return returned
    if returned is not None:
        _warn(context, f"the function returned a {type(returned).__name__}; only a dict is handed on")
    return {}


def _hand_on(context: StepContext, result: dict[Any, Any], external: Folder) -> None:
    """Save the step's results as data, beside those of the steps before it as they were, and `external` as config."""
    io = context.io
    before = io.names("data")
    if all(isinstance(name, str) and name for name in result):
        own = {f"{context.step}/{name}": value for name, value in result.items()}
    else:
        own = {f"{context.step}/": result}  # keys that no record can name
    try:
        io.save("data", {**dict.fromkeys(before), **own}, {*before} - own.keys())
    except InterfaceError as error:
        if not _is_last(context):
            raise
        _warn(context, f"what the last function returned is not kept: {error.what}")
        io.save("data", dict.fromkeys(before), before)
    io.save("config", {name: value for name, value in external.items() if name != "workspace"})
    context.saves.update({"data": 1, "config": 1})


def _write_summary(context: StepContext, returned: Any) -> None:
    summary, warnings = clipped(returned)
    for each in warnings:
        _warn(context, each)
    write_summary(context, summary)


def _end(context: StepContext, folders: Mapping[str, Folder]) -> None:
    """Check what the whole pipeline has left, as ALO 3 does behind its last function."""
    models = Path(str(folders["model"]))
    if context.mode == "train" and not any(models.iterdir()):
        raise StepOutputError(
            "the train pipeline has left no model (ALO-MDL-004)",
            where=str(models),
            do="set pipeline['model']['<name>'] in one of its functions, or write a file below "
            "pipeline['model']['workspace']",
        )
    check_output(Path(str(folders["artifact"])), context.artifacts_folder)
    if context.mode == "inference" and not summary_file(context).exists():
        _warn(context, "no function returned a summary: one without values is written, as ALO 3 does")
        write_summary(context, NO_SUMMARY)


def check_output(folder: Path, stage: str) -> None:
    """Check the files of ``pipeline["artifact"]``: at most two, tables or images; dot files and folders do not count.

    Raises
    ------
    StepOutputError
        There are more, or others (ALO-ART-002, ALO-ART-003).
    """
    names = sorted(each.name for each in folder.iterdir() if each.is_file() and not each.name.startswith("."))
    if len(names) > 2 or not all(name.lower().endswith(OUTPUTS) for name in names):
        raise StepOutputError(
            f"the output may be up to two files, each {', '.join(OUTPUTS)}; found: {', '.join(names)}",
            where=f"{stage}/output/",
            do="write anything else below pipeline['extra_output']['workspace']",
        )
