"""Whom the gate can know: principals, and the keys they sign with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .policy import Policies


@dataclass(frozen=True)
class Credentials:
    """A triple as AWS hands it out; its ``repr`` shows the key id and hides the rest.

    ``expires_at`` is an aware UTC time, ``None`` for keys that do not expire by themselves.
    """

    access_key_id: str
    secret_access_key: str | None
    session_token: str | None = None
    expires_at: datetime | None = None

    def as_client_kwargs(self) -> dict[str, str]:
        """Return the parts that are there under boto3's own parameter names."""
        parts = {
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": self.secret_access_key,
            "aws_session_token": self.session_token,
        }
        return {name: value for name, value in parts.items() if value is not None}

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


@dataclass
class Principal:
    """A user, or one session of a user or role, with the policies that bind it."""

    arn: str
    user_id: str
    account_id: str
    policies: Policies = field(default_factory=Policies)
    #: The role behind an assumed-role session.
    role: str | None = None


@dataclass
class IssuedKey:
    """Credentials as the account remembers having issued them, and what has become of them."""

    credentials: Credentials
    principal: Principal
    issued_at: datetime
    active: bool = True
    role_deleted: bool = False
