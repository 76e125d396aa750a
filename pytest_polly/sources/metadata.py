"""Metadata endpoints: of containers (ECS, EKS) and of EC2 instances.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html
"""

from __future__ import annotations

import uuid
from secrets import randbelow

from .. import mint
from ..directory import Role
from ..services import imds
from ..services.container import (
    ECS_AUTHORITY,
    POD_AUDIENCE,
    POD_IDENTITY_AUTHORITIES,
    POD_IDENTITY_PATH,
    EcsAgent,
    PodIdentity,
)
from ..services.vendor import Vendor
from ..services.web_identity import IdentityProvider
from .delivery import Delivery
from .web_identity import token_file

_FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"


# Containers -----------------------------------------------------------------------------------


def ecs(delivery: Delivery) -> None:
    offer_in_container(delivery, delivery.the_role)


def offer_in_container(delivery: Delivery, role: Role) -> None:
    """Let the ECS agent hand out *role*, at its usual address."""
    path = f"/v2/credentials/{uuid.uuid4()}"
    delivery.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = path
    agent = EcsAgent(_vendor(delivery, role, mint.hexadecimal(32)), path)
    delivery.aws.place(ECS_AUTHORITY, "", "container", agent)


def loopback(delivery: Delivery) -> None:
    _full_uri(delivery, "http", f"127.0.0.1:{49152 + randbelow(16384)}")


def https(delivery: Delivery) -> None:
    _full_uri(delivery, "https", "credentials.example.com")


def _full_uri(delivery: Delivery, scheme: str, authority: str) -> None:
    """Only the path named is ours: the rest of a port may be somebody's server."""
    path, token = "/get-credentials", mint.opaque(64)
    delivery.variables[_FULL_URI] = f"{scheme}://{authority}{path}"
    delivery.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = token
    vendor = _vendor(delivery, delivery.the_role, mint.hexadecimal(32))
    delivery.aws.place(authority, path, "container", EcsAgent(vendor, path, token))


def pod_identity(delivery: Delivery) -> None:
    _pod_identity(delivery, POD_IDENTITY_AUTHORITIES[0])


def pod_identity_ipv6(delivery: Delivery) -> None:
    _pod_identity(delivery, POD_IDENTITY_AUTHORITIES[1])


def _pod_identity(delivery: Delivery, authority: str) -> None:
    account_id, identities = delivery.aws.directory.account_id, delivery.aws.sts.web_identity
    provider = identities.add(IdentityProvider(account_id))
    vendor = _vendor(delivery, delivery.the_role, f"eks-cluster-narrator-{uuid.uuid4()}")
    path = token_file(delivery, provider, POD_AUDIENCE)
    delivery.variables[_FULL_URI] = f"http://{authority}{POD_IDENTITY_PATH}"
    delivery.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(path)
    delivery.aws.place(authority, "", "container", PodIdentity(vendor, account_id, identities))


# Instances ------------------------------------------------------------------------------------


def imds_v2(delivery: Delivery) -> None:
    offer_on_instance(delivery, delivery.the_role)


def imds_v1(delivery: Delivery) -> None:
    """As before 2019, and as proxies that stand in for the service still do."""
    offer_on_instance(delivery, delivery.the_role, v1=True, v2=False)


def imds_ipv6(delivery: Delivery) -> None:
    offer_on_instance(delivery, delivery.the_role)
    delivery.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = "IPv6"


def offer_on_instance(delivery: Delivery, role: Role, *, v1: bool = False, v2: bool = True) -> None:
    """Let the test run on an EC2 instance that has *role*."""
    vendor = _vendor(delivery, role, f"i-{mint.hexadecimal(17)}")
    service = imds.Imds(vendor, f"{delivery.aws.region}a", v1=v1, v2=v2)
    for authority in imds.AUTHORITIES:
        delivery.aws.place(authority, "", "imds", service)
    delivery.variables["AWS_EC2_METADATA_DISABLED"] = "false"


def _vendor(delivery: Delivery, role: Role, session_name: str) -> Vendor:
    vendor = Vendor(delivery.aws.directory, role, session_name)
    delivery.rotations.append(vendor.rotate)
    return vendor
