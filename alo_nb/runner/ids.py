"""What went into a pipeline: ALO's `data_id`, `code_id` and `param_id`, over everything (ALO 2.6 misses parts)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from alo_nb.external.digests import digest_of_files
from alo_nb.steps.definition import StepDefinition
from alo_nb.store.records import plain

NOTHING = "0" * 12  # ALO 2.6 external.py, for a pipeline without data


def data_id(files: Mapping[str, tuple[str, int]]) -> str:
    """Return the id of all input files, given by `file_digests`; of all sources, where ALO takes the last one's."""
    return digest_of_files(files).removeprefix("b3:")[:12] if files else NOTHING


def code_id(steps: Mapping[str, StepDefinition]) -> str:
    """Return the id of the steps' code, with the Python files beside an asset."""
    return _id_of([name, step.fingerprint, *_beside(step)] for name, step in steps.items())


def param_id(arguments: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the id of the arguments of all steps, in the order of the steps."""
    return _id_of([name, plain(dict(args))] for name, args in arguments.items())


def _beside(step: StepDefinition) -> list[str]:
    from blake3 import blake3

    if not step.folder:
        return []
    folder = Path(step.folder)
    files = sorted(folder.rglob("*.py"))
    return [f"{each.relative_to(folder)} {blake3(each.read_bytes()).hexdigest()}" for each in files if each.is_file()]


def _id_of(parts: Iterable[Any]) -> str:
    from blake3 import blake3

    text = json.dumps(list(parts), sort_keys=True, ensure_ascii=True, default=str)
    return blake3(text.encode()).hexdigest()[:12]
