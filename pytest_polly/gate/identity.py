"""Whom the gate can know: principals, and the keys they sign with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .policy import Policies


@dataclass(frozen=True)
class Credentials:
    """A triple as AWS hands it out; its ``repr`` shows the key id and hides the rest."""

    #: ``AKIA`` and 16 characters for a long-term key, ``ASIA`` and 16 for a temporary one.
    access_key_id: str
    #: ``None`` where a client is not given it: in mode ``partial``.
    secret_access_key: str | None
    #: ``None`` for a long-term key.
    session_token: str | None = None
    #: Aware, in UTC; ``None`` for a long-term key, which does not expire by itself.
    expires_at: datetime | None = None

    def as_client_kwargs(self) -> dict[str, str]:
        """Return the parts that are there under boto3's own parameter names."""
        parts = {
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": self.secret_access_key,
            "aws_session_token": self.session_token,
        }
        return {name: value for name, value in parts.items() if value is not None}

    def __eq__(self, other: object) -> bool:
        """Written out: of the one that ``dataclass`` makes pytest shows value by value what differs."""
        return isinstance(other, Credentials) and vars(self) == vars(other)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown whole."""
        return tuple(part for part in (self.secret_access_key, self.session_token) if part)

    def __repr__(self) -> str:
        shown = [f"access_key_id={self.access_key_id!r}"]
        shown += [
            f"{name}='****'" if part else f"{name}=None"
            for name, part in (
                ("secret_access_key", self.secret_access_key),
                ("session_token", self.session_token),
            )
        ]
        if self.expires_at is not None:
            shown.append(f"expires_at={self.expires_at:%Y-%m-%dT%H:%M:%SZ}")
        return f"Credentials({', '.join(shown)})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis and IPython would show every field of a dataclass, whatever its ``repr`` hides."""
        printer.text(repr(self))


@dataclass
class Principal:
    """A user, or one session of a user or role, with the policies that bind it."""

    arn: str
    user_id: str
    account_id: str
    policies: Policies = field(default_factory=Policies)
    #: The role behind an assumed-role session.
    role: str | None = None
    #: Set once when a role is assumed, and handed on from role to role.
    source_identity: str | None = None
    #: Session tags.
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What ``aws:PrincipalType`` says."""
        if self.role:
            return "AssumedRole"
        return "FederatedUser" if ":federated-user/" in self.arn else "User"


@dataclass
class IssuedKey:
    """Credentials as the account remembers having issued them, and what has become of them."""

    credentials: Credentials
    principal: Principal
    issued_at: datetime
    active: bool = True
    role_deleted: bool = False

    @property
    def context(self) -> dict[str, str]:
        """Return what conditions may ask of whoever signs with this key; what does not apply is left out.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        principal = self.principal
        context = {
            "aws:PrincipalArn": principal.role or principal.arn,
            "aws:PrincipalAccount": principal.account_id,
            "aws:PrincipalType": principal.kind,
            "aws:SecureTransport": "true",
            "aws:userid": principal.user_id,
        }
        if principal.kind == "User":
            context["aws:username"] = principal.arn.rpartition("/")[2]
        if self.credentials.session_token is not None:
            context["aws:TokenIssueTime"] = self.issued_at.isoformat()
            context["aws:MultiFactorAuthPresent"] = "false"
        if principal.source_identity is not None:
            context["aws:SourceIdentity"] = principal.source_identity
        return context | {f"aws:PrincipalTag/{key}": value for key, value in principal.tags.items()}
