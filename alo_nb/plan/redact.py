"""Masking of credentials in anything that is shown."""

from __future__ import annotations

import re
from typing import Any

# Userinfo ends at the first slash; a password with a slash in it is no valid address, but it is a password.
# Every repetition is bounded, so that a long hostile text costs no more than its length.
_USERINFO = re.compile(
    r"(?P<before>://)(?P<user>[^\s/@'\"?#:]{1,100}:(?!\d+/)[^\s'\"]{0,200}|[^\s/@'\"?#:]{1,200})@"
    r"|(?P<start>^|[\s'\"=])(?P<pair>[^\s/\\@:'\"=]{1,100}:[^\s/\\@'\"]{1,200})@"
)
_KEY = re.compile(
    r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}"
    r"|sk-[A-Za-z0-9_-]{20,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|hf_[A-Za-z0-9]{30,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{0,9999}-----END [A-Z ]{0,30}PRIVATE KEY-----"
)
_LOGIN = re.compile(r"[A-Za-z0-9_.-]{1,19}")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MAX_NAME = 100
_SECRET_NAME = re.compile(
    r"(?:.*[_\d])?(?:pwd|pw|secrets?|credentials?|authorization)"
    r"|.*(?:password|passwd|passphrase)s?"
    r"|.*(?:api|access|private|secret|auth|account|encryption|signing|ssh)_?keys?(?:_id)?"
    r"|(?:(?:db|database|user|login|admin|root|smtp|mail|email|ftp|ssh|sql|proxy|http|key|keystore)_?)?pass"
    r"|(?:access|auth|api|bearer)_?tokens?"
    r"|(?P<before>.*_)?token"
)
# What stands before `token` in the settings of language models, where it is a word or a number and opens nothing.
_WORD_TOKEN = re.compile(
    r"(?:.*_)?(?:pad|padding|eos|bos|unk|unknown|mask|sep|cls|oov|stop|start|begin|end|special|prefix|suffix|image"
    r"|video|audio|max|min|num|n|per|each|next|first|last|new|sub|word|text)_"
)
_ENTRY = re.compile(
    r"(?P<before>(?:^|[\s{\[,#?])(?:\? )?[\"']?)(?P<name>[\w.-]{1,100})(?P<colon>[\"']?[ \t]{0,9}:)(?=[\s\"'\[{]|$)"
)
# In files of settings and of code, ``export NAME=value`` and ``name = value``, too; a colon needs no space behind it.
_SETTING = re.compile(r"(?<![\w.-])(?P<name>[\w.-]{1,100})[\"'\]]{0,2}[ \t]{0,9}[:=]")
_OPEN_KEY = re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----.*", re.DOTALL)
_NO_SECRET = re.compile(r"\s*(?:#.*|~|null|true|false|yes|no|on|off|[-+]?\d{1,3}|\"\"|'')?\s*", re.IGNORECASE)
MIN_DIGITS = 4  # a number of fewer below such a name counts something


def redact(text: str) -> str:
    """Return `text` with credentials in addresses masked, ``https://***@host/x``, and known forms of keys too.

    A short user name without a password (``ssh://git@host``) is a login, not a secret, and stays.
    """
    if "@" in text:
        text = _USERINFO.sub(_masked, text)
    return _KEY.sub("***", text)


def redact_lines(text: str, entry: re.Pattern[str] = _ENTRY) -> str:
    """Return text that looks like YAML with credentials masked, and all that stands behind a name of a secret.

    It knows lines only, and so masks rather too much: the rest of the line, and the lines below that stand deeper.
    `alo_nb.plan.masking.masked_plan_text` is for text that can be read as YAML.

    Parameters
    ----------
    text : str
    entry : re.Pattern
        Finds each ``name`` and what stands between it and its value.
    """
    lines: list[str] = []
    outer: int | None = None
    for line in text.splitlines(keepends=True):
        depth = len(line) - len(line.lstrip(" \t"))
        if outer is not None and (depth > outer or (depth == outer and line.lstrip()[:2] == "- ") or not line.strip()):
            continue
        masked, is_open = _masked_line(line, entry)
        outer = depth if is_open else None
        lines.append(masked)
    return redact("".join(lines))


def redact_file(text: str) -> str:
    """Return the beginning of a file of any kind, masked as `redact_lines` does and behind ``NAME=``, too.

    A private key of which the end is not there is masked to the end of the text.
    """
    return _OPEN_KEY.sub("***", redact_lines(text, _SETTING))


def redact_comments(text: str) -> str:
    """Return comments with credentials masked, and what stands behind a name of a secret in each of their lines."""
    return redact("".join(_masked_line(line)[0] for line in text.splitlines(keepends=True)))


def _masked_line(line: str, entry: re.Pattern[str] = _ENTRY) -> tuple[str, bool]:
    """Return a line without the value of a secret, and whether the value may go on in the next one."""
    body = line.rstrip("\r\n")
    for match in entry.finditer(body):
        rest = body[match.end() :]
        if not is_secret_name(match["name"]):
            continue
        if not rest.strip():
            return line, True
        if not _NO_SECRET.fullmatch(rest):
            return f"{body[: match.end()]} '***'{line[len(body) :]}", True
    return line, False


def _masked(match: re.Match[str]) -> str:
    user = match["user"]
    if user is not None and _LOGIN.fullmatch(user):
        return match.group()
    return f"{match['before'] or match['start'] or ''}***@"


def has_secret(text: str) -> bool:
    """Return whether `text` carries a password, a token or a key that `redact` would mask."""
    return redact(text) != text


def shown(text: str, limit: int = 60) -> str:
    """Return `text` in quotes for a message: masked first, then cut; invisible characters are spelled out."""
    masked = redact(text)
    quoted = repr(masked[:limit])
    return quoted if masked[:limit].isprintable() else ascii(masked[:limit])


def redact_all(value: Any) -> Any:
    """Return `value` with every text in it masked, and mapping keys that JSON cannot hold turned into text.

    What stands below a key that is named for a secret, e.g. ``password``, is masked whole.
    """
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {_json_key(key): redact_named(key, each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact_all(each) for each in value]
    return value


def redact_named(key: Any, value: Any) -> Any:
    """Return `value` as `redact_all` shows it below `key`."""
    return "***" if is_secret(key, value) else redact_all(value)


def is_secret(key: Any, value: Any) -> bool:
    """Return whether `value` is one to be masked: a text, a long number or a collection below a name of a secret."""
    return _is_worth_masking(value) and isinstance(key, str) and is_secret_name(key)


def is_secret_name(name: str) -> bool:
    """Return whether a key of this name holds a password, a token or a key: ``dbPassword``; ``max_tokens`` does not."""
    if len(name) > _MAX_NAME:
        return False
    found = _SECRET_NAME.fullmatch(re.sub(r"[^\w]", "_", _HUMP.sub("_", name)).lower())
    return found is not None and not _WORD_TOKEN.fullmatch(found["before"] or "")


def _is_worth_masking(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, (int, float)):
        return sum(each.isdigit() for each in repr(value)) >= MIN_DIGITS
    return isinstance(value, (str, dict, list, tuple)) and len(value) > 0


def _json_key(key: Any) -> Any:
    if isinstance(key, str):
        return redact(key)
    return key if isinstance(key, (int, float)) or key is None else str(key)
