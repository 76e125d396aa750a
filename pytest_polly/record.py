"""What reached the account: one `Call` for each request, with its signer and its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .gate.sigv4 import Proof


@dataclass(frozen=True)
class Call:
    """One request that reached the account. Its ``repr`` shows neither tokens nor signatures."""

    #: ``polly``, ``sts``, ``imds``, ``container``, ``sso`` or ``signin``.
    service: str
    #: Such as ``SynthesizeSpeech``, or method and path where a service has no names for what is asked;
    #: ``None`` for what it does not know.
    operation: str | None
    #: What the request claimed to be signed with, ``None`` if nothing.
    access_key_id: str | None
    #: The ARN by which the account knows that key, ``None`` if it does not.
    principal: str | None
    #: Whether there was a signature at all, right or wrong.
    signed: bool
    #: Whether a session token came with it, or whatever token a source of credentials is opened with.
    token_sent: bool
    #: Where it was sent to.
    region: str
    #: The host that it was sent to.
    host: str
    #: The answer's HTTP status.
    status: int
    #: AWS's code for its refusal, ``None`` if there was none.
    error_code: str | None
    #: When it arrived by AWS's clock, aware, in UTC.
    time: datetime
    #: The text of AWS's refusal, ``None`` if there was none.
    message: str | None = field(default=None, repr=False)
    _token: str | None = field(default=None, repr=False)
    _proof: Proof | None = field(default=None, repr=False)
    _content: int = field(default=0, repr=False)

    @property
    def refused(self) -> bool:
        """Whether AWS refused it, for whatever reason."""
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
