"""Every reason that the cache and a run can give is shown in Korean; the texts are found by reading their code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

import alo_nb
from alo_nb.cache.decision import NEVER, Cause
from alo_nb.cache.explained import STALE, Explained
from alo_nb.lang import VARIABLE
from alo_nb.views.reasons import reason_text
from alo_nb.views.text import with_short_runs

ROOT = Path(alo_nb.__file__).parent
VALUE = "Ж"  # stands for names and values: no letter that English or Korean has
NEVER_SO = f"argument {VALUE} changed: (none) -> (none)"  # the code could write it and does not: both are not known
KNOWN = {"code", "config", "data", "cache", "Python", "input", "import"}


def functions(file: str) -> Iterator[ast.FunctionDef | ast.Module]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    yield tree
    yield from (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef))


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    waiting = [*ast.iter_child_nodes(scope)]
    for node in waiting:  # grows while it is walked
        yield node
        waiting += [] if isinstance(node, ast.FunctionDef) else ast.iter_child_nodes(node)


def texts(node: ast.expr, scope: ast.AST, returned: dict[str, ast.expr]) -> list[str]:
    """Return what a text in the code can be, with `VALUE` for what is known only when it runs."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return texts(node.body, scope, returned) + texts(node.orelse, scope, returned)
    if isinstance(node, ast.JoinedStr):
        return ["".join(parts) for parts in product(*(texts(each, scope, returned) for each in node.values))]
    if isinstance(node, ast.FormattedValue):
        return texts(node.value, scope, returned)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in returned:
        return texts(returned[node.func.id], scope, returned)
    if isinstance(node, ast.Name):
        assigned = (each for each in own_nodes(scope) if isinstance(each, ast.Assign))
        found = [each.value for each in assigned if ast.unparse(each.targets[0]) == node.id]
        return [text for each in found for text in texts(each, scope, returned)] or [VALUE]
    return [VALUE]


def reasons(file: str) -> Iterator[str]:
    """Yield the text of each cause that a module makes."""
    returned = {"_what": returned_by("_what")} if file == "cache/decision.py" else {}
    for scope in functions(file):
        for node in own_nodes(scope):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Cause":
                yield from texts(node.args[1], scope, returned)


def returned_by(name: str) -> ast.expr:
    scope = next(each for each in functions("cache/decision.py") if getattr(each, "name", "") == name)
    (found,) = (each.value for each in own_nodes(scope) if isinstance(each, ast.Return))
    assert found is not None
    return found


def beyond(file: str) -> Iterator[str]:
    """Yield why something cannot be kept, as a module says it."""
    for scope in functions(file):
        for node in own_nodes(scope):
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "attr", "") == "beyond":
                value = node.value.values[-1] if isinstance(node.value, ast.BoolOp) else node.value
                yield from (text for text in texts(value, scope, {}) if text not in {"", VALUE} and "()" not in text)


MODULES = ("cache/decision.py", "runner/why.py", "runner/now.py", "runner/reuse.py")
WATCHED = ("cache/paths.py", "cache/watch.py", "cache/opened.py", "cache/imports.py")
CAUSES = sorted({text for file in MODULES for text in reasons(file)} - {VALUE, NEVER_SO})
BEYOND = sorted({text for file in WATCHED for text in beyond(file)})


def english(text: str) -> set[str]:
    return {*re.findall(r"[A-Za-z]{2,}", text)} - KNOWN


def test_the_reasons_in_the_code_are_found() -> None:
    assert len(CAUSES) > 40
    assert {"never run", "forced", f"argument {VALUE} changed: (none) -> {VALUE}"} <= {*CAUSES}
    assert f"file {VALUE}, which it wrote, is gone" in CAUSES
    assert len(BEYOND) > 6


@pytest.mark.parametrize("text", [*CAUSES, *(f"not cached: {each}" for each in BEYOND)])
def test_every_reason_has_a_translation(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reason_text(text) == text
    monkeypatch.setenv(VARIABLE, "ko")
    shown = reason_text(text)
    assert re.search("[가-힣]", shown)
    assert english(shown) == set()
    assert shown.count(VALUE) == text.count(VALUE)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("argument lr changed: 0.1 -> 'a -> b'", "인자 lr 변경: 0.1 -> 'a -> b'"),
        ("code in cell In[3] changed (and 2 more)", "cell In[3]의 코드 변경됨 (외 2개)"),
        ("input x from load is new", "load에서 온 입력 x 새로 생김"),
        ("step load runs first: helper f() changed", "단계 load 먼저 실행: 도우미 f() 변경됨"),
        ("nothing changed since run 20250101T000000Z-abcdef", "실행 abcdef 이후 바뀐 것 없음"),
        ("anything else", "anything else"),
        ("{why} in {braces}", "{why} in {braces}"),
    ],
)
def test_a_stored_reason_is_translated_when_it_is_shown(text: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "ko")
    assert with_short_runs(text) == shown


def test_what_is_stored_stays_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "ko")
    assert Explained("train_pipeline", "fit", "", STALE, causes=(NEVER, Cause("code", "code changed"))).reason == (
        "never run (and 1 more)"
    )
