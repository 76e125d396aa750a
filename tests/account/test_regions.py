"""Policies that are bound to a region hold in that region, and in no other."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from pytest_polly import Account
from pytest_polly.gate import statement


def test_a_policy_of_one_region() -> None:
    with Account() as account, account.apply("long-term"):
        here = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
        account._owner.policies.append(statement("Deny", "polly:*", Condition=here))
        assert boto3.client("polly", region_name="eu-west-1").describe_voices()["Voices"]
        with pytest.raises(ClientError, match="explicit deny"):
            boto3.client("polly", region_name="us-east-1").describe_voices()
