"""Who is in the simulated AWS account: its users, its roles, and every key it ever issued."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from . import mint
from .errors import PollyError
from .gate import Credentials, IssuedKey, Policies, Principal
from .gate.policy import Document


@dataclass
class User:
    """An IAM user. Policies are a list that may change while the user's keys are in use."""

    name: str
    arn: str
    user_id: str
    policies: list[Document]
    boundary: list[Document] | None = None


@dataclass
class Role:
    """An IAM role, with the trust policy that says who may assume it."""

    name: str
    arn: str
    role_id: str
    trust: Document
    policies: list[Document]
    boundary: list[Document] | None = None
    #: The longest session, in seconds.
    max_session_duration: int = 3600


@dataclass
class Directory:
    """IAM's side of an account, and what the gate asks: ``keys`` by access key id."""

    account_id: str
    keys: dict[str, IssuedKey] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)

    def create_user(self, name: str, *policies: Document) -> User:
        arn = f"arn:aws:iam::{self.account_id}:user/{name}"
        user = User(name, arn, mint.unique_id(mint.USER), list(policies))
        self.users[arn] = user
        return user

    def create_role(
        self, name: str, *policies: Document, trust: Document | None = None, path: str = "/"
    ) -> Role:
        """Create a role that the whole account may assume, unless *trust* says otherwise."""
        root = f"arn:aws:iam::{self.account_id}:root"
        role = Role(
            name,
            f"arn:aws:iam::{self.account_id}:role{path}{name}",
            mint.unique_id(mint.ROLE),
            trust or trust_policy({"AWS": root}),
            list(policies),
        )
        self.roles[role.arn] = role
        return role

    def delete_role(self, role: Role) -> None:
        """Sessions of a deleted role die with it, even if one of the same name comes after."""
        del self.roles[role.arn]
        for key in self.keys.values():
            key.role_deleted |= key.principal.role == role.arn

    def issue_long_term(self, user: User, now: datetime) -> IssuedKey:
        """Issue an access key that lasts until it is deactivated."""
        principal = Principal(user.arn, user.user_id, self.account_id, Policies(user.policies, user.boundary))
        credentials = Credentials(mint.access_key_id(mint.LONG_TERM), mint.secret_access_key())
        return self._register(IssuedKey(credentials, principal, now))

    def issue_session(self, principal: Principal, now: datetime, lifetime: timedelta) -> IssuedKey:
        """Issue temporary credentials for *principal*, good for *lifetime*."""
        credentials = Credentials(
            mint.access_key_id(mint.TEMPORARY),
            mint.secret_access_key(),
            mint.session_token(),
            now + lifetime,
        )
        return self._register(IssuedKey(credentials, principal, now))

    def role_session(
        self, role: Role, session_name: str, session_policies: list[Document] | None = None
    ) -> Principal:
        """Return who a caller becomes by assuming *role*; the role's path is not part of the ARN."""
        return Principal(
            f"arn:aws:sts::{self.account_id}:assumed-role/{role.name}/{session_name}",
            f"{role.role_id}:{session_name}",
            self.account_id,
            Policies(role.policies, role.boundary, session_policies),
            role=role.arn,
        )

    def revalue(self, key: IssuedKey, values: Credentials) -> None:
        """Let what was issued have the key id, secret and token of *values*.

        Another key of that id is forgotten. Raises `PollyError` for values of another kind.
        """
        issued = key.credentials
        if values.secret_access_key is None or bool(values.session_token) != bool(issued.session_token):
            needed = "a secret and a" if issued.session_token else "a secret and no"
            raise PollyError(f"{values.access_key_id} cannot be issued so: it needs {needed} session token")
        del self.keys[issued.access_key_id]
        key.credentials = replace(values, expires_at=values.expires_at or issued.expires_at)
        self._register(key)

    def _register(self, key: IssuedKey) -> IssuedKey:
        self.keys[key.credentials.access_key_id] = key
        return key


def trust_policy(principal: dict[str, str], action: str = "sts:AssumeRole") -> Document:
    """Return a trust policy that lets *principal* (``{"AWS": arn}``, …) assume the role."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Principal": principal}],
    }
