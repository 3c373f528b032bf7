"""The Dockerfile of a pipeline: an image that runs it with alo_nb, in the folder and with the tools of ALO's images.

ALO 2.6 (src/Dockerfiles/register) puts the source into ``/framework``, installs a list of packages for each step and
starts ALO's ``main.py``. Here alo_nb takes the place of ``main.py``.
"""

from __future__ import annotations

import sys

from alo_nb import __version__
from alo_nb.export.alo import PLAN
from alo_nb.registration.requirements import LISTS
from alo_nb.registration.source import SOURCE

IGNORED = f"*\n!{SOURCE}\n"  # .dockerignore: the archives beside the source are no part of the image

# What ALO's images have, and the OpenMP library that wheels of scikit-learn's kind expect.
_TOOLS = "build-essential ca-certificates git libgl1 libglib2.0-0 libgomp1"


def python_version() -> str:
    """Return the Python that made the results, and that the image gets: ``"3.11"``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def dockerfile(mode: str, package_lists: tuple[str, ...]) -> str:
    """Return the text of the Dockerfile; its context is the folder that it lies in.

    Parameters
    ----------
    mode : str
        ``"train"`` or ``"inference"``.
    package_lists : tuple of str
        The names of the files with packages, in the order of installation.
    """
    command = ["alo-nb", "run", PLAN, "--mode", mode, "--in-process", "--no-install", "--project", "."]
    listed = ", ".join(f'"{word}"' for word in command)
    files = ["requirements.txt", *(f"{LISTS}/{name}" for name in package_lists)]
    lines = [
        f"# Runs the {mode} pipeline with alo_nb {__version__} on mounted folders; NEXT_STEPS.md names them.",
        f"# For a GPU: --build-arg BASE=<an image with Debian, CUDA and Python {python_version()}>",
        f"ARG BASE=python:{python_version()}-slim-bookworm",
        "FROM ${BASE}",
        "ENV LC_ALL=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1",
        f"RUN apt-get update && apt-get install -y --no-install-recommends {_TOOLS} && rm -rf /var/lib/apt/lists/*",
        "WORKDIR /framework",
        f"COPY {SOURCE}/requirements.txt ./",
        *([f"COPY {SOURCE}/{LISTS}/ {LISTS}/"] if package_lists else []),
        f"RUN pip install --no-cache-dir {' '.join(f'-r {each}' for each in files)}",
        f"COPY {SOURCE}/ ./",
        f"ENV SOLUTION_PIPELINE_MODE={mode}",
        f"ENTRYPOINT [{listed}]",
    ]
    return "\n".join(lines) + "\n"
