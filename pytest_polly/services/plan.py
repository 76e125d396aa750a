"""What a test has asked to go wrong: the next requests to a service, in the order asked."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from .service import Failure


@dataclass
class Planned:
    """One failure, and for how many more requests."""

    service: str
    failure: Failure
    #: Only requests for this operation; ``None``: for any.
    operation: str | None = None
    #: ``None``: without end.
    times: int | None = 1

    def concerns(self, service: str, operation: str | None) -> bool:
        return self.service == service and self.operation in (None, operation) and self.times != 0


class Plan:
    """The failures still to come."""

    def __init__(self) -> None:
        self._planned: list[Planned] = []
        self._lock = Lock()

    def add(self, planned: Planned) -> None:
        self._planned.append(planned)

    def next(self, service: str, operation: str | None) -> Failure | None:
        """Return how this request is to fail, if it is, and count it."""
        if not self._planned:
            return None
        with self._lock:
            for planned in self._planned:
                if planned.concerns(service, operation):
                    if planned.times is not None:
                        planned.times -= 1
                    return planned.failure
        return None

    def forget_since(self, mark: int) -> None:
        """Drop what was planned after *mark*, a former length."""
        del self._planned[mark:]

    def __len__(self) -> int:
        return len(self._planned)
