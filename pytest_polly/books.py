"""What AWS has to know to answer a request, kept apart from what answers for it here.

A state machine enters here what it does; the answers it gets are held against the books, so that a fault of
the simulated AWS cannot pass for one of a client, nor excuse one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from .gate import Credentials
from .record import Call

_UNSIGNED = "MissingAuthenticationTokenException"
_UNRECOGNIZED = "UnrecognizedClientException"
_EXPIRED = "ExpiredTokenException"
_BAD_SIGNATURE = "InvalidSignatureException"
_DENIED = "AccessDeniedException"

#: How far a client's clock may be off at Polly's door.
_WINDOW = timedelta(minutes=5)
SPEAK = "polly:SynthesizeSpeech"


@dataclass
class Owner:
    """Whoever credentials belong to, with what their policies say."""

    allows: set[str]
    denies: set[str]

    def may(self, action: str) -> bool:
        allowed, denied = (
            any(fnmatchcase(action, pattern) for pattern in patterns)
            for patterns in (self.allows, self.denies)
        )
        return allowed and not denied


@dataclass
class Key:
    """One access key, and what has become of it."""

    issued: Credentials
    owner: Owner
    active: bool = True
    expired: bool = False
    revoked: bool = False

    @property
    def temporary(self) -> bool:
        return self.issued.session_token is not None

    def past(self, moment: datetime) -> bool:
        """Whether it is past the time that it was issued for."""
        return self.issued.expires_at is not None and moment >= self.issued.expires_at


@dataclass
class Books:
    """What AWS has to know to answer a request, kept by what was done and not by what was answered."""

    keys: dict[str, Key] = field(default_factory=dict)
    #: How far AWS's clock is ahead of the client's.
    skew: timedelta = timedelta(0)
    #: Codes of the failures still to come, whoever asks; and of one that does not end.
    trouble: list[str] = field(default_factory=list)
    down: str | None = None

    def answer(self, call: Call) -> str | None:
        """Return the error code that *call* must be answered with, ``None`` if it must succeed."""
        if self.down is not None:
            return self.down
        if self.trouble:
            return self.trouble.pop(0)
        if not call.signed:
            return _UNSIGNED
        action = f"polly:{call.operation}"
        return self._refusal(call.access_key_id, call.signed_with, call.token, action, call.time)

    def honour(self, given: Credentials, moment: datetime) -> bool:
        """Tell whether a request to speak that carries *given* must succeed."""
        secret = given.secret_access_key
        key_id, token = given.access_key_id, given.session_token
        return self._refusal(key_id, lambda own: own == secret, token, SPEAK, moment) is None

    def _refusal(
        self,
        key_id: str | None,
        signed_with: Callable[[str | None], bool],
        token: str | None,
        action: str,
        moment: datetime,
    ) -> str | None:
        """AWS's rule, in AWS's order."""
        if abs(self.skew) > _WINDOW:
            return _BAD_SIGNATURE
        key = self.keys.get(key_id or "")
        if key is None or not key.active:
            return _UNRECOGNIZED
        if key.temporary and token != key.issued.session_token:
            return _UNRECOGNIZED
        if key.expired or key.past(moment):
            return _EXPIRED
        if not signed_with(key.issued.secret_access_key):
            return _BAD_SIGNATURE
        if token is not None and not key.temporary:
            return _UNRECOGNIZED
        return None if key.owner.may(action) and not key.revoked else _DENIED
