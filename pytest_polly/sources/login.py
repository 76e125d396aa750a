"""``aws login``: credentials in a cache, which AWS Sign-In renews for whoever has the key beside them.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-login-credentials.html
"""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..services.signin import CLIENT_ID
from ..services.vendor import timestamp
from .delivery import CONFIG, DEFAULT_PROFILE, Delivery

if TYPE_CHECKING:
    from awscrt.crypto import EC

#: Where in the folder of a case botocore looks for logins.
CACHE = "login"
#: In bytes: a key on the curve P-256 with its public half, written down as SEC 1 says.
_WHOLE_KEY = 121


def login(delivery: Delivery) -> None:
    """Leave in the cache what ``aws login`` leaves there, key included."""
    account_id = delivery.aws.directory.account_id
    session = f"arn:aws:sts::{account_id}:assumed-role/{delivery.the_role.name}/narrator"
    key, exported = _new_key()
    credentials, refresh_token = delivery.aws.signin.log_in(delivery.the_role, key, delivery.now())
    cached = {
        "accessToken": {
            "accessKeyId": credentials.access_key_id,
            "secretAccessKey": credentials.secret_access_key,
            "sessionToken": credentials.session_token,
            "accountId": account_id,
            "expiresAt": timestamp(credentials.expires_at),
        },
        "tokenType": "aws_sigv4",
        "refreshToken": refresh_token,
        "clientId": CLIENT_ID,
        "dpopKey": _pem(exported),
    }
    delivery.put(f"{CACHE}/{sha256(session.encode()).hexdigest()}.json", json.dumps(cached))
    delivery.profile(CONFIG, DEFAULT_PROFILE, {"login_session": session})


def unavailable() -> str | None:
    """Return why botocore cannot take this way, ``None`` if it can."""
    import botocore
    import botocore.credentials

    if not hasattr(botocore.credentials, "LoginProvider"):
        return f"botocore {botocore.__version__} does not know `aws login`, 1.41 does"
    if find_spec("awscrt") is None:
        return '`aws login` needs awscrt: pip install "pytest-polly[login]"'
    return None


def _new_key() -> tuple[EC, bytes]:
    """Return a key, and how it is written down.

    One in 256 begins with a zero byte, which awscrt leaves out, and then cannot read what it wrote.
    """
    from awscrt.crypto import EC, ECExportFormat, ECType

    while True:
        key = EC.new_generate(ECType.P_256)
        exported = key.export_key(ECExportFormat.SEC1)
        if len(exported) == _WHOLE_KEY:
            return key, exported


def _pem(key: bytes) -> str:
    body = base64.encodebytes(key).decode()
    return f"-----BEGIN EC PRIVATE KEY-----\n{body}-----END EC PRIVATE KEY-----\n"
