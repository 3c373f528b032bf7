"""The one grammar of every alo magic line: ``key=value``, ``--flag``, ``--flag=value`` and plain words.

Words are split on blanks outside quotes and brackets. A value is a Python literal, else a number such as ``1e-3``,
else true/false/none in any case, else plain text; ``key=`` is None, as in an ALO plan.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alo_nb.errors import MagicUsageError, nearest

_OPENING, _CLOSING = "([{", ")]}"
_WORDS = {"true": True, "false": False, "none": None, "null": None}


@dataclass(frozen=True)
class Variable:
    """``key=$name``: the notebook variable `name`, taken when the step runs."""

    name: str


@dataclass(frozen=True)
class Line:
    """A parsed line: `options` were spelled as flags or as keys known to the magic, `arguments` are all other keys."""

    words: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Grammar:
    """What one magic accepts.

    Parameters
    ----------
    magic : str
        Its name, for messages.
    options : mapping of str to str
        Option name to the text for help; ``cache`` allows ``cache=x``, ``--cache=x``, ``--cache`` and ``--no-cache``.
    short : mapping of str to str
        One-letter flags, e.g. ``{"n": "define-only"}``.
    takes_arguments : bool
        Whether keys that are no options are arguments of a step, or errors.
    words : int
        How many plain words are allowed.
    """

    magic: str
    options: Mapping[str, str]
    short: Mapping[str, str] = field(default_factory=dict)
    takes_arguments: bool = False
    words: int = 0

    def parse(self, text: str) -> Line:
        """Return the parsed line.

        Raises
        ------
        MagicUsageError
            An unknown flag or key, one given twice, unbalanced quotes or brackets, or a word too many.
        """
        words: list[str] = []
        options: dict[str, Any] = {}
        arguments: dict[str, Any] = {}
        for word in self._split(text):
            name, value, is_flag = self._named(word)
            if name is None:
                words.append(value)
                continue
            is_option = name in self.options
            if not is_option and (is_flag or not self.takes_arguments):
                kind = "flag" if is_flag else "key"
                raise self._error(f"unknown {kind} {word.partition('=')[0]!r}{nearest(name, self.options)}")
            target = options if is_option else arguments
            key = name if is_option else name.removeprefix("arg.")
            if key in target:
                raise self._error(f"{key!r} is given twice")
            target[key] = value
        if len(words) > self.words:
            raise self._error(f"unexpected word {words[self.words]!r}{nearest(words[self.words], self.options)}")
        return Line(tuple(words), options, arguments)

    def _error(self, what: str) -> MagicUsageError:
        return MagicUsageError(f"{self.magic}: {what}", do=f"see {self.magic}? for what it accepts")

    def _named(self, word: str) -> tuple[str | None, Any, bool]:
        """Return (name, value, spelled as a flag); the name is None for a plain word."""
        key, equals, raw = word.partition("=")
        if word.startswith("--"):
            name = key[2:]
            if not equals and name.startswith("no-") and name[3:] in self.options:
                return name[3:], False, True
            return name, value_of(raw) if equals else True, True
        if word.startswith("-") and len(key) == 2 and key[1].isalpha():
            return self.short.get(key[1], key[1]), value_of(raw) if equals else True, True
        if equals and key.replace("_", "a").replace(".", "a").replace("-", "a").isalnum():
            return key, value_of(raw), False
        return None, word, False

    def _split(self, text: str) -> Iterable[str]:
        word, quote, open_brackets = "", "", []
        for character in text:
            if quote:
                quote = "" if character == quote else quote
            elif character in "'\"":
                quote = character
            elif character in _OPENING:
                open_brackets.append(character)
            elif character in _CLOSING:
                if not open_brackets or _OPENING.index(open_brackets.pop()) != _CLOSING.index(character):
                    raise self._error(f"unbalanced {character!r} in {text.strip()!r}")
            elif character.isspace() and not open_brackets:
                if word:
                    yield word
                word = ""
                continue
            word += character
        if quote or open_brackets:
            raise self._error(f"{quote or open_brackets[-1]!r} is never closed in {text.strip()!r}")
        if word:
            yield word


def value_of(raw: str) -> Any:
    """Return the value that a text on a magic line stands for."""
    if raw == "":
        return None
    if raw.startswith("$") and raw[1:].isidentifier():
        return Variable(raw[1:])
    if raw.lower() in _WORDS:
        return _WORDS[raw.lower()]
    try:
        return ast.literal_eval(raw)
    except (ValueError, SyntaxError):
        pass
    try:
        return float(raw)
    except ValueError:
        return _flow(raw) if raw[0] in "[{" else raw


def _flow(raw: str) -> Any:
    """Return ``[a, b]`` or ``{k: v}`` as a list or dict whose plain words are text."""
    inner = raw[1:-1].strip()
    parts = [part.strip() for part in _split_commas(inner)] if inner else []
    if raw[0] == "[":
        return [value_of(part) for part in parts]
    pairs = (part.partition(":") for part in parts)
    return {value_of(key.strip()): value_of(value.strip()) for key, _, value in pairs}


def _split_commas(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character in _OPENING) - (character in _CLOSING)
        if character == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]
