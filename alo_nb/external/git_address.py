"""The address that code is fetched from: which ones are allowed, and the login that must not be seen."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from alo_nb.errors import SourceError
from alo_nb.plan.redact import has_secret, shown
from alo_nb.plan.rules import DEFAULT_PROTOCOLS, PROTOCOLS_VARIABLE, branch, protocol, protocols

_KNOWN_PROTOCOLS = (*DEFAULT_PROTOCOLS, "http", "git", "file")  # never ext and fd, which run commands

_URL = re.compile(
    r"(?P<scheme>https?|ssh|git|file)://(?:(?P<user>[^\s/]*)@)?(?P<host>[A-Za-z0-9\[][A-Za-z0-9.:\[\]-]*)?"
    r"(?P<path>/(?!-)[^\s\x00-\x1f\x7f\\'\"<>`$;|&?#]+)"
)
_SCP = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:(?!-)[\w~./+-]+")
_LOGIN = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]{0,18}")  # longer ones are tokens, see `redact`


@dataclass(frozen=True)
class Address:
    """An allowed address. `url` goes to git and has no secret in it; `secrets` are masked in whatever git says."""

    url: str
    ref: str | None
    protocols: tuple[str, ...]
    shown: str
    header: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def read_address(url: str, ref: str | None, where: str) -> Address:
    """Return what git is told to fetch, with a login in an https address taken out of it.

    Raises
    ------
    SourceError
        The address or the ref is of no allowed form or protocol, or holds a secret where git would keep it.
    """
    allowed = _protocols()
    if fault := branch(ref):
        raise SourceError(fault.message, where=where, do=fault.do)
    found = _URL.fullmatch(url)
    scheme = found["scheme"] if found else "ssh"
    if not (_is_address(found) if found else _SCP.fullmatch(url)):
        masked = re.sub(r"(?s)[?#].*", "?***", re.sub(r"(?s)^([^@]*?://)?.*@", r"\1***@", url))
        raise SourceError(f"{shown(masked, 120)} is no address that code is fetched from", where=where, do=_ADDRESS_DO)
    if fault := protocol(scheme, _without_user(url)):
        raise SourceError(fault.message, where=where, do=fault.do)
    clean, user = (url, "") if found is None else (_without_user(url), found["user"] or "")
    if has_secret(clean):
        raise SourceError(f"the path of the git address holds a token: {shown(clean, 120)}", where=where, do=_SECRET_DO)
    if not user or (_LOGIN.fullmatch(user) and not has_secret(user)):
        return Address(url, ref, allowed, url)
    if scheme not in ("https", "http"):
        raise SourceError(f"the {scheme} address holds a password: {shown(clean, 120)}", where=where, do=_SECRET_DO)
    name, _, password = user.partition(":")
    basic = base64.b64encode(f"{unquote(name)}:{unquote(password)}".encode()).decode()
    secrets = tuple(each for each in (basic, user, password or name, unquote(password or name)) if each)
    masked = clean.replace("://", "://***@", 1)
    return Address(clean, ref, allowed, masked, f"Authorization: Basic {basic}", secrets)


def _is_address(found: re.Match[str]) -> bool:
    user, host = found["user"], found["host"] or ""
    if found["scheme"] == "file":
        return not user and not host
    return bool(host) and not (":" in host and "@" in found["path"])  # a password with a slash in it looks like that


_ADDRESS_DO = "write https://host/path.git or git@host:path.git"
_SECRET_DO = "remove it, change it where it was issued, and let git's own credential helper or an ssh key do the login"


def _without_user(url: str) -> str:
    return re.sub(r"://[^/]*@", "://", url, count=1)


def _protocols() -> tuple[str, ...]:
    named = protocols()
    for each in named:
        if each not in _KNOWN_PROTOCOLS:
            raise SourceError(
                f"{PROTOCOLS_VARIABLE} names {shown(each)}, by which code is never fetched",
                do=f"name some of {', '.join(_KNOWN_PROTOCOLS)}",
            )
    return named
