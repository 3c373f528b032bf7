from __future__ import annotations

import ast
import builtins
import importlib
import symtable
from pathlib import Path

import pytest

from alo_nb.steps.names import bound_names, free_names


@pytest.mark.parametrize(
    ("source", "free"),
    [
        ("x = 1\nprint(x)", ""),
        ("print(x)\nx = 1", "x"),
        ("x += 1", "x"),
        ("x: int = 1\nx", ""),
        ("x: Number\nx", "Number x"),
        ("a, (b, *c) = data\na + b + c", "data"),
        ("d[k] = v", "d k v"),
        ("o.attribute = v", "o v"),
        ("import a.b, c as d\nfrom e import f as g\na, d, g", ""),
        ("import c as d\nc", "c"),
        ("[x for x in xs if x > low]", "xs low"),
        ("[x for x in xs]\nx", "xs x"),
        ("[y for x in xs for y in x]", "xs"),
        ("[x for x in x]", "x"),
        ("{k: v for k, v in pairs}", "pairs"),
        ("any((hit := test(x)) for x in xs)\nhit", "test xs"),
        ("if (n := len(xs)) > 1:\n    n", "xs"),
        ("def f(a, *b, c=d, **e):\n    return a, b, c, e, g", "d g"),
        ("def f(a: A, *b: B, **c: C) -> D:\n    pass", "A B C D"),
        ("@deco(1)\ndef f(): pass", "deco"),
        ("def f():\n    return late\nlate = 1", ""),
        ("def f():\n    return gone\ngone = 1\nf()\ndel gone", ""),
        ("def f():\n    x = y\n    y = 1", ""),
        ("def f():\n    return f", ""),
        ("def f():\n    [i for i in []]\n    return i", "i"),
        ("def outer():\n    n = 0\n    def inner():\n        nonlocal n\n        n += m\n    return inner", "m"),
        ("def f():\n    global g\n    g = 1\nf()\ng", ""),
        ("def f():\n    global g\n    g += 1", "g"),
        ("def f():\n    global g\n    return g", "g"),
        ("lambda x, y=z: x + y + w", "z w"),
        ("class A(Base, metaclass=Meta):\n    x = 1\n    y = x\n    def m(self):\n        return x, A", "Base Meta x"),
        ("class A:\n    __slots__ = ()\n    name = __qualname__, __module__\n    def m(self): return __class__", ""),
        ("@deco\nclass A:\n    x: T = v", "deco T v"),
        ("try:\n    risky()\nexcept (E1, E2) as error:\n    error\nelse:\n    other()", "risky E1 E2 other"),
        ("try:\n    import fast as impl\nexcept ImportError:\n    impl = None\nimpl", ""),
        ("with make() as (a, b), other(a):\n    b", "make other"),
        ("for i in range(n):\n    i\nelse:\n    i", "n"),
        ("while go:\n    step()", "go step"),
        ("match value:\n    case [a, *rest] if a: rest\n    case {'k': v, **more}: v, more", "value"),
        ("match value:\n    case Point(x=0, y=y) | Other(y): y\n    case K.C as z: z", "value Point Other K"),
        ("match value:\n    case w: w", "value"),
        ("del x", "x"),
        ("x = 1\ndel x\nx", "x"),
        ("f'{a} {b:{width}} {c!r}'", "a b width c"),
        ("assert ok, message", "ok message"),
        ("async def f():\n    async for i in xs:\n        await g(i)\n    return [j async for j in ys]", "xs g ys"),
        ("len([1]); print(__name__, __file__)", "__file__"),
        ("raise Oops from cause", "Oops cause"),
        ("x = yes if test else no", "yes test no"),
    ],
)
def test_the_names_that_a_snippet_needs_from_elsewhere(source, free):
    assert set(free_names(ast.parse(source).body)) == set(free.split())


def test_a_free_name_comes_with_the_line_of_its_first_use():
    assert free_names(ast.parse("x = 1\n\nf(x,\n  a)\na").body) == {"f": 3, "a": 4}


def test_a_builtin_is_free_only_where_the_notebook_replaces_it():
    body = ast.parse("sum(xs) + max(xs)").body
    assert set(free_names(body)) == {"xs"}
    assert set(free_names(body, shadowed={"sum", "other"})) == {"xs", "sum"}


def test_bound_names_are_those_that_a_body_gives_itself_somewhere():
    body = ast.parse("import a.b\nfor i in xs:\n    y = [k for k in i]\ndel z\ndef f(p):\n    q = 1").body
    assert bound_names(body) == {"a", "i", "y", "z", "f"}


# These modules run with builtins alone, none imports with `*`.
CORPUS = [
    "argparse", "collections", "configparser", "contextlib", "csv", "dataclasses", "decimal", "enum", "fractions",
    "functools", "json.decoder", "pathlib", "random", "shlex", "statistics", "string", "tarfile", "textwrap", "typing",
]  # fmt: skip


@pytest.mark.parametrize("module", CORPUS)
def test_code_that_runs_alone_needs_nothing_from_elsewhere(module):
    assert free_names(ast.parse(_source(module)).body) == {}


@pytest.mark.parametrize("module", CORPUS)
def test_without_its_imports_a_module_needs_what_the_compiler_says_it_does(module):
    tree = ast.parse(_source(module))
    tree.body = [node for node in tree.body if not isinstance(node, (ast.Import, ast.ImportFrom))]
    source = ast.unparse(tree)
    assert set(free_names(ast.parse(source).body)) == _needed(symtable.symtable(source, module, "exec"))


def _source(module):
    return Path(importlib.import_module(module).__file__).read_text(encoding="utf-8")


def _needed(top):
    """Return what any scope reads as a global and no scope sets, by Python's own symbol tables."""
    read, given = set(), set()

    def look(table):
        for symbol in table.get_symbols():
            if table is top or symbol.is_global():
                set_here = symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
                read.update([symbol.get_name()] if symbol.is_referenced() else [])
                given.update([symbol.get_name()] if set_here else [])
        for child in table.get_children():
            look(child)

    look(top)
    return {name for name in read - given if not hasattr(builtins, name)}
