from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from alo_nb.errors import SourceError
from alo_nb.external.credentials import ANY, Credentials, plan_credentials, read_key_file
from alo_nb.plan import parse_plan

SECRET = "hunter2/+secret=value"
KEYS = ("AKIAIOSFODNN7EXAMPLE", SECRET)


@pytest.fixture
def key_file(tmp_path):
    def write(content):
        path = tmp_path / "key.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        f"{KEYS[0]}\n{SECRET}\n",  # ALO's s3handler.py
        f"  {KEYS[0]} \r\n\r\n{SECRET}",
        f"AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY\n{KEYS[0]}, {SECRET}\n",  # ALO's aws_handler.py
        f"key,value\n{KEYS[0]},{SECRET}\n",  # which does not look at the names
        f"\ufeffAccess key ID,Secret access key\r\n{KEYS[0]},{SECRET}\r\n",  # AWS console, with its mark
        f"Secret access key,Access key ID\n{SECRET},{KEYS[0]}\n",
        f"User name,Password,Access key ID,Secret access key,Console login link\nkim,,{KEYS[0]},{SECRET},https://x\n",
    ],
)
def test_every_form_of_a_key_file_is_read(key_file, content):
    assert read_key_file(key_file(content)) == KEYS


@pytest.mark.parametrize(
    "content",
    [
        "",
        SECRET,
        f"{KEYS[0]}\n\n",
        f"{KEYS[0]},{SECRET}\n",
        f"a,b\n{KEYS[0]},{SECRET}\nmore,{SECRET}\n",
        f"a,b,c\n{KEYS[0]},{SECRET},x\n",
        f"Access key ID,Secret access key\n{KEYS[0]}\n",
        f"Access key ID,Secret access key\n,{SECRET}\n",
        b"\xff\xfe\x00",
        f'"{KEYS[0]}\n{SECRET}'.encode() + b"\0" * 200_000,
    ],
)
def test_a_file_of_another_form_is_refused_and_not_shown(key_file, content):
    path = key_file(content)
    with pytest.raises(SourceError) as caught:
        read_key_file(path, "plan.yaml, line 3")
    assert caught.value.what == "the key file 'key.csv' does not hold an access key and a secret key"
    assert caught.value.where == f"plan.yaml, line 3 ({path})"
    assert caught.value.do.endswith("name a profile in `aws_key_profile`")
    whole = "".join(traceback.format_exception(caught.value))
    assert SECRET not in whole
    assert KEYS[0] not in whole


@pytest.mark.parametrize("name", ["nowhere.csv", "folder"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(SourceError, match=f"the key file '{name}' cannot be read: "):
        read_key_file(tmp_path / name)


def test_a_profile_goes_before_a_key_file_and_neither_is_read_before_it_is_used(key_file):
    path = key_file("no keys at all")
    assert Credentials("team", path).options() == {"profile": "team"}
    assert ANY.options() == {}
    assert Credentials(key_file=key_file("{}\n{}".format(*KEYS))).options() == {"key": KEYS[0], "secret": SECRET}


def test_credentials_are_told_by_their_place_and_never_by_their_value(key_file):
    path = key_file("{}\n{}".format(*KEYS))
    assert str(Credentials("team", path)) == "the profile 'team'"
    assert str(Credentials(key_file=path)) == f"the key file {path}"
    assert str(ANY) == "the AWS variables or ~/.aws of this machine"
    assert SECRET not in repr(Credentials("team", path))


def test_a_plan_names_them(project):
    def of(permission):
        text = f"external_path_permission: [{permission}]\nuser_parameters: []\nasset_source: []\n"
        return plan_credentials(parse_plan(text), project)

    assert of("{aws_key_profile: team}") == Credentials("team")
    assert of("{aws_key_profile: }") == ANY
    assert of("{s3_private_key_file: keys/me.csv}") == Credentials(key_file=project.root / "keys" / "me.csv")
    assert of("{s3_private_key_file: /nas/key}") == Credentials(key_file=Path("/nas/key"))
