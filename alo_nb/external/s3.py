"""A folder in S3, by way of fsspec: listed, copied here as a whole, written to (ALO's s3handler.py, mended).

ALO keeps only the last folder of an object's path, so that one file takes the place of another. Here an object keeps
its path, its name is checked before it becomes one of this machine, and a copy counts when it is complete.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from alo_nb.errors import SourceError
from alo_nb.external.credentials import ANY, Credentials
from alo_nb.external.names import NameTree, Refused
from alo_nb.external.s3_errors import code_of, told
from alo_nb.files import remove
from alo_nb.plan.redact import redact, shown

CONNECT_S = 5  # to reach the server, once
REACH_S = 20  # for the first answer, with all attempts
READ_S = 30  # for the next bytes of an answer
STUCK_S, PACE = 120, 100_000  # for an upload, and bytes a second of it below which it counts as stuck
ATTEMPTS = 2
AT_ONCE = 8  # objects that are copied side by side
_DEPTH = 64

_ADDRESS = re.compile(r"(?i:s3):/{1,2}(?P<bucket>[A-Za-z0-9][A-Za-z0-9._-]+)(?:/(?P<prefix>.*))?")


@dataclass(frozen=True)
class _Object:
    key: str  # with the bucket
    size: int
    tag: str  # another one for other content


class S3Folder:
    """All objects below ``s3://bucket/prefix/``.

    Parameters
    ----------
    path : str
        The address as the plan has it; the prefix may be empty, which means the whole bucket.
    credentials : Credentials, optional
        Who asks.
    where : str
        The plan's file and line, for messages.
    or_object : bool
        Take an object of this very name, too, as a folder with nothing else in it.

    Raises
    ------
    SourceError
        By every method: the address names no bucket, the extra ``s3`` is not installed, the key is wrong, the bucket
        is missing, S3 does not answer within `REACH_S` seconds, or the name of an object is not safe here.
    """

    def __init__(self, path: str, credentials: Credentials = ANY, *, where: str = "", or_object: bool = False) -> None:
        found = _ADDRESS.fullmatch(path)
        if not found:
            raise SourceError(f"{shown(path, 120)} names no bucket", where=where, do="write s3://bucket/folder/")
        self.bucket, self.prefix = found["bucket"], (found["prefix"] or "").strip("/")
        self.address = f"s3://{self._key()}"
        self.name = PurePosixPath(self.prefix).name or self.bucket
        self._who, self._where, self._or_object = credentials, where or self.address, or_object

    def reach(self) -> None:
        """Make sure that the server answers and has the bucket; every other method does so first."""
        self._filesystem  # noqa: B018  # made once, with a first call

    def files(self) -> Mapping[str, _Object]:
        """Return every object below the prefix by its path from there; marks of empty folders are left out.

        Raises
        ------
        SourceError
            There is none, or one has a name that leads out of a folder or is no name on every system.
        """
        with self._told("read") as filesystem:
            listed = filesystem.find(self._key(), detail=True)
        if self._key() in listed and not self._or_object:
            what, do = f"{self.address} is one object, and a folder is needed", "name the folder that it lies in"
            raise SourceError(what, where=self._where, do=do)
        try:
            found = self._checked(listed)
        except Refused as error:
            what = f"{self.address} is not read: the object {shown(error.member, 200)} {error.reason}"
            raise SourceError(what, where=self._where, do="rename the object, or name another folder") from None
        if not found:
            what, do = f"there are no files in {self.address}", "correct the path, or put files there"
            raise SourceError(what, where=self._where, do=do)
        return found

    def names(self) -> Collection[str]:
        """Return the paths of the files, from the folder."""
        return self.files().keys()

    def copy_to(self, target: Path, names: Collection[str] | None = None) -> None:
        """Copy the files to the folder `target`, only those of `names` if given, when all are here and complete.

        Raises
        ------
        SourceError
            Also when somebody changed the files meanwhile.
        OSError
            This machine's disk is full or read-only.
        """
        wanted = self._wanted(names)
        staged = target.with_name(f".{os.urandom(6).hex()}.{target.name}")
        staged.mkdir(parents=True)
        try:
            self._download(wanted, staged)
            if self._wanted(names) != wanted:
                what, do = f"{self.address} was changed while it was read", "run again when nobody writes there"
                raise SourceError(what, where=self._where, do=do)
            _put_in_place(staged, target, wanted)
        finally:
            remove(staged, within=staged.parent)

    def put(self, file: Path) -> str:
        """Write a file into the folder under its own name, whole or not at all; return its address."""
        key = self._key(file.name)
        with self._told("written", key) as filesystem:
            filesystem.put_file(str(file), key, timeout=STUCK_S + file.stat().st_size / PACE)
        return f"s3://{key}"

    # Parts ----------------------------------------------------------------------------------------------------------

    @cached_property
    def _filesystem(self) -> Any:
        filesystem = self._opened()
        filesystem.retries = ATTEMPTS
        with told(self.address, "reached", self._who, where=self._where):
            try:
                filesystem.call_s3("head_bucket", Bucket=self.bucket, timeout=REACH_S)
            except OSError as error:
                if code_of(error) not in ("400", "403"):  # a key may be good below the prefix; if not, that says why
                    raise
            except ValueError as error:
                what, do = f"{self.address} cannot be reached: {redact(str(error))}", "correct AWS_ENDPOINT_URL"
                raise SourceError(what, where=self._where, do=do) from None
        return filesystem

    def _opened(self) -> Any:
        import fsspec

        try:
            return fsspec.filesystem(
                "s3",
                skip_instance_cache=True,  # a notebook lives long, and keys and files change
                use_listings_cache=False,
                max_concurrency=1,  # one request for one object, so that it is of one version
                config_kwargs={
                    "connect_timeout": CONNECT_S,
                    "read_timeout": READ_S,
                    "retries": {"total_max_attempts": ATTEMPTS},
                },
                **self._who.options(self._where),
            )
        except ImportError as error:
            what = f"{self.address} needs a package that is not installed ({error})"
            raise SourceError(what, where=self._where, do='pip install "alo-nb[s3]"') from error

    @contextmanager
    def _told(self, verb: str, key: str = "") -> Iterator[Any]:
        """Yield the file system; what goes wrong with it is about `key`, or about the folder."""
        filesystem = self._filesystem
        with told(f"s3://{key}" if key else self.address, verb, self._who, where=self._where):
            yield filesystem

    def _key(self, name: str = "") -> str:
        return "/".join(each for each in (self.bucket, self.prefix, name) if each)

    def _wanted(self, names: Collection[str] | None) -> Mapping[str, _Object]:
        found = self.files()
        return found if names is None else {name: found[name] for name in names if name in found}

    def _checked(self, listed: Mapping[str, Mapping[str, Any]]) -> dict[str, _Object]:
        found, tree, root = {}, NameTree(_DEPTH), self._key()
        for key, info in listed.items():
            is_mark = key.endswith("/") and not info["size"]
            name = self.name if key == root else key[len(root) + 1 :].removesuffix("/" if is_mark else "")
            if not name:
                continue  # the mark of the folder itself
            tree.add(name, is_folder=is_mark)
            if not is_mark:
                found[name] = _Object(key, info["size"], info.get("ETag", ""))
        return found

    def _download(self, files: Mapping[str, _Object], folder: Path) -> None:
        """Copy each file to `folder`, `AT_ONCE` side by side; the first failure, or Ctrl-C, stops all of them."""
        stop = threading.Event()

        def fetch(name: str) -> None:
            place, wanted = folder / name, files[name]
            place.parent.mkdir(parents=True, exist_ok=True)
            with self._told("read", wanted.key) as filesystem:
                filesystem.get_file(wanted.key, str(place), callback=_until(stop))
            if place.stat().st_size != wanted.size:
                what, do = f"s3://{wanted.key} did not arrive as a whole", "run again"
                raise SourceError(what, where=self._where, do=do)

        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                for _ in pool.map(fetch, files):
                    pass
            finally:
                stop.set()


def _put_in_place(staged: Path, target: Path, names: Collection[str]) -> None:
    if not target.exists():
        staged.rename(target)
        return
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (staged / name).rename(target / name)


def _until(stop: threading.Event) -> Any:
    """Return what fsspec calls after each piece of a file: it ends the copying when it is to stop."""
    from fsspec.callbacks import Callback

    class Stopper(Callback):  # type: ignore[misc]  # fsspec ships no types
        def relative_update(self, inc: int = 1) -> None:
            if stop.is_set():
                raise InterruptedError

    return Stopper()
