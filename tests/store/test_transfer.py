from __future__ import annotations

import io
import json
import os
import pickle
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alo_nb.errors import StoreError
from alo_nb.store.artifact import Artifact
from alo_nb.store.logging import log_version
from alo_nb.store.store import Store
from alo_nb.store.transfer import export_artifact, import_artifact

PARTS = st.text(st.characters(blacklist_characters="/\0\\", blacklist_categories=("Cc",)), min_size=1, max_size=6)
PATHS = st.lists(PARTS.filter(lambda part: part not in (".", "..") and ":" not in part), min_size=1, max_size=3)


@pytest.fixture
def other():
    with Store.in_memory() as store:
        yield store


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(PATHS.map("/".join), st.binary(max_size=40), max_size=6))
def test_an_exported_artifact_comes_in_elsewhere_with_the_same_digest(tmp_path_factory, contents):
    with Store.in_memory() as store, Store.in_memory() as other:
        artifact = Artifact("raw", "dataset", "what it is", {"n": [1, None]}, store=store)
        artifact.tags = ["x"]
        for path, content in contents.items():
            try:
                artifact._open().add_bytes(content, path)
            except StoreError:  # a file and a folder of one name, or one name in two spellings
                continue
        log_version(artifact)
        path = export_artifact(artifact, tmp_path_factory.mktemp("out") / "raw.tar")
        found = import_artifact(other, path)
        assert (found.digest, found.size, found.file_count) == (artifact.digest, artifact.size, artifact.file_count)
        assert (found.name, found.type, found.description, found.metadata, found.tags) == (
            *("raw:v0", "dataset", "what it is"),
            *({"n": [1, None]}, ["x"]),
        )


def test_references_and_large_files_come_along(log, other, store, tmp_path):
    artifact = Artifact("raw", "dataset", store=store)
    artifact.add_reference("s3://bucket/key", "there")
    with artifact.new_file("big", "wb") as file:
        file.write(os.urandom(3_000_000))
    log_version(artifact)
    found = import_artifact(other, export_artifact(artifact, tmp_path / "raw.tar"))
    assert found.get_entry("there").ref_target() == "s3://bucket/key"
    assert found.digest == artifact.digest
    assert found.logged_by() is None


def test_equal_content_is_not_imported_twice(log, other, tmp_path):
    path = export_artifact(log(), tmp_path / "raw.tar")
    assert [import_artifact(other, path).version for _ in range(2)] == ["v0", "v0"]


def test_the_tar_is_plain_and_begins_with_what_it_holds(log, tmp_path):
    path = export_artifact(log(files={"한글/a.txt": b"1"}, aliases=["best"]), tmp_path / "raw.tar")
    with tarfile.open(path, "r:") as tar:
        assert tar.getnames() == ["artifact.json", "files/한글/a.txt"]
        about = json.load(tar.extractfile("artifact.json"))
    assert (about["format"], about["name"], about["version"]) == (1, "raw", "v0")
    assert about["files"][0]["path"] == "한글/a.txt"


def test_equal_artifacts_are_exported_to_equal_bytes(log, tmp_path):
    artifact = log()
    one, two = (export_artifact(artifact, tmp_path / name).read_bytes() for name in ("a.tar", "b.tar"))
    assert one == two


def test_an_export_that_fails_leaves_the_older_one(log, store, tmp_path):
    artifact = log(files={"a": b"1" * 100_000})
    path = export_artifact(artifact, tmp_path / "raw.tar")
    before = path.read_bytes()
    place = store.objects.path(artifact.get_entry("a").digest)
    place.chmod(0o644)
    place.write_bytes(b"2" * 100_000)
    with pytest.raises(StoreError, match="was changed on disk"):
        export_artifact(artifact, path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".tar" or each.name[0] == "."] == ["raw.tar"]


class Tripwire:
    def __reduce__(self):
        return (os.mkdir, ("fired",))


def test_importing_a_pickle_runs_nothing(log, other, tmp_path, monkeypatch):
    path = export_artifact(log(files={"model.pkl": pickle.dumps(Tripwire())}), tmp_path / "raw.tar")
    monkeypatch.chdir(tmp_path)
    import_artifact(other, path).download(tmp_path / "out")
    assert not (tmp_path / "fired").exists()


# -- tars that somebody has tampered with ----------------------------------------------------------------------------


def member(name, content=b"", **about):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in about.items():
        setattr(info, key, value)
    return info, content


def rewritten(path, change):
    """Write the members of a tar again, after `change` has had them as a list."""
    with tarfile.open(path, "r:") as tar:
        members = [(each, tar.extractfile(each).read()) for each in tar]
    target = path.with_name("changed.tar")
    with tarfile.open(target, "w") as tar:
        for info, content in change(members):
            tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return target


def manifest(**changes):
    def change(members):
        about = {**json.loads(members[0][1]), **changes}
        return [member("artifact.json", json.dumps(about).encode()), *members[1:]]

    return change


def files(*rows):
    return manifest(files=[dict(row) for row in rows])


A = {"path": "a.txt", "size": 1, "digest": "b3:" + "0" * 64}
LINK = {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}
TAMPERED = {
    "no manifest": lambda m: m[1:],
    "manifest not first": lambda m: m[::-1],
    "manifest is a link": lambda m: [member("artifact.json", **LINK), *m[1:]],
    "manifest is no json": lambda m: [member("artifact.json", b"{"), *m[1:]],
    "manifest is a list": lambda m: [member("artifact.json", b"[]"), *m[1:]],
    "newer format": manifest(format=2),
    "name with a path": manifest(name="../x"),
    "name is a number": manifest(name=3),
    "another digest": manifest(digest="b3:" + "0" * 64),
    "metadata is a number": manifest(metadata=3),
    "path leads out": files({**A, "path": "../a.txt"}),
    "path is absolute": files({**A, "path": "/a.txt"}),
    "path twice": files(A, A),
    "size below zero": files({**A, "size": -1}),
    "digest is none": files({**A, "digest": "md5:00"}),
    "one more file is promised": manifest(files=[A, {**A, "path": "b.txt"}]),
    "a file is missing": lambda m: m[:1],
    "a file is twice": lambda m: [*m, m[1]],
    "one more file": lambda m: [*m, member("files/b.txt", b"2")],
    "a file outside": lambda m: [*m, member("../evil", b"2")],
    "an absolute file": lambda m: [*m, member("/evil", b"2")],
    "a link": lambda m: [m[0], member("files/a.txt", **LINK)],
    "a hard link": lambda m: [m[0], member("files/a.txt", type=tarfile.LNKTYPE, linkname="artifact.json")],
    "a device": lambda m: [m[0], member("files/a.txt", type=tarfile.CHRTYPE)],
    "a pipe": lambda m: [m[0], member("files/a.txt", type=tarfile.FIFOTYPE)],
    "a folder": lambda m: [m[0], member("files/a.txt", type=tarfile.DIRTYPE)],
    "another content": lambda m: [m[0], member("files/a.txt", b"2")],
    "another size": lambda m: [m[0], member("files/a.txt", b"22")],
    "a file and a folder of one name": manifest(files=[A, {**A, "path": "a.txt/b", "uri": "s3://x", "digest": ""}]),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_a_tar_that_was_tampered_with_is_refused_whole(log, other, tmp_path, change):
    path = rewritten(export_artifact(log(), tmp_path / "raw.tar"), change)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StoreError):
        import_artifact(other, path)
    assert other.index.artifacts() == []
    assert other.journal.last() == 0
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("content", [b"", b"no tar", b"\0" * 1024, b"\x1f\x8b" + b"\0" * 600])
def test_what_is_no_tar_is_refused_in_words(other, tmp_path, content):
    (tmp_path / "x.tar").write_bytes(content)
    with pytest.raises(StoreError, match="is no exported artifact, or is damaged"):
        import_artifact(other, tmp_path / "x.tar")


def test_a_missing_tar_is_named(other, tmp_path):
    with pytest.raises(StoreError, match=r"'x\.tar' cannot be imported: No such file"):
        import_artifact(other, tmp_path / "x.tar")


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_to_a_tar_is_refused_or_does_no_harm(log, tmp_path_factory, data):
    content = bytearray(_exported(log, tmp_path_factory))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(content)))
    path = tmp_path_factory.mktemp("in") / "x.tar"
    path.write_bytes(content[:end])
    with Store.in_memory() as other:
        try:
            found = import_artifact(other, path)
        except StoreError:
            assert other.index.artifacts() == []
        else:
            assert found.digest == json.loads(_MANIFEST[0])["digest"]


_MANIFEST: list[bytes] = []
_EXPORTED: list[bytes] = []


def _exported(log, tmp_path_factory):
    if not _EXPORTED:
        path = export_artifact(log(), Path(tmp_path_factory.mktemp("once")) / "raw.tar")
        _EXPORTED.append(path.read_bytes())
        with tarfile.open(path, "r:") as tar:
            _MANIFEST.append(tar.extractfile("artifact.json").read())
    return _EXPORTED[0]
