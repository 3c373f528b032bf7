"""The same jobs in trackio, W&B offline and MLflow, each in a process of its own, as far as a Python has them.

Run as a script with the name of a tool, it does the jobs in the current folder and writes the seconds as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FILES, SIZE, POINTS, VERSIONS = 10_000, 4096, 20_000, 20
TOOLS = ("trackio", "wandb", "mlflow")
QUIET = {
    **{"WANDB_MODE": "offline", "WANDB_SILENT": "true", "HF_HUB_OFFLINE": "1"},
    "MLFLOW_TRACKING_URI": "sqlite:///mlflow.db",
}
JOBS = {
    "small": f"log {FILES:,} files of 4 KiB",
    "again": "log them again unchanged",
    "one": "log a version of one file",
    "points": f"log {POINTS:,} metric points",
}


def alo_nb_jobs() -> tuple[Callable[[Path], Any], Callable[[int], Any], Callable[[], Any]]:
    """Return how a folder is logged, a point is logged, and the end."""
    import alo_nb

    run = alo_nb.init(project="bench")

    def log(folder: Path) -> None:
        artifact = alo_nb.Artifact(folder.name, "dataset")
        artifact.add_dir(folder)
        run.log_artifact(artifact)

    return log, lambda step: run.log({"loss": 0.5 + step}), run.finish


def trackio_jobs() -> tuple[Callable[[Path], Any], Callable[[int], Any], Callable[[], Any]]:
    """Do the same with trackio."""
    import trackio

    run = trackio.init(project="bench")

    def log(folder: Path) -> None:
        artifact = trackio.Artifact(folder.name, type="dataset")
        artifact.add_dir(str(folder))
        run.log_artifact(artifact)

    return log, lambda step: trackio.log({"loss": 0.5 + step}), trackio.finish


def wandb_jobs() -> tuple[Callable[[Path], Any], Callable[[int], Any], Callable[[], Any]]:
    """Do the same with W&B offline, which only stages an artifact and gives it no version."""
    import wandb

    run = wandb.init(project="bench")

    def log(folder: Path) -> None:
        artifact = wandb.Artifact(folder.name, type="dataset")
        artifact.add_dir(str(folder))
        run.log_artifact(artifact)

    return log, lambda step: run.log({"loss": 0.5 + step}), run.finish


def mlflow_jobs() -> tuple[Callable[[Path], Any], Callable[[int], Any], Callable[[], Any]]:
    """Do the same with MLflow, which copies a folder into the run and knows no versions of it."""
    import mlflow

    mlflow.start_run()
    return (
        lambda folder: mlflow.log_artifacts(str(folder), folder.name),
        lambda step: mlflow.log_metric("loss", 0.5 + step, step=step),
        mlflow.end_run,
    )


def measured(tool: str) -> dict[str, float]:
    """Do the jobs and return their seconds."""
    log, log_point, finish = globals()[f"{tool}_jobs"]()

    def timed(call: Callable[[], Any]) -> float:
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    small, one = Path("small"), Path("one")
    one.mkdir()
    seconds = {"small": timed(lambda: log(small)), "again": timed(lambda: log(small))}
    for number in range(VERSIONS):
        (one / "x").write_text(str(number))
        seconds["one"] = seconds.get("one", 0.0) + timed(lambda: log(one)) / VERSIONS
    points = POINTS if tool != "mlflow" else POINTS // 20  # a commit for each
    spent = timed(lambda: [log_point(step) for step in range(points)])
    seconds["points"] = (spent + timed(finish)) * POINTS / points
    return seconds


def peer_rows(python: str, folder: Path) -> list[Any]:
    """Return a row for each job and each tool that `python` has."""
    from measure import Pair, Row

    ours = _run(sys.executable, "alo_nb", folder)
    found = {tool: said for tool in TOOLS if (said := _run(python, tool, folder))}
    return [Row(JOBS[job], tool, "x", (Pair(ours[job], said[job]),)) for tool, said in found.items() for job in JOBS]


def _run(python: str, tool: str, folder: Path) -> dict[str, float]:
    place = folder / tool
    for number in range(FILES):
        path = place / "small" / f"{number // 100:03}" / f"{number % 100:02}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(number.to_bytes(4, "little") * (SIZE // 4))
    (place / ".alo").mkdir()
    os.sync()
    time.sleep(2.5)
    command, env = [python, str(Path(__file__).resolve()), tool], {**os.environ, **QUIET, "HOME": str(place)}
    env |= {"TRACKIO_DIR": str(place / "trackio"), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        sys.stderr.write(f"{tool} is left out: {done.stderr.strip().splitlines()[-1:]}\n")
        return {}
    return dict(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(measured(sys.argv[1])) + "\n")
