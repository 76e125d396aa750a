"""AWS as a client meets it: hosts, the gate before each, the services behind, and the record."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from . import services
from .clock import Clock
from .directory import Directory
from .gate import Arrival, Refusal, Request, Response, authenticate, authorize
from .record import Call
from .services import polly, protocols, sts

if TYPE_CHECKING:
    from moto.polly.models import PollyBackend

_SERVICES: dict[str, ModuleType] = {"polly": polly, "sts": sts}


class SimulatedAWS:
    """Answers requests the way AWS does for one account, and keeps the record of them."""

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self.directory = directory
        self.clock = clock
        self.calls: list[Call] = []
        self._polly: dict[str, PollyBackend] = {}

    def answer(self, request: Request) -> Response | None:
        """Answer one request and record it; ``None`` for a host that is not ours to answer."""
        door = services.door(request.host)
        if door is None:
            return None
        arrival = Arrival(request, door, self.directory.keys, self.clock.aws_now)
        operation = _SERVICES[door.service].operation(request)
        response = self._respond(arrival, operation)
        self.calls.append(_call(arrival, operation, response))
        return response

    def _respond(self, arrival: Arrival, operation: str | None) -> Response:
        service = arrival.door.service
        if operation is None:
            unknown: Response = _SERVICES[service].unknown(arrival.request)
            return unknown
        refusal = authenticate(arrival) or self._authorize(arrival, operation)
        if refusal is not None:
            return protocols.refused(refusal, arrival.door.dialect)
        if service == "sts":
            return sts.perform(operation, arrival.request, arrival.key, self.directory, arrival.now)
        return polly.perform(operation, arrival.request, lambda: self._backend(arrival.door.region))

    def _authorize(self, arrival: Arrival, operation: str) -> Refusal | None:
        """Ask the policies; STS does so by itself, operation by operation."""
        if arrival.door.service == "sts":
            return None
        return authorize(arrival.key, f"{arrival.door.service}:{operation}")

    def _backend(self, region: str) -> PollyBackend:
        """Return moto's Polly for *region*: an instance of our own, which no ``mock_aws`` resets."""
        if region not in self._polly:
            from moto.polly.models import PollyBackend

            self._polly[region] = PollyBackend(region, self.directory.account_id)
        return self._polly[region]


def _call(arrival: Arrival, operation: str | None, response: Response) -> Call:
    key = arrival.keys.get(arrival.access_key_id)
    return Call(
        service=arrival.door.service,
        operation=operation,
        access_key_id=arrival.access_key_id or None,
        principal=key.principal.arn if key else None,
        signed=bool(arrival.access_key_id),
        token_sent=bool(arrival.token),
        region=arrival.door.region,
        host=arrival.request.host,
        status=response.status,
        error_code=response.error_code,
        time=arrival.now,
        message=response.message,
        _token=arrival.token or None,
        _proof=arrival.proof if arrival.readable else None,
        _content=hash((arrival.request.path, arrival.request.body)),
    )
