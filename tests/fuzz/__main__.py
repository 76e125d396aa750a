"""Answer as many spoilt requests as asked for, and tell what was wrong with the answers.

python -m tests.fuzz --requests 1000000 --seed 1
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter
from random import Random

from .corpus import save
from .samples import world
from .trial import trial
from .verdicts import SLOWEST

#: After so many there is a new account: one that answers for ever remembers for ever.
_AN_ACCOUNT = 5_000
_MOST_FOUND = 40


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", action="store_true", help="keep what is found in the corpus")
    options = parser.parse_args()
    started, slowest, answers, found = time.perf_counter(), 0.0, Counter[str](), Counter[str]()
    random, left = Random(options.seed), options.requests
    while left and len(found) < _MOST_FOUND:
        with world() as there:
            for _ in range(min(left, _AN_ACCOUNT)):
                sample = there.sample(random)
                began = time.perf_counter()
                answer, wrong = trial(there, sample)
                took = time.perf_counter() - began
                if took > SLOWEST.total_seconds():
                    wrong = [*wrong, f"took longer than {SLOWEST}"]
                slowest, left = max(slowest, took), left - 1
                answers[answer] += 1
                for one in wrong:
                    if not found[one]:
                        print(f"FOUND {one}\n{sample.told}", flush=True)
                        if options.save:
                            print(f"  kept as {save(sample, one)}", flush=True)
                    found[one] += 1
    seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{answers.total():,} requests, seed {options.seed}, {seconds:.0f} s, {memory} MiB at most")
    print(f"slowest answer {slowest * 1000:.0f} ms")
    for answer, count in answers.most_common():
        print(f"{count:>9,}  {answer}")
    print(f"found: {dict(found) or 'nothing'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
