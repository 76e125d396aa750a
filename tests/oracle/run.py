"""Asks for a second opinion on many combinations: ``python -m tests.oracle.run --count 100000 --seed 1``."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence

from .combinations import combination, faults
from .simulation import described, judged

_SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many (default: %(default)s)")
    parser.add_argument("--seed", default="0", help="what they are made from (default: %(default)s)")
    options = parser.parse_args(arguments)
    answered: Counter[str] = Counter()
    done: Counter[str] = Counter()
    several, wrong = 0, 0
    for number in range(options.count):
        one = combination(f"{options.seed}-{number}")
        judgement = judged(one)
        status, code, _ = judgement.found
        answered[f"{one.sent.host.split('.')[0]} {status} {code or ''}"] += 1
        done.update(one.faults)
        several += len(judgement.expected) > 1
        if judgement.wrong:
            wrong += 1
            if wrong <= _SHOWN:
                print(described(one.seed), flush=True)
    for answer, times in answered.most_common():
        print(f"{times:8} {answer}")
    rarest = min(faults(), key=lambda name: done[name])
    print(
        f"{options.count} combinations, {len(answered)} different answers, {several} with several allowed; "
        f"{len(faults())} faults, the rarest, {rarest}, {done[rarest]} times; {wrong} wrong"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
