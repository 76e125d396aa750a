"""Identity providers outside AWS, and the one operation of STS that trusts their tokens.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .. import mint
from ..directory import Directory, Role
from ..gate import Request, octets
from ..gate.errors import Words
from ..gate.policy import Document, says
from .protocols import Tree, no, read_json
from .sts import errors, members, parameters_of
from .sts.asked import Parameters, credentials_result

OPERATION = "AssumeRoleWithWebIdentity"
STS_AUDIENCE = "sts.amazonaws.com"

_ACTION = f"sts:{OPERATION}"
_VERSION = "2011-06-15"
_MEMBERS = (*members.ASSUME_ROLE, members.Text("WebIdentityToken", r"[\s\S]*", 4, 20_000, required=True))
_AN_HOUR = 3600

_NOT_A_JWT = Words(
    400,
    "InvalidIdentityToken",
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    "S",
)
_NO_PROVIDER = Words(
    400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for {issuer}", "S"
)
_WRONG_AUDIENCE = Words(400, "InvalidIdentityToken", "Incorrect token audience", "S")
_WRONG_SIGNATURE = Words(
    400,
    "InvalidIdentityToken",
    "Couldn't retrieve verification key from your identity provider,  "
    "please reference AssumeRoleWithWebIdentity documentation for requirements",
    "S",
)
_EXPIRED = Words(
    400,
    "ExpiredTokenException",
    "Token expired: current date/time {now} must be before the expiration date/time {expiry}",
    "S",
)
_NOT_TRUSTED = Words(403, "AccessDenied", f"Not authorized to perform {_ACTION}", "S")


@dataclass
class IdentityProvider:
    """An OpenID Connect provider, such as a Kubernetes cluster, that the account knows.

    Its tokens are whole JWTs; the signature is a keyed hash that only STS here has to check.
    """

    account_id: str
    host: str = field(default_factory=lambda: f"oidc.eks.us-east-1.amazonaws.com/id/{mint.hexadecimal(32)}")
    subject: str = "system:serviceaccount:default:narrator"
    _secret: bytes = field(default_factory=lambda: mint.secret_access_key().encode(), repr=False)
    #: Every token it ever issued.
    issued: list[str] = field(default_factory=list, repr=False)

    @property
    def issuer(self) -> str:
        return f"https://{self.host}"

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account_id}:oidc-provider/{self.host}"

    def trust(self) -> Document:
        """Return the trust policy of a role that this provider's service account may assume."""
        conditions = {f"{self.host}:aud": STS_AUDIENCE, f"{self.host}:sub": self.subject}
        entry = {
            "Effect": "Allow",
            "Action": _ACTION,
            "Principal": {"Federated": self.arn},
            "Condition": {"StringEquals": conditions},
        }
        return {"Version": "2012-10-17", "Statement": [entry]}

    def token(self, audience: str, now: datetime, lifetime: timedelta) -> str:
        """Issue a token of the service account."""
        header = {"alg": "RS256", "kid": mint.hexadecimal(40)}
        claims = {
            "aud": [audience],
            "exp": int((now + lifetime).timestamp()),
            "iat": int(now.timestamp()),
            "iss": self.issuer,
            "jti": mint.hexadecimal(32),
            "sub": self.subject,
        }
        signed = f"{_encoded(_json(header))}.{_encoded(_json(claims))}"
        self.issued.append(f"{signed}.{self._signature(signed)}")
        return self.issued[-1]

    def signs(self, token: str) -> bool:
        signed, _, signature = token.rpartition(".")
        return hmac.compare_digest(self._signature(signed).encode(), octets(signature))

    def _signature(self, signed: str) -> str:
        return _encoded(hmac.digest(self._secret, octets(signed), "sha256"))


class WebIdentity:
    """STS's dealings with identity providers."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._providers: dict[str, IdentityProvider] = {}

    def add(self, provider: IdentityProvider) -> IdentityProvider:
        """Make *provider* known to the account."""
        self._providers[provider.issuer] = provider
        return provider

    def asked(self, request: Request) -> bool:
        """Tell whether a request to STS is for this operation."""
        if OPERATION not in request.query and OPERATION.encode() not in request.body:
            return False
        parameters = parameters_of(request)
        due = (OPERATION, _VERSION)
        return request.path in ("", "/") and (parameters.get("Action"), parameters.get("Version")) == due

    def token(self, request: Request) -> str | None:
        return parameters_of(request).get("WebIdentityToken")

    @property
    def tokens(self) -> list[str]:
        """Every token of every provider."""
        return [token for provider in self._providers.values() for token in provider.issued]

    def perform(self, request: Request, now: datetime) -> Tree:
        """Return the operation's result; raises `ServiceError` where STS says no."""
        parameters = parameters_of(request)
        members.check(_MEMBERS, parameters)
        provider, claims = self.verified(parameters["WebIdentityToken"], STS_AUDIENCE, now)
        role = self._trusting(parameters["RoleArn"], provider, claims)
        lifetime = members.lifetime(parameters, _AN_HOUR)
        if lifetime.total_seconds() > role.max_session_duration:
            raise no(errors.OVER_ROLE_MAXIMUM)
        return self._result(parameters, role, lifetime, provider, now)

    def verified(self, token: str, audience: str, now: datetime) -> tuple[IdentityProvider, dict[str, Any]]:
        """Return whose token it is, and what it says; raises `ServiceError` for one that does not count."""
        claims = _claims(token)
        provider = self._providers.get(str(claims.get("iss")))
        if provider is None:
            raise no(_NO_PROVIDER, issuer=str(claims.get("iss")))
        if not provider.signs(token):
            raise no(_WRONG_SIGNATURE)
        if audience not in claims["aud"]:
            raise no(_WRONG_AUDIENCE)
        if now.timestamp() >= claims["exp"]:
            raise no(_EXPIRED, now=str(int(now.timestamp())), expiry=str(claims["exp"]))
        return provider, claims

    def _trusting(self, arn: str, provider: IdentityProvider, claims: dict[str, Any]) -> Role:
        role = self._directory.roles.get(arn)
        context = {f"{provider.host}:aud": STS_AUDIENCE, f"{provider.host}:sub": str(claims["sub"])}
        names = [provider.arn]
        if role is None or not says("Allow", [role.trust], _ACTION, context=context, principals=names):
            raise no(_NOT_TRUSTED)
        if says("Deny", [role.trust], _ACTION, context=context, principals=names):
            raise no(_NOT_TRUSTED)
        return role

    def _result(
        self,
        parameters: Parameters,
        role: Role,
        lifetime: timedelta,
        provider: IdentityProvider,
        now: datetime,
    ) -> Tree:
        principal = self._directory.role_session(role, parameters["RoleSessionName"])
        issued = self._directory.issue_session(principal, now, lifetime)
        return {
            "Audience": STS_AUDIENCE,
            "AssumedRoleUser": {"AssumedRoleId": principal.user_id, "Arn": principal.arn},
            "Provider": provider.arn,
            "Credentials": credentials_result(issued.credentials),
            "SubjectFromWebIdentityToken": provider.subject,
        }


def _claims(token: str) -> dict[str, Any]:
    try:
        _, claims, _ = token.split(".")
        decoded = read_json(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except ValueError:
        raise no(_NOT_A_JWT) from None
    if not isinstance(decoded, dict):
        raise no(_NOT_A_JWT)
    return decoded


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
