"""The key of a project: no digest in a trace can be found by trying passwords."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from alo_nb.cache.key import key_of
from alo_nb.cache.texts import digest_of_text
from alo_nb.handover.codec import encode
from alo_nb.project import Project

SECRETS = {"password": "hunter2", "token": "${TOKEN}", "keys": {"api_key": "k-1"}}
STEP = {"first": "import os\nnew = {'x': len(asset.load_args()['password'] + os.environ['MY_PASSWORD'])}"}


@pytest.fixture
def ran(bench, monkeypatch):
    """A step with secrets in its arguments and in an environment variable, that has run."""
    monkeypatch.setenv("MY_PASSWORD", "hunter3")
    bench.write(STEP, args={"first": SECRETS})
    assert bench.ran() == ["first"]
    return bench


def test_the_digest_of_a_secret_cannot_be_found_by_trying(ran):
    (path,) = ran.traces("first")
    written = path.read_text(encoding="utf-8")
    assert {*json.loads(written)["args"]} >= {*SECRETS}
    for guess in (*SECRETS.values(), "hunter3"):
        for text in (guess, repr(guess)):
            assert digest_of_text(str(text)) not in written
        assert encode(guess).digest not in written
    key = key_of(ran.project)
    assert digest_of_text(repr("hunter2"), key) in written
    assert digest_of_text("hunter3", key) in written


def test_equal_secrets_have_other_digests_in_another_project(tmp_path):
    projects = [Project(tmp_path / name) for name in "ab"]
    for each in projects:
        each.own.mkdir(parents=True)
    first, second = map(key_of, projects)
    assert first != second
    assert digest_of_text("hunter2", first) != digest_of_text("hunter2", second)


def test_the_key_is_made_once_and_for_its_owner_only(ran):
    path = ran.project.own / "cache" / "key"
    key = path.read_bytes()
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert ran.ran() == []
    assert path.read_bytes() == key == key_of(ran.project)


@pytest.mark.parametrize("content", [None, b"", b"short"])
def test_without_the_key_everything_that_it_is_for_runs_again(ran, content):
    path = ran.project.own / "cache" / "key"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert ran.ran() == ["first"]
    assert ran.causes("first") == [("key", "the key of the cache is another one")]
    assert (len(path.read_bytes()), ran.ran()) == (32, [])


def test_looking_at_a_project_that_never_ran_leaves_nothing_in_it(tmp_path):
    assert len(key_of(Project(tmp_path))) == 32
    assert not any(tmp_path.iterdir())


def test_the_cache_may_still_be_deleted(ran):
    shutil.rmtree(ran.project.own / "cache")
    assert ran.ran() == ["first"]
    assert ran.causes("first") == [("never run", "never run")]


def test_changing_a_secret_runs_the_step_again(ran, monkeypatch):
    monkeypatch.setitem(os.environ, "MY_PASSWORD", "hunter4")
    assert ran.ran() == ["first"]
    assert ran.causes("first") == [("environment", "environment variable MY_PASSWORD changed")]


def test_what_can_be_seen_to_have_changed_is_said_without_the_key_too(ran, monkeypatch):
    (ran.project.own / "cache" / "key").unlink()
    monkeypatch.delenv("MY_PASSWORD")
    ran.write({"first": STEP["first"].replace("os.environ['MY_PASSWORD']", "os.environ.get('MY_PASSWORD', '')")})
    assert ran.ran(overrides={"first.password": "x", "first.n": 2}) == ["first"]
    found = ran.causes("first")
    assert ("environment", "environment variable MY_PASSWORD changed") in found
    assert ("argument", "argument n changed: (none) -> 2") in found
    assert ("key", "the key of the cache is another one") in found


def test_a_step_without_arguments_needs_no_key(bench):
    bench.write({"first": "new = {'x': 1}"})
    bench.ran()
    (bench.project.own / "cache" / "key").unlink()
    assert bench.ran() == []


def test_a_key_that_cannot_be_read_stays_and_is_told_of_once_a_run(ran):
    ran.write({**STEP, "second": "new = {'y': asset.load_args()['n']}"}, args={"first": SECRETS, "second": {"n": 1}})
    path = ran.project.own / "cache" / "key"
    path.unlink()
    path.mkdir()
    for _ in range(2):
        assert ran.ran() == ["first", "second"]
        assert [each for each in ran.warnings if "key" in each] == [
            f"the key of the cache, {path}, cannot be read: Is a directory; steps with arguments are executed each time"
        ]
        assert path.is_dir()
    path.rmdir()
    ran.ran()
    assert ran.warnings == []
    assert ran.ran() == []
