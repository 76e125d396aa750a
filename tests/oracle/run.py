"""Asks for a second opinion on many combinations: ``python -m tests.oracle.run --count 100000 --seed 1``."""

from __future__ import annotations

import argparse
from collections import Counter

from .combinations import combination, faults
from .oracle import answers
from .simulation import described, judged

_SHOWN = 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--count", type=int, default=1000, help="how many combinations (default: %(default)s)"
    )
    parser.add_argument("--seed", default="0", help="what they are made from (default: %(default)s)")
    options = parser.parse_args()
    answered: Counter[str] = Counter()
    done: Counter[str] = Counter()
    several, wrong = 0, []
    for number in range(options.count):
        one = combination(f"{options.seed}-{number}")
        found, complaint = judged(one)
        answered[f"{one.sent.host.split('.')[0]} {found[0]} {found[1] or ''}"] += 1
        done.update(one.faults)
        several += len(answers(one.sent, one.aws)) > 1
        if complaint:
            wrong.append(one.seed)
            if len(wrong) <= _SHOWN:
                print(described(one.seed), flush=True)
    for answer, times in answered.most_common():
        print(f"{times:8} {answer}")
    rarest = min(faults(), key=lambda name: done[name])
    print(
        f"{options.count} combinations, {len(answered)} different answers, {several} with several allowed; "
        f"{len(faults())} faults, the rarest, {rarest}, {done[rarest]} times; {len(wrong)} wrong"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
