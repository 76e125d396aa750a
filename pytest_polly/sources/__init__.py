"""The catalogue of sources: where a client finds credentials, and how they are put there.

The names are the AWS SDK guide's; each source is one provider of botocore's chain.
https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..modes import MODES
from . import assume_role, given, login, metadata, process, sso, web_identity
from .delivery import Delivery

__all__ = ["DEFAULT", "DEFAULT_FOR_ROLES", "SOURCES", "Delivery", "Source"]

Deliver = Callable[[Delivery], None]


def _always() -> str | None:
    return None


@dataclass(frozen=True)
class Source:
    """One place where credentials are found."""

    name: str
    #: What botocore calls the provider that finds them (``Credentials.method``).
    provider: str
    modes: tuple[str, ...]
    deliver: Deliver
    #: Whether it hands out a role's credentials, which the SDK fetches and renews.
    role: bool = False
    #: The parameters it needs; empty where a client finds everything by itself.
    parameters: tuple[str, ...] = ()
    #: Other ways in which the same provider finds them, for `Account.apply`.
    variants: Mapping[str, Deliver] = field(default_factory=dict)
    #: Returns why credentials cannot be found there by what is installed, ``None`` if they can.
    unavailable: Callable[[], str | None] = _always


_GIVEN = tuple(name for name, mode in MODES.items() if mode.kind in ("user", "session"))
_ROLE = ("role", "access-denied", "explicit-deny")

_ALL = (
    Source(
        "explicit",
        "explicit",
        _GIVEN,
        given.explicit,
        parameters=("aws_access_key_id", "aws_secret_access_key", "aws_session_token"),
    ),
    Source(
        "profile-name",
        "shared-credentials-file",
        _GIVEN,
        given.profile_name,
        parameters=("profile_name",),
    ),
    Source("environment", "env", (*_GIVEN, "none"), given.environment),
    Source("profile", "shared-credentials-file", _GIVEN, given.profile),
    Source("shared-credentials-file", "shared-credentials-file", _GIVEN, given.shared_credentials_file),
    Source("config-file", "config-file", _GIVEN, given.config_file),
    Source(
        "process",
        "custom-process",
        (*(name for name in _GIVEN if name != "partial"), "role"),
        process.process,
    ),
    Source(
        "assume-role",
        "assume-role",
        _ROLE,
        assume_role.from_profile,
        role=True,
        variants={
            "chain": assume_role.from_role,
            "web-identity": assume_role.from_web_identity,
            "sso": assume_role.from_sso,
            "process": assume_role.from_process,
            # As the setting ``credential_source`` spells them.
            "Environment": assume_role.from_environment,
            "Ec2InstanceMetadata": assume_role.from_instance,
            "EcsContainer": assume_role.from_container,
        },
    ),
    Source(
        "web-identity",
        "assume-role-with-web-identity",
        _ROLE,
        web_identity.environment,
        role=True,
        variants={"profile": web_identity.profile},
    ),
    Source(
        "container",
        "container-role",
        _ROLE,
        metadata.ecs,
        role=True,
        variants={
            "full-uri": metadata.loopback,
            "https": metadata.https,
            "pod-identity": metadata.pod_identity,
            "pod-identity-ipv6": metadata.pod_identity_ipv6,
        },
    ),
    Source(
        "imds",
        "iam-role",
        _ROLE,
        metadata.imds_v2,
        role=True,
        variants={"v1": metadata.imds_v1, "ipv6": metadata.imds_ipv6},
    ),
    Source("sso", "sso", _ROLE, sso.session, role=True, variants={"legacy": sso.legacy}),
    Source("login", "login", _ROLE, login.login, role=True, unavailable=login.unavailable),
)

SOURCES: dict[str, Source] = {source.name: source for source in _ALL}

#: Where a mode is found when nobody says otherwise.
DEFAULT, DEFAULT_FOR_ROLES = "environment", "assume-role"
