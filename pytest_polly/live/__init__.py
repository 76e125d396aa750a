"""The same tests against real AWS: ``pytest --polly-live``.

The account of a live test has the face of a simulated one, so that contract, judge and reports know no
difference. Its credentials are made by STS from the person's own, its requests go out over the network, and
what comes back is held against what the simulation would have answered.
"""
