"""``python -m alo_nb.requirements.verify 'pandas==2.2.3' ...``: exit 1 unless this very Python has all of them.

The last thing that an environment for a plan must do: it finds what was installed, alo_nb, and what makes it a kernel.
"""

from __future__ import annotations

import importlib.util
import sys

from packaging.requirements import Requirement

from alo_nb.requirements.installed import missing


def main(requirements: list[str]) -> int:
    """Say what is missing and return the exit code."""
    lacking = [str(each) for each in missing(map(Requirement, requirements))]
    if importlib.util.find_spec("ipykernel_launcher") is None:
        lacking.append("ipykernel")
    for each in lacking:
        sys.stdout.write(f"error: {each} was installed and is not what Python finds first; is PYTHONPATH set?\n")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
