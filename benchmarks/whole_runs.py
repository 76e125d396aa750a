"""Whole runs of pytest: how they begin, a contract, a suite that grows, and workers that share it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from timing import Time, interleaved, timed

_PLAIN = ("-q", "-p", "no:cacheprovider")
_WITHOUT = ("-p", "no:polly")
_CONTRACT = ("--pyargs", "pytest_polly.examples", "-k", "TestTokenNarrator")
_SPEAK = 'boto3.client("polly").synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")'

_EMPTY = "def test_nothing(): pass\n"
_OUR_TEST = f"""
import boto3

def test_speech(polly_long_term):
    assert {_SPEAK}["AudioStream"].read()
"""
_MOTO_TEST = f"""
import boto3
from moto import mock_aws

@mock_aws
def test_speech(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert {_SPEAK}["AudioStream"].read()
"""
_SUITE = f"""
import boto3, pytest

@pytest.mark.parametrize("number", range({{tests}}))
@pytest.mark.polly("session-token")
def test_speech(number, polly_account):
    assert {_SPEAK}["AudioStream"].read()
    assert [call.token_sent for call in polly_account.calls] == [True]
"""
#: Notes, now and then, how much time and memory the run has taken.
_NOTING = """
import json, os, time

class Noting:
    def __init__(self):
        self.notes, self.tests = [], 0
        self.note()

    def note(self):
        with open("/proc/self/statm") as statm:
            pages = int(statm.read().split()[1])
        times = [time.process_time(), time.perf_counter()]
        self.notes.append([self.tests, *times, pages * os.sysconf("SC_PAGE_SIZE")])

    def pytest_collection_finish(self):
        self.note()

    def pytest_runtest_logfinish(self):
        self.tests += 1
        if self.tests in POINTS:
            self.note()

    def pytest_unconfigure(self):
        with open("notes.json", "w") as file:
            json.dump(self.notes, file)

def pytest_configure(config):
    config.pluginmanager.register(Noting())
"""


#: Notes what pytest spends on loading and registering the plugin, which drowns in what whole runs differ by.
_LOADING = """
import time
from importlib.metadata import EntryPoint
from pytest import PytestPluginManager

spent = 0.0

def noting(function, about):
    def noted(*arguments, **named):
        global spent
        begun = time.process_time()
        try:
            return function(*arguments, **named)
        finally:
            if about(*arguments, **named):
                spent += time.process_time() - begun
    return noted

EntryPoint.load = noting(EntryPoint.load, lambda entry: entry.name == "polly")
PytestPluginManager.register = noting(
    PytestPluginManager.register, lambda manager, plugin, name=None: str(name).startswith("polly")
)

def pytest_unconfigure(config):
    with open("spent", "w") as file:
        file.write(repr(spent))
"""


@dataclass(frozen=True)
class Note:
    """How much a run had taken once so many of its tests were done: seconds, and bytes of memory."""

    tests: int
    cpu: float
    wall: float
    memory: int


class Folder:
    """A folder with one file of tests, and runs of pytest in it."""

    def __init__(self, folder: Path, tests: str) -> None:
        self._folder = folder
        (folder / "test_it.py").write_text(tests)

    def write(self, name: str, text: str) -> None:
        (self._folder / name).write_text(text)

    def read(self, name: str) -> str:
        return (self._folder / name).read_text()

    def run(self, *arguments: str) -> str:
        """Run pytest; return what it prints. Raises `CalledProcessError` if a test fails."""
        command = [sys.executable, "-m", "pytest", *_PLAIN, *arguments]
        ran = subprocess.run(command, cwd=self._folder, check=True, capture_output=True, text=True)
        return ran.stdout

    def time(self, *arguments: str) -> Time:
        return timed(lambda: self.run(*arguments))


def _folder(tests: str, parent: str) -> Folder:
    return Folder(Path(tempfile.mkdtemp(dir=parent)), tests)


def first_test(rounds: int) -> dict[str, Time]:
    """Return what a run of one first test takes."""
    with tempfile.TemporaryDirectory() as parent:
        ours, motos = _folder(_OUR_TEST, parent), _folder(_MOTO_TEST, parent)
        sides = {"pytest-polly": ours.time, "mock_aws": lambda: motos.time(*_WITHOUT)}
        for side in sides.values():
            side()
        return interleaved(rounds, sides)


def loading(rounds: int) -> float:
    """Return the seconds of processor time that loading and registering the unused plugin takes."""
    with tempfile.TemporaryDirectory() as parent:
        folder = _folder(_EMPTY, parent)
        folder.write("noting_loading.py", _LOADING)
        taken = []
        for _ in range(rounds):
            folder.run("-p", "noting_loading", "--collect-only")
            taken.append(float(folder.read("spent")))
        return median(taken)


def contract(rounds: int) -> tuple[dict[str, Time], int]:
    """Return what one client's whole contract takes one worker and two, and how many cells it has."""
    with tempfile.TemporaryDirectory() as parent:
        folder = _folder(_EMPTY, parent)
        sides = {
            "one worker": lambda: folder.time(*_CONTRACT),
            "two workers": lambda: folder.time(*_CONTRACT, "-n", "2"),
        }
        listed = folder.run(*_CONTRACT, "--collect-only")
        return interleaved(rounds, sides), sum("::" in line for line in listed.splitlines())


def workers(tests: int, rounds: int) -> dict[str, Time]:
    """Return what a suite takes one worker, and two in each way of sharing it out."""
    with tempfile.TemporaryDirectory() as parent:
        # Each worker takes a file at a time with loadfile, so there has to be more than one.
        folder = Path(tempfile.mkdtemp(dir=parent))
        suite = Folder(folder, _SUITE.format(tests=tests // 4))
        for number in range(3):
            (folder / f"test_more_{number}.py").write_text(_SUITE.format(tests=tests // 4))
        ways = {"one": ("-n", "1")} | {
            way: ("-n", "2", "--dist", way) for way in ("load", "loadfile", "worksteal")
        }

        def measure(way: str) -> Time:
            printed: list[str] = []
            taken = timed(lambda: printed.append(suite.run(*ways[way])))
            assert f"{tests // 4 * 4} passed" in printed[0], printed[0][-500:]
            return taken

        return interleaved(rounds, {way: partial(measure, way) for way in ways})


def growth(points: list[int]) -> list[Note]:
    """Return what a run had taken at each of *points*, numbers of tests done; the first note is its start."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent)
        (folder / "conftest.py").write_text(f"POINTS = {set(points)!r}\n{_NOTING}")
        Folder(folder, _SUITE.format(tests=points[-1])).run("-p", "no:randomly")
        notes = json.loads((folder / "notes.json").read_text())
    return [Note(*note) for note in notes]


def processors() -> int:
    return len(os.sched_getaffinity(0))
