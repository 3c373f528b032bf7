"""What a magic says of itself: its docstring, then its options as a table, from the `Grammar` that reads its line."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from alo_nb.lang import ENGLISH, language, translated
from alo_nb.steps.magic_line import Grammar

WIDTH = 100  # columns of a translated paragraph


def option_rows(grammar: Grammar) -> list[tuple[str, str]]:
    """Return how each option of a magic is written, and what it means, in English."""
    letters = {name: letter for letter, name in grammar.short.items()}
    rows = []
    for name, meaning in (*grammar.options.items(), *grammar.switches.items()):
        short = f", -{letters[name]}" if name in letters else ""
        rows.append((f"{_spelled(grammar, name)}{short}", meaning))
    return [*rows, *grammar.more.items()]


def _spelled(grammar: Grammar, name: str) -> str:
    if name in grammar.switches:
        return f"--{name}"
    value = grammar.takes.get(name, "VALUE").replace("TRAIN_RUN", "RUN")
    if name in grammar.optional:
        return f"--{name}[={value}]"
    return f"{name}={value}" if grammar.main else f"--{name} {value}"


def paragraphs(function: Callable[..., Any]) -> list[str]:
    """Return the paragraphs of a docstring; those that begin with ``%`` show how the magic is written."""
    return (inspect.getdoc(function) or "").split("\n\n")


def is_usage(paragraph: str) -> bool:
    """Tell whether a paragraph shows how a magic is written, line by line."""
    return paragraph.startswith("%")


def one_line(paragraph: str) -> str:
    """Return a paragraph as one line: so it stands in a catalog, however its docstring is laid out."""
    return " ".join(paragraph.split())


def help_text(function: Callable[..., Any], grammar: Grammar) -> str:
    """Return the help of a magic in the language in use, for ``%magic?``."""
    said = [each if is_usage(each) else _paragraph(each) for each in paragraphs(function)]
    return "\n\n".join([*said, *_table(grammar)])


def _paragraph(paragraph: str) -> str:
    if language() == ENGLISH:
        return paragraph
    return _filled(translated(one_line(paragraph)))


def _filled(text: str) -> str:
    columns = WIDTH if text.isascii() else WIDTH * 2 // 3  # a letter of Korean takes two
    return textwrap.fill(text, columns, break_on_hyphens=False)


def _table(grammar: Grammar) -> Iterator[str]:
    rows = option_rows(grammar)
    if rows:
        width = max(len(spelled) for spelled, _ in rows)
        yield "\n".join(f"{spelled:<{width}}  {translated(meaning)}" for spelled, meaning in rows)
