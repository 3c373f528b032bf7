"""The shapes of a section: a list of one-key mappings, one mapping in a list, or a plain mapping."""

from __future__ import annotations

from collections.abc import Mapping

from alo_nb.errors import nearest
from alo_nb.plan.keys import Section
from alo_nb.plan.redact import redact, shown
from alo_nb.plan.tree import Entry, Findings, Listing, Node, Scalar, Table, describe, is_empty, is_null, path_of

MAX_ITEMS = 1000  # of paths, requirements or names: no real list comes near


def read_section(
    node: Node, path: str, section: Section, findings: Findings, *, whole: bool = False
) -> dict[str, Entry]:
    """Return the entries of a section by today's names, in the order of the text.

    ALO joins the items of the list (ALO 2.6 yaml.py), so that one mapping in a list means the same; a plain mapping,
    which it refuses, is read with a note. `whole` is for what is a mapping by nature.
    """
    found: dict[str, Entry] = {}
    for entry in _entries(node, path, findings, whole):
        name = _known_name(entry, path, section, findings)
        if name is None:
            continue
        if name in found:
            message = (
                f"{name} is given twice, in line {found[name].key.place.line} and line {entry.key.place.line}; "
                "the last one would count"
            )
            place = entry.key.place
            findings.problem("PLAN_DUPLICATE_ITEM", message, path_of(path, name), place, do="keep one of the two")
        found[name] = entry
    for name in section.required:
        if name not in found:
            message = f"{path or 'the plan'} has no `{name}`"
            findings.problem("PLAN_MISSING_KEY", message, path_of(path, name), node.place, do=f"add `{name}:`")
    return found


def _entries(node: Node, path: str, findings: Findings, whole: bool) -> list[Entry]:
    if is_null(node):
        return []
    if isinstance(node, Table):
        if not whole:
            message = f"{path} is written as a mapping; read as the list of keys that ALO writes"
            findings.note("PLAN_SHAPE", message, path, node.place)
        return list(node.entries)
    if isinstance(node, Scalar):
        do = "write its keys below it" if whole else "write one `- key: value` a line"
        message = f"{path} is {describe(node)}, not a {'mapping' if whole else 'list'} of keys"
        findings.problem("PLAN_SHAPE", message, path, node.place, do=do)
        return []
    entries: list[Entry] = []
    if whole:
        message = f"{path} is a list; its items are read as one mapping"
        findings.note("PLAN_SHAPE", message, path, node.place)
    for item in node.items:
        if isinstance(item, Table):
            entries += item.entries
        elif not is_null(item):
            message = f"{path} holds {describe(item)} where `key: value` belongs"
            do = "write `- key: value`, with a colon and a space"
            findings.problem("PLAN_SHAPE", message, path, item.place, do=do)
    return entries


def _known_name(entry: Entry, path: str, section: Section, findings: Findings) -> str | None:
    """Return today's name of a key, or None when it means nothing here; says so in `findings`."""
    name, place = entry.key.value, entry.key.place
    where = path_of(path, entry.key.text)
    if not isinstance(name, str):
        message = f"the key {shown(entry.key.text)} is read as {name!r}, not as a word"
        findings.problem("PLAN_KEY_TYPE", message, where, place, do=f"known here: {', '.join(section.known)}")
    elif name in section.known:
        return name
    elif name in section.respelled:
        today = section.respelled[name]
        findings.note("PLAN_RESPELLED", f"{name} is an older spelling; read as {today}", where, place)
        return today
    elif name in section.ignored or (name in section.lost and is_null(entry.node)):
        reason = section.ignored.get(name, "it is empty, so nothing is lost")
        findings.note("PLAN_OLD_KEY", f"{name} is a key of an older ALO: {reason}", where, place)
    elif name in section.lost:
        message = f"{name} is a key of an older ALO and is not read here"
        findings.problem("PLAN_OLD_KEY", message, where, place, do=section.lost[name], severity="warning")
    else:
        hint = nearest(name[:100], section.known) if findings.has_room(section.unknown) else ""
        message = f"{path or 'a plan'} has no key {shown(name)}{hint}"
        do, severity = "correct the spelling, or remove the line", section.unknown
        findings.problem("PLAN_UNKNOWN_KEY", message, where, place, do=do, severity=severity)
    return None


def texts(node: Node, path: str, findings: Findings) -> tuple[str, ...]:
    """Return a text, a list of texts or nothing as a tuple of texts; anything else is a problem and left out."""
    if isinstance(node, Table):
        message = f"{path} is a mapping, not a text or a list of texts"
        findings.problem("PLAN_TYPE", message, path, node.place, do="write the text after the colon")
        return ()
    items = (node,) if isinstance(node, Scalar) else node.items
    if len(items) > MAX_ITEMS:
        message = f"{path} is a list of {len(items)}; the first {MAX_ITEMS} are read"
        findings.problem("PLAN_VALUE", message, path, node.place, do=f"write at most {MAX_ITEMS}")
        items = items[:MAX_ITEMS]
    found: list[str] = []
    for item in items:
        if is_null(item):
            continue
        if isinstance(item, Scalar) and isinstance(item.value, str):
            findings.places[path_of(path, item.value)] = item.place
            found.append(item.value)
        else:
            message = f"{path} holds {describe(item)}, which is no text"
            do = f'write "{redact(item.text)[:40]}", in quotes' if isinstance(item, Scalar) else "write one text"
            findings.problem("PLAN_TYPE", message, path, item.place, do=do)
    findings.places.setdefault(path, node.place)
    return tuple(found)


def one_text(node: Node, path: str, findings: Findings, *, number_is_text: bool = False) -> str | None:
    """Return the one text that belongs here, None for nothing; anything else is a problem and read as nothing.

    Of a list of one its item is read, with a note. `number_is_text` takes a number, a date or a truth value as it is
    written, with a note too.
    """
    if is_empty(node):
        return None
    findings.places[path] = node.place
    if isinstance(node, Listing):
        items = [each for each in node.items if not is_null(each)]
        if len(items) > 1:
            message = f"{path} is a list of {len(items)}; it takes one text"
            findings.problem("PLAN_TYPE", message, path, node.place, do="write one text, without a list")
            return None
        findings.note("PLAN_SHAPE", f"{path} is a list of one; its item is read", path, node.place)
        node = items[0]
    if number_is_text and isinstance(node, Scalar) and not isinstance(node.value, str):
        message = f"{path} is read as {node.value!r}; it is taken as the text {describe(node)}"
        findings.note("PLAN_TYPE", message, path, node.place)
        return node.text
    return next(iter(texts(Listing((node,), node.place), path, findings)), None)


_EXAMPLES = {"name": "titanic", "version": "1.0.0"}


def label(top: Mapping[str, Entry], key: str, root: Table, findings: Findings, older: bool) -> str:
    """Return name or version as text: a number is taken as it is written (ALO 2.6 refuses it)."""
    entry = top.get(key)
    if entry is not None:
        findings.places[key] = entry.node.place
    if entry is None or is_null(entry.node):
        place = entry.key.place if entry else root.place
        if older:
            findings.note("PLAN_MISSING_KEY", f"the plan has no {key}; ALO before 2.3 knew none", key, place)
        elif entry:
            do = f"write e.g. `{key}: {_EXAMPLES[key]}`"
            findings.problem("PLAN_MISSING_KEY", f"{key} is empty", key, place, do=do, severity="warning")
        else:
            do = f"add `{key}: ...` at the left edge"
            findings.problem("PLAN_MISSING_KEY", f"the plan has no {key}", key, place, do=do, severity="warning")
        return ""
    if not isinstance(entry.node, Scalar):
        message = f"{key} is {describe(entry.node)}, not a text"
        findings.problem("PLAN_TYPE", message, key, entry.node.place, do=f"write `{key}: text`")
        return ""
    if not isinstance(entry.node.value, str):
        code, text = ("PLAN_VERSION" if key == "version" else "PLAN_NAME"), entry.node.text
        message = f"{key} {text[:40]} is no text to YAML; it is taken as {shown(text)}"
        do = f'write `{key}: "{text}"`, which ALO 2.6 asks for'
        findings.problem(code, message, key, entry.node.place, do=do, severity="warning")
    return entry.node.value if isinstance(entry.node.value, str) else entry.node.text
