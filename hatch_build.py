"""The wheel carries the top-level magics/ as alo_nb/magics; an editable install reads the folder in place."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Hatchling finds the hook by this file's name; it runs once a build."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add ``magics/`` to a wheel. `version` is the build target's: ``"standard"`` or ``"editable"``."""
        if version != "editable":
            build_data["force_include"]["magics"] = "alo_nb/magics"
