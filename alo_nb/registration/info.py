"""`solution_info`: what a user says about a solution when it is registered, read and checked as ALO 2.6 checks it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alo_nb.errors import PlanReadError, nearest
from alo_nb.plan.model import Place
from alo_nb.plan.reader import decoded, read_bytes
from alo_nb.plan.redact import has_secret, shown
from alo_nb.plan.tags import refuse_tags
from alo_nb.plan.tree import Entry, Findings, Listing, Node, Scalar, Table, describe, is_null, path_of
from alo_nb.plan.yaml_tree import read_tree

FLAGS = ("inference_only", "solution_update", "train_gpu", "inference_gpu", "inference_arm")
REQUIRED = ("solution_name", *FLAGS, "contents_type")
KNOWN = (*REQUIRED, "solution_type", "overview", "detail")
CONTENTS = ("support_labeling", "inference_result_datatype", "train_datatype", "labeling_column_name")
DATATYPES = ("table", "image")
SCOPES = ("private", "public")

MAX_NAME = 100  # bytes; this and what follows: ALO 2.6 solution_register.py
END_OVERVIEW = 500  # characters, and no longer allowed
END_DETAIL = 5000  # bytes of a title or a content, and no longer allowed

_NAME = re.compile(r"[a-zA-Z0-9-]+")
_IMAGE_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PLAN = re.compile(r"\bplan\b")  # what the reader's errors speak of
_ALO_3 = {"type": "solution_type", "update": "solution_update", "train": "train_gpu", "inference": "inference_gpu"}


@dataclass(frozen=True)
class Detail:
    """One paragraph about a solution, with its heading."""

    title: str
    content: str


@dataclass(frozen=True)
class ContentsType:
    """What Edge Conductor shows and trains with again; a data type is ``"table"`` or ``"image"``, empty if wrong."""

    support_labeling: bool = False
    inference_result_datatype: str = ""
    train_datatype: str = ""
    labeling_column_name: str | None = None


@dataclass(frozen=True)
class SolutionInfo:
    """A solution as its user describes it. A value that is wrong stands as its default; `Findings` has the reason.

    `inference_only` is None when it is missing or wrong. `solution_type`, ``"private"`` or ``"public"``, is a key of
    ALO before 2.6 and empty when it is not given.
    """

    name: str = ""
    inference_only: bool | None = None
    solution_update: bool = False
    train_gpu: bool = False
    inference_gpu: bool = False
    inference_arm: bool = False
    solution_type: str = ""
    overview: str = ""
    detail: tuple[Detail, ...] = ()
    contents_type: ContentsType = ContentsType()


def read_info(path: Path, findings: Findings) -> SolutionInfo | None:
    """Return what the YAML file says; what is wrong with it, and where its values stand, goes into `findings`.

    Returns
    -------
    SolutionInfo or None
        None when the file cannot be read; hostile YAML is refused as in a plan.
    """
    try:
        root = read_tree(decoded(read_bytes(path), str(path)), str(path), findings)
    except PlanReadError as error:
        message, do = (_PLAN.sub("solution info", text or "") for text in (error.what, error.do))
        if error.where:
            message = f"{message} ({error.where})"
        findings.problem("INFO_UNREADABLE", message, "", Place(str(path)), do=do)
        return None
    refuse_tags(findings)
    return _Reader(findings).info(root)


@dataclass(frozen=True)
class _Reader:
    findings: Findings

    def info(self, root: Table) -> SolutionInfo:
        found = self.entries(root, "", KNOWN, REQUIRED)
        flags = {key: self.flag(found.get(key), key) for key in FLAGS}
        return SolutionInfo(
            name=self.name(found.get("solution_name")),
            inference_only=flags.pop("inference_only"),
            solution_type=self.choice(found.get("solution_type"), "solution_type", SCOPES),
            overview=self.overview(found.get("overview")),
            detail=self.details(found.get("detail")),
            contents_type=self.contents(found.get("contents_type")),
            **{key: bool(value) for key, value in flags.items()},
        )

    # -- shapes ------------------------------------------------------------------------------------------------------

    def entries(self, table: Table, path: str, known: Sequence[str], required: Sequence[str]) -> dict[str, Entry]:
        """Return the entries by their keys; misspelt and missing ones are told."""
        found: dict[str, Entry] = {}
        for entry in table.entries:
            name = entry.key.value
            if name == "name" and not path:
                name = "solution_name"  # as ALO 3 spells it
            if isinstance(name, str) and name in known:
                found[name] = entry
            else:
                self.unknown(entry, path, known)
        for key in required:
            if key not in found:
                message = f"{path or 'the solution info'} has no `{key}`"
                self.findings.problem(
                    "INFO_MISSING_KEY", message, path_of(path, key), table.place, do=f"add `{key}: ...`"
                )
        return found

    def unknown(self, entry: Entry, path: str, known: Sequence[str]) -> None:
        text, where = entry.key.text, path_of(path, entry.key.text)
        if text in _ALO_3 and not path:
            message, do = f"{text} is a key of ALO 3's solution info, which is not read", f"write `{_ALO_3[text]}`"
        else:
            hint = nearest(text[:100], known)
            message = f"{path or 'a solution info'} has no key {shown(text)}{hint}"
            do = "correct the spelling, or remove the line"
        self.findings.problem("INFO_UNKNOWN_KEY", message, where, entry.key.place, do=do)

    def wrong(self, code: str, message: str, key: str, node: Node, do: str) -> None:
        self.findings.problem(code, message, key, node.place, do=do)

    # -- values ------------------------------------------------------------------------------------------------------

    def flag(self, entry: Entry | None, key: str) -> bool | None:
        if entry is None:
            return None
        self.findings.places[key] = entry.node.place
        if isinstance(entry.node, Scalar) and isinstance(entry.node.value, bool):
            return entry.node.value
        do = "write True or False, without quotes"
        self.wrong("INFO_TYPE", f"{key} is {describe(entry.node)}, not a truth value", key, entry.node, do)
        return None

    def text(self, entry: Entry | None, key: str) -> str:
        """Return a text, empty for nothing; one that holds a secret is refused."""
        if entry is None or is_null(entry.node):
            return ""
        node = entry.node
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            self.wrong("INFO_TYPE", f"{key} is {describe(node)}, not a text", key, node, "write a text, in quotes")
            return ""
        if has_secret(node.value):
            message, do = f"{key} holds a password, a token or a key", "remove it: every user of the solution reads it"
            self.wrong("INFO_SECRET", message, key, node, do)
            return ""
        return node.value

    def choice(self, entry: Entry | None, key: str, choices: Sequence[str]) -> str:
        if entry is None:
            return ""
        node, do = entry.node, f"write {' or '.join(f'`{each}`' for each in choices)}"
        self.findings.places[key] = node.place
        if isinstance(node, Scalar) and node.value in choices:
            return str(node.value)
        hint = nearest(node.text[:100], choices) if isinstance(node, Scalar) and isinstance(node.value, str) else ""
        self.wrong("INFO_CHOICE", f"{key} is {describe(node)}, which is no choice{hint}", key, node, do)
        return ""

    def name(self, entry: Entry | None) -> str:
        key, name = "solution_name", self.text(entry, "solution_name")
        if entry is None:
            return ""
        size, node = len(name.encode()), entry.node
        do = "use lower case letters, digits and `-`, e.g. titanic-solution"
        if not _NAME.fullmatch(name):
            self.wrong("INFO_NAME", f"{describe(node)} cannot be the name of a solution", key, node, do)
        elif size > MAX_NAME:
            self.wrong("INFO_NAME", f"the name is {size} bytes long", key, node, f"write at most {MAX_NAME} bytes")
        elif not _IMAGE_NAME.fullmatch(name):
            message = f"{shown(name)} cannot be part of the name of an image, so its repository cannot be made"
            self.findings.problem("INFO_NAME", message, key, node.place, do=do, severity="warning")
        return name

    def overview(self, entry: Entry | None) -> str:
        text = self.text(entry, "overview")
        if entry is not None and len(text) >= END_OVERVIEW:
            message, do = f"overview is {len(text)} characters long", f"write fewer than {END_OVERVIEW}"
            self.wrong("INFO_LENGTH", message, "overview", entry.node, do)
        return text

    def details(self, entry: Entry | None) -> tuple[Detail, ...]:
        if entry is None or is_null(entry.node):
            return ()
        do = "write a list of `- title: ...` with `content: ...`"
        if not isinstance(entry.node, Listing):
            self.wrong("INFO_TYPE", f"detail is {describe(entry.node)}, not a list", "detail", entry.node, do)
            return ()
        found = []
        for item in entry.node.items:
            if isinstance(item, Table):
                given = self.entries(item, "detail", ("title", "content"), ("title", "content"))
                found.append(Detail(*(self.detail_text(given.get(key), key) for key in ("title", "content"))))
            else:
                self.wrong("INFO_TYPE", f"detail holds {describe(item)}", "detail", item, do)
        return tuple(found)

    def detail_text(self, entry: Entry | None, key: str) -> str:
        path = path_of("detail", key)
        text = self.text(entry, path)
        if entry is not None and (size := len(text.encode())) >= END_DETAIL:
            do = f"write fewer than {END_DETAIL} bytes"
            self.wrong("INFO_LENGTH", f"a {key} of detail is {size} bytes long", path, entry.node, do)
        return text

    def contents(self, entry: Entry | None) -> ContentsType:
        if entry is None:
            return ContentsType()
        path, node = "contents_type", entry.node
        if not isinstance(node, Table):
            do = f"write below it: {', '.join(CONTENTS)}"
            self.wrong("INFO_TYPE", f"{path} is {describe(node)}, not a mapping", path, node, do)
            return ContentsType()
        found = self.entries(node, path, CONTENTS, CONTENTS)
        labels = bool(self.flag(found.get("support_labeling"), path_of(path, "support_labeling")))
        column = self.text(found.get("labeling_column_name"), path_of(path, "labeling_column_name"))
        results, train = (
            self.choice(found.get(key), path_of(path, key), DATATYPES)
            for key in ("inference_result_datatype", "train_datatype")
        )
        if labels and not column and "labeling_column_name" in found:
            message, do = "labels are to be corrected, and no column is named for them", "name the column"
            key, place = path_of(path, "labeling_column_name"), found["labeling_column_name"].key.place
            self.findings.problem("INFO_LABEL", message, key, place, do=do, severity="warning")
        return ContentsType(labels, results, train, column or None)
