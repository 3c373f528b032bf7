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
    r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|glpat-[A-Za-z0-9_-]{16,})"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{0,9999}-----END [A-Z ]{0,30}PRIVATE KEY-----"
)
_LOGIN = re.compile(r"[A-Za-z0-9_.-]{1,19}")
_SECRET_NAME = (
    r"(?:[a-z0-9_-]{0,40}[_-])?(?:password|passwd|secret|api[_-]?key|access[_-]?key(?:[_-]id)?|private[_-]key)"
    r"|(?:access|auth|git|github|gitlab)[_-]token|token"
)
_SECRET_KEY = re.compile(_SECRET_NAME, re.IGNORECASE)
_SECRET_ENTRY = re.compile(
    rf"(?P<key>(?:^|[\s{{,])[\"']?(?:{_SECRET_NAME})[\"']?[ \t]{{0,9}}:[ \t]{{1,9}})"
    r"(?:\"[^\"\n]{0,999}\"|'[^'\n]{0,999}'|[^\s!#{\[|>,}][^,}\n]{0,999})",
    re.IGNORECASE | re.MULTILINE,
)


def redact(text: str) -> str:
    """Return `text` with credentials in addresses masked, ``https://***@host/x``, and known forms of keys too.

    A short user name without a password (``ssh://git@host``) is a login, not a secret, and stays.
    """
    if "@" in text:
        text = _USERINFO.sub(_masked, text)
    return _KEY.sub("***", text)


def redact_yaml(text: str) -> str:
    """Return the text of a plan as it may be kept elsewhere: credentials masked, and values of keys named for them."""
    return redact(_SECRET_ENTRY.sub(r"\g<key>'***'", text))


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

    A text below a key that is named for a secret, e.g. ``password``, is masked whole.
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
    """Return whether `value` is a text below a key that is named for a secret; ``max_tokens`` is not."""
    return isinstance(key, str) and isinstance(value, str) and value != "" and _SECRET_KEY.fullmatch(key) is not None


def _json_key(key: Any) -> Any:
    if isinstance(key, str):
        return redact(key)
    return key if isinstance(key, (int, float)) or key is None else str(key)
