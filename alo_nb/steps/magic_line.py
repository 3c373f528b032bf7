"""The one grammar of every alo magic line: ``key=value``, ``--switch``, ``--option=value`` and plain words.

``--option value`` is the same as ``--option=value``, and ``key=value`` the same as ``--key=value``.

Words are split on blanks outside quotes and brackets. A value is a Python literal, else a number such as ``1e-3``,
else true/false/none in any case, else plain text; ``key=`` is None, as in an ALO plan.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from alo_nb.errors import MagicUsageError, nearest

_OPENING, _CLOSING = "([{", ")]}"
FREE = frozenset(
    {"ALIAS", "ARGUMENT", "DIR", "FILE", "ID", "N", "PATH", "TAG", "TEXT", "VARIABLE"}
)  # see `Grammar.takes`
SEVERAL = ",..."
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
        Name to the text for help, of options that take a value.
    switches : mapping of str to str
        The same for those that are on or off: ``--quiet``, ``--no-quiet``, ``quiet=true``.
    short : mapping of str to str
        One-letter spellings, e.g. ``{"n": "define-only"}``.
    takes_arguments : bool
        Whether keys that are no options are arguments of a step, or errors.
    words : int
        How many plain words are allowed.
    texts : tuple of str
        The options whose value is text as it was typed: names and ids, which may look like numbers.
    main : str
        The option that a word too many was most likely meant for.
    optional : tuple of str
        The options that may stand alone, ``--resume``; a value comes behind ``=``.
    takes : mapping
        What the value of an option is, or the plain word of this number, from 0: for help and completion. Kinds in
        capitals (``STEP``, ``STEP.KEY``, ``RUN``, ``TRAIN_RUN``, ``NAME``, ``NAME:ALIAS``, ``TYPE``, ``COLUMN``, or one
        of `FREE`, which nothing is offered for) and values as they are, with ``|`` between them; ``,...`` behind it
        means several: ``{0: "RUN|STEP", "format": "text|svg", "only": "STEP,..."}``.
    more : mapping of str to str
        What else may be written, for help: ``{"key=value": "an argument of the step"}``.
    """

    magic: str
    options: Mapping[str, str] = field(default_factory=dict)
    switches: Mapping[str, str] = field(default_factory=dict)
    short: Mapping[str, str] = field(default_factory=dict)
    takes_arguments: bool = False
    words: int = 0
    texts: tuple[str, ...] = ()
    main: str = ""
    optional: tuple[str, ...] = ()
    takes: Mapping[str | int, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)

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
        rest = iter(self._split(text))
        for word in rest:
            spelled, equals, raw = word.partition("=")
            name = self._name(spelled, has_value=bool(equals))
            if name is None:
                words.append(_unquoted(word))
            elif name in self.switches:
                if equals and spelled.startswith("--no-") and not name.startswith("no-"):
                    raise self._error(f"{spelled} takes no value")
                on = not spelled.startswith("--no-") or name.startswith("no-")
                self._put(options, name, self._switch(name, raw) if equals else on)
            elif name in self.optional and not equals:
                self._put(options, name, True)
            elif name in self.options:
                value = raw if equals else next(rest, None)
                if value is None:
                    raise self._error(f"{spelled} needs a value")
                found = self._value(value)
                self._put(options, name, value if name in self.texts and not isinstance(found, str) else found)
            elif spelled.startswith("-") or not self.takes_arguments:
                kind = "option" if spelled.startswith("-") else "key"
                raise self._error(f"unknown {kind} {spelled!r}{nearest(name, self._known())}")
            else:
                self._put(arguments, name, self._value(raw))
        if len(words) > self.words:
            word = words[self.words]
            is_value = self.main and self.main not in options
            hint = f"; did you mean {self.main}={word}?" if is_value else nearest(word, self._known())
            raise self._error(f"unexpected word {word!r}{hint}")
        return Line(tuple(words), options, arguments)

    def _known(self) -> list[str]:
        return [*self.options, *self.switches]

    def _error(self, what: str) -> MagicUsageError:
        return MagicUsageError(f"{self.magic}: {what}", do=f"`{self.magic}?` shows what it accepts")

    def _put(self, target: dict[str, Any], name: str, value: Any) -> None:
        if name in target:
            raise self._error(f"{name!r} is given twice")
        target[name] = value

    def _value(self, raw: str) -> Any:
        try:
            return value_of(raw)
        except RecursionError:
            raise self._error(f"{raw[:20]!r}... is nested too deeply") from None

    def _switch(self, name: str, raw: str) -> bool:
        value = value_of(raw)
        if not isinstance(value, bool):
            raise self._error(f"{name} is on or off, got {raw!r}")
        return value

    def _name(self, spelled: str, *, has_value: bool) -> str | None:
        """Return the name that a word spells, long or short; None for a plain word."""
        if spelled.startswith("--"):
            name = spelled[2:]
            return name.removeprefix("no-") if name.removeprefix("no-") in self.switches else name
        if len(spelled) == 2 and spelled[0] == "-" and spelled[1].isalpha():
            return self.short.get(spelled[1], spelled[1])
        return spelled if has_value and re.fullmatch(r"[^\W\d][\w.-]*", spelled) else None

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


def names_in(text: str | None) -> tuple[str, ...]:
    """Return the names in ``"a, b"``; none for no text."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def _unquoted(word: str) -> str:
    """Return a word, such as the name of a file with blanks, without the quotes around it."""
    quote, inner = word[:1], word[1:-1]
    return inner if len(word) > 1 and quote in {"'", '"'} and word[-1] == quote and quote not in inner else word


def value_of(raw: str) -> Any:
    """Return the value that a text on a magic line stands for."""
    if raw == "":
        return None
    if raw.startswith("$") and raw[1:].isidentifier():
        return Variable(raw[1:])
    if raw.lower() in _WORDS:
        return _WORDS[raw.lower()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's advice about '\d' is not for who types a pattern
            value = ast.literal_eval(raw)
            return list(value) if isinstance(value, tuple) else value  # 1,2 as an ALO plan would have it
    except (ValueError, SyntaxError, TypeError, MemoryError):
        pass
    if raw.isdigit():
        return raw  # 007 and other numbers with zeros in front are names of things
    try:
        return float(raw)
    except ValueError:
        return _flow(raw) if _is_flow(raw) else raw


def text_of(value: Any) -> str:
    """Return a text that `value_of` reads as this value.

    Raises
    ------
    ValueError
        There is none, e.g. for a table.
    """
    for text in ([value] if isinstance(value, str) else []) + [repr(value)]:
        read = value_of(text)
        if type(read) is type(value) and read == value:
            return text
    raise ValueError(f"no text stands for a value of type {type(value).__name__}")


def _is_flow(raw: str) -> bool:
    """Tell whether a text is one list or dict from its first character to its last."""
    return raw[0] in "[{" and all(depth or at == len(raw) - 1 for at, _, depth in _outside_quotes(raw))


def _flow(raw: str) -> Any:
    """Return ``[a, b]`` or ``{k: v}`` as a list or dict whose plain words are text."""
    inner = raw[1:-1].strip()
    parts = [part.strip() for part in _split_at(",", inner.removesuffix(","))] if inner else []
    if raw[0] == "[":
        return [value_of(part) for part in parts]
    pairs = ([each.strip() for each in _split_at(":", part)] for part in parts)
    return {_key(key): value_of(":".join(value)) for key, *value in pairs}


def _key(raw: str) -> Any:
    value = value_of(raw)
    return raw if isinstance(value, (list, dict, set)) else value


def _split_at(separator: str, text: str) -> list[str]:
    """Split outside of quotes and brackets."""
    cuts = [at for at, character, depth in _outside_quotes(text) if character == separator and depth == 0]
    starts, stops = [0, *(at + 1 for at in cuts)], [*cuts, len(text)]
    return [text[start:stop] for start, stop in zip(starts, stops, strict=True)]


def _outside_quotes(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield position, character and depth of brackets after it, for what is not quoted."""
    quote, depth = "", 0
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        else:
            depth += (character in _OPENING) - (character in _CLOSING)
            yield at, character, depth
