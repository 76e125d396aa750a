"""The person's own credentials, and what STS makes of them; nothing in their account is changed.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .. import environment, wire
from ..errors import PollyError
from ..gate import Credentials, IssuedKey, Policies, Principal, statement
from ..gate.policy import Document
from .settings import Endpoints

#: In seconds, the shortest session that AWS grants.
LIFETIME = 900
SESSION_NAME = "pytest-polly"

#: What AWS knows of the person's policies we do not: the simulation beside it is to allow everything.
_ANYTHING = statement("Allow", "*")
_PATIENCE = Config(
    connect_timeout=10,
    read_timeout=30,
    retries={"total_max_attempts": 2},
    ignore_configured_endpoint_urls=True,
)


class Unobtainable(PollyError):
    """AWS gave no credentials, or no answer; the message says what it said."""


@dataclass(frozen=True)
class Identity:
    """Who AWS says the person is."""

    account_id: str
    arn: str
    user_id: str


class Ambient:
    """What botocore's own chain finds where the run begins, by the profile asked for or by itself.

    Raises `Unobtainable` if it finds nothing.
    """

    def __init__(self, session: botocore.session.Session, endpoints: Endpoints) -> None:
        # Where the SDK itself asks STS, it is to do so there as well. The regional endpoint: tokens of the
        # global one are not good in every region.
        session.set_config_variable("region", endpoints.region)
        session.set_config_variable("sts_regional_endpoints", "regional")
        self._found = session.get_credentials()
        if self._found is None:
            raise Unobtainable("botocore found no credentials, neither in the environment nor in AWS's files")
        self._sts: Any = session.create_client(
            "sts",
            region_name=endpoints.region,
            endpoint_url=endpoints.named.get("sts"),
            config=_PATIENCE,
        )
        self._refusal: Unobtainable | None = None
        self._assumable: set[str] = set()

    @property
    def method(self) -> str:
        """What botocore calls the provider that found them."""
        return str(self._found.method)

    @property
    def credentials(self) -> Credentials:
        """The credentials as they are now; botocore renews those that can be renewed."""
        with _as_the_person():
            frozen = self._found.get_frozen_credentials()
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)

    @property
    def are_long_term(self) -> bool:
        return self.credentials.session_token is None

    @cached_property
    def identity(self) -> Identity:
        answer = self._ask("get_caller_identity")
        return Identity(answer["Account"], answer["Arn"], answer["UserId"])

    def key(self, now: datetime) -> IssuedKey:
        """Return the person's own credentials as an account knows them."""
        return IssuedKey(self.credentials, self._principal, now)

    def session(self, now: datetime) -> IssuedKey:
        """Return a session of the person's (GetSessionToken).

        Raises `Unobtainable` where AWS gives none: it does not to who has only a session itself.
        """
        if self._refusal is not None:
            raise self._refusal
        try:
            answer = self._ask("get_session_token", DurationSeconds=LIFETIME)
        except Unobtainable as error:
            self._refusal = error
            raise
        return IssuedKey(_credentials(answer), self._principal, now)

    def role_session(self, role: str, now: datetime, policies: Sequence[Document] | None = None) -> IssuedKey:
        """Return a session of *role*, narrowed down to what *policies* say (AssumeRole)."""
        narrowed = {} if policies is None else {"Policy": json.dumps(_one(policies))}
        answer = self._ask(
            "assume_role",
            RoleArn=role,
            RoleSessionName=SESSION_NAME,
            DurationSeconds=LIFETIME,
            **narrowed,
        )
        user = answer["AssumedRoleUser"]
        principal = Principal(
            user["Arn"],
            user["AssumedRoleId"],
            user["Arn"].split(":")[4],
            Policies([_ANYTHING], session=policies),
            role=role,
        )
        return IssuedKey(_credentials(answer), principal, now)

    def check_role(self, role: str, now: datetime) -> None:
        """Raise `Unobtainable` if *role* cannot be assumed; where it can, AWS is asked once."""
        if role not in self._assumable:
            self.role_session(role, now)
            self._assumable.add(role)

    @property
    def _principal(self) -> Principal:
        identity = self.identity
        return Principal(identity.arn, identity.user_id, identity.account_id, Policies([_ANYTHING]))

    def _ask(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        with _as_the_person():
            answer: Mapping[str, Any] = getattr(self._sts, operation)(**parameters)
        return answer


@contextmanager
def _as_the_person() -> Iterator[None]:
    """Ask in the person's own environment, whatever account is in force, and unseen by it.

    Raises `Unobtainable` where AWS refuses, or does not answer.
    """
    try:
        with environment.outside(), wire.own_requests():
            yield
    except ClientError as error:
        status, said = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]
        answer = f"{status} {said['Code']}: {said.get('Message')}"
        raise Unobtainable(f"AWS answered {error.operation_name} with {answer}") from None
    except BotoCoreError as error:
        raise Unobtainable(str(error)) from None


def _credentials(answer: Mapping[str, Any]) -> Credentials:
    given = answer["Credentials"]
    return Credentials(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], given["Expiration"]
    )


def _one(policies: Sequence[Document]) -> Document:
    """A session has one inline policy, of many statements."""
    statements = [entry for policy in policies for entry in policy["Statement"]]
    return {"Version": "2012-10-17", "Statement": statements}
