"""S3 as tests meet it: moto's server on loopback, and a small one that answers what moto cannot be made to."""

from __future__ import annotations

import http.server
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from alo_nb.project import Project

KEY, SECRET = "test-key-7f3a", "test-secret-c91e"  # what moto takes as long as it checks none


@pytest.fixture(scope="session")
def moto():
    """The address of a moto server."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def aws(tmp_path, monkeypatch):
    """A user whose AWS files are empty and whose environment holds a key; returns what sets variables."""
    import os

    for name in [each for each in os.environ if each.startswith("AWS_") or each.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, file in (("AWS_SHARED_CREDENTIALS_FILE", "credentials"), ("AWS_CONFIG_FILE", "config")):
        (tmp_path / "aws").mkdir(exist_ok=True)
        monkeypatch.setenv(name, str(tmp_path / "aws" / file))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    return monkeypatch


def client_of(kind, moto):
    return boto3.client(
        kind, endpoint_url=moto, region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET
    )


@dataclass
class Bucket:
    """A bucket as its owner sees it, by boto3 and not by us."""

    name: str
    client: object

    def put(self, **objects: bytes | str) -> None:
        self.put_all(objects)

    def put_all(self, objects: dict[str, bytes | str]) -> None:
        for key, content in objects.items():
            body = content.encode() if isinstance(content, str) else content
            self.client.put_object(Bucket=self.name, Key=key, Body=body)

    def objects(self) -> dict[str, bytes]:
        listed = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return {
            each["Key"]: self.client.get_object(Bucket=self.name, Key=each["Key"])["Body"].read() for each in listed
        }


@pytest.fixture(scope="session")
def owner(moto):
    client = client_of("s3", moto)
    yield client
    client.close()


@pytest.fixture
def bucket(moto, owner, aws):
    """An empty bucket of the server that ``AWS_ENDPOINT_URL`` names."""
    aws.setenv("AWS_ENDPOINT_URL", moto)
    requests.post(f"{moto}/moto-api/reset", timeout=10).raise_for_status()
    owner.create_bucket(Bucket="team-data")
    return Bucket("team-data", owner)


@pytest.fixture
def own_key(moto, bucket):
    """A key that moto knows; from here on it refuses every other one."""
    iam = client_of("iam", moto)
    iam.create_user(UserName="kim")
    made = iam.create_access_key(UserName="kim")["AccessKey"]
    rights = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'
    iam.put_user_policy(UserName="kim", PolicyName="all", PolicyDocument=rights)
    iam.close()
    requests.post(f"{moto}/moto-api/reset-auth", data=b"0", timeout=10).raise_for_status()
    yield made["AccessKeyId"], made["SecretAccessKey"]
    requests.post(f"{moto}/moto-api/reset-auth", data=b"inf", timeout=10).raise_for_status()


class SmallS3:
    """Answers as S3 does, for one bucket `box`: what `objects` holds, or for each kind of request what is put in.

    `refuse` is the status and code of every answer but the first one (HEAD has no body, as in S3). `body` gives the
    pieces of an object when it is asked for.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.refuse: tuple[int, str] | None = None
        self.body: Callable[[str], object] = lambda key: [self.objects[key]]
        self.seen: list[str] = []

    def listing(self, prefix: str) -> bytes:
        rows = "".join(
            f'<Contents><Key>{escape(key)}</Key><Size>{len(value)}</Size><ETag>"{hash(value)}"</ETag>'
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for key, value in self.objects.items()
            if key.startswith(prefix)
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()


@pytest.fixture
def small_s3(aws):
    """A `SmallS3` that ``AWS_ENDPOINT_URL`` names."""
    small = SmallS3()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # uploads wait for its 100 Continue

        def answer(self, status, pieces=(), length=None):
            pieces = list(pieces) if length is None else pieces
            self.send_response(status)
            self.send_header("Content-Length", str(sum(map(len, pieces)) if length is None else length))
            self.send_header("Connection", "close")
            self.end_headers()
            for each in pieces:
                self.wfile.write(each)
                self.wfile.flush()

        def do_HEAD(self):
            small.seen.append(self.path)
            self.answer(small.refuse[0] if small.refuse else 200)

        def do_GET(self):
            url = urlsplit(self.path)
            small.seen.append(self.path)
            if small.refuse:
                self.answer(small.refuse[0], [f"<Error><Code>{small.refuse[1]}</Code></Error>".encode()])
            elif "list-type" in url.query:
                self.answer(200, [small.listing(parse_qs(url.query).get("prefix", [""])[0])])
            else:
                key = unquote(url.path).removeprefix("/box/")
                self.answer(200, small.body(key), len(small.objects[key]))

        def do_PUT(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    aws.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield small
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    return Project(root)
