"""One request, answered and judged."""

from __future__ import annotations

import traceback

from .samples import Sample, World
from .verdicts import complaints


def trial(world: World, sample: Sample) -> tuple[str, list[str]]:
    """Return what was answered, in short, and everything that is wrong with it."""
    world.account.calls.clear()
    try:
        response = world.answer(sample.request)
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        ours = [one for one in traceback.extract_tb(error.__traceback__) if "pytest_polly" in one.filename]
        where = (ours or [frame])[-1]
        return "raised", [f"raised {type(error).__name__} in {where.name}()"]
    short = "not ours" if response is None else f"{response.status} {response.error_code or ''}".strip()
    return short, list(complaints(world, sample, response))
