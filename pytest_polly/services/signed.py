"""The two services whose requests are signed: what stands between the gate and each of them."""

from __future__ import annotations

from ..directory import Directory
from ..gate import Arrival, Refusal, Request, Response, authenticate, authorize, errors
from ..gate.errors import Dialect, Words
from . import polly, sts, web_identity
from .protocols import STS_NAMESPACE, ServiceError, query_error, query_result, rest_json_error
from .service import Failure, Known, Service

_FAILED = "The request processing has failed because of an unknown error."


def _known(*words: Words) -> dict[str, Known]:
    return {one.code: Known(one.status, one.message) for one in words}


def _refusals(dialect: Dialect) -> dict[str, Known]:
    """Return what the gate answers, for whoever wants to have it without the credentials for it."""
    faults = (errors.UNKNOWN_KEY, errors.TOKEN_EXPIRED, errors.WRONG_SIGNATURE, errors.UNSIGNED)
    return _known(*(fault.words(dialect) for fault in faults)) | {
        errors.NOT_ALLOWED.words(dialect).code: Known(403, "You are not authorized to perform this action.")
    }


class Polly(Service):
    """Amazon Polly: whoever signs must be allowed to do what they ask for."""

    operations = tuple(polly.MEMBERS)
    #: What comes from AWS's front end, before Polly itself sees a request.
    _front_end = {
        **_refusals("rest_json"),
        **_known(errors.RATE_EXCEEDED),
        "InternalFailure": Known(500, _FAILED),
        "ServiceUnavailableException": Known(503, "Service is unavailable."),
        "SubscriptionRequiredException": Known(
            400, "The AWS Access Key Id needs a subscription for the service"
        ),
    }
    known_failures = _front_end | _known(errors.SERVICE_FAILURE, *polly.errors.BY_CODE.values())

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._backends: dict[str, polly.Backend] = {}

    def operation(self, request: Request) -> str | None:
        return polly.operation(request)

    def unknown(self, request: Request) -> Response:
        return polly.unknown(request)

    def objection(self, operation: str, arrival: Arrival) -> Refusal | None:
        refusal = authenticate(arrival)
        if refusal is not None:
            return refusal
        context = {"aws:RequestedRegion": arrival.door.region}
        return authorize(arrival.key, f"polly:{operation}", context=context)

    def perform(self, operation: str, arrival: Arrival) -> Response:
        return polly.perform(operation, arrival.request, lambda: self._backend(arrival.door.region))

    def failed(self, failure: Failure, operation: str | None, request: Request) -> Response:
        message = failure.message or ""
        if failure.code in self._front_end:
            return rest_json_error(failure.status, failure.code, message)
        return rest_json_error(failure.status, failure.code, message, polly.FAMILY)

    def _backend(self, region: str) -> polly.Backend:
        """Return what Polly remembers of this account in *region*."""
        if region not in self._backends:
            self._backends[region] = polly.Backend(region, self._directory.account_id)
        return self._backends[region]


class Sts(Service):
    """STS: it asks the policies by itself, operation by operation, and knows requests without a signer."""

    operations = (*sts.OPERATIONS, web_identity.OPERATION)
    known_failures = _refusals("query") | {
        "IDPCommunicationError": Known(
            400,
            "The request could not be fulfilled because the identity provider (IDP) that was asked to verify "
            "the incoming identity token could not be reached.",
        ),
        "IDPRejectedClaim": Known(403, "The identity provider (IDP) rejected the claim."),
        "InternalFailure": Known(500, _FAILED),
        "RegionDisabledException": Known(
            403,
            "STS is not activated in this region for account:{account}. Your account administrator can "
            "activate STS in this region using the IAM Console.",
        ),
        "ServiceUnavailable": Known(503, "Service Unavailable"),
        "Throttling": Known(400, "Rate exceeded"),
    }

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self.web_identity = web_identity.WebIdentity(directory)

    def operation(self, request: Request) -> str | None:
        return web_identity.OPERATION if self.web_identity.asked(request) else sts.operation(request)

    def unknown(self, request: Request) -> Response:
        return sts.unknown(request)

    def token(self, request: Request) -> str | None:
        return self.web_identity.token(request) if self.web_identity.asked(request) else None

    @property
    def secrets(self) -> list[str]:
        return self.web_identity.tokens

    def objection(self, operation: str, arrival: Arrival) -> Refusal | None:
        """An identity provider's token stands for a signature, if that is what is asked with."""
        return None if operation == web_identity.OPERATION else authenticate(arrival)

    def perform(self, operation: str, arrival: Arrival) -> Response:
        request, now = arrival.request, arrival.now
        if operation != web_identity.OPERATION:
            return sts.perform(operation, request, arrival.key, self._directory, now)
        try:
            result = self.web_identity.perform(request, now)
        except ServiceError as error:
            return query_error(error.status, error.code, error.message, STS_NAMESPACE, request)
        return query_result(operation, result, STS_NAMESPACE, request)

    def failed(self, failure: Failure, operation: str | None, request: Request) -> Response:
        message = failure.message and failure.message.replace("{account}", self._directory.account_id)
        return query_error(failure.status, failure.code, message, STS_NAMESPACE, request)
