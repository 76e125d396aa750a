"""``credential_process``: a real process, which prints what it has been given to print.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

from __future__ import annotations

import json
import sys

from ..gate import Credentials
from ..services.vendor import timestamp
from .delivery import CONFIG, DEFAULT_PROFILE, Delivery

#: Written to by every run, a dot each.
RUNS = "process/runs"

#: Imports nothing but what has been imported when it starts.
_SCRIPT = """\
import sys
here = __file__[: -len("hand_out.py")]
with open(here + "runs", "a") as runs:
    runs.write(".")
with open(here + "credentials.json") as credentials:
    sys.stdout.write(credentials.read())
"""


def process(delivery: Delivery) -> None:
    """A role's credentials come with their expiration, others are for good as far as an SDK can tell."""
    assert delivery.credentials is not None
    put(delivery, DEFAULT_PROFILE, delivery.credentials, expires=delivery.role is not None)


def put(delivery: Delivery, profile: str, credentials: Credentials, *, expires: bool) -> None:
    """Have *profile* run a process that hands out *credentials*."""
    parts = {
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "SessionToken": credentials.session_token,
        "Expiration": timestamp(credentials.expires_at) if expires else None,
    }
    printed = {"Version": 1, **{name: value for name, value in parts.items() if value is not None}}
    delivery.put("process/credentials.json", json.dumps(printed))
    script = delivery.put("process/hand_out.py", _SCRIPT)
    # Isolated and without site packages: it starts at once, and nothing around it gets in.
    command = f'"{sys.executable}" -I -S "{script}"'
    delivery.profile(CONFIG, profile, {"credential_process": command})
