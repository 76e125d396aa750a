"""One request to STS, as its operations see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ...directory import Directory
from ...gate import Credentials, IssuedKey, Principal
from ..protocols import Tree

Parameters = Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """One authenticated request to STS."""

    parameters: Parameters
    signer: IssuedKey
    directory: Directory
    now: datetime

    @property
    def caller(self) -> Principal:
        return self.signer.principal


#: Carries out a request and returns its result; raises `ServiceError` if it will not.
Operation = Callable[[Asked], Tree]


def credentials_result(credentials: Credentials) -> Tree:
    """Return temporary credentials the way every operation hands them out."""
    assert credentials.secret_access_key is not None
    assert credentials.session_token is not None
    assert credentials.expires_at is not None
    return {
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "SessionToken": credentials.session_token,
        "Expiration": credentials.expires_at,
    }
