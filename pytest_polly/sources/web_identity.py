"""A token of an identity provider outside AWS, which STS trades for a role's credentials.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from ..directory import Role
from ..services.web_identity import STS_AUDIENCE, IdentityProvider
from .delivery import CONFIG, DEFAULT_PROFILE, Delivery

#: How long a token of a Kubernetes service account is good for, and how long after its issue it is
#: replaced: https://kubernetes.io/docs/concepts/storage/projected-volumes/
_LIFETIME, _REPLACED_AFTER = timedelta(hours=24), timedelta(hours=19)


def environment(delivery: Delivery) -> None:
    path = trusted_token(delivery, delivery.the_role)
    delivery.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(path)
    delivery.variables["AWS_ROLE_ARN"] = delivery.the_role.arn


def profile(delivery: Delivery) -> None:
    put_profile(delivery, DEFAULT_PROFILE, delivery.the_role)


def put_profile(delivery: Delivery, name: str, role: Role) -> None:
    """Have profile *name* lead to *role* by a token of its own."""
    path = trusted_token(delivery, role)
    delivery.profile(CONFIG, name, {"role_arn": role.arn, "web_identity_token_file": str(path)})


def trusted_token(delivery: Delivery, role: Role) -> Path:
    """Let *role* trust a new identity provider, and return where that puts its token."""
    provider = delivery.aws.sts.web_identity.add(IdentityProvider(delivery.aws.directory.account_id))
    role.trust = provider.trust()
    return token_file(delivery, provider, STS_AUDIENCE)


def token_file(delivery: Delivery, provider: IdentityProvider, audience: str) -> Path:
    """Write a token to a file, and have it replaced in time, as a Kubernetes node does."""
    issued_at = delivery.now()

    def write() -> Path:
        nonlocal issued_at
        issued_at = delivery.now()
        return delivery.put("web-identity/token", provider.token(audience, issued_at, _LIFETIME))

    def keep_fresh() -> None:
        if delivery.now() - issued_at >= _REPLACED_AFTER:
            write()

    delivery.rotations.append(write)
    delivery.upkeep.append(keep_fresh)
    return write()
