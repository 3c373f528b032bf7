"""A step's code in parts that people have names for: its body, each helper, each constant and import it takes along."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from alo_nb.cache.imports import lines_taken
from alo_nb.cache.texts import digest_of_text
from alo_nb.steps.capture import Unit
from alo_nb.steps.definition import StepDefinition, normal_form

BODY = "body"


@dataclass(frozen=True)
class Part:
    """One part: `digest` is of what it does, `text` and `label` are what people see of it."""

    digest: str
    text: str
    label: str = ""


def parts_of(step: StepDefinition) -> dict[str, Part]:
    """Return the parts by name: ``body``, ``helper clean()``, ``constant LIMIT``, ``import numpy as np``."""
    parts = {BODY: Part(digest_of_text(step.body_form), step.body.source, step.body.label)}
    for unit in _units(step):
        name = f"helper {', '.join(f'{each}()' for each in unit.names)}"
        text = "\n\n".join(block.source for block in unit.blocks)
        parts[name] = Part(digest_of_text("\n".join(map(normal_form, unit.blocks))), text, unit.blocks[0].label)
    for line in lines_taken(step):
        node = ast.parse(line).body[0]
        is_constant = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        parts[f"constant {node.targets[0].id}" if is_constant else line] = Part(digest_of_text(line), line)  # type: ignore[attr-defined]
    return parts


def _units(step: StepDefinition) -> Iterator[Unit]:
    waiting = list(step.captured.units)
    while waiting:
        unit = waiting.pop()
        yield unit
        waiting += unit.needs.units
