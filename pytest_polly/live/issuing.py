"""Makes what a mode needs out of the person's own credentials, by STS alone."""

from __future__ import annotations

from datetime import datetime

import pytest

from ..directory import Directory, Role, User, trust_policy
from ..gate import Credentials, IssuedKey, Policies, Principal, statement
from ..issuing import Issued, Issuer
from ..modes import MODES, Mode
from .ambient import Ambient, Unobtainable
from .kept import Kept
from .makeable import MAKINGS, reason_against_mode
from .settings import Setting


class LiveIssuer(Issuer):
    """Issues credentials of every mode that can be made; the test of another is skipped, with the reason."""

    def __init__(
        self, directory: Directory, ambient: Ambient, role: Setting | None, kept: Kept | None
    ) -> None:
        super().__init__(directory)
        self._ambient, self._role, self._kept = ambient, role, kept
        #: Whether the person's own credentials are handed out, whatever the mode.
        self.hands_out_own = False

    def issue(
        self, mode: Mode, now: datetime, *, fetched: bool = False, values: Credentials | None = None
    ) -> Issued:
        """Make what *mode* needs; of made-up *values* AWS knows nothing."""
        if values is not None:
            pytest.skip("live: AWS issues no credentials of anybody's choice")
        reason = reason_against_mode(mode.name)
        if reason is not None:
            pytest.skip(f"live: {reason}")
        if MAKINGS[mode.name] == "nothing":
            return Issued(mode, None)
        issued = Issued(mode, self._owner(mode))
        if not fetched:
            self.renew(issued, now)
            return issued
        try:
            # The client is to assume it by itself: not its fault if it may not.
            self._ambient.check_role(self._role_arn(mode), now)
        except Unobtainable as error:
            pytest.skip(f"live: mode {mode.name!r} cannot be made: {error}")
        return issued

    def long_term(self, now: datetime) -> Credentials:
        """Return what may assume the role: a session of the person's, lest their own key lies in a file."""
        try:
            return self._known(self._ambient.session(now)).credentials
        except Unobtainable:
            return self._ambient.credentials

    def role_for(self, owner: User | Role) -> Role:
        """Return the role that the run was told of: to create one would change the account."""
        return self._role_of(MODES["role"])

    def _owner(self, mode: Mode) -> User | Role:
        identity = self._ambient.identity
        if mode.kind != "role":
            return User(identity.arn.rpartition("/")[2], identity.arn, identity.user_id, [])
        return self._role_of(mode)

    def _role_of(self, mode: Mode) -> Role:
        arn = self._role_arn(mode)
        # Whom it trusts is for AWS to say: the simulation beside it is to let everybody in.
        trust, anything = trust_policy({"AWS": "*"}), statement("Allow", "*")
        role = Role(arn.rpartition("/")[2], arn, "", trust, [anything])
        self._directory.roles[arn] = role
        return role

    def _role_arn(self, mode: Mode) -> str:
        if self._role is None:
            pytest.skip(f"live: mode {mode.name!r} needs a role to assume: --polly-live-role")
        return self._role.value

    def _key(self, owner: User | Role, mode: Mode, now: datetime) -> IssuedKey:
        making = MAKINGS[mode.name]
        try:
            if self.hands_out_own:
                return self._known(self._ambient.key(now))
            if making == "kept":
                return self._known(self._expired(now))
            if making == "role":
                return self._known(self._ambient.role_session(self._role_arn(mode), now))
            if making == "narrowed":
                role = self._role_arn(mode)
                return self._known(self._ambient.role_session(role, now, mode.policies))
            if making == "session" or (making == "any" and not self._ambient.are_long_term):
                return self._known(self._session(now))
            return self._known(self._own(mode, now))
        except Unobtainable as error:
            pytest.skip(f"live: mode {mode.name!r} cannot be made: {error}")

    def _key_of_another(self, now: datetime) -> IssuedKey:
        return self._key(self._owner(MODES["session-token"]), MODES["session-token"], now)

    def _own(self, mode: Mode, now: datetime) -> IssuedKey:
        if not self._ambient.are_long_term:
            found = self._ambient.credentials.access_key_id
            pytest.skip(f"live: mode {mode.name!r} needs a long-term access key; {found} is temporary")
        return self._ambient.key(now)

    def _session(self, now: datetime) -> IssuedKey:
        """Return a session of the person's, or of the role where the person has only a session."""
        try:
            return self._ambient.session(now)
        except Unobtainable as error:
            if self._role is None:
                raise Unobtainable(f"{error}; and there is no --polly-live-role") from None
            return self._ambient.role_session(self._role.value, now)

    def _expired(self, now: datetime) -> IssuedKey:
        kept = self._kept
        if kept is None:
            pytest.skip(
                "live: an expired token comes from an earlier run: --polly-live-expired FILE leaves one"
            )
        expires_at = kept.credentials.expires_at
        assert expires_at is not None
        if expires_at > now:
            pytest.skip(f"live: the token kept for this expires at {expires_at:%H:%M:%S} UTC; run again then")
        principal = Principal(kept.arn, kept.user_id, kept.account_id, Policies([statement("Allow", "*")]))
        return IssuedKey(kept.credentials, principal, now)

    def _known(self, key: IssuedKey) -> IssuedKey:
        self._directory.keys[key.credentials.access_key_id] = key
        return key
