"""What a live run tells beside the matrix: what it spoke, and where AWS answers otherwise than simulated."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

#: What `pytest_polly.live.hooks` knows of a run; plain values.
LiveFacts = dict[str, Any]


def live_lines(facts: LiveFacts, width: int) -> Iterator[str]:
    """Yield what stands at the end of a live run."""
    yield f"{facts['arn']} in {facts['region']}"
    yield f"{facts['characters']} of {facts['budget']} characters spoken"
    drifts, compared = facts["drift"], facts["compared"]
    answers = "1 answer" if compared == 1 else f"{compared} answers"
    if not drifts:
        yield f"{answers}, all as simulated" if compared else "no answer to compare with the simulation"
        return
    yield f"{answers}, {sum(one['times'] for one in drifts)} otherwise than simulated:"
    for drift in drifts:
        title = f"{drift['mode']}  {drift['service']} {drift['operation']}, by {', '.join(drift['sources'])}"
        yield from textwrap.wrap(title, width, subsequent_indent="    ", break_on_hyphens=False)
        if drift["row"] is not None:
            yield f"  row  {drift['row']} (known as {drift['sure']})"
        for one in drift["differences"]:
            text = f"{one['what']}: simulated {shown(one['simulated'])}, AWS {shown(one['live'])}"
            lines = textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False)
            yield from (f"  {line}" for line in lines)


def shown(value: object) -> str:
    """Return one side of a difference in words."""
    if value is None:
        return "nothing"
    return ", ".join(map(str, value)) if isinstance(value, list) else repr(value)
