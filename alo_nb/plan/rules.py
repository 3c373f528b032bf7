"""Rules for single values: each returns what is wrong with one value, or None. They know no plan and no YAML."""

from __future__ import annotations

import keyword
import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alo_nb.errors import nearest
from alo_nb.plan.keys import RESERVED_MODULES
from alo_nb.plan.policies import POLICIES
from alo_nb.plan.redact import has_secret, redact, shown
from alo_nb.plan.tree import Severity

MAX_LENGTH = 2000


@dataclass(frozen=True)
class Fault:
    """What is wrong with a value, and what to write instead."""

    code: str
    message: str
    do: str
    severity: Severity = "error"


# -- names -----------------------------------------------------------------------------------------------------------

_STEP_NAME = re.compile(r"(?![.-])[A-Za-z0-9가-힣_.-]{1,100}")
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
)
_NAME = re.compile(r"[^\x00-\x1f\x7f/\\<>:\"|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]{1,100}")
_NAME_DO = "use letters, digits, Korean syllables, `_`, `.` or `-`, at most 100, not starting with `.` or `-`"


def valid_step_name(name: str) -> bool:
    """Return whether `name` can name a step, and so a folder and a module on every system.

    After Unicode NFC: 1 to 100 of ``A-Za-z0-9가-힣_.-``, the first no ``.`` or ``-``, the last no ``.``; no name that
    Windows keeps for devices, no ``__init__``. ALO 2.6 joins any text into a path (pipeline.py) and deletes there.
    """
    if not isinstance(name, str):
        return False
    normal = unicodedata.normalize("NFC", name)
    stem = normal.split(".", 1)[0].casefold()
    return bool(_STEP_NAME.fullmatch(normal)) and not normal.endswith(".") and stem not in _RESERVED | {"__init__"}


def step_name(name: str) -> Fault | None:
    """Return what is wrong with a step name."""
    if valid_step_name(name):
        return None
    return Fault("PLAN_STEP_NAME", f"{shown(str(name), 80)} cannot name a step", _NAME_DO)


def plan_name(name: str) -> Fault | None:
    """Return what is wrong with a plan's name: it becomes part of run ids and folder names (ALO 2.6 pipeline.py)."""
    if fault := _no_text("the name", name):
        return fault
    if not name or (_NAME.fullmatch(name) and name.strip(" .") == name):
        return None
    return Fault("PLAN_NAME", f"the name {shown(str(name), 80)} cannot be part of a folder name", _NAME_DO)


# -- control ---------------------------------------------------------------------------------------------------------

CHOICES: Mapping[str, tuple[str, ...]] = {
    "get_asset_source": ("once", "every"),
    "get_external_data": ("once", "every"),
    "interface_mode": ("memory", "file"),
    "save_inference_format": ("tar.gz", "zip"),
}
FLAGS = ("backup_artifacts", "backup_log", "check_resource")


def control(key: str, value: Any) -> Fault | None:
    """Return what is wrong with a value of the control section (ALO 2.6 experimental_plan_format.yaml)."""
    if key in CHOICES and not (isinstance(value, str) and value in CHOICES[key]):
        choices = " or ".join(f"`{each}`" for each in CHOICES[key])
        hint = nearest(str(value), CHOICES[key]) if value is not None else ""
        hint = hint if "did you mean" in hint else ""
        return Fault("PLAN_CHOICE", f"{key} is {_written(value)}, which is no choice{hint}", f"write {choices}")
    if key in FLAGS and not isinstance(value, bool):
        return Fault(
            "PLAN_TYPE", f"{key} is {_written(value)}, not a truth value", "write True or False, without quotes"
        )
    if key == "backup_size" and (isinstance(value, bool) or not isinstance(value, int)):
        return Fault("PLAN_TYPE", f"backup_size is {_written(value)}, not a whole number", "write megabytes, e.g. 1000")
    if key == "backup_size" and value < 1:
        return Fault("PLAN_RANGE", f"backup_size is {value}, and it must be 1 or more", "write megabytes, e.g. 1000")
    return None


def cache_policy(step: str, value: Any) -> Fault | None:
    """Return what is wrong with a step's cache policy."""
    if isinstance(value, str) and value in POLICIES:
        return None
    message = f"the cache policy of {shown(step, 80)} is {_written(value)}, which is no choice"
    hint = nearest(str(value)[:40], POLICIES) if value is not None else ""
    do = f"write {', '.join(f'`{each}`' for each in POLICIES)}"
    return Fault("PLAN_CHOICE", f"{message}{hint if 'did you mean' in hint else ''}", do)


def _written(value: Any) -> str:
    return "empty" if value is None else redact(repr(value))[:60]


def _no_text(what: str, value: object) -> Fault | None:
    """Return the fault of a value that is no text, or one that no rule needs to look at: longer than any real one."""
    if isinstance(value, str):
        if len(value) <= MAX_LENGTH:
            return None
        return Fault("PLAN_VALUE", f"{what} is {len(value)} characters long", f"write at most {MAX_LENGTH} characters")
    return Fault("PLAN_TYPE", f"{what} is {_written(value)}, not a text", "write a text")


# -- where code comes from -------------------------------------------------------------------------------------------

_HOST = r"[A-Za-z0-9\[][A-Za-z0-9.:\[\]-]*"
_GIT_URL = rf"(?:https?|git|ssh)://(?:[A-Za-z0-9_.][A-Za-z0-9_.-]*@)?{_HOST}/(?!-)[^\s\x00-\x1f\\'\"<>`$;|&]+"
_GIT_FILE = r"file:///(?!-)[^\s\x00-\x1f\\'\"<>`$;|&]+"
_GIT_SCP = r"[A-Za-z0-9_.][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:(?!-)[\w~./+-]+"
_GIT_REF = r"[A-Za-z0-9_가-힣][\w./+#@-]{0,199}"
PROTOCOLS_VARIABLE = "ALO_NB_GIT_PROTOCOLS"
DEFAULT_PROTOCOLS = ("https", "ssh")
CODE_DO = "write `local`, `notebook`, a path ending in .ipynb, or https://host/path.git"


def code(value: str) -> Fault | None:
    """Return what is wrong with the `code` of a source.

    ALO 2.6 (pipeline.py) knows ``local`` and http, https and git addresses; ssh ones and notebooks are ours. Anything
    that git could read as an option, a command or a local file is refused.
    """
    if fault := _no_text("code", value):
        return fault
    if value in ("local", "notebook"):
        return None
    if value.startswith("function:"):
        return _function(value.removeprefix("function:"))
    if value.endswith(".ipynb"):
        return _notebook(value)
    if has_secret(value):
        return _secret("the git address", value)
    if _is_git(value):
        return protocol(value.partition("://")[0] if "://" in value else "ssh", value)
    scheme, _, rest = value.partition("://")
    import difflib

    if difflib.get_close_matches(scheme, ("https", "http"), cutoff=0.8) and re.fullmatch(_GIT_URL, f"https://{rest}"):
        # ALO 2.6 accepts the plan and stops when it fetches this step; the other pipeline can run.
        message = f"{shown(value, 120)} has a misspelt scheme; did you mean 'https'? This step cannot be fetched"
        return Fault("PLAN_GIT_URL", message, f"write https://{rest}", "warning")
    hint = nearest(value, ("local", "notebook"))
    hint = hint if "did you mean" in hint else ""
    return Fault("PLAN_GIT_URL", f"{shown(value, 120)} is no place where code can come from{hint}", CODE_DO)


def _is_git(value: str) -> bool:
    """Tell whether a text is an address of a repository, whatever the protocol."""
    return any(re.fullmatch(form, value) for form in (_GIT_URL, _GIT_FILE, _GIT_SCP))


def protocols() -> tuple[str, ...]:
    """Return the protocols by which code may be fetched: those that the user has named, else https and ssh."""
    text = os.environ.get(PROTOCOLS_VARIABLE)
    return DEFAULT_PROTOCOLS if text is None else tuple(each.strip() for each in text.split(",") if each.strip())


def protocol(scheme: str, address: str) -> Fault | None:
    """Return what is wrong with fetching code by this protocol: a run refuses it unless the user allows it.

    ALO takes http and git addresses, so a plan with one is no bad plan; one with a folder of some machine is.
    """
    allowed = protocols()
    if scheme in allowed:
        return None
    message = f"code is not fetched by {scheme}, only by {', '.join(allowed)}: {shown(address, 120)}"
    do = f"use an https address, or set {PROTOCOLS_VARIABLE}={','.join((*allowed, scheme))} if you trust it"
    return Fault("PLAN_GIT_URL", message, do, "error" if scheme == "file" else "warning")


def _function(value: str) -> Fault | None:
    """Return what is wrong with ``module.function``, the `def` of ALO 3 (alo/model.py, `Function.load_module`)."""
    names = value.split(".")
    reserved = [name for name in names if name in RESERVED_MODULES]
    if reserved:
        message = f"{shown(value, 80)} holds {reserved[0]}, which ALO 3 keeps for itself (ALO-INI-007)"
        return Fault("PLAN_RESERVED", message, "give the module another name")
    if len(names) > 1 and all(name.isidentifier() and not keyword.iskeyword(name) for name in names):
        return None
    return Fault("PLAN_FUNCTION", f"{shown(value, 80)} is no module and function", "write `def: module.function`")


def repository(value: str | None) -> Fault | None:
    """Return what is wrong with the address of a git repository."""
    if value is None:
        return None
    fault = code(value)
    if fault is None and not _is_git(value):
        message = f"{shown(value, 120)} is no address of a git repository"
        return Fault("PLAN_GIT_URL", message, "write https://host/path.git")
    return fault


def _notebook(value: str) -> Fault | None:
    if "://" in value or value.startswith(("-", "~")) or re.search(r"[\x00-\x1f]", value):
        message = f"{shown(value, 120)} is no path of a notebook"
        return Fault("PLAN_PATH", message, "write the path of an .ipynb file relative to the plan")
    return None


def _secret(what: str, value: str) -> Fault:
    message = f"{what} holds a user name with a password, or a token: {shown(value, 120)}"
    return Fault(
        "PLAN_SECRET_IN_URL", message, "remove it, change it where it was issued, and let git or pip ask for it"
    )


def branch(value: str | None) -> Fault | None:
    """Return what is wrong with a git branch, tag or commit (git-check-ref-format, and no option)."""
    if value is None:
        return None
    if fault := _no_text("the branch", value):
        return fault
    bad = ("..", "//", "@{", "/.", ".lock/")
    if re.fullmatch(_GIT_REF, value) and not value.endswith(("/", ".", ".lock")) and not any(b in value for b in bad):
        return None
    return Fault("PLAN_GIT_REF", f"{shown(value, 80)} is no branch, tag or commit", "write a branch such as `main`")


# -- requirements ----------------------------------------------------------------------------------------------------

_PACKAGE = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\s*\[[A-Za-z0-9._,\s-]*\])?"
_VERSION = r"(?:===|==|~=|!=|<=|>=|<|>)\s*[A-Za-z0-9.*+!_-]+"
_TERM = r"(?:[a-z_.]+|'[^'\";]*'|\"[^'\";]*\")"
_TEST = rf"\(*\s*{_TERM}\s*(?:===|==|~=|!=|<=|>=|<|>|\bnot\s+in\b|\bin\b)\s*{_TERM}\s*\)*"
_REQUIREMENT = (
    rf"{_PACKAGE}\s*\(?\s*(?:{_VERSION}(?:\s*,\s*{_VERSION})*)?\s*\)?(?:\s*;\s*{_TEST}(?:\s+(?:and|or)\s+{_TEST})*)?"
)
_PLAIN_OPTIONS = frozenset({"--force-reinstall", "--no-deps", "--upgrade", "-U", "--pre", "--no-cache-dir"})
_INDEX_OPTIONS = frozenset({"--index-url", "-i", "--extra-index-url"})
DROPPED_OPTION = "--force-reinstall"  # in an environment that is made for the plan there is nothing to replace
_REQUIREMENT_DO = "write a package with its version, e.g. `pandas==2.2.2`, or `requirements.txt`"


def requirement(line: str) -> Fault | None:
    """Return what is wrong with one requirement.

    A PEP 508 name with versions and marker, or ``requirements.txt`` (the file beside the step's code, ALO 2.6
    install.py). Options that real plans carry are a warning; every other option, address or path is refused.
    """
    if fault := _no_text("a requirement", line):
        return fault
    text = re.sub(r"(^|\s)#.*", "", line).strip()
    words = text.split()
    if not words or text == "requirements.txt":
        return None
    start = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    package, options = " ".join(words[:start]), words[start:]
    found = _package(package) if package else None
    return found or (_options(options, text, bool(package)) if options else None)


def _package(text: str) -> Fault | None:
    if "://" in text and has_secret(text):
        return _secret("the requirement", text)
    if re.fullmatch(_REQUIREMENT, text) and not text.endswith(".txt"):
        return None
    single = re.fullmatch(r"([\w.-]+)\s*=\s*([\w.]+)", text)
    do = f"write {single[1]}=={single[2]}" if single else _REQUIREMENT_DO
    return Fault("PLAN_REQUIREMENT", f"{shown(text, 120)} is no requirement that can be installed from a plan", do)


def _options(words: list[str], line: str, has_package: bool) -> Fault | None:
    rest = iter([part for word in words for part in (word.split("=", 1) if word.startswith("--") else [word])])
    for option in rest:
        if option in _INDEX_OPTIONS:
            address = next(rest, "")
            if has_secret(address):
                return _secret("the package index address", address)
            if re.fullmatch(r"https?://[A-Za-z0-9][^\s@\\'\"]*", address):
                continue
            message, do = f"{option} names {shown(address, 80)}, which is no address", "write https://host/simple"
            return Fault("PLAN_REQUIREMENT", message, do)
        if option not in _PLAIN_OPTIONS:
            message = f"the option {shown(option, 60)} is not allowed in a plan's requirements"
            return Fault("PLAN_REQUIREMENT", message, _REQUIREMENT_DO)
    if has_package and set(words) == {DROPPED_OPTION}:
        do = "remove it: the plan's packages are installed into an environment of their own"
        return Fault("PLAN_REQUIREMENT", f"{DROPPED_OPTION} has no effect: {shown(line, 120)}", do, "warning")
    message = f"the requirement carries options for pip: {shown(line, 120)}"
    do = "keep options in pip's own configuration; a run refuses them without --allow-requirement-options"
    return Fault("PLAN_REQUIREMENT", message, do, "warning" if has_package or words[0] in _INDEX_OPTIONS else "error")


# -- paths -----------------------------------------------------------------------------------------------------------

_OURS = {
    "load_train_data_path": ("input",),
    "load_inference_data_path": ("input",),
    "load_model_path": ("train_artifacts",),
    "save_train_artifacts_path": ("input", "assets", "train_artifacts", "inference_artifacts", "history"),
    "save_inference_artifacts_path": ("input", "assets", "train_artifacts", "inference_artifacts", "history"),
}
_PATH_DO = "write a folder such as ./data/train/, an absolute path, or s3://bucket/folder/"


def path(key: str, value: str) -> Fault | None:
    """Return what is wrong with one external path, by its text alone; nothing is looked at on disk.

    ALO 2.6 (external.py) wipes the folder it copies to, so a source inside it is lost; here it is refused.
    """
    if not value:
        return None
    if fault := _no_text(key, value):
        return fault
    if re.search(r"[\x00-\x1f\x7f]", value):
        return Fault("PLAN_PATH", f"{key} holds an unprintable character: {shown(value, 80)}", _PATH_DO)
    if has_secret(value):
        return _secret(key, value)
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):/", value)
    return _address(key, value, scheme[1].lower()) if scheme else _folder(key, value)


def _address(key: str, value: str, scheme: str) -> Fault | None:
    if scheme == "s3":
        if re.match(r"(?i:s3):/{1,2}[A-Za-z0-9][A-Za-z0-9._-]+(/|$)", value):  # ALO takes one slash for S3 too
            return None
        return Fault("PLAN_PATH", f"{key} names no bucket: {shown(value, 80)}", "write s3://bucket/folder/")
    if scheme in ("file", "http", "https", "ftp"):
        return Fault("PLAN_PATH", f"{key} is {shown(value, 80)}; data is not read from {scheme} addresses", _PATH_DO)
    return Fault("PLAN_PATH", f"{key} is a {scheme} address, which ALO cannot read", _PATH_DO, "warning")


def _folder(key: str, value: str) -> Fault | None:
    if value.startswith("~"):
        return Fault("PLAN_PATH", f"{key} starts with `~`, which means another folder on each machine", _PATH_DO)
    if value.startswith(("/", "\\")) or re.match(r"[A-Za-z]:[\\/]", value):
        return None
    parts = [part for part in re.split(r"[/\\]+", value) if part not in ("", ".")]
    if not parts:
        return Fault("PLAN_PATH", f"{key} is the project folder itself: {shown(value)}", _PATH_DO)
    if parts[0] in (*_OURS.get(key, ()), ".alo"):
        message = f"{key} lies in {parts[0]}/, which a run fills itself: {shown(value, 80)}"
        return Fault("PLAN_PATH", message, "name a folder that runs do not write to")
    if parts[:2] == ["..", ".."]:
        message = f"{key} climbs more than one folder out of the project: {shown(value, 80)}"
        return Fault("PLAN_PATH", message, "write an absolute path, so that it means the same everywhere", "warning")
    return None
