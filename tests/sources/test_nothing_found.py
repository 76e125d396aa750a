"""Nothing configured, and what of the machine around must not be found."""

from __future__ import annotations

import pytest
from botocore.exceptions import NoCredentialsError

from pytest_polly import Account

from .observed import client, session, speak


def test_without_anything_no_request_is_made(polly_account: Account) -> None:
    with polly_account.apply("none") as account:
        assert session(account).get_credentials() is None
        with pytest.raises(NoCredentialsError, match="Unable to locate credentials"):
            speak(client(account))
        assert account.calls == []


def test_an_instance_is_there_only_for_its_case(polly_account: Account) -> None:
    with polly_account.apply("role", "imds") as account:
        assert session(account).get_credentials() is not None
        with account.apply("none"):
            account.calls.clear()
            assert session(account).get_credentials() is None
            assert account.calls == []
        assert session(account).get_credentials() is not None
