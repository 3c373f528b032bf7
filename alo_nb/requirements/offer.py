"""What is installed here, told to uv, which does not see what a virtual environment inherits."""

from __future__ import annotations

import zipfile
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

_WHEEL = "Wheel-Version: 1.0\nGenerator: alo_nb\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def offer(folder: Path) -> set[str]:
    """Write a wheel for each installed package that says what it needs and holds no code.

    With them, uv can choose what is there, knows what that needs, and finds it without a network. They must not be
    installed.

    Returns
    -------
    set of str
        ``"pandas==2.2.3"`` for each, in the spelling of `pin`.
    """
    folder.mkdir()
    pins: dict[str, str] = {}
    for each in distributions():
        name = each.metadata["Name"]
        if name and canonicalize_name(name) not in pins and _has_version(each):  # Python imports the first one, too
            pins[canonicalize_name(name)] = pin(name, each.version)
            _write(folder, canonicalize_name(name), each)
    return set(pins.values())


def pin(name: str, version: str) -> str:
    """Return a package in one version, in the one spelling of both."""
    return f"{canonicalize_name(name)}=={Version(version)}"


def _has_version(package: Distribution) -> bool:
    try:
        Version(package.version or "")
    except InvalidVersion:
        return False
    return True


def _write(folder: Path, name: str, package: Distribution) -> None:
    stem = f"{name.replace('-', '_')}-{Version(package.version)}"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {Version(package.version)}"]
    lines += [f"Provides-Extra: {each}" for each in package.metadata.get_all("Provides-Extra") or ()]
    lines += [f"Requires-Dist: {each}" for each in package.requires or ()]
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{stem}.dist-info/METADATA", "\n".join(lines) + "\n")
        wheel.writestr(f"{stem}.dist-info/WHEEL", _WHEEL)
        wheel.writestr(f"{stem}.dist-info/RECORD", "")
