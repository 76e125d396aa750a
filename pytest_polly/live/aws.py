"""AWS over the network: what may go there, the record of it, and how it differs from the simulation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ..aws import SimulatedAWS, call_of
from ..clock import Clock
from ..directory import Directory
from ..errors import GuardError
from ..gate import Arrival, Request, Response
from ..record import Call
from ..services.signed import Polly, Sts
from ..wire import Passage, is_loopback
from .answers import learn, read
from .budget import Budget, characters
from .drift import Drift, compare
from .settings import Endpoints

#: Names the mode and the source in force.
InForce = Callable[[], "tuple[str | None, str | None]"]


class LiveAWS:
    """Lets requests out to AWS, and keeps the record of them.

    ``directory`` holds every key that was made or handed out. The simulation beside it has a directory of
    its own: what it would issue, AWS has not.
    """

    def __init__(
        self, directory: Directory, clock: Clock, endpoints: Endpoints, budget: Budget, in_force: InForce
    ) -> None:
        self._directory, self._clock = directory, clock
        self._endpoints, self._budget, self._in_force = endpoints, budget, in_force
        self._beside = Directory(directory.account_id)
        self._simulation = SimulatedAWS(self._beside, clock, endpoints.region)
        self._services = {"polly": Polly(directory), "sts": Sts(directory)}
        self.calls: list[Call] = []
        #: Told of each call once it is recorded.
        self.on_call: Callable[[Call], None] = lambda call: None
        #: How often an answer was as simulated or was not, and what differed.
        self.compared, self.drifts = 0, list[Drift]()

    def let_out(self, request: Request) -> Passage | None:
        """Let a request out that is for Polly or STS of the region asked for, and within the budget.

        Raises `GuardError` for any other, but for what stays on this machine.
        """
        door = self._endpoints.door(request)
        if door is None:
            if is_loopback(request.host):
                return None
            raise GuardError(
                f"polly: refused to send {request.method} {request.host}{request.path}: {self._allowed}"
            )
        # The signature is of the host that was asked; a simulation knows AWS's own alone.
        host = f"{door.service}.{door.region}.amazonaws.com"
        arrival = Arrival(replace(request, host=host), door, self._directory.keys, self._clock.aws_now)
        if arrival.readable and arrival.scope.region != door.region:
            raise GuardError(
                f"polly: refused to send a request signed for {arrival.scope.region}: {self._allowed}"
            )
        operation = self._services[door.service].operation(arrival.request)
        asked = characters(operation, request) if door.service == "polly" else 0
        self._budget.spend(asked)
        return Passage(partial(self._came_back, arrival, operation, asked, request.host))

    @property
    def _allowed(self) -> str:
        return f"this live run asks Polly and STS in {self._endpoints.region} and nobody else"

    def _came_back(
        self, arrival: Arrival, operation: str | None, asked: int, host: str, raw: Response
    ) -> None:
        response = read(raw, arrival.door.dialect)
        if 400 <= response.status < 500:
            self._budget.give_back(asked)
        learn(self._directory, arrival, operation, response)
        self._compare(arrival, operation, response)
        call = replace(call_of(arrival, operation, None, response), host=host)
        self.calls.append(call)
        self.on_call(call)

    def _compare(self, arrival: Arrival, operation: str | None, response: Response) -> None:
        self._beside.keys.update(self._directory.keys)
        self._beside.roles.update(self._directory.roles)
        simulated = self._simulation.answer(arrival.request)
        if simulated is None:
            return
        headers = {name.lower(): value for name, value in simulated.headers.items()}
        mode, source = self._in_force()
        drift = compare(arrival, operation, mode, source, response, replace(simulated, headers=headers))
        self.compared += 1
        if drift is not None:
            self.drifts.append(drift)
