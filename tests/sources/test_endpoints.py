"""Where requests go: endpoints by variable, by profile, of other kinds, and STS's two."""

from __future__ import annotations

import os
from typing import Any

import pytest

from pytest_polly import Account

from .observed import BOTOCORE, client, configure, session, speak

POLLY_VPC = "vpce-0a1b2c3d-abcdefgh.polly.us-east-1.vpce.amazonaws.com"
STS_VPC = "vpce-0a1b2c3d-abcdefgh.sts.us-east-1.vpce.amazonaws.com"
POLLY = "polly.us-east-1.amazonaws.com"
REGIONAL, GLOBAL = "sts.us-east-1.amazonaws.com", "sts.amazonaws.com"
#: What STS is reached by where nothing is said: the regional endpoint since botocore 1.40.
STS = REGIONAL if BOTOCORE >= (1, 40) else GLOBAL

VARIABLES: list[Any] = [
    pytest.param({}, [STS, POLLY], id="none"),
    pytest.param({"AWS_ENDPOINT_URL_POLLY": f"https://{POLLY_VPC}"}, [STS, POLLY_VPC], id="polly"),
    pytest.param({"AWS_ENDPOINT_URL_STS": f"https://{STS_VPC}"}, [STS_VPC, POLLY], id="sts"),
    pytest.param(
        {"AWS_ENDPOINT_URL": f"https://{POLLY_VPC}", "AWS_ENDPOINT_URL_STS": f"https://{STS_VPC}"},
        [STS_VPC, POLLY_VPC],
        id="all-but-sts",
    ),
    pytest.param(
        {
            "AWS_ENDPOINT_URL_POLLY": f"https://{POLLY_VPC}",
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        },
        [STS, POLLY],
        id="ignored",
    ),
    pytest.param(
        {"AWS_USE_FIPS_ENDPOINT": "true"},
        ["sts-fips.us-east-1.amazonaws.com", "polly-fips.us-east-1.amazonaws.com"],
        id="fips",
    ),
    pytest.param({"AWS_STS_REGIONAL_ENDPOINTS": "regional"}, [REGIONAL, POLLY], id="sts-regional"),
    pytest.param({"AWS_STS_REGIONAL_ENDPOINTS": "legacy"}, [GLOBAL, POLLY], id="sts-global"),
]


@pytest.mark.parametrize(("variables", "hosts"), VARIABLES)
def test_variables_say_where_requests_go(
    polly_account: Account, variables: dict[str, str], hosts: list[str]
) -> None:
    with polly_account.apply("role", "assume-role") as account:
        os.environ.update(variables)
        speak(client(account))
        assert [call.host for call in account.calls] == hosts


@pytest.mark.parametrize("service", ["polly", "sts"])
def test_a_profile_says_where_requests_of_a_service_go(polly_account: Account, service: str) -> None:
    hosts = {"polly": POLLY_VPC, "sts": STS_VPC}
    with polly_account.apply("role", "assume-role") as account:
        configure("default", services="nearby")
        configure("services nearby", **{service: f"\n  endpoint_url = https://{hosts[service]}"})
        speak(client(account))
        expected = [STS_VPC if service == "sts" else STS, POLLY_VPC if service == "polly" else POLLY]
        assert [call.host for call in account.calls] == expected


def test_a_profile_says_where_all_requests_go(polly_account: Account) -> None:
    with polly_account.apply("long-term", "config-file") as account:
        configure("default", endpoint_url=f"https://{POLLY_VPC}")
        speak(client(account))
        assert [call.host for call in account.calls] == [POLLY_VPC]


def test_an_endpoint_given_in_code_comes_first(polly_account: Account) -> None:
    with polly_account.apply("long-term") as account:
        os.environ["AWS_ENDPOINT_URL_POLLY"] = "https://nowhere.example.com"
        speak(session(account).client("polly", endpoint_url=f"https://{POLLY_VPC}"))
        assert [call.host for call in account.calls] == [POLLY_VPC]


@pytest.mark.parametrize("source", ["assume-role", "web-identity"])
def test_sts_is_asked_in_the_region_of_the_client(polly_account: Account, source: str) -> None:
    with polly_account.apply("role", source) as account:
        os.environ["AWS_STS_REGIONAL_ENDPOINTS"] = "regional"
        speak(client(account, region_name="eu-west-1"))
        assert [call.region for call in account.calls] == ["eu-west-1"] * 2
