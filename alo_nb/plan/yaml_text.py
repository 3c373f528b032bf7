"""The small YAML files beside a plan: a step's own configuration, and ALO's summary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alo_nb.plan.refusal import read_error
from alo_nb.plan.tree import Findings, plain
from alo_nb.plan.yaml_tree import read_tree


def read_mapping(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file; plain data only, no tags.

    Raises
    ------
    PlanReadError
        The file is not YAML, or holds something else than a mapping.
    """
    import yaml

    try:
        value = yaml.safe_load(path.read_bytes())
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        do = "check it with a YAML tool"
        raise read_error("YAML_SYNTAX", f"not readable as YAML: {error}", where=str(path), do=do) from error
    if not isinstance(value, dict):
        what, do = f"holds {type(value).__name__}, not a mapping", "write `name: value` lines"
        raise read_error("PLAN_NOT_MAPPING", what, where=str(path), do=do)
    return value


def read_value(text: str) -> Any:
    """Return what a text means as a value in a plan: ``"[a, 1]"`` is a list, nothing is None.

    Raises
    ------
    PlanReadError
        It is no value in YAML.
    """
    lines = text.strip().splitlines()
    if len(lines) > 1:
        raise read_error("YAML_SYNTAX", "a value stands in one line", where="the value", do="write \\n in quotes")
    tree = read_tree(f"value: {text.strip()}", "the value", Findings())
    return plain(tree)["value"]


def dump_mapping(values: Mapping[str, Any]) -> str:
    """Return `values` as YAML with sorted keys, as ALO 2.6 writes its summary (alolib asset.py).

    A list or mapping that stands in two places is written out in both: ALO's own files have no aliases.
    """
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    return str(yaml.dump(dict(values), Dumper=Dumper, allow_unicode=True, sort_keys=True))
