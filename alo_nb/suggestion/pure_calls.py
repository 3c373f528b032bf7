"""What a call gives: something new where it is known to be pure (`alo_nb.suggestion.pure`), else anything at all."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from alo_nb.suggestion import pure
from alo_nb.suggestion.regions import NAN, PLAIN, Value

if TYPE_CHECKING:
    from alo_nb.suggestion.tracing import Tracing


def call(trace: Tracing, node: ast.Call) -> Value:
    """Return what a call gives; what it may change is noted."""
    name = trace.dotted(node.func)
    if name in {"pandas.DataFrame", "numpy.array"} and (found := _table(trace, node, name)):
        return found
    parts = [part for each in node.args for part in _joined(name, each)]
    given = [*map(trace.value, parts), *(trace.value(each.value) for each in node.keywords)]
    words = {each.arg or "**" for each in node.keywords}
    if name:
        found = _function(trace, node, name, given, words)
    elif isinstance(node.func, ast.Attribute):
        receiver = trace.value(node.func.value)
        found = _method(trace, node, receiver, given, words)
        given = [receiver, *given]
    else:
        found = None
        given = [trace.value(node.func), *given]
    if found is not None:
        return found
    hidden = [trace.names[each] for each in sorted(trace.hidden) if each in trace.names]
    return trace.regions.anything(trace.at, *given, *hidden)


def _function(trace: Tracing, node: ast.Call, name: str, given: list[Value], words: set[str]) -> Value | None:
    """Return what a function of a library gives when it is known; `None` when it is not."""
    regions, library = trace.regions, name.partition(".")[0]
    if not regions.is_tame(*given) or words & pure.CHANGING_ARGUMENTS:
        return None
    if name in pure.PLAIN | pure.PLAIN_FUNCTIONS or name.startswith(pure.PLAIN_MODULES):
        return _plain(trace, node, name, given)
    if name in pure.BOXES:
        return regions.gather(*given) if node.keywords else regions.derive("box", *given)
    last = name.rpartition(".")[2]
    if library == "sklearn" and last[:1].isupper():
        return Value("model", frozenset({regions.new(regions.reach(given), mixed=True)}))
    if name == "numpy.random.default_rng" and regions.is_flat(*given):
        return Value("random", frozenset({regions.new(mixed=True)}))
    if name in {"pandas.Series", "pandas.DataFrame", "pandas.Index"}:
        mixed = not regions.is_flat(*given)
        return Value("data", frozenset({regions.new(regions.reach(given) - {NAN}, mixed=mixed)}))
    if not regions.is_flat(*given):
        return None
    if name == "sklearn.model_selection.train_test_split" and "shuffle" not in words:
        return _apart(trace)
    if name.startswith("sklearn.datasets.") or name.startswith("sklearn.metrics."):
        return _apart(trace)
    if library == "pandas" and last in pure.PANDAS_FRESH and not words & {"chunksize", "iterator"}:
        return regions.derive("data", *given)
    limit = pure.NUMPY_FRESH.get(name.removeprefix("numpy."), 0) if library == "numpy" else 0
    return regions.derive("data", *given) if len(node.args) <= limit and not _starred(node) else None


def _plain(trace: Tracing, node: ast.Call, name: str, given: list[Value]) -> Value | None:
    if name in {"max", "min", "sum"}:
        return PLAIN if trace.regions.is_flat(*given) else None
    if name == "float" and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
        return Value("plain", frozenset({NAN}))
    return PLAIN


def _method(trace: Tracing, node: ast.Call, receiver: Value, given: list[Value], words: set[str]) -> Value | None:
    """Return what a method gives when its object and its name are known; `None` when they are not."""
    regions, name = trace.regions, getattr(node.func, "attr", "")
    if not regions.is_tame(receiver, *given) or words & pure.CHANGING_ARGUMENTS:
        return None
    kind = receiver.kind
    if kind == "plain":
        return PLAIN if regions.is_flat(*given) else None
    if kind == "box":
        return _of_box(trace, name, receiver, given)
    if kind == "random" and name in pure.RANDOM and regions.is_flat(*given):
        regions.change(trace.at, receiver)
        return regions.derive("data")
    if kind == "model":
        return _of_model(trace, name, receiver, given)
    arrays = any(each.kind == "data" for each in given[1:])
    if kind != "data" or arrays or not regions.is_flat(*given):
        return None
    if name in pure.DATA_FRESH or (name == "copy" and not given):
        made = regions.derive("data", receiver)
        return made if regions.is_flat(receiver) or name not in {"sum", "min", "max"} else None
    return receiver if name in pure.DATA_VIEWS else None


def _of_box(trace: Tracing, name: str, receiver: Value, given: list[Value]) -> Value | None:
    regions = trace.regions
    if name in pure.BOX_WRITES:
        held = trace.element(receiver)
        regions.change(trace.at, receiver)
        regions.put(receiver, *given)
        return regions.either(held, *given)
    if name not in pure.BOX_READS or not regions.is_flat(receiver, *given):
        return None
    if name == "copy":
        return regions.derive("box", receiver)
    return regions.either(trace.element(receiver), *given) if name == "get" else receiver


def _of_model(trace: Tracing, name: str, receiver: Value, given: list[Value]) -> Value | None:
    """Return what an estimator of scikit-learn gives: what it computes may share with what it was given."""
    regions = trace.regions
    if not regions.is_flat(*given) or name not in pure.MODEL_FIT | pure.MODEL_PURE:
        return None
    result = regions.new(regions.reach(given) - {NAN})
    if name in pure.MODEL_FIT:
        regions.change(trace.at, receiver)
        regions.put(receiver, *given)
        return receiver if name in {"fit", "partial_fit"} else Value("data", frozenset({result}))
    return Value("data", frozenset({result}))


def _table(trace: Tracing, node: ast.Call, name: str) -> Value | None:
    """Return a table or array of a display that is written in the call; what its cells can share, it holds."""
    if len(node.args) != 1 or not isinstance(node.args[0], (ast.Dict, ast.List)):
        return None
    if any(each.arg not in {"columns", "index"} for each in node.keywords):
        return None
    display = node.args[0]
    parts = display.values if isinstance(display, ast.Dict) else display.elts
    if name == "numpy.array":
        return trace.regions.derive("data") if _is_grid(display) else None
    keys = [each for each in display.keys if each is not None] if isinstance(display, ast.Dict) else []
    given = [trace.value(each) for each in (*keys, *(each.value for each in node.keywords))]
    columns = [trace.value(each) for each in parts]
    if trace.regions.is_flat(*given, *columns) and not (isinstance(display, ast.Dict) and None in display.keys):
        return trace.regions.derive("data", *columns)
    return trace.regions.derive("data", *given, *columns)


def _is_grid(node: ast.expr) -> bool:
    """Tell whether it is written as lists of numbers, however deep."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return all(map(_is_grid, node.elts)) and len({len(getattr(each, "elts", ())) for each in node.elts}) <= 1
    return isinstance(getattr(node, "operand", node), ast.Constant)


_JOINING = frozenset(
    {"pandas.concat", *(f"numpy.{each}" for each in ("concatenate", "vstack", "hstack", "column_stack"))}
)


def _joined(name: str, node: ast.expr) -> list[ast.expr]:
    """Return the parts of a written list of arrays or tables that a function joins; else the argument."""
    return node.elts if name in _JOINING and isinstance(node, (ast.List, ast.Tuple)) else [node]


def _apart(trace: Tracing) -> Value:
    return Value("data", trace.regions.derive("data").regions, apart=True)


def _starred(node: ast.Call) -> bool:
    return any(isinstance(each, ast.Starred) for each in node.args) or any(each.arg is None for each in node.keywords)
