"""What S3 and the way to it answer, in the words of this project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from alo_nb.errors import SourceError, nearest
from alo_nb.external.credentials import Credentials
from alo_nb.plan.redact import redact

_LOGIN = ("the login has run out", "log in again, e.g. with `aws sso login`")
_RIGHTS = ("{who} may not do that", "ask the owner of the bucket for the right to list, read or write there")
_REGION = ("the bucket lies in another region", "name its region in the profile, or in AWS_DEFAULT_REGION")
_SILENT = ("{endpoint} does not answer", "check the network, the proxy and AWS_ENDPOINT_URL")
_NO_KEY = ("no key for S3 was found", "set `aws_key_profile` in the plan, or the AWS_... variables")

# By the code of S3's answer, or by the name of an exception of botocore, aiohttp or Python.
_REASONS = {
    **dict.fromkeys(("NoSuchBucket", "404"), ("there is no bucket {bucket!r}", "correct its name, or have it made")),
    "NoSuchKey": ("an object is gone since it was listed", "run again when nobody writes there"),
    "InvalidAccessKeyId": ("the access key is not known there", "check {who}"),
    "SignatureDoesNotMatch": ("the secret key is not the one of the access key", "check {who}"),
    "ProfileNotFound": ("there is no such profile in ~/.aws{hint}", "correct `aws_key_profile`, or add the profile"),
    "SSLError": (
        "the certificate of {endpoint} is not trusted",
        "name your own authority's file in AWS_CA_BUNDLE",
    ),
    **dict.fromkeys(("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"), _NO_KEY),
    **dict.fromkeys(("ExpiredToken", "InvalidToken", "TokenRefreshRequired"), _LOGIN),
    **dict.fromkeys(("UnauthorizedSSOTokenError", "SSOTokenLoadError", "TokenRetrievalError"), _LOGIN),
    **dict.fromkeys(("AccessDenied", "AllAccessDisabled", "403"), _RIGHTS),
    **dict.fromkeys(("PermanentRedirect", "AuthorizationHeaderMalformed", "301"), _REGION),
    **dict.fromkeys(("ConnectionError", "ConnectionClosedError", "ClientConnectionError"), _SILENT),
    **dict.fromkeys(("ReadTimeoutError", "TimeoutError"), _SILENT),
}


@contextmanager
def told(address: str, verb: str, who: Credentials, *, where: str) -> Iterator[None]:
    """Turn a refusal or silence of S3 into a `SourceError`; an `OSError` of this machine passes through.

    Parameters
    ----------
    address : str
        The bucket and key it is about, ``s3://bucket/key``.
    verb : str
        What was tried: ``"read"`` or ``"written"``.
    """
    from aiohttp import ClientError as ConnectionFailure
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, ConnectionFailure, TimeoutError) as error:
        raise _error(error, address, verb, who, where) from None  # its own text may hold an address with a login
    except OSError as error:
        if not isinstance(error.__cause__, ClientError):
            raise
        raise _error(error, address, verb, who, where) from None


def code_of(error: BaseException | None) -> str:
    """Return the code of S3's answer that s3fs made `error` of, or that it is; empty when S3 did not answer."""
    answer = getattr(error, "response", None) or getattr(getattr(error, "__cause__", None), "response", None) or {}
    return str(answer.get("Error", {}).get("Code", ""))


def _error(error: Exception, address: str, verb: str, who: Credentials, where: str) -> SourceError:
    code = code_of(error)
    names = [code] if code else [each.__name__ for each in type(error).__mro__]
    said = f"S3 answers {code}" if code else redact(" ".join(str(error).split()))[:200] or type(error).__name__
    what, do = next((_REASONS[each] for each in names if each in _REASONS), (said, "look it up, or try again"))
    known = {
        "bucket": urlsplit(address).netloc,
        "who": str(who),
        "endpoint": _endpoint(error),
        "hint": nearest(who.profile or "", _profiles()) if names[0] == "ProfileNotFound" else "",
    }
    what, do = (each if each == said else each.format(**known) for each in (what, do))
    return SourceError(f"{address} cannot be {verb}: {what}", where=where or address, do=do)


def _endpoint(error: Exception) -> str:
    """Return the server that was asked, as far as botocore tells it."""
    url = urlsplit(str(getattr(error, "kwargs", {}).get("endpoint_url", "")))
    return redact(f"{url.scheme}://{url.netloc}") if url.netloc else "S3"


def _profiles() -> list[str]:
    from botocore.session import Session

    return list(Session().available_profiles)
