"""Hands out a role's credentials the way EC2, ECS and EKS do."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from ..directory import Directory, Role
from ..gate import Credentials, IssuedKey

#: How long they are good for, and how long before that there are new ones: well before any SDK asks, for
#: one that asks and is given the old ones takes that for an outage, and goes on using them.
LIFETIME, MARGIN = timedelta(hours=6), timedelta(hours=1)


class Vendor:
    """Gives everybody who asks the same credentials of one role, and new ones in good time."""

    def __init__(self, directory: Directory, role: Role, session_name: str) -> None:
        self.role = role
        self._directory = directory
        self._session_name = session_name
        self._current: IssuedKey | None = None
        self._lock = Lock()

    def credentials(self, now: datetime) -> Credentials:
        """Return the role's current credentials."""
        with self._lock:
            if self._current is None or not _fresh(self._current, now):
                principal = self._directory.role_session(self.role, self._session_name)
                self._current = self._directory.issue_session(principal, now, LIFETIME)
            return self._current.credentials

    def rotate(self) -> None:
        """Give new credentials to whoever asks next; the old ones stay valid."""
        with self._lock:
            self._current = None


def _fresh(key: IssuedKey, now: datetime) -> bool:
    expires_at = key.credentials.expires_at
    return key.active and expires_at is not None and expires_at - now > MARGIN


def timestamp(moment: datetime | None) -> str:
    """Return a time as AWS writes it in JSON: to the second, in UTC."""
    assert moment is not None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
