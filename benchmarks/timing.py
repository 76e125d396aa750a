"""How long something takes, by the clock on the wall and by the processor's."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Time:
    """Seconds: ``wall`` depends on what else the machine does, ``cpu`` much less."""

    wall: float
    cpu: float

    def __truediv__(self, parts: float) -> Time:
        return Time(self.wall / parts, self.cpu / parts)


def timed(work: Callable[[], object]) -> Time:
    """Return what *work* takes, processes that it starts and waits for included."""
    cpu, wall = _cpu(), time.perf_counter()
    work()
    return Time(time.perf_counter() - wall, _cpu() - cpu)


def interleaved(rounds: int, sides: Mapping[str, Callable[[], Time]]) -> dict[str, Time]:
    """Return each side's medians; sides take turns, so that whatever disturbs one disturbs all."""
    taken: dict[str, list[Time]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            taken[name].append(side())
    return {
        name: Time(median(one.wall for one in times), median(one.cpu for one in times))
        for name, times in taken.items()
    }


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
