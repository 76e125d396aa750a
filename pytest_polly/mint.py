"""Makes access keys, secrets and tokens that look like AWS's and belong to nobody."""

from __future__ import annotations

import base64
import secrets
import string

_KEY_LETTERS = string.ascii_uppercase + "234567"
_ID_LETTERS = string.ascii_uppercase + string.digits
_SECRET_LETTERS = string.ascii_letters + string.digits + "/+"
#: What the base64 of a regional session token begins with: ``!\n\torigin_ec``.
_TOKEN_HEAD = b"!\n\torigin_ec"
_TOKEN_BYTES = 400

LONG_TERM, TEMPORARY = "AKIA", "ASIA"
USER, ROLE = "AIDA", "AROA"


def access_key_id(prefix: str) -> str:
    """Return 20 characters, the first four saying whether the key is long-term or temporary."""
    return prefix + _random(_KEY_LETTERS, 16)


def secret_access_key() -> str:
    """Return 40 characters, with a slash and a plus: legal, and often feared."""
    return f"{_random(_SECRET_LETTERS, 18)}/{_random(_SECRET_LETTERS, 20)}+"


def session_token() -> str:
    """Return some 550 characters of base64; AWS promises no length."""
    return base64.b64encode(_TOKEN_HEAD + secrets.token_bytes(_TOKEN_BYTES)).decode()


def unique_id(prefix: str) -> str:
    """Return the 21 characters by which IAM knows a user or role whatever its name."""
    return prefix + _random(_ID_LETTERS, 17)


def account_id() -> str:
    """Return twelve digits."""
    return str(secrets.randbelow(9 * 10**11) + 10**11)


def opaque(length: int) -> str:
    """Return a token of which AWS says nothing but that it is one."""
    return _random(_SECRET_LETTERS.replace("/", "-").replace("+", "_"), length)


def hexadecimal(length: int) -> str:
    """Return an identifier as clusters and tasks have them."""
    return _random(string.hexdigits[:16], length)


def _random(letters: str, length: int) -> str:
    # One request for chance, not one for each letter; where it favours some letters a little, no matter.
    return "".join(letters[byte % len(letters)] for byte in secrets.token_bytes(length))
