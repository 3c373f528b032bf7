"""The text of a plan as it is kept elsewhere: no secret is left in it, and all else is as it was."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alo_nb.plan.masking import masked_plan_text
from alo_nb.plan.redact import has_secret, is_secret, is_secret_name, redact_all, redact_lines

SHAPES = {
    "comma": "db_password: hunter,CANARY",
    "double quotes": 'password: "a\\"CANARY"',
    "single quotes": "password: 'a''CANARY'",
    "brace": "password: X}CANARY",
    "kept block": "password: |\n  one\n  CANARY",
    "folded block": "password: >-\n  one\n\n  CANARY",
    "tag": "password: !!str CANARY",
    "two lines": "password: one\n  CANARY",
    "quoted lines": 'password: "one\n\n  CANARY"',
    "explicit key": "? password\n: CANARY",
    "hash": "password: X#CANARY",
    "number": "n_password: 9988770027CANARY",
    "list": "password:\n- a\n- CANARY",
    "deeper list": "password:\n  - a\n  - CANARY",
    "mapping": "password:\n  user: a\n  other: CANARY",
    "flow": "db: {a: 1, password: CANARY, b: 2}",
    "flow list": "db: {password: [a, CANARY], b: 2}",
    "json": '{"password":"CANARY","b":2}',
    "alias of a secret": "password: &p CANARY\nother: *p",
    "secret by alias": "other: &p CANARY\npassword: *p",
    "merged": "credentials: &c {user: CANARY}\nother:\n  <<: *c",
    "comment": "a: 1 # password: CANARY",
    "address": "a: postgresql://u:CANARY@host/db",
    "address in quotes": 'a: "postgresql://u:CANARY@host/\\u00e9"',
    "address in a block": "a: |\n  postgresql://u:CANARY@host/db",
}


@pytest.mark.parametrize("line", SHAPES.values(), ids=SHAPES)
def test_no_secret_is_left_and_what_stands_around_it_is_as_it_was(line):
    head, tail = "\ufeff# für 🙂\nbefore: ['é🙂', 1]\n", "  # a note\n  after: [1, 2]\n"
    text = f"{head}args:\n- step: x\n  more:\n{_indented(line)}\n{tail}"
    masked = masked_plan_text(text)
    assert "CANARY" not in masked
    assert "# a note" in masked
    found, was = yaml.safe_load(masked), yaml.safe_load(text)
    assert found["before"] == was["before"]
    assert found["args"][0]["after"] == [1, 2]
    assert found["args"][0]["more"].keys() >= was["args"][0]["more"].keys() - {"user"}
    assert masked_plan_text(masked) == masked.removeprefix("\ufeff")


def _indented(text):
    return "\n".join(f"    {line}" if line else "" for line in text.split("\n"))


BY_LINES = {name: line for name, line in SHAPES.items() if name not in {"explicit key", "secret by alias", "merged"}}


@pytest.mark.parametrize("line", BY_LINES.values(), ids=BY_LINES)
def test_a_text_that_is_no_yaml_is_masked_by_its_lines(line):
    assert "CANARY" not in redact_lines(line)


PLAIN = st.one_of(st.text(max_size=20), st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False))
HARMLESS = st.text(max_size=12).filter(lambda each: not is_secret_name(each))
TREES = st.recursive(PLAIN, lambda inner: st.one_of(st.lists(inner), st.dictionaries(HARMLESS, inner)), max_leaves=12)
NAMES = st.sampled_from(["password", "hf_token", "credentials", "dbPassword"])
SECRETS = st.one_of(
    st.text(max_size=9).map("CANARY{}".format),
    st.lists(st.text(max_size=9).map("CANARY{}".format), min_size=1),
    st.dictionaries(HARMLESS, st.just("CANARY"), min_size=1),
)


@given(st.dictionaries(HARMLESS, TREES), NAMES, SECRETS, st.sampled_from([None, "'", '"', "|", ">"]), st.booleans())
def test_whatever_the_plan_its_secrets_go_and_the_rest_parses_equal(tree, name, secret, style, flow):
    tree = {**tree, name: secret, "last": [{"deep": {name: secret, "kept": 1}}, tree]}
    text = yaml.safe_dump(tree, default_style=style, default_flow_style=flow, allow_unicode=True, sort_keys=False)
    masked = masked_plan_text(text)
    assert "CANARY" not in masked
    assert redact_all(yaml.safe_load(masked)) == redact_all(yaml.safe_load(text))


NAMED = [
    "password",
    "passwd",
    "pwd",
    "db_pwd",
    "passphrase",
    "secret",
    "secret_key",
    "client_secret_key",
    "client_secret",
    "credentials",
    "dbPassword",
    "DBPassword",
    "accessToken",
    "hf_token",
    "bearer_token",
    "authorization",
    "Authorization",
    "pw",
    "db_pw",
    "pass",
    "db_pass",
    "n_password",
    "api_key",
    "APIKey",
    "apiKey",
    "X-API-Key",
    "aws_secret_access_key",
    "aws_session_token",
    "access_key_id",
    "private_key",
    "token",
    "git_token",
    "slack.token",
    "user_passwords",
]
NOT_NAMED = [
    "max_tokens",
    "max_token",
    "token_count",
    "tokens",
    "passes",
    "n_pass",
    "compass",
    "tokenizer",
    "pass_through",
    "password_length",
    "pad_token",
    "eos_token",
    "unk_token",
    "additional_special_token",
    "secretary",
    "bypass",
    "key",
    "keys",
    "primary_key",
    "author",
    "batch_pass",
    "tokenize",
    "key_column",
    "monkey",
    "pwdist",
]


@pytest.mark.parametrize("name", NAMED)
def test_a_name_of_a_secret_is_known(name):
    assert is_secret(name, "x")
    assert is_secret(name, 9988770027)
    assert is_secret(name, ["x"])
    assert is_secret(name, {"a": "x"})
    assert not any(is_secret(name, each) for each in (None, True, 5, "", [], {}))


@pytest.mark.parametrize("name", NOT_NAMED)
def test_a_name_that_only_looks_like_one_is_none(name):
    assert not is_secret(name, "x")


KEYS = [
    f"sk-{'a1B2' * 6}",
    f"sk-proj-{'a1B2' * 6}",
    f"xoxb-{'1234567890-' * 2}abcdef",
    f"github_pat_{'a1B2' * 6}",
    f"eyJ{'hbGci' * 3}.{'eyJzd' * 3}.{'SflKx' * 3}",
]
NO_KEYS = ["sk-learn", "task-management-of-the-whole-year-2024", "a.b.c", "1.2.3", "xoxb", "risk-analysis-of-2024-01"]


@pytest.mark.parametrize("text", KEYS)
def test_a_known_form_of_key_is_masked_wherever_it_stands(text):
    assert text not in masked_plan_text(f"a: the {text} here\n# and {text}\n")


@pytest.mark.parametrize("text", NO_KEYS)
def test_a_text_that_only_looks_like_a_key_stays(text):
    assert not has_secret(text)
