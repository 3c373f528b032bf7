"""Edits of the text of an ``experimental_plan.yaml``: text in, text out, one value at a time.

Everything that an edit is not about stays byte for byte: comments, order, unknown keys, quotes, indentation, line ends,
a byte order mark. Each new text is read again and means the old plan with that one difference; else the edit is
refused, and nothing has changed. Plans of ALO 1.0 to 2.6; of ALO 3 the arguments and the paths.
"""

from __future__ import annotations

from alo_nb.plan.step_edits import (
    add_step,
    disable_step,
    disabled_steps,
    duplicate_step,
    enable_step,
    move_step,
    remove_step,
    rename_step,
    set_source,
)
from alo_nb.plan.value_edits import (
    remove_argument,
    set_argument,
    set_cache_policy,
    set_control,
    set_external_path,
    set_head,
    set_key_profile,
)

__all__ = [
    "add_step",
    "disable_step",
    "disabled_steps",
    "duplicate_step",
    "enable_step",
    "move_step",
    "remove_argument",
    "remove_step",
    "rename_step",
    "set_argument",
    "set_cache_policy",
    "set_control",
    "set_external_path",
    "set_head",
    "set_key_profile",
    "set_source",
]
