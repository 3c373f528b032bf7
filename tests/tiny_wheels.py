"""Wheels of a few bytes, made by hand, and an installer that finds nothing else: no test needs a network."""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

INSTALLERS = ("uv", "pip")


def write_wheel(folder: Path, name: str, version: str, requires: Iterable[str] = (), *, script: bool = False) -> None:
    """Write a wheel of one module, which knows its ``__version__``; with `script`, also a command of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    module = name.replace("-", "_")
    about = f"{module}-{version}.dist-info"
    files = {
        f"{module}.py": f"__version__ = {version!r}\n\ndef main():\n    print(__version__)\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + "".join(f"Requires-Dist: {each}\n" for each in requires),
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if script:
        files[f"{about}/entry_points.txt"] = f"[console_scripts]\n{name} = {module}:main\n"
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
        wheel.writestr(f"{about}/RECORD", "".join(f"{path},,\n" for path in [*files, f"{about}/RECORD"]))


def use_installer(name: str, wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let uv, or pip, be what installs, by the settings that a user would make; both find `wheels` only."""
    python = Path(sys.executable).parent
    folders = [each for each in os.environ["PATH"].split(os.pathsep) if each and not (Path(each) / "uv").exists()]
    monkeypatch.setenv("PATH", os.pathsep.join([*([str(python)] if name == "uv" else []), *folders]))
    assert (shutil.which("uv") is not None) == (name == "uv")
    for variable in [each for each in os.environ if each.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(variable)
    settings = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "UV_NO_CONFIG": "1",
        "UV_OFFLINE": "1",
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(wheels),
        "UV_CACHE_DIR": str(wheels.parent / "uv-cache"),
    }
    for variable, value in settings.items():
        monkeypatch.setenv(variable, value)
