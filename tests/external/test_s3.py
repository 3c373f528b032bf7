from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import pytest

from alo_nb.errors import SourceError
from alo_nb.external import s3
from alo_nb.external.credentials import ANY, Credentials
from alo_nb.external.data import is_s3
from alo_nb.external.s3 import S3Folder

WHERE = "plan.yaml, line 3"
TREE = {
    "a.csv": b"1",
    "empty": b"",
    "deep/er/b.csv": b"2" * 100_000,
    "deep/a.csv": b"3",
    "한글 이름 #1?+%41&=.csv": "값".encode(),
}


def tree(folder):
    """Every file below a folder with its bytes."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def refused(call, *arguments, secrets=()):
    """Return the error of a call; it has its three parts, and nowhere a secret."""
    with pytest.raises(SourceError) as caught:
        call(*arguments)
    error = caught.value
    assert error.what
    assert error.where == WHERE
    assert error.do
    assert "\n" not in error.what
    whole = "".join(traceback.format_exception(error))
    assert not [each for each in ("test-secret-c91e", "test-key-7f3a", *secrets) if each in whole]
    return error


def folder(path, credentials=ANY, **options):
    return S3Folder(path, credentials, where=WHERE, **options)


@pytest.fixture
def target(tmp_path):
    """Where to copy to; nothing else is left beside it, whatever happens."""
    place = tmp_path / "place"
    place.mkdir()
    yield place / "data"
    assert [each.name for each in place.iterdir()] in ([], ["data"])


# -- what works ------------------------------------------------------------------------------------------------------


def test_what_is_written_is_listed_and_read_again(bucket, target, tmp_path):
    for name, content in {"a.csv": b"1", "한 글#.bin": os.urandom(3_000_000)}.items():
        (tmp_path / name).write_bytes(content)
        assert folder("s3://team-data/made/here").put(tmp_path / name) == f"s3://team-data/made/here/{name}"
    assert sorted(folder("s3://team-data/made/here").names()) == ["a.csv", "한 글#.bin"]
    folder("s3://team-data/made/").copy_to(target)
    assert tree(target / "here") == {name: (tmp_path / name).read_bytes() for name in ("a.csv", "한 글#.bin")}
    assert bucket.objects() == {f"made/here/{name}": content for name, content in tree(target / "here").items()}


@pytest.mark.parametrize("path", ["s3://team-data/d", "s3://team-data/d/", "s3:/team-data/d/", "S3://team-data/d"])
def test_objects_keep_their_path_from_the_folder(bucket, target, path):
    """ALO (s3handler.py) keeps the last folder of an object's path only: ``deep/er/a`` and ``er/a`` become one."""
    bucket.put_all({f"d/{name}": content for name, content in TREE.items()})
    bucket.put_all({"d2/no": "1", "no": "2", "e/d/no": "3"})
    assert is_s3(path)
    assert (folder(path).name, set(folder(path).names())) == ("d", set(TREE))
    folder(path).copy_to(target)
    assert tree(target) == TREE


def test_a_bucket_is_a_folder_too(bucket, target):
    bucket.put_all({"a": "1", "b/c": "2"})
    assert folder("s3://team-data").name == "team-data"
    folder("s3://team-data/").copy_to(target)
    assert tree(target) == {"a": b"1", "b/c": b"2"}


def test_some_files_can_be_copied_alone(bucket, target):
    bucket.put_all({"d/a": "1", "d/b": "2", "d/c/a": "3"})
    folder("s3://team-data/d").copy_to(target, ["a", "c/a"])
    assert tree(target) == {"a": b"1", "c/a": b"3"}


def test_files_that_are_there_stay(bucket, target):
    bucket.put_all({"d/a": "1"})
    (target / "deep").mkdir(parents=True)
    (target / "deep" / "mine").write_text("2")
    folder("s3://team-data/d").copy_to(target)
    assert tree(target) == {"a": b"1", "deep/mine": b"2"}


def test_the_marks_that_the_aws_console_makes_for_folders_are_no_files(bucket, target):
    bucket.put_all({"d/": "", "d/sub/": "", "d/sub/a": "1", "d/none/": ""})
    folder("s3://team-data/d").copy_to(target)
    assert tree(target) == {"sub/a": b"1"}


def test_a_listing_of_more_than_one_page_is_whole(bucket, aws):
    aws.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "7")
    bucket.put_all({f"d/{number}": "" for number in range(30)})
    assert set(folder("s3://team-data/d").names()) == {str(number) for number in range(30)}


def test_an_object_is_a_folder_only_when_that_is_asked_for(bucket, target):
    bucket.put_all({"d/a.csv": "1"})
    error = refused(folder("s3://team-data/d/a.csv").names)
    assert error.what == "s3://team-data/d/a.csv is one object, and a folder is needed"
    folder("s3://team-data/d/a.csv", or_object=True).copy_to(target)
    assert tree(target) == {"a.csv": b"1"}


# -- what is not there, or not good ----------------------------------------------------------------------------------


@pytest.mark.parametrize("objects", [{}, {"data": "1"}, {"d/": "", "d/sub/": ""}])
def test_a_folder_without_files_is_an_error(bucket, target, objects):
    bucket.put_all(objects)
    error = refused(folder("s3://team-data/d").copy_to, target)
    assert error.what == "there are no files in s3://team-data/d"


@pytest.mark.parametrize("path", ["s3://", "s3:///x", "s3:////team-data/x", "s3://-b/x", "s3://K:hunter2@b/x"])
def test_an_address_without_a_bucket_is_an_error(aws, path):
    error = refused(folder, path, secrets=["hunter2"])
    assert error.what.endswith("names no bucket")


HOSTILE = {
    "d/../x": "has `..` in its name",
    "d/a/../../../x": "has `..` in its name",
    "d//etc/x": "has an absolute path",
    "d/C:/x": "has an absolute path",
    "d/./x": "that is no name on every system",
    "d/a//x": "that is no name on every system",
    "d/a\\x": "a backslash or an invisible character",
    "d/a\nx": "a backslash or an invisible character",
    "d/a\u202ex": "a backslash or an invisible character",
    "d/nul.csv": "that is no name on every system",
    "d/OK": "only in the case of letters",
    "d/ok/x": "is there twice",
    "d/" + "x/" * 70 + "x": "lies more than 64 folders deep",
    "d/" + "x" * 256: "that is no name on every system",
    "d/full/": "that is no name on every system",
}


def test_hostile_names_are_refused_and_nothing_is_written(small_s3, target):
    place = folder("s3://box/d")
    for key, reason in HOSTILE.items():
        small_s3.objects = {"d/ok": b"1", key: b"2"}
        error = refused(place.copy_to, target)
        assert error.what.startswith("s3://box/d is not read: the object "), key
        assert reason in error.what, key
        assert not target.exists(), key
    assert all("list-type" in each or each == "/box" for each in small_s3.seen)


def test_an_object_that_comes_short_does_not_count(small_s3, target):
    small_s3.objects = {"d/a": b"123", "d/b": b"1" * 1000}
    small_s3.body = lambda key: [b"123"] if key == "d/a" else iter([b"1" * 500])
    error = refused(folder("s3://box/d").copy_to, target)
    assert error.what.startswith(("s3://box/d/b cannot be read: ", "s3://box/d/b did not arrive as a whole"))
    assert not target.exists()


@pytest.mark.parametrize("change", [{"d/a": "22"}, {"d/a": "2"}, {"d/new": "1"}])
def test_a_folder_that_is_written_to_meanwhile_does_not_count(bucket, target, monkeypatch, change):
    bucket.put_all({"d/a": "1", "d/b": "1"})
    real = S3Folder._download

    def download(self, *arguments):
        real(self, *arguments)
        bucket.put_all(change)

    monkeypatch.setattr(S3Folder, "_download", download)
    error = refused(folder("s3://team-data/d").copy_to, target)
    assert error.what == "s3://team-data/d was changed while it was read"
    assert not target.exists()


@pytest.mark.parametrize("number", [1, 20])
def test_ctrl_c_ends_a_long_copy_at_once_and_leaves_nothing(small_s3, target, number):
    small_s3.objects = {f"d/{name}": bytes(100_000_000) for name in range(number)}

    def trickle(key):
        for _ in range(600):
            yield bytes(1000)
            time.sleep(0.05)

    small_s3.body = trickle
    timer = threading.Timer(1, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        folder("s3://box/d").copy_to(target)
    assert time.monotonic() - start < 5
    assert not target.exists()
    timer.join()


# -- who may ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def upload(tmp_path):
    (tmp_path / "up.bin").write_bytes(b"1")
    return lambda place: place.put(tmp_path / "up.bin")


def test_a_missing_bucket_is_named(bucket, target, upload):
    place = folder("s3://team-dta/d")
    for error in (refused(place.copy_to, target), refused(upload, place)):
        assert error.what == "s3://team-dta/d cannot be reached: there is no bucket 'team-dta'"
        assert error.do == "correct its name, or have it made"


def test_a_key_that_s3_does_not_know_is_refused_and_the_right_one_is_not(bucket, own_key, aws, target, upload):
    wrong = folder("s3://team-data/d")
    read, write = refused(wrong.names), refused(upload, wrong)
    assert read.what == "s3://team-data/d cannot be read: the access key is not known there"
    assert write.what == "s3://team-data/d/up.bin cannot be written: the access key is not known there"
    assert read.do == write.do == "check the AWS variables or ~/.aws of this machine"

    aws.setenv("AWS_ACCESS_KEY_ID", own_key[0])
    aws.setenv("AWS_SECRET_ACCESS_KEY", own_key[1])
    upload(folder("s3://team-data/d"))
    folder("s3://team-data/d").copy_to(target)
    assert tree(target) == {"up.bin": b"1"}


@pytest.mark.parametrize(
    ("status", "code", "message", "do"),
    [
        (403, "SignatureDoesNotMatch", "the secret key is not the one of the access key", "check the AWS variables"),
        (403, "AccessDenied", "the AWS variables or ~/.aws of this machine may not do that", "ask the owner"),
        (400, "ExpiredToken", "the login has run out", "log in again"),
        (400, "AuthorizationHeaderMalformed", "the bucket lies in another region", "name its region"),
        (409, "InvalidBucketState", "S3 answers ", "look it up"),
    ],
)
def test_a_refusal_is_told_in_words(small_s3, upload, status, code, message, do):
    small_s3.refuse = (status, code)
    place = folder("s3://box/d")
    for error in (refused(place.names), refused(upload, place)):
        assert message in error.what
        assert error.what.startswith("s3://box/d")
        assert error.do.startswith(do)


def test_a_key_for_a_part_of_the_bucket_is_enough(small_s3, target):
    """Such a key may not ask about the bucket, so that S3 answers 403 to the first question."""
    small_s3.objects = {"d/a": b"1"}
    real = SmallHead(small_s3)
    folder("s3://box/d").copy_to(target)
    assert real.asked == 1
    assert tree(target) == {"a": b"1"}


class SmallHead:
    """Refuses the first request of a `SmallS3`, and lets the others through."""

    def __init__(self, small):
        self.asked = 0
        small.seen = self
        self.small, small.refuse = small, (403, "")

    def append(self, path):
        if path == "/box":
            self.asked += 1
        else:
            self.small.refuse = None


def test_an_endpoint_that_is_down_is_told_soon(aws, target, upload):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    aws.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    place, start = folder("s3://team-data/d"), time.monotonic()
    for error in (refused(place.copy_to, target), refused(upload, place)):
        assert error.what == f"s3://team-data/d cannot be reached: http://127.0.0.1:{port} does not answer"
        assert error.do == "check the network, the proxy and AWS_ENDPOINT_URL"
    assert time.monotonic() - start < s3.REACH_S


def test_an_endpoint_that_takes_the_call_and_says_nothing_is_given_up(aws, target, monkeypatch):
    monkeypatch.setattr(s3, "REACH_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        aws.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        start = time.monotonic()
        error = refused(folder("s3://team-data/d").copy_to, target)
    assert time.monotonic() - start < 5
    assert error.what == "s3://team-data/d cannot be reached: S3 does not answer"


def test_the_first_answer_is_awaited_for_20_seconds_at_most():
    assert s3.REACH_S <= 20
    assert s3.CONNECT_S * s3.ATTEMPTS <= s3.REACH_S


@pytest.mark.parametrize("url", ["nonsense", "http://kim:hunter2@127.0.0.1:9"])
def test_an_endpoint_that_is_no_address_is_told(aws, target, url):
    aws.setenv("AWS_ENDPOINT_URL", url)
    error = refused(folder("s3://team-data/d").copy_to, target, secrets=["hunter2"])
    assert error.what.startswith("s3://team-data/d cannot be reached: ")


# -- whose keys ------------------------------------------------------------------------------------------------------


def test_without_a_key_anywhere_the_plans_key_is_named(bucket, aws):
    aws.delenv("AWS_ACCESS_KEY_ID")
    error = refused(folder("s3://team-data/d").names)
    assert error.what == "s3://team-data/d cannot be reached: no key for S3 was found"
    assert error.do == "set `aws_key_profile` in the plan, or the AWS_... variables"


def profile(head, key, secret, *, file="AWS_CONFIG_FILE", **more):
    lines = [f"[{head}]", f"aws_access_key_id = {key}", f"aws_secret_access_key = {secret}"]
    Path(os.environ[file]).write_text("\n".join([*lines, *(f"{name} = {value}" for name, value in more.items())]))


@pytest.mark.parametrize("file", ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"])
def test_a_profile_goes_before_the_environment(bucket, own_key, aws, file):
    head = "[team]" if file == "AWS_SHARED_CREDENTIALS_FILE" else "[profile team]"
    Path(os.environ[file]).write_text(
        f"{head}\naws_access_key_id = {own_key[0]}\naws_secret_access_key = {own_key[1]}\n"
    )
    bucket_of_team = folder("s3://team-data/d", Credentials(profile="team"))
    assert refused(bucket_of_team.names).what == "there are no files in s3://team-data/d"
    aws.setenv("AWS_PROFILE", "team")
    aws.delenv("AWS_ACCESS_KEY_ID")
    assert refused(folder("s3://team-data/d").names).what == "there are no files in s3://team-data/d"


def test_a_profile_may_name_its_own_endpoint(moto, bucket, aws):
    bucket.put_all({"d/a": "1"})
    aws.delenv("AWS_ENDPOINT_URL")
    profile("profile team", "x", "y", endpoint_url=moto)
    assert list(folder("s3://team-data/d", Credentials("team")).names()) == ["a"]


def test_a_profile_that_is_not_there_gets_the_nearest_name(bucket):
    profile("profile team", "x", "y")
    error = refused(folder("s3://team-data/d", Credentials("taem")).names)
    assert error.what.endswith("there is no such profile in ~/.aws; did you mean 'team'?")
    assert error.do == "correct `aws_key_profile`, or add the profile"


def test_a_key_file_goes_before_the_environment(bucket, own_key, tmp_path):
    bucket.put_all({})
    file = tmp_path / "key.csv"
    file.write_text("Access key ID,Secret access key\n{},{}\n".format(*own_key))
    place = folder("s3://team-data/d", Credentials(key_file=file))
    assert refused(place.names, secrets=own_key).what == "there are no files in s3://team-data/d"
    file.write_text("Access key ID,Secret access key\nAKIAXXXX,hunter2\n")
    error = refused(folder("s3://team-data/d", Credentials(key_file=file)).names, secrets=["hunter2", "AKIAXXXX"])
    assert error.do == f"check the key file {file}"


# -- what is loaded --------------------------------------------------------------------------------------------------


def run_python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_without_the_extra_the_error_says_how_to_install_it():
    said = run_python(
        "import sys; sys.modules['s3fs'] = None\n"
        "from alo_nb.external.s3 import S3Folder\n"
        "try: S3Folder('s3://b-1/x', where='plan.yaml, line 3').names()\n"
        "except Exception as error: print(type(error).__name__, error, sep='\\n')"
    )
    assert said.startswith("SourceError\ns3://b-1/x needs a package that is not installed")
    assert said.endswith('  where: plan.yaml, line 3\n  do:    pip install "alo-nb[s3]"\n')


def test_what_is_for_s3_is_loaded_when_a_plan_names_it():
    heavy = "['aiohttp', 'boto3', 'botocore', 'fsspec', 's3fs']"
    code = "import sys, alo_nb.external.data, alo_nb.external.artifacts\n"
    assert run_python(f"{code}print([each for each in {heavy} if each in sys.modules])") == "[]\n"
