"""Completion on the lines of magics: options, and the runs, steps and artifacts that may stand there.

What a magic takes stands in its own `Grammar`, from which its line is parsed, too. A new magic, or a new option of one,
is completed without a word here: `Grammar.takes` says what values are.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

from alo_nb.errors import AloNbError
from alo_nb.notebook.session import Session
from alo_nb.steps.magic_line import FREE, SEVERAL, Grammar
from alo_nb.store import RunStore
from alo_nb.views.history import HistoryFilter, project_history

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext

    from alo_nb.store.index import Index

_OFFERED = 20  # runs, the newest ones


def make_matcher(session: Session) -> Callable[[CompletionContext], dict[str, Any]]:
    """Return a matcher for `IPython.core.completer` that completes from the session's plan, steps and store."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    def matcher(context: CompletionContext) -> dict[str, Any]:
        line = context.line_with_cursor[: context.cursor_position]
        fragment = re.search(r"\S*$", line)[0]  # type: ignore[index]  # matches everywhere
        found = [each for each in candidates(session, line, fragment) if each.startswith(fragment)]
        return {
            "completions": [SimpleCompletion(each, type="param") for each in found],
            "matched_fragment": fragment,
            "suppress": bool(found),
            "ordered": True,
        }

    return context_matcher(identifier="alo_nb")(matcher)  # type: ignore[no-any-return]


def candidates(session: Session, line: str, fragment: str) -> list[str]:
    """Return what may stand at the cursor, spelled with what is already there (``step=``)."""
    magic, *before = line.lstrip()[: len(line.lstrip()) - len(fragment)].split() or [""]
    grammar = _grammar(magic)
    if grammar is None:
        return []
    key, equals, value = fragment.partition("=")
    if equals:
        return [f"{key}={each}" for each in _values(session, grammar.takes.get(key.lstrip("-"), ""), value)]
    option = before[-1].removeprefix("--") if before and before[-1].startswith("--") else ""
    if option in grammar.options and option not in grammar.optional:
        return _values(session, grammar.takes.get(option, ""), value=fragment)
    place = _plain_words(grammar, before)
    words = _values(session, grammar.takes.get(place, ""), value=fragment)
    if place < grammar.words and _is_free(grammar.takes.get(place, "")) and not fragment.startswith("-"):
        return []  # a path or a new name
    return [*words, *_flags(grammar)]


def _grammar(magic: str) -> Grammar | None:
    """Return the grammar of a magic that is loaded: `GRAMMAR` of the file of its name."""
    if not magic.startswith("%"):
        return None
    return getattr(sys.modules.get(f"alo_nb.magics.{magic.lstrip('%')}"), "GRAMMAR", None)


def _flags(grammar: Grammar) -> list[str]:
    dashes = "" if grammar.main else "--"  # step=NAME, and --from=STEP
    alone = (*grammar.optional, *grammar.switches)
    return [*(f"{dashes}{name}=" for name in grammar.options), *(f"--{name}" for name in alone)]


def _is_free(takes: str) -> bool:
    return {*takes.split("|")} <= {*FREE, ""}


def _plain_words(grammar: Grammar, words: Iterable[str]) -> int:
    """Return how many words are neither options nor their values."""
    count, is_value = 0, False
    for word in words:
        name = word.removeprefix("--")
        is_option = word.startswith("-") or "=" in word
        count += not is_option and not is_value
        is_value = word.startswith("--") and name in grammar.options and name not in grammar.optional
    return count


def _values(session: Session, takes: str, value: str) -> list[str]:
    """Return the values that a text of `Grammar.takes` stands for; in a list, those of its last part."""
    head, comma, last = value.rpartition(",")
    found: list[str] = []
    for each in takes.removesuffix(SEVERAL).split("|") if takes else ():
        with suppress(AloNbError, OSError):  # e.g. a plan that cannot be read right now: completion stays quiet
            found += _KINDS[each](session, last) if each in _KINDS else [each] if each not in FREE else []
    return [f"{head}{comma}{each}" for each in found]


def _steps(session: Session, _: str) -> Iterable[str]:
    return session.step_names()


def _keys(session: Session, value: str) -> Iterable[str]:
    """Return the steps, each with a dot; of one that stands there already, what it has saved last."""
    step, dot, _ = value.partition(".")
    if not dot:
        return [f"{each}." for each in session.step_names()]
    from alo_nb.views.preview import newest_good

    found = newest_good(session.project, step)
    outputs = (*found.record.data, *found.record.config) if found is not None else ()
    return dict.fromkeys(f"{step}.{each.name}" for each in outputs)


def _runs(session: Session, _: str) -> Iterable[str]:
    return RunStore(session.project).ids()[:_OFFERED]


def _train_runs(session: Session, _: str) -> Iterable[str]:
    rows = project_history(session.project, HistoryFilter("train", "success"), limit=_OFFERED)
    return [each["id"] for each in rows]


def _names(session: Session, _: str) -> Iterable[str]:
    index = _index(session)
    return [name for name, _ in index.artifacts()] if index else ()


def _types(session: Session, _: str) -> Iterable[str]:
    index = _index(session)
    return sorted({kind for _, kind in index.artifacts()}) if index else ()


def _versions(session: Session, value: str) -> Iterable[str]:
    """Return the names of artifacts; of one that stands there already, its aliases and versions."""
    index, (name, colon, _) = _index(session), value.partition(":")
    if index is None or not colon:
        return _names(session, value)
    numbers = (f"v{each.number}" for each in index.versions(name)[:_OFFERED])
    return [f"{name}:{each}" for each in chain(index.aliases(name), numbers)]


def _columns(session: Session, _: str) -> Iterable[str]:
    from alo_nb.views.runs import columns_of, project_runs

    return columns_of(project_runs(session.project))


def _index(session: Session) -> Index | None:
    """Return what is known of artifacts; looking makes no store."""
    if not session.project.own.is_dir():
        return None
    from alo_nb.store.store import Store  # SQLite is not for those who complete something else

    return Store.of(session.project).index


_KINDS: Mapping[str, Callable[[Session, str], Iterable[str]]] = {
    "STEP": _steps,
    "STEP.KEY": _keys,
    "RUN": _runs,
    "TRAIN_RUN": _train_runs,
    "NAME": _names,
    "NAME:ALIAS": _versions,
    "TYPE": _types,
    "COLUMN": _columns,
}
