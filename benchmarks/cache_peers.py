"""The ten steps of `projects` in joblib.Memory, Hamilton, DVC and Ploomber, each of which keeps what a step has made.

Each has a Python environment of its own. A step waits, and leaves an empty folder in ``$EXECUTED``, by which it is
counted: an environment variable and a folder are nothing that any of them looks at.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from projects import CHECK, STEPS, WORK

WAIT_S = 0.5
HEAD = "import os\nimport tempfile\nimport time\n\nimport pandas as pd\n"
QUIET = {"HAMILTON_TELEMETRY_ENABLED": "false", "DVC_NO_ANALYTICS": "1", "PLOOMBER_STATS_ENABLED": "false"}
_LOADED = f"import pandas as pd\ndf = pd.read_pickle('out/{STEPS[-1]}.pkl')\n{CHECK}"


def counted(name: str) -> list[str]:
    """Return the lines by which a step is counted and takes its time."""
    return [f"tempfile.mkdtemp(prefix='{name}-', dir=os.environ['EXECUTED'])", f"time.sleep({WAIT_S})"]


@dataclass(frozen=True)
class Peer:
    """A tool that takes steps over.

    Attributes
    ----------
    name : str
    package : str
        What is installed for it, beside the pandas that is here.
    write : callable
        Writes its pipeline into a folder.
    command : tuple of str
        What runs the pipeline; the first word is a program of its environment.
    first : tuple of str
        A command that makes a project of the folder; empty for none.
    value : str
        The code that prints the result, when the command itself does not.
    """

    name: str
    package: str
    write: Callable[[Path], None]
    command: tuple[str, ...]
    first: tuple[str, ...] = ()
    value: str = ""

    def install(self, place: Path) -> None:
        """Make its environment, unless it is there; what goes wrong is said by `subprocess.CalledProcessError`."""
        if (place / "installed").exists():
            return
        packages = [self.package, f"pandas=={version('pandas')}"]
        for command in (
            [sys.executable, "-m", "venv", str(place)],
            [str(place / "bin" / "pip"), "install", "--quiet", *packages],
        ):
            subprocess.run(command, check=True, capture_output=True, text=True)
        (place / "installed").touch()


def _steps() -> Iterator[tuple[str, str, list[str]]]:
    """Yield the name of each step, that of the one before it, and its lines without those that load and save."""
    for before, name, work in zip(["", *STEPS], STEPS, WORK, strict=False):
        yield name, before, [*counted(name), work]


def _function(head: str, lines: Iterable[str]) -> str:
    return "\n    ".join([f"\n\ndef {head}:", *lines]) + "\n"


def _write_joblib(folder: Path) -> None:
    cached = (
        _function(f"{name}({'df' if before else ''})", [*lines, "return df"]).replace("def", "@memory.cache\ndef", 1)
        for name, before, lines in _steps()
    )
    calls = (f"df = {name}({'df' if before else ''})" for name, before, _ in _steps())
    head = f"{HEAD}from joblib import Memory\n\nmemory = Memory('kept', verbose=0)\n"
    (folder / "pipeline.py").write_text("\n".join([head, *cached, *calls, CHECK, ""]))


def _write_hamilton(folder: Path) -> None:
    steps = (
        _function(
            f"{name}({f'{before}: pd.DataFrame' if before else ''}) -> pd.DataFrame",
            [*([f"df = {before}"] if before else []), *lines, "return df"],
        )
        for name, before, lines in _steps()
    )
    (folder / "steps.py").write_text("".join([HEAD, *steps]))
    drive = "driver = driver.Builder().with_modules(steps).with_cache(path='kept').build()"
    result = f"df = driver.execute(['{STEPS[-1]}'])['{STEPS[-1]}']"
    (folder / "pipeline.py").write_text(f"import steps\nfrom hamilton import driver\n\n{drive}\n{result}\n{CHECK}\n")


def _write_dvc(folder: Path) -> None:
    stages = []
    for name, before, lines in _steps():
        load = [f"df = pd.read_pickle('out/{before}.pkl')"] if before else ["os.makedirs('out', exist_ok=True)"]
        (folder / f"{name}.py").write_text("\n".join([HEAD, *load, *lines, f"df.to_pickle('out/{name}.pkl')", ""]))
        needs = f"[{name}.py, out/{before}.pkl]" if before else f"[{name}.py]"
        stages.append(f"  {name}: {{cmd: python {name}.py, deps: {needs}, outs: [out/{name}.pkl]}}\n")
    (folder / "dvc.yaml").write_text("".join(["stages:\n", *stages]))


def _write_ploomber(folder: Path) -> None:
    steps = (
        _function(
            f"{name}(product{', upstream' if before else ''})",
            [
                *([f"df = pd.read_pickle(str(upstream['{before}']))"] if before else []),
                *lines,
                "df.to_pickle(str(product))",
            ],
        )
        for name, before, lines in _steps()
    )
    (folder / "steps.py").write_text("".join([HEAD, *steps]))
    tasks = (f"  - {{source: steps.{name}, product: out/{name}.pkl}}\n" for name in STEPS)
    (folder / "pipeline.yaml").write_text("".join(["tasks:\n", *tasks]))


PEERS = (
    Peer("joblib.Memory", "joblib", _write_joblib, ("python", "pipeline.py")),
    Peer("Hamilton", "sf-hamilton", _write_hamilton, ("python", "pipeline.py")),
    Peer("DVC", "dvc", _write_dvc, ("dvc", "repro", "--quiet"), first=("dvc", "init", "--no-scm"), value=_LOADED),
    Peer("Ploomber", "ploomber", _write_ploomber, ("ploomber", "build"), value=_LOADED),
)
