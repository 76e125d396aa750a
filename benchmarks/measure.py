"""What the kit costs, beside moto's ``mock_aws``: ratios of medians, both sides in one run, interleaved.

``python benchmarks/measure.py`` prints a Markdown table; ``--rounds N`` measures more often.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

Side = Callable[[], object]

_SPEAK = {"Text": "Hello", "OutputFormat": "mp3", "VoiceId": "Joanna"}

_FIRST_TEST = """
import time
started = time.perf_counter()
{enter}
    import boto3
    boto3.client("polly", region_name="us-east-1").synthesize_speech(
        Text="Hello", OutputFormat="mp3", VoiceId="Joanna")["AudioStream"].read()
print(time.perf_counter() - started)
"""
_OURS = "from pytest_polly import Account\nwith Account() as a, a.apply('long-term'):"
_MOTO = "from moto import mock_aws\nwith mock_aws():"


def seconds(side: Side) -> float:
    started = time.perf_counter()
    side()
    return time.perf_counter() - started


def interleaved(rounds: int, *sides: Side) -> list[float]:
    """Return each side's median in seconds; sides take turns, so that drift hits all alike."""
    taken: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, times in zip(sides, taken, strict=True):
            times.append(seconds(side))
    return [median(times) for times in taken]


def speak(client: Any) -> None:
    client.synthesize_speech(**_SPEAK)["AudioStream"].read()


def one_test(rounds: int) -> tuple[float, float]:
    """Account or mock, a fresh session and client, one call, tear-down."""
    import boto3
    from moto import mock_aws

    from pytest_polly import Account

    def ours() -> None:
        with Account() as account, account.apply("long-term"):
            speak(boto3.Session().client("polly"))

    def motos() -> None:
        with mock_aws():
            speak(boto3.Session().client("polly", region_name="us-east-1"))

    ours(), motos()
    mine, theirs = interleaved(rounds, ours, motos)
    return mine, theirs


def one_call(rounds: int) -> tuple[float, float]:
    """One call of a living client: verified by us, unverified by moto."""
    import boto3
    from moto import mock_aws

    from pytest_polly import Account

    calls = 20

    def many(client: Any) -> Side:
        return lambda: [speak(client) for _ in range(calls)]

    with Account() as account, account.apply("long-term"):
        client = boto3.client("polly")
        speak(client)
        [mine] = interleaved(rounds, many(client))
    with mock_aws():
        client = boto3.client("polly", region_name="us-east-1")
        speak(client)
        [theirs] = interleaved(rounds, many(client))
    return mine / calls, theirs / calls


def first_test(rounds: int) -> tuple[float, float]:
    """The first test of a process, imports and all."""

    def first(enter: str) -> float:
        code = _FIRST_TEST.format(enter=enter)
        ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        return float(ran.stdout)

    times = [(first(_OURS), first(_MOTO)) for _ in range(rounds)]
    return median(ours for ours, _ in times), median(theirs for _, theirs in times)


def start_up(rounds: int) -> tuple[float, float]:
    """``pytest --collect-only`` in an empty folder, with the plugin and without."""
    pytest = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_nothing.py").write_text("def test_nothing(): pass\n")

        def collect(*arguments: str) -> Side:
            return lambda: subprocess.run([*pytest, *arguments], check=True, capture_output=True, cwd=folder)

        collect()(), collect("-p", "no:polly")()
        mine, without = interleaved(rounds, collect(), collect("-p", "no:polly"))
    return mine, without


def contract(*arguments: str) -> float:
    """The whole contract of one example client, every mode through every source."""
    command = [sys.executable, "-m", "pytest", "-q", "--pyargs", "pytest_polly.examples"]
    chosen = ["-k", "TestTokenNarrator", "-p", "no:randomly", *arguments]
    with tempfile.TemporaryDirectory() as folder:
        return seconds(
            lambda: subprocess.run([*command, *chosen], check=True, capture_output=True, cwd=folder)
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    os.environ["PYTHONSAFEPATH"] = "1"
    few = max(3, rounds // 3)
    rows = [
        ("one test, beside mock_aws", *one_test(rounds)),
        ("one call, beside mock_aws", *one_call(rounds)),
        ("first test of a process, beside mock_aws", *first_test(few)),
        ("collecting with the plugin unused, beside without it", *start_up(rounds)),
    ]
    print("| What | Ours | Theirs | Ratio |\n| --- | --- | --- | --- |")
    for what, ours, theirs in rows:
        print(f"| {what} | {ours * 1000:.2f} ms | {theirs * 1000:.2f} ms | {ours / theirs:.2f} |")
    alone, together = contract(), contract("-n", "2")
    print(
        f"| whole contract of one client, two workers beside one | {together:.1f} s | {alone:.1f} s |", end=""
    )
    print(f" {together / alone:.2f} |")


if __name__ == "__main__":
    main()
