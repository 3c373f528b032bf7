"""Secrets among the arguments of a plan, known by their form or by the name that stands before them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from mmap import mmap
from typing import Any

from alo_nb.plan.model import Plan
from alo_nb.plan.redact import has_secret, is_secret, is_secret_name, redact, shown
from alo_nb.plan.tree import Entry, Findings, Node, Scalar, describe, entries, path_of, walk

MIN_LENGTH = 4  # of a secret that is looked for in other texts

_FILLED_IN_LATER = re.compile(r"\$\{\w+\}|<[^<>]*>|\*+")


def find_secrets(node: Node, key: str, findings: Findings) -> None:
    """Add a warning for each text below `node` that is masked where plans are shown (see `redact_all`).

    What the plan takes from the environment, or has a place for only (``${NAME}``, ``<password>``), is no secret in it.
    """
    named = {id(each): entry.key.text for entry in entries(node) for each in _named(entry)}
    for scalar in walk(node):
        if id(scalar) in named:
            name = named[id(scalar)]
            message = f"{shown(name)} is a secret in a plan; it is masked in records"
            do = "let the step read it from an environment variable or from a key file"
            findings.problem("PLAN_SECRET", message, path_of(key, name), scalar.place, do=do, severity="warning")
        elif isinstance(scalar.value, str) and has_secret(scalar.text):
            message = f"an argument holds a password, a token or a key: {describe(scalar)}"
            do = "name an environment variable or a profile instead; plans are copied into the history"
            findings.problem("PLAN_SECRET", message, key, scalar.place, do=do, severity="warning")


def holds_secret(name: str, value: Any) -> bool:
    """Return whether a value with this name is a secret, or has one in it."""
    if isinstance(value, str) and _FILLED_IN_LATER.fullmatch(value):
        return False
    if is_secret(name, value):
        return True
    if isinstance(value, Mapping):
        return any(holds_secret(str(key), each) for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return any(holds_secret("", each) for each in value)
    return isinstance(value, str) and has_secret(value)


def known_secrets(plan: Plan, overrides: Mapping[str, Any] | None = None) -> frozenset[str]:
    """Return the texts that nothing a run writes may hold: what stands below names of secrets.

    Parameters
    ----------
    plan : Plan
    overrides : mapping, optional
        ``"step.argument"`` to value.

    Returns
    -------
    frozenset of str
        Texts of at least four characters; shorter ones are words of any message.
    """
    given = [{name.rpartition(".")[2]: value} for name, value in (overrides or {}).items()]
    args = [step.args for pipeline in plan.pipelines for step in pipeline.steps]
    return frozenset().union(*map(secrets_in, (*args, *given)))


def secrets_in(values: Mapping[str, Any]) -> frozenset[str]:
    """Return the texts of at least four characters that stand below names of secrets, at any depth."""
    return frozenset(each for each in _secret_texts(values) if len(each) >= MIN_LENGTH)


def hidden_texts(plan: Plan, overrides: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return what stands for each text that nothing a run writes may hold; a text before those that it contains.

    Beside the `known_secrets`, that is what the plan takes from the environment: the plan's own words stand for it.
    """
    return _longest_first({**dict.fromkeys(known_secrets(plan, overrides), "***"), **plan.from_env})


def hide_also(hidden: dict[str, str], texts: Iterable[str]) -> None:
    """Add texts that have turned out to be secrets, for all who hold `hidden`."""
    more = _longest_first({**dict.fromkeys(texts, "***"), **hidden})
    hidden.clear()
    hidden.update(more)


def _longest_first(hidden: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(hidden.items(), key=lambda each: -len(each[0])))


@dataclass(frozen=True)
class Mask:
    """Takes secrets out of what is written; `hidden` maps texts to what stands for them, see `hidden_texts`."""

    hidden: Mapping[str, str]

    def __call__(self, text: str) -> str:
        for value, stand_in in self.hidden.items():
            text = text.replace(value, stand_in)
        return redact(text)

    def plain(self, name: Any, value: Any) -> Any:
        """Return plain data below `name` without its secrets; equal to `value` when there are none."""
        if is_secret(name, value) or (isinstance(value, (int, float)) and str(value) in self.hidden):
            return "***"
        if isinstance(value, dict):
            return {self.plain("", key): self.plain(key, each) for key, each in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return type(value)(self.plain("", each) for each in value)
        return self(value) if isinstance(value, str) else value

    def is_in(self, content: bytes | mmap) -> bool:
        """Tell whether bytes hold one of the texts, as UTF-8 or as numpy writes texts."""
        texts = (text for text in self.hidden if len(text) >= MIN_LENGTH)
        return any(content.find(text.encode(each, "ignore")) >= 0 for text in texts for each in ("utf-8", "utf-32-le"))


def _secret_texts(value: Any, *, named: bool = False) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _secret_texts(each, named=named or is_secret(key, each))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _secret_texts(each, named=named)
    elif named and not isinstance(value, bool) and value is not None and not _FILLED_IN_LATER.fullmatch(str(value)):
        yield str(value)


def _named(entry: Entry) -> Iterator[Scalar]:
    """Yield the secrets below a key that is named for them, keys in a mapping there excepted."""
    if not is_secret_name(str(entry.key.value)):
        return
    if isinstance(entry.node, Scalar):
        yield from (entry.node,) if _is_written_out(entry.node) and is_secret(entry.key.value, entry.node.value) else ()
        return
    keys = {id(each.key) for each in entries(entry.node)}
    for each in walk(entry.node):
        is_value = isinstance(each.value, (str, int, float)) and not isinstance(each.value, bool) and each.value != ""
        if is_value and id(each) not in keys and _is_written_out(each):
            yield each


def _is_written_out(scalar: Scalar) -> bool:
    return not scalar.tag and not _FILLED_IN_LATER.fullmatch(scalar.text)
