"""Makes what a mode needs: somebody in the account, credentials of theirs, and what the client is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .aws import SimulatedAWS
from .cases import Case, way_of
from .directory import Directory, Role, User, trust_policy
from .gate import Credentials, IssuedKey
from .modes import MODES, Mode
from .sources import SOURCES, Delivery
from .sources.delivery import MAY_ASSUME

_SESSION_NAME = "pytest-polly"


@dataclass
class Issued:
    """Who a mode is about, what was issued to them, and what the client is given of it.

    ``key`` and ``given`` are ``None`` where there is nothing to give, or only a way to a role.
    """

    mode: Mode
    owner: User | Role | None
    key: IssuedKey | None = None
    given: Credentials | None = None


class Issuer:
    """Issues credentials of every mode out of one account's directory."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def issue(
        self, mode: Mode, now: datetime, *, fetched: bool = False, values: Credentials | None = None
    ) -> Issued:
        """Issue for *mode*; *fetched* says that the client fetches a role's credentials itself.

        With *values* it is these very key, secret and token that are issued.
        """
        if mode.kind == "nothing":
            return Issued(mode, None)
        if mode.kind == "role" or fetched:
            issued = Issued(mode, self._directory.create_role(self._name("Narrator"), *mode.policies))
        else:
            issued = Issued(mode, self._directory.create_user(self._name("narrator"), *mode.policies))
        if not fetched:
            self.renew(issued, now, values)
        return issued

    def renew(self, issued: Issued, now: datetime, values: Credentials | None = None) -> None:
        """Issue anew to the same owner, with these very *values* if there are any."""
        assert issued.owner is not None
        issued.key = self._key(issued.owner, issued.mode, now)
        if values is not None:
            self._directory.revalue(issued.key, values)
        issued.key.active = issued.mode.active
        issued.given = issued.mode.given(
            issued.key.credentials, lambda: self._key_of_another(now).credentials
        )

    def long_term(self, now: datetime) -> Credentials:
        """Issue the valid access key of a user who may speak and may assume roles."""
        user = self._directory.create_user(self._name("somebody"), *MODES["long-term"].policies, MAY_ASSUME)
        return self._directory.issue_long_term(user, now).credentials

    def role_for(self, owner: User | Role) -> Role:
        """Create a role that may use Polly, and that *owner* may assume."""
        trust = trust_policy({"AWS": owner.arn})
        return self._directory.create_role(self._name("Narrator"), *MODES["role"].policies, trust=trust)

    def _key_of_another(self, now: datetime) -> IssuedKey:
        another = self._directory.create_user(self._name("somebody"))
        return self._key(another, MODES["session-token"], now)

    def _key(self, owner: User | Role, mode: Mode, now: datetime) -> IssuedKey:
        if isinstance(owner, Role):
            principal = self._directory.role_session(owner, _SESSION_NAME)
        else:
            issued = self._directory.issue_long_term(owner, now)
            if mode.kind == "user":
                return issued
            principal = issued.principal
        return self._directory.issue_session(principal, now, mode.lifetime)

    def _name(self, stem: str) -> str:
        return f"{stem}-{len(self._directory.users) + len(self._directory.roles) + 1}"


@dataclass
class Delivered:
    """A case whose credentials lie where its source has them."""

    case: Case
    issued: Issued
    delivery: Delivery
    issuer: Issuer

    @property
    def variables(self) -> dict[str, str]:
        only = self.case.only
        return {k: v for k, v in self.delivery.variables.items() if not only or k in only}

    def deliver(self) -> None:
        """Put what is given now at the source; what was there before is overwritten."""
        self.delivery.credentials = self.issued.given
        way_of(self.case)(self.delivery)
        self.delivery.write()

    def rotate(self, values: Credentials | None = None) -> None:
        """Put something new at the source, these very *values* if there are any."""
        if self.issued.given is not None:
            self.issuer.renew(self.issued, self.delivery.now(), values)
        if not self.delivery.rotations:
            self.deliver()
        for rotation in self.delivery.rotations:
            rotation()

    def keep_fresh(self) -> None:
        """Do what is done by itself as time goes by: a role's credentials that lie there are renewed."""
        if self.issued.given is not None and self.issued.mode.kind == "role":
            self.rotate()
        for task in self.delivery.upkeep:
            task()


def deliver(case: Case, issuer: Issuer, folder: Path, aws: SimulatedAWS) -> Delivered:
    """Issue what *case* needs and put it where its source has it."""
    now = aws.clock.now
    issued = issuer.issue(MODES[case.mode], now, fetched=SOURCES[case.source].role)
    delivery = Delivery(
        folder=folder,
        aws=aws,
        now=lambda: aws.clock.now,
        role=issued.owner if isinstance(issued.owner, Role) else None,
        somebody=lambda: issuer.long_term(aws.clock.now),
    )
    delivered = Delivered(case, issued, delivery, issuer)
    delivered.deliver()
    return delivered
