"""Where ALO 3 finds and leaves files: a text, a mapping that says the same in parts, or a list of both."""

from __future__ import annotations

import re

from alo_nb.plan.keys import STORED
from alo_nb.plan.sections import MAX_ITEMS, read_section
from alo_nb.plan.tree import Entry, Findings, Listing, Node, Scalar, Table, describe, is_null, path_of, plain


def read_uris(entry: Entry, path: str, findings: Findings) -> tuple[str, ...]:
    """Return the folders, files and addresses that a ``…_uri`` names."""
    if is_null(entry.node):
        message, do = f"{path} is empty, which ALO 3 refuses; there is none", "remove the line"
        findings.problem("PLAN_TYPE", message, path, entry.key.place, do=do, severity="warning")
        return ()
    items = entry.node.items if isinstance(entry.node, Listing) else (entry.node,)
    if len(items) > MAX_ITEMS:
        message, do = f"{path} is a list of {len(items)}; the first {MAX_ITEMS} are read", f"write at most {MAX_ITEMS}"
        findings.problem("PLAN_VALUE", message, path, entry.node.place, do=do)
        items = items[:MAX_ITEMS]
    found = [_uri(each, path, findings) for each in items]
    for uri, node in zip(found, items, strict=True):
        if uri:
            findings.places[path_of(path, uri)] = node.place
    return tuple(each for each in found if each)


def _uri(node: Node, path: str, findings: Findings) -> str | None:
    if isinstance(node, Table):
        return _in_parts(node, path, findings)
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        do = "write a path, or s3://bucket/folder/"
        findings.problem("PLAN_TYPE", f"{path} holds {describe(node)}, which is no text", path, node.place, do=do)
        return None
    if not node.tag and re.search(r"\$\{\w+\}", node.value):
        message = f"{path} holds {describe(node)}, which is not replaced without !Env"
        do = "write `!Env` before it, or fill in the template"
        findings.problem("PLAN_ENV", message, path, node.place, do=do, severity="warning")
    return node.value


def _in_parts(node: Table, path: str, findings: Findings) -> str | None:
    """Return ``{path: …}`` or ``{bucket: …, key: …}`` as one text (LocalFile, S3File of ALO 3's model.py)."""
    found = read_section(node, path, STORED, findings, whole=True)
    for key, why in (("credential", "name the profile in solution > credential"), ("config", "it has no effect")):
        if key in found and plain(found[key].node):
            message, place = f"{key} of a single file is not read: {why}", found[key].key.place
            where = path_of(path, key)
            findings.problem("PLAN_UNSUPPORTED", message, where, place, do="remove it", severity="warning")
    compress = found.get("compress")
    if compress is not None and plain(compress.node) is not True:
        message, do = "compress is not read: results are always packed", "remove it"
        findings.problem("PLAN_UNSUPPORTED", message, path, compress.key.place, do=do, severity="warning")
    values = {key: plain(found[key].node) for key in ("path", "bucket", "key") if key in found}
    if isinstance(values.get("path"), str):
        return str(values["path"])
    if isinstance(values.get("bucket"), str) and isinstance(values.get("key"), str):
        return f"s3://{values['bucket']}/{values['key']}"
    message, do = f"{path} names no file", "write `path:`, or `bucket:` and `key:`"
    findings.problem("PLAN_MISSING_KEY", message, path, node.place, do=do)
    return None
