"""A run of six steps that is killed at one place after the other, and gone on with in another process.

Run as ``python -m tests.reliability.killed_runs MODE``: it has one thread, so it may fork.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alo_nb.cache.trace import Traces
from alo_nb.errors import AloNbError
from alo_nb.handover.interface import FileInterface, MemoryInterface
from alo_nb.plan import read_plan
from alo_nb.project import Project
from alo_nb.runner import Caching, RunRequest, run_plan
from alo_nb.runner.saving import Saving
from alo_nb.steps.sources import Sources
from alo_nb.store import RunStore
from alo_nb.store.records import SUCCESS

STEPS = ("one", "two", "three", "four", "five", "six")
BODY = """\
import sys
sys.note({name!r})
sys.tick('begins {name}')
data = asset.load_data()
with open(asset.get_extra_output_path() + 'half.txt', 'w') as file:
    file.write('first half')
    file.flush()
    sys.tick('inside of {name}')
    file.write('second half')
with open(asset.get_output_path() + '{name}.txt', 'w') as file:
    file.write(str(sorted(data)))
data['{name}'] = [*data.get('one', []), {number}, 'x' * 1000]
asset.save_data(data)
asset.save_config(asset.load_config())
sys.tick('at the end of {name}')
"""


def write_project(root: Path, changed: str = "") -> None:
    """Write the plan and its steps; the code of one of them is another one when it is `changed`."""
    root.mkdir(parents=True, exist_ok=True)
    bodies = {name: BODY.format(name=name, number=number) for number, name in enumerate(STEPS)}
    if changed:
        bodies[changed] = bodies[changed].replace("'x' * 1000", "'y' * 1000")
    cells = [f"%%alo_asset step={name}\n{body}" for name, body in bodies.items()]
    content = [{"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": c} for n, c in enumerate(cells)]
    (root / "steps.ipynb").write_text(json.dumps({"cells": content, "metadata": {}, "nbformat": 4}))
    source = {"code": "steps.ipynb", "branch": None, "requirements": []}
    plan = {
        "name": "six",
        "version": "1",
        "external_path": [],
        "user_parameters": [{"train_pipeline": [{"step": each, "args": None} for each in STEPS]}],
        "asset_source": [{"train_pipeline": [{"step": each, "source": source} for each in STEPS]}],
        "control": [],
    }
    (root / "plan.yaml").write_text(json.dumps(plan))


def in_process(root: Path, mode: str, kill_at: int = 0, caching: Caching | None = None) -> dict[str, Any]:
    """Run the plan in a forked process, which kills itself at the tick `kill_at`; return what is known of it."""
    said = root.with_name(f"{root.name}.said")
    said.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        _be_the_child(root, mode, kill_at, caching or Caching(), said)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    lines = [json.loads(each) for each in said.read_text().splitlines()]
    return {
        "status": status,
        "ran": [each["ran"] for each in lines if "ran" in each],
        "ticks": [each["tick"] for each in lines if "tick" in each],
        "error": next((each["error"] for each in lines if "error" in each), ""),
    }


def _be_the_child(root: Path, mode: str, kill_at: int, caching: Caching, said: Path) -> None:
    status = 1
    try:
        handle = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

        def say(**what: str) -> None:
            os.write(handle, json.dumps(what).encode() + b"\n")  # opens nothing: no step depends on it

        def tick(place: str) -> None:
            tick.count += 1  # type: ignore[attr-defined]
            say(tick=place)
            if tick.count == kill_at:  # type: ignore[attr-defined]
                os.kill(os.getpid(), signal.SIGKILL)

        tick.count = 0  # type: ignore[attr-defined]
        sys.tick, sys.note = tick, lambda name: say(ran=name)  # type: ignore[attr-defined]
        for owner, name in (
            (Traces, "add"),
            (RunStore, "add_step"),
            (FileInterface, "promote"),
            (MemoryInterface, "promote"),
            (Saving, "publish"),
            (RunStore, "finish"),
        ):
            _tick_around(owner, name, tick)
        os.chdir(root)
        plan, project = read_plan(root / "plan.yaml"), Project(root)
        find = Sources(plan, project).step
        try:
            run_plan(
                RunRequest(plan=plan, project=project, find=find, mode="train", interface_mode=mode, caching=caching)
            )
        except AloNbError as error:
            say(error=f"{type(error).__name__}: {error.what}")
        status = 0
    finally:
        os._exit(status)


def _tick_around(owner: type, name: str, tick: Callable[[str], None]) -> None:
    call = getattr(owner, name)

    def around(*args: Any, **options: Any) -> Any:
        tick(f"before {name}")
        done = call(*args, **options)
        tick(f"after {name}")
        return done

    setattr(owner, name, around)


def outcome(root: Path) -> dict[str, str]:
    """Return the digests of all that the newest run's steps saved, and what it published but for logs."""
    newest = next(iter(RunStore(Project(root))))
    found = {f"{each.step}/{out.name}": out.digest for each in newest.steps for out in each.data}
    for path in sorted((root / "train_artifacts").rglob("*")):
        if path.is_file() and "log" not in path.parts:
            found[str(path.relative_to(root))] = path.read_text()
    return {"status": newest.status, **found}


def trouble_after_kill(root: Path, mode: str, at: int, whole: dict[str, str]) -> str:
    """Kill a run at a tick and go on with it in another process; return what is not as it must be."""
    write_project(root)
    killed = in_process(root, mode, at)
    if killed["status"] != -signal.SIGKILL:
        return f"it was not killed: {killed}"
    newest = next(iter(RunStore(Project(root))))
    done = [each.step for each in newest.steps if each.status == SUCCESS]
    resumed = in_process(root, mode, caching=Caching.of(resume=True))
    where = killed["ticks"][-1]
    if newest.status != "interrupted":
        return f"{where}: the run is said to be {newest.status}"
    if not done:
        is_told = "nothing to go on with" in resumed["error"] and not resumed["ran"]
        return "" if is_told else f"{where}: there was nothing to go on with: {resumed}"
    if resumed["ran"] != [each for each in STEPS if each not in done] or resumed["error"]:
        return f"{where}: {done} were complete, and {resumed['ran']} ran: {resumed['error']}"
    if len(done) < len(killed["ran"]) - 1:
        return f"{where}: {killed['ran']} ran to their end, and only {done} were complete"
    if outcome(root) != whole:
        return f"{where}: {outcome(root)} is not {whole}"
    return ""


def sweep(mode: str, points: int) -> dict[str, Any]:
    """Return what came of runs that were killed at up to `points` places."""
    base = Path(tempfile.mkdtemp(prefix="alo-nb-killed-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    try:
        write_project(base / "whole")
        ticks = in_process(base / "whole", mode)["ticks"]
        whole = outcome(base / "whole")
        places = range(1, len(ticks))  # after the last one there is nothing left to go on with
        spread = {1 + number * (len(places) - 1) // max(points - 1, 1) for number in range(points)}
        chosen = [*places] if len(places) <= points else sorted(spread)
        found = []
        for at in chosen:
            found.append(trouble_after_kill(base / "shot", mode, at, whole))
            shutil.rmtree(base / "shot")
        return {"places": [ticks[at - 1] for at in chosen], "problems": [each for each in found if each]}
    finally:
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(sweep(sys.argv[1], int(sys.argv[2]))))
