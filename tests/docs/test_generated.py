"""The pages that are written from the parsers say what the parsers read."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("page", "function"), [("magics.md", "magics_page"), ("command-line.md", "command_line_page")])
def test_the_page_is_what_the_generator_gives(maker: ModuleType, page: str, function: str) -> None:
    written = (DOCS / "reference" / page).read_text(encoding="utf-8")
    assert written == getattr(maker, function)(), f"docs/reference/{page} is old: run `make reference`"
