"""``log/experimental_history.json``: ALO's note beside some artifacts that says which run made them, and of what."""

from __future__ import annotations

import json
from pathlib import Path

from alo_nb.files import write_atomic
from alo_nb.store import Run
from alo_nb.store.records import PipelineIds, now

_MARK = "log/experimental_history.json"


def mark_run(artifacts: Path, run: Run, pipeline: str) -> None:
    """Write the note, with the keys of ALO 2.6 (pipeline.py)."""
    ids = run.ids.get(pipeline, PipelineIds())
    mark = {
        "id": run.id,
        "start_time": run.started,
        "end_time": now(),
        "data_id": ids.data_id,
        "code_id": ids.code_id,
        "param_id": ids.param_id,
        **({"train_id": run.train_id} if pipeline == "inference_pipeline" else {}),
    }
    write_atomic(artifacts / _MARK, json.dumps(mark, indent=1))


def marked_run(artifacts: Path) -> str:
    """Return the id of the run that made these artifacts; empty when nobody said."""
    try:
        return str(json.loads((artifacts / _MARK).read_bytes())["id"])
    except (OSError, ValueError, KeyError, TypeError):  # absent, or written by another tool
        return ""
