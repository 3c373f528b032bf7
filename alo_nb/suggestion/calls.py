"""What a call gives and changes: of the notebook's own functions and classes, of methods, of libraries."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from alo_nb.suggestion import libraries
from alo_nb.suggestion.heap import NOTHING, SOME, Things

if TYPE_CHECKING:
    from alo_nb.suggestion.expressions import Expressions


def call(walk: Expressions, node: ast.Call) -> Things:
    """Return what a call gives; what it changes in place is noted in the heap."""
    given = [walk.value(each) for each in node.args]
    named = {each.arg or "**": walk.value(each.value) for each in node.keywords}
    everything = frozenset[int]().union(*given, *named.values())
    heap = walk.heap
    heap.change(walk.at, (everything & frozenset(heap.stateful)) | named.get("out", NOTHING), deep=True)
    if isinstance(node.func, ast.Attribute) and (receiver := walk.value(node.func.value)):
        return _method(walk, node, node.func.attr, receiver, given, named, everything)
    called = walk.value(node.func)
    for each in called:
        if each in walk.functions:
            return walk.follow(walk.functions[each], given, named)
        if each in walk.classes:
            return _instance(walk, each, given, named, everything)
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    return _library(walk, node, name, given, everything)


def _method(
    walk: Expressions,
    node: ast.Call,
    name: str,
    receiver: Things,
    given: list[Things],
    named: dict[str, Things],
    everything: Things,
) -> Things:
    heap = walk.heap
    if receiver & frozenset(heap.stateful):
        heap.change(walk.at, receiver)
    for each in heap.part(receiver - heap.displays, name) & walk.functions.keys():
        return walk.follow(walk.functions[each], given, named)
    found = NOTHING
    for method in walk.methods.get(name, ()):
        static = any(getattr(each, "id", "") == "staticmethod" for each in method.decorator_list)
        found |= walk.follow(method, given if static else [receiver, *given], named)
    return found | _usual_method(walk, node, name, receiver, everything)


def _usual_method(walk: Expressions, node: ast.Call, name: str, receiver: Things, everything: Things) -> Things:
    """Return what a method of this name gives in Python and the usual libraries."""
    heap = walk.heap
    _call_back(walk, everything, receiver)
    if any(each.arg == "inplace" and getattr(each.value, "value", True) for each in node.keywords):
        heap.change(walk.at, receiver, deep=True)
        return NOTHING
    if name in libraries.FIT:
        heap.change(walk.at, receiver)
        heap.put(receiver, "fitted", everything)
        fresh = frozenset({heap.new()})
        return fresh if name.startswith("fit_") else receiver | fresh
    if name in libraries.CHANGE:
        heap.change(walk.at, receiver, deep=not receiver <= heap.displays and name not in libraries.ADD)
    if name in libraries.ADD:
        heap.put(receiver, SOME, everything | heap.part(everything, SOME))
    if name in libraries.PARTS:
        return heap.part(receiver, SOME) | everything
    if name == "copy":
        return walk.made_of(receiver)  # a list's copy holds what the list holds; a table's or an array's holds its own
    if name in libraries.VIEWS:
        return frozenset({heap.new(receiver | heap.part(receiver, SOME), display=receiver <= heap.displays)})
    return _new(walk, libraries.frail_method(name), NOTHING)


def _instance(
    walk: Expressions, kind: int, given: list[Things], named: dict[str, Things], everything: Things
) -> Things:
    """Return an object of one of the notebook's classes: it has its class, and what that keeps for all of them."""
    heap = walk.heap
    thing = heap.new()
    made = frozenset({thing})
    heap.parts[thing] = {key: set(held) for key, held in heap.parts[kind].items() if key != "__bases__"}
    heap.put(made, "__class__", frozenset({kind}))
    inits = [each for each in walk.classes[kind].body if isinstance(each, ast.FunctionDef) and each.name == "__init__"]
    for each in inits:
        walk.follow(each, [made, *given], named)
    if not inits:
        heap.put(made, SOME, everything)
    return made


def _library(walk: Expressions, node: ast.Call, name: str, given: list[Things], everything: Things) -> Things:
    heap = walk.heap
    first = given[0] if given else NOTHING
    _call_back(walk, everything, NOTHING)
    if name in libraries.CHANGE_FIRST:
        heap.change(walk.at, first, deep=True)
        heap.put(first, SOME, everything - first)
    if name in libraries.PLAIN:
        return NOTHING
    if name in libraries.GATHER:
        held = heap.part(everything, SOME) | (NOTHING if name in {"list", "tuple", "set", "dict"} else everything)
        found = frozenset({heap.new(held, display=True)})
        return found | heap.part(first, SOME) if name in {"max", "min", "next", "getattr"} else found
    if name in libraries.ITERATORS:
        held = everything | heap.part(everything, SOME)
        return frozenset({walk.thing(libraries.ITERATOR, held, display=True)})
    if name == "deepcopy":
        return frozenset({heap.new()})
    holds = libraries.is_class_name(name) or name in libraries.GIVE_VIEWS or not name
    piecewise = name.startswith("read_") and any(each.arg in {"chunksize", "iterator"} for each in node.keywords)
    frail = libraries.ITERATOR if piecewise else libraries.frail(name)
    made = _new(walk, frail, everything if holds else NOTHING)
    if name in libraries.STATEFUL:
        heap.stateful |= made
    return made


def _call_back(walk: Expressions, given: Things, receiver: Things) -> None:
    """Follow the notebook's functions that a library gets: it may call them with all else that it has."""
    rest = (given - walk.functions.keys()) | receiver
    for each in sorted(given & walk.functions.keys()):
        arguments = walk.functions[each].args
        may_be = rest | walk.heap.part(rest, SOME)
        walk.follow(walk.functions[each], [may_be] * len([*arguments.posonlyargs, *arguments.args]), {})


def _new(walk: Expressions, frail: str, held: Things) -> Things:
    """Return what a library makes; it holds nothing of the notebook but `held`."""
    return frozenset({walk.thing(frail, held)})
