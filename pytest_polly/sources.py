"""The catalogue of sources: where a client finds credentials, and how they are put there.

The names are the AWS SDK guide's; each source is one provider of botocore's chain.
https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .directory import Role
from .gate import Credentials
from .modes import MODES

#: The profile a case names, and the one beside it that holds somebody else's credentials.
PROFILE, OTHER_PROFILE = "narrator", "default"
_SOURCE_PROFILE = "source"

_CREDENTIALS, _CONFIG = "credentials", "config"


@dataclass
class Delivery:
    """What a source has to hand out, and the places it may put it."""

    folder: Path
    #: The role that the client may take; it finds a way to it instead of credentials.
    role: Role | None
    #: Issues valid credentials of somebody else, who may assume the role.
    somebody: Callable[[], Credentials]
    #: What the client is to be given, if anything.
    credentials: Credentials | None = None
    variables: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    files: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)

    def profile(self, file: str, name: str, settings: Mapping[str, str]) -> None:
        """Put a profile into the shared credentials file or the config file."""
        self.files.setdefault(file, {})[name] = dict(settings)

    def text(self, file: str) -> str:
        """Return a file's content, in the form of AWS's shared files."""
        lines: list[str] = []
        for name, settings in self.files[file].items():
            prefix = "profile " if file == _CONFIG and name != OTHER_PROFILE else ""
            lines += [f"[{prefix}{name}]", *(f"{k} = {v}" for k, v in settings.items()), ""]
        return "\n".join(lines)

    def write(self) -> None:
        for file in self.files:
            (self.folder / file).write_text(self.text(file), encoding="utf-8")


def _given(delivery: Delivery) -> dict[str, str]:
    return {} if delivery.credentials is None else delivery.credentials.as_client_kwargs()


def _explicit(delivery: Delivery) -> None:
    delivery.parameters.update(_given(delivery))


def _environment(delivery: Delivery) -> None:
    delivery.variables.update({name.upper(): value for name, value in _given(delivery).items()})


def _shared_credentials_file(delivery: Delivery) -> None:
    delivery.profile(_CREDENTIALS, "default", _given(delivery))


def _config_file(delivery: Delivery) -> None:
    delivery.profile(_CONFIG, "default", _given(delivery))


def _two_profiles(delivery: Delivery) -> None:
    delivery.profile(_CREDENTIALS, OTHER_PROFILE, delivery.somebody().as_client_kwargs())
    delivery.profile(_CREDENTIALS, PROFILE, _given(delivery))


def _profile(delivery: Delivery) -> None:
    _two_profiles(delivery)
    delivery.variables["AWS_PROFILE"] = PROFILE


def _profile_name(delivery: Delivery) -> None:
    _two_profiles(delivery)
    delivery.parameters["profile_name"] = PROFILE


def _assume_role(delivery: Delivery) -> None:
    assert delivery.role is not None
    settings = {"role_arn": delivery.role.arn, "source_profile": _SOURCE_PROFILE}
    delivery.profile(_CONFIG, "default", settings)
    delivery.profile(_CREDENTIALS, _SOURCE_PROFILE, delivery.somebody().as_client_kwargs())


_GIVEN = tuple(name for name, mode in MODES.items() if mode.kind in ("user", "session"))
_ROLE = ("role", "access-denied", "explicit-deny")


@dataclass(frozen=True)
class Source:
    """One place where credentials are found."""

    name: str
    #: What botocore calls the provider that finds them (``Credentials.method``).
    provider: str
    modes: tuple[str, ...]
    deliver: Callable[[Delivery], None]
    #: Whether it hands out a role's credentials, which the SDK fetches and renews.
    role: bool = False
    #: The parameters it needs; empty where a client finds everything by itself.
    parameters: tuple[str, ...] = ()


_ALL = (
    Source(
        "explicit",
        "explicit",
        _GIVEN,
        _explicit,
        parameters=("aws_access_key_id", "aws_secret_access_key", "aws_session_token"),
    ),
    Source(
        "profile-name",
        "shared-credentials-file",
        _GIVEN,
        _profile_name,
        parameters=("profile_name",),
    ),
    Source("environment", "env", (*_GIVEN, "none"), _environment),
    Source("profile", "shared-credentials-file", _GIVEN, _profile),
    Source("shared-credentials-file", "shared-credentials-file", _GIVEN, _shared_credentials_file),
    Source("config-file", "config-file", _GIVEN, _config_file),
    Source("assume-role", "assume-role", _ROLE, _assume_role, role=True),
)

SOURCES: dict[str, Source] = {source.name: source for source in _ALL}

#: Where a mode is found when nobody says otherwise.
DEFAULT, DEFAULT_FOR_ROLES = "environment", "assume-role"
