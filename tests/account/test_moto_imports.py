"""moto is kept apart whenever it is imported, and never imported by us."""

from __future__ import annotations

import pytest

from tests.programs import output_of

_START = """
import os, sys
import boto3
from pytest_polly import Account
os.environ.update(AWS_ACCESS_KEY_ID="AKIAOUTSIDE234567222", AWS_SECRET_ACCESS_KEY="outside")

def check(account):
    from moto import mock_aws
    with mock_aws():
        key = account.credentials.access_key_id
        assert os.environ["AWS_ACCESS_KEY_ID"] == key
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="audio")
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["audio"]
        assert boto3.client("polly").describe_voices()["Voices"]
        assert account.calls[-1].access_key_id == key

def state():
    from moto.core.botocore_stubber import BotocoreStubber
    from moto.core.models import MockAWS
    return [BotocoreStubber.__call__, MockAWS.start, MockAWS.stop, list(sys.meta_path)]
"""

SCRIPTS = {
    "imported inside": """
with Account() as account, account.apply("long-term"):
    check(account)
""",
    "imported before": """
import moto
with Account() as account, account.apply("long-term"):
    check(account)
""",
    "imported in an account in an account": """
with Account() as outer, outer.apply("long-term"), Account() as inner, inner.apply("long-term"):
    check(inner)
""",
    "imported in the outer account": """
with Account() as outer, outer.apply("long-term"):
    check(outer)
    with Account() as inner, inner.apply("long-term"):
        check(inner)
    check(outer)
""",
    "imported between two accounts": """
with Account():
    pass
import moto
before = state()
with Account() as account, account.apply("long-term"):
    check(account)
assert state()[:3] == before[:3]
""",
    "never": """
with Account() as account, account.apply("role"):
    boto3.client("polly").synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
loaded = [name for name in sys.modules if name.partition(".")[0] in ("moto", "responses", "werkzeug")]
assert not loaded, loaded
""",
    "put back": """
import moto
before = state()
with Account():
    assert all(one != other for one, other in zip(before, state()))
with Account(), Account():
    assert all(one != other for one, other in zip(before, state()))
# The finder for aiobotocore stays.
assert state()[:3] == before[:3]
""",
    "put back though imported inside": """
with Account():
    inside = state()
after = state()
assert all("pytest_polly" in one.__module__ for one in inside[:3])
assert not any("pytest_polly" in one.__module__ for one in after[:3])
""",
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_moto_is(script: str) -> None:
    output_of(_START + script, "-W", "error::ResourceWarning")
