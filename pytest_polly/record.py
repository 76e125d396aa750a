"""What reached the account: one `Call` for each request, with its signer and its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .gate.sigv4 import Proof


@dataclass(frozen=True)
class Call:
    """One request that reached the account.

    ``access_key_id`` is what the request claimed, ``principal`` the ARN the account knows that key by.
    ``signed`` tells whether there was a signature at all, ``token_sent`` whether a session token came
    with it, or whatever token a source of credentials is opened with; tokens and signatures themselves
    are kept out of sight.
    """

    service: str
    operation: str | None
    access_key_id: str | None
    principal: str | None
    signed: bool
    token_sent: bool
    region: str
    host: str
    status: int
    error_code: str | None
    time: datetime
    message: str | None = field(default=None, repr=False)
    _token: str | None = field(default=None, repr=False)
    _proof: Proof | None = field(default=None, repr=False)
    _content: int = field(default=0, repr=False)

    @property
    def refused(self) -> bool:
        return self.error_code is not None

    @property
    def rejected(self) -> bool:
        """Whether its credentials were refused, which no repetition will change."""
        return self.refused and self.status == 403

    def repeats(self, other: Call) -> bool:
        """Tell whether this is *other* once more: the same request, signed by the same key."""
        return (self.service, self.operation, self.access_key_id, self._content) == (
            other.service,
            other.operation,
            other.access_key_id,
            other._content,
        )

    @property
    def token(self) -> str | None:
        """The token that came with it; never to be printed."""
        return self._token

    def signed_with(self, secret: str | None) -> bool:
        """Tell whether *secret* made the signature of this call."""
        return secret is not None and self._proof is not None and self._proof.made_with(secret)
