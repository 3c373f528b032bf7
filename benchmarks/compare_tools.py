"""The same tasks in alo_nb and five other tools: ``make comparison``. What comes out is in docs/comparison.md."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
TOOLS = ("alo_nb", "alo_3", "hamilton", "kedro", "metaflow", "ploomber")
DATA = HERE.parent / "example_notebooks" / "data" / "titanic" / "train" / "passengers.csv"
NOT_CODE = {"requirements.txt", "tasks.sh", ".gitkeep"}
ENVIRONMENT = {  # nothing is told to anybody while a benchmark runs
    "DO_NOT_TRACK": "1",
    "HAMILTON_TELEMETRY_ENABLED": "false",
    "KEDRO_DISABLE_TELEMETRY": "1",
    "PLOOMBER_STATS_ENABLED": "false",
    "COLUMNS": "120",
}


def sizes(tool: Path) -> dict[str, int]:
    """Return the files that a person writes, and how many lines that are not empty each has."""
    files = (each for each in sorted(tool.rglob("*")) if each.is_file() and each.name not in NOT_CODE)
    return {str(each.relative_to(tool)): sum(map(bool, map(str.strip, _text(each).splitlines()))) for each in files}


def _text(file: Path) -> str:
    if file.suffix != ".ipynb":
        return file.read_text()
    import nbformat

    return "\n".join(each.source for each in nbformat.read(file, as_version=4).cells)


def install(tool: Path, place: Path) -> None:
    """Make the environment of a tool, unless it is there."""
    if (place / "installed").exists():
        return
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    command = [str(place / "bin" / "pip"), "install", "--quiet", "-r", "requirements.txt"]
    subprocess.run(command, check=True, cwd=tool)
    (place / "installed").touch()


def run_tasks(tool: Path, environments: Path, work: Path) -> None:
    """Run the tasks of a tool in a copy of its folder; what they print goes to the screen."""
    place, folder = environments / tool.name, work / tool.name
    install(tool, place)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(tool, folder)
    shutil.copy(DATA, folder)
    (folder / "data").mkdir(exist_ok=True)
    shutil.copy(DATA, folder / "data")  # where ALO 3 wants it
    path = f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        ["bash", "-vx", "tasks.sh"], cwd=folder, env={**os.environ, **ENVIRONMENT, "PATH": path}, check=False
    )


def main(place: Path, tools: tuple[str, ...]) -> None:
    """Print sizes and outputs of each tool; environments and copies stay in `place`."""
    for name in tools:
        print(f"\n===== {name}", sizes(HERE / "comparison" / name), flush=True)
        run_tasks(HERE / "comparison" / name, place / "environments", place / "work")


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(sys.argv[2:]) or TOOLS)
