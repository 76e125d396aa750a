"""A profile with a role, and every place where the credentials that assume it can come from.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
"""

from __future__ import annotations

from . import metadata, process, sso, web_identity
from .delivery import CONFIG, CREDENTIALS, DEFAULT_PROFILE, PROFILE, Delivery

#: The profile that the role's profile names as its source, and one between the two.
_SOURCE, _BETWEEN = "source", "between"


def from_profile(delivery: Delivery) -> None:
    """From a profile with an access key."""
    _assumed_by(delivery, source_profile=_SOURCE)
    _key_in_profile(delivery)


def from_role(delivery: Delivery) -> None:
    """From a profile with a role of its own: a chain."""
    between = delivery.another_role("between")
    _assumed_by(delivery, source_profile=_BETWEEN)
    delivery.profile(CONFIG, _BETWEEN, {"role_arn": between.arn, "source_profile": _SOURCE})
    _key_in_profile(delivery)


def from_web_identity(delivery: Delivery) -> None:
    _assumed_by(delivery, source_profile=_SOURCE)
    web_identity.put_profile(delivery, _SOURCE, delivery.another_role("federated"))


def from_sso(delivery: Delivery) -> None:
    _assumed_by(delivery, source_profile=_SOURCE)
    sso.put_profile(delivery, _SOURCE, delivery.another_role("assigned"))


def from_process(delivery: Delivery) -> None:
    _assumed_by(delivery, source_profile=_SOURCE)
    process.put(delivery, _SOURCE, delivery.somebody(), expires=False)


def from_environment(delivery: Delivery) -> None:
    """Reached by naming the profile as a parameter: otherwise the environment itself comes first."""
    delivery.profile(CONFIG, PROFILE, _role(delivery, credential_source="Environment"))
    delivery.parameters["profile_name"] = PROFILE
    given = delivery.somebody().as_client_kwargs()
    delivery.variables.update({name.upper(): value for name, value in given.items()})


def from_instance(delivery: Delivery) -> None:
    _assumed_by(delivery, credential_source="Ec2InstanceMetadata")
    metadata.offer_on_instance(delivery, delivery.another_role("instance"))


def from_container(delivery: Delivery) -> None:
    _assumed_by(delivery, credential_source="EcsContainer")
    metadata.offer_in_container(delivery, delivery.another_role("task"))


def _assumed_by(delivery: Delivery, **settings: str) -> None:
    delivery.profile(CONFIG, DEFAULT_PROFILE, _role(delivery, **settings))


def _role(delivery: Delivery, **settings: str) -> dict[str, str]:
    return {"role_arn": delivery.the_role.arn, **settings}


def _key_in_profile(delivery: Delivery) -> None:
    delivery.profile(CREDENTIALS, _SOURCE, delivery.somebody().as_client_kwargs())
