"""IAM Identity Center: a token in a cache, which the portal trades for a role's credentials.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
"""

from __future__ import annotations

import json
from hashlib import sha1

from ..directory import Role
from ..services.vendor import timestamp
from .delivery import CONFIG, DEFAULT_PROFILE, Delivery

#: Where in the folder of a case botocore looks for tokens.
CACHE = "sso"
_SESSION = "narrators"
_START_URL = "https://narrators.awsapps.com/start"


def session(delivery: Delivery) -> None:
    put_profile(delivery, DEFAULT_PROFILE, delivery.the_role)


def put_profile(delivery: Delivery, name: str, role: Role) -> None:
    """Have profile *name* lead to *role* by a session of its own, whose token can be renewed."""
    region = delivery.aws.region
    delivery.section(
        CONFIG,
        f"sso-session {_SESSION}",
        {
            "sso_start_url": _START_URL,
            "sso_region": region,
            "sso_registration_scopes": "sso:account:access",
        },
    )
    delivery.profile(CONFIG, name, {"sso_session": _SESSION, **_role_settings(delivery, role)})
    sign_in(delivery, _SESSION, renewable=True)


def legacy(delivery: Delivery) -> None:
    """Without a session to share: its token cannot be renewed."""
    settings = {"sso_start_url": _START_URL, "sso_region": delivery.aws.region}
    delivery.profile(CONFIG, DEFAULT_PROFILE, settings | _role_settings(delivery, delivery.the_role))
    sign_in(delivery, _START_URL, renewable=False)


def sign_in(delivery: Delivery, cached_as: str, *, renewable: bool) -> None:
    """Leave in the cache what ``aws sso login`` leaves there."""
    signed_in = delivery.aws.sso.sign_in(delivery.now())
    token = {
        "startUrl": _START_URL,
        "region": delivery.aws.region,
        "accessToken": signed_in.access_token,
        "expiresAt": timestamp(signed_in.expires_at),
    }
    if renewable:
        token |= {
            "clientId": signed_in.client_id,
            "clientSecret": signed_in.client_secret,
            "registrationExpiresAt": timestamp(signed_in.registration_expires_at),
            "refreshToken": signed_in.refresh_token,
        }
    delivery.put(f"{CACHE}/{sha1(cached_as.encode()).hexdigest()}.json", json.dumps(token))


def _role_settings(delivery: Delivery, role: Role) -> dict[str, str]:
    return {"sso_account_id": delivery.aws.directory.account_id, "sso_role_name": role.name}
