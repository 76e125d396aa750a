"""AWS as a client meets it: hosts, the gate before each, the services behind, and the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime

from . import services
from .clock import Clock
from .directory import Directory
from .gate import Arrival, Door, Request, Response
from .record import Call
from .services.plan import Plan
from .services.protocols import refused
from .services.service import Service
from .services.signed import Polly, Sts
from .services.signin import SignIn
from .services.sso import Sso


class SimulatedAWS:
    """Answers requests the way AWS does for one account, and keeps the record of them."""

    def __init__(self, directory: Directory, clock: Clock, region: str) -> None:
        self.directory = directory
        self.clock = clock
        self.region = region
        self.calls: list[Call] = []
        #: Told of each call once it is recorded.
        self.on_call: Callable[[Call], None] = lambda call: None
        self.plan = Plan()
        self.sts, self.sso, self.signin = Sts(directory), Sso(directory), SignIn(directory)
        self.services: dict[str, Service] = {
            "polly": Polly(directory),
            "sts": self.sts,
            "sso": self.sso,
            "signin": self.signin,
        }
        #: What answers at an authority (``host`` or ``host:port``), there for one path or, with an empty
        #: path, for all: endpoints that are there only while a case puts them there.
        self._places: dict[tuple[str, str], tuple[str, Service]] = {}

    def answer(self, request: Request, signers_now: datetime | None = None) -> Response | None:
        """Answer one request and record it; ``None`` for a host that is not ours to answer.

        *signers_now* is the time for a signer that may go by another clock than the account's.
        """
        found = self._find(request)
        if found is None:
            return None
        door, service = found
        arrival = Arrival(request, door, self.directory.keys, self.clock.aws_now, signers_now)
        operation = service.operation(request)
        response = _dated(self._respond(service, operation, arrival), arrival.clock)
        call = call_of(arrival, operation, service.token(request), response)
        self.calls.append(call)
        self.on_call(call)
        return response

    def place(self, authority: str, path: str, name: str, service: Service) -> None:
        """Have *service* answer at *authority* until the case ends; an empty *path* means all."""
        self._places[authority, path] = name, service

    @property
    def secrets(self) -> list[str]:
        """Everything beside credentials that was handed out and is not to be shown."""
        services = (*self.services.values(), *(service for _, service in self._places.values()))
        return [secret for service in services for secret in service.secrets]

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Take back, after the block, the places and planned failures that were added in it."""
        places, planned = dict(self._places), len(self.plan)
        try:
            yield
        finally:
            self._places = places
            self.plan.forget_since(planned)

    def _find(self, request: Request) -> tuple[Door, Service] | None:
        """Return the door that a request came to, and who is behind it."""
        if self._places:
            authority = (request.header("host") or request.host).lower()
            found = self._places.get((authority, "")) or self._places.get((authority, request.path))
            if found is not None:
                name, service = found
                return Door(name, self.region, "rest_json", timedelta(0)), service
        door = services.door(request.host)
        return None if door is None else (door, self.services[door.service])

    def _respond(self, service: Service, operation: str | None, arrival: Arrival) -> Response:
        failure = self.plan.next(arrival.door.service, operation)
        if failure is not None:
            return service.fail(failure, operation, arrival.request)
        if operation is None:
            return service.unknown(arrival.request)
        refusal = service.objection(operation, arrival)
        if refusal is not None:
            return refused(refusal, arrival.door.dialect, arrival.request)
        return service.perform(operation, arrival)


def _dated(response: Response, now: datetime) -> Response:
    """Return *response* with AWS's time for its date, which need not be that of the client's clock."""
    if "Date" not in response.headers:
        return response
    return replace(response, headers={**response.headers, "Date": format_datetime(now, usegmt=True)})


def call_of(arrival: Arrival, operation: str | None, token: str | None, response: Response) -> Call:
    """Return what the record keeps of a request, with the *token* it brought instead of a signature."""
    token = token or arrival.token
    key = arrival.keys.get(arrival.access_key_id)
    return Call(
        service=arrival.door.service,
        operation=operation,
        access_key_id=arrival.access_key_id or None,
        principal=key.principal.arn if key else None,
        signed=bool(arrival.access_key_id),
        token_sent=bool(token),
        region=arrival.door.region,
        host=arrival.request.host,
        status=response.status,
        error_code=response.error_code,
        time=arrival.now,
        message=response.message,
        _token=token or None,
        _proof=arrival.proof if arrival.readable else None,
        _content=hash((arrival.request.path, arrival.request.body)),
    )
