from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from pytest_polly import Account
from pytest_polly.services.polly import Backend

from .asking import ACCOUNT_ID, REGION, Polly


@pytest.fixture
def account() -> Iterator[Account]:
    """An account with a long-term key in force."""
    with Account(region=REGION) as account, account.apply("long-term"):
        yield account


@pytest.fixture
def client(account: Account) -> Any:
    """boto3's client of that account's Polly."""
    return boto3.client("polly")


@pytest.fixture(scope="module")
def shared_client() -> Iterator[Any]:
    """A client for tests that leave nothing behind: making one takes longer than all of its calls."""
    with Account(region=REGION) as account, account.apply("long-term"):
        yield boto3.client("polly")


@pytest.fixture
def polly() -> Polly:
    """The service alone, without a gate before it: what it answers on the wire."""
    return Polly(Backend(REGION, ACCOUNT_ID))
