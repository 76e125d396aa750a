"""Sources where credentials simply lie: parameters, the environment, the two files."""

from __future__ import annotations

from .delivery import CONFIG, CREDENTIALS, DEFAULT_PROFILE, PROFILE, Delivery


def explicit(delivery: Delivery) -> None:
    delivery.parameters.update(_given(delivery))


def environment(delivery: Delivery) -> None:
    delivery.variables.update({name.upper(): value for name, value in _given(delivery).items()})


def shared_credentials_file(delivery: Delivery) -> None:
    delivery.profile(CREDENTIALS, DEFAULT_PROFILE, _given(delivery))


def config_file(delivery: Delivery) -> None:
    delivery.profile(CONFIG, DEFAULT_PROFILE, _given(delivery))


def profile(delivery: Delivery) -> None:
    _two_profiles(delivery)
    delivery.variables["AWS_PROFILE"] = PROFILE


def profile_name(delivery: Delivery) -> None:
    _two_profiles(delivery)
    delivery.parameters["profile_name"] = PROFILE


def _two_profiles(delivery: Delivery) -> None:
    delivery.profile(CREDENTIALS, DEFAULT_PROFILE, delivery.somebody().as_client_kwargs())
    delivery.profile(CREDENTIALS, PROFILE, _given(delivery))


def _given(delivery: Delivery) -> dict[str, str]:
    return {} if delivery.credentials is None else delivery.credentials.as_client_kwargs()
