"""Statements that set something for the whole process, which is no value that could be handed on."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Literal

Setting = Literal["", "display", "state", "seed"]

_DISPLAY = re.compile(
    r"(plt|mpl|matplotlib|sns|seaborn|warnings|logging|px|pio)\."
    r"(style\.\w+|rcParams(\.update)?|rc|rcdefaults|set|set_\w+|filterwarnings|simplefilter|basicConfig|templates\.\w+)$"
    r"|(pd|pandas)\.(options\.display\..*|set_option)$|(np|numpy)\.set_printoptions$|set_matplotlib_formats$"
    r"|sns\.set$|.*\.(setLevel|disable_progress_bar)$"
)
_SEED = re.compile(r".*\b(seed|manual_seed|manual_seed_all|set_seed|set_random_seed|seed_everything)$")
_STATE = re.compile(
    r"(os\.(environ\.\w+|putenv|umask)|sys\.(path\.\w+|setrecursionlimit|set\w+)|(np|numpy)\.(seterr|seterrcall|random\.set_state)"
    r"|random\.setstate|locale\.setlocale|torch\.(set_\w+|use_\w+|autograd\.\w+)|tf\.(config|random|keras\.backend)\..*"
    r"|(pd|pandas)\.set_option|decimal\.setcontext|getcontext|set_config|sklearn\.set_config|time\.tzset|gc\.(disable|enable))$"
)
_DRAW = re.compile(
    r"((np|numpy)\.random|random)\.(?!seed$|default_rng$|RandomState$|Random$|Generator$|set_?state$|get_?state$)\w+$"
    r"|torch\.(rand\w*|bernoulli|multinomial|normal)$|tf\.random\.(?!set_seed$)\w+$"
)


def setting_of(nodes: Sequence[ast.stmt], modules: frozenset[str]) -> Setting:
    """Tell whether statements only set something for the process: how things look, how libraries work, a seed.

    Parameters
    ----------
    modules : frozenset of str
        The names that imports bind.
    """
    kinds = {_kind(node, modules) for node in nodes}
    for kind in ("", "seed", "state"):
        if kind in kinds:
            return kind
    return "display" if kinds else ""


def _kind(node: ast.stmt, modules: frozenset[str]) -> Setting:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return "display"  # a text that stands alone
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        name = dotted(node.value.func)
        if name.endswith("set_option") and not _for_display(node.value):
            return "state"
        for kind, names in (("display", _DISPLAY), ("seed", _SEED), ("state", _STATE)):
            if names.match(name):
                return kind  # type: ignore[return-value]
        return ""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        base = target.value if isinstance(target, ast.Subscript) else target
        name = dotted(base)
        if isinstance(target, (ast.Subscript, ast.Attribute)) and name.partition(".")[0] in modules:
            return "display" if _DISPLAY.match(name) else "state"
    return ""


def _for_display(node: ast.Call) -> bool:
    first = node.args[0] if node.args else None
    return isinstance(first, ast.Constant) and str(first.value).startswith(("display.", "max_", "plotting."))


def draws(nodes: Sequence[ast.stmt]) -> int:
    """Return the line on which statements draw from the random numbers of a module; 0 when they do not."""
    calls = (each for node in nodes for each in ast.walk(node) if isinstance(each, ast.Call))
    return min((each.lineno for each in calls if _DRAW.match(dotted(each.func))), default=0)


def dotted(node: ast.expr) -> str:
    """Return ``"np.random.seed"``; an empty text for what is no chain of names."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
