"""Has other SDKs meet the credential cases behind `polly_server`, and compares what they say.

    python tests/sdks/run.py [--sdks aws-cli javascript python] [--folder DIR]

It needs the project with the extra ``server``, npm for JavaScript, and Python 3.12 for ``aws-sdk-polly``.
What it installs goes into the folder: some two hundred megabytes, which a later run uses again. The exit
status is 0 only if every SDK says what is expected of it: audio, or AWS's own error in the words of that
SDK.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pytest_polly import Account
from pytest_polly.gate import Words
from pytest_polly.modes import CORE, MODES

HERE = Path(__file__).resolve().parent

#: Mode and source of each case, the mode's own source where none is named.
CASES = (
    *((mode, "") for mode in CORE),
    ("wrong-secret", "profile"),
    ("access-denied", "shared-credentials-file"),
    ("skewed-clock", ""),
    ("session-token", "process"),
    ("role", "imds"),
    ("role", "container"),
    ("role", "web-identity"),
    ("role", "sso"),
)
#: What is asked for on the way to a role.
FETCHES = {
    "assume-role": "AssumeRole",
    "imds": "PUT /latest/api/token",
    "container": "GET /v2/credentials/id",
    "web-identity": "AssumeRoleWithWebIdentity",
    "sso": "GetRoleCredentials",
}
_SECONDS = 60


@dataclass(frozen=True)
class Asking:
    """One thing that an SDK is to ask of AWS, and its words for a refusal, a regular expression."""

    operation: str
    command: Callable[[Path], Sequence[str]]
    refused: Callable[[Words], str]


@dataclass(frozen=True)
class Sdk:
    """An SDK: how it comes into a folder, and what it asks."""

    install: Callable[[Path], None]
    asks: Sequence[Asking]
    #: Sources it does not know, with what it says instead.
    unknown: Mapping[str, str] = field(default_factory=dict)
    #: Whether it sets its clock by AWS's once a signature was refused for its age, and tries again.
    sets_its_clock: bool = False


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sdks", nargs="+", choices=SDKS, default=list(SDKS), metavar="SDK")
    parser.add_argument("--folder", type=Path, help="where the SDKs are kept (default: a temporary one)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sdks-") as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        return max(check(name, folder / name) for name in arguments.sdks)


def check(name: str, folder: Path) -> int:
    """Install an SDK, have it meet every case, and print how it did; 1 if anything differs."""
    print(f"== {name}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    SDKS[name].install(folder)
    differences = 0
    for mode, source in CASES:
        for asking in SDKS[name].asks:
            said, found = meet(name, folder, mode, source, asking)
            differences += len(found)
            print(f"{'FAIL' if found else 'ok':5}{mode + ' ' + source:40}{asking.operation:18} {said}")
            for line in found:
                print(f"     {line}")
            sys.stdout.flush()
    print(f"{differences} differences from what was expected", flush=True)
    return 1 if differences else 0


def meet(name: str, folder: Path, mode: str, source: str, asking: Asking) -> tuple[str, list[str]]:
    """Have one thing asked in one case; return what the SDK said last, and what is wrong about it."""
    with Account() as account, account.apply(mode, source or None), account.serve() as server:
        ran = subprocess.run(
            list(asking.command(folder)),
            cwd=folder,
            env={**server.env, "NODE_NO_WARNINGS": "1"},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        output = account.masked(f"{ran.stdout}\n{ran.stderr}")
        found = list(differences(name, account, asking, ran.returncode, output))
        said = account.masked(ran.stderr if ran.returncode else ran.stdout)
    return said.strip().rpartition("\n")[2], found


def differences(name: str, account: Account, asking: Asking, status: int, output: str) -> Iterator[str]:
    """Yield what is not as it should be: what was said, and what reached the account."""
    source = str(account.source)
    unknown = SDKS[name].unknown.get(source)
    if unknown is not None:
        if status == 0 or not re.search(unknown, output, re.DOTALL) or account.calls:
            yield f"expected {unknown!r} and no call, got {output!r} and {account.calls}"
        return
    words = refusal(account, asking.operation)
    due = [(200, None) if words is None else (words.status, words.code)]
    if words is not None and account.mode == "skewed-clock" and SDKS[name].sets_its_clock:
        words, due = None, [*due, (200, None)]
    if words is None:
        if status != 0:
            yield f"expected success, got exit status {status}: {output}"
    elif status == 0 or not re.search(asking.refused(words), output, re.DOTALL):
        yield f"expected {asking.refused(words)!r}, got exit status {status}: {output}"
    asked = [call for call in account.calls if call.operation == asking.operation]
    if [(call.status, call.error_code) for call in asked] != due:
        yield f"expected {asking.operation} answered {due}, got {asked}"
    given = account.credentials
    for call in asked:
        if given is None or (call.access_key_id, call.token) != (given.access_key_id, given.session_token):
            yield f"signed with {call.access_key_id}, not with what the case handed out"
    if source in FETCHES and not any(call.operation == FETCHES[source] for call in account.calls):
        yield f"expected {FETCHES[source]}, got {account.calls}"


def refusal(account: Account, operation: str) -> Words | None:
    """Return AWS's words to whoever asks in the case in force, ``None`` where nothing is refused."""
    fault = MODES[str(account.mode)].fault
    # Nobody needs to be allowed to ask who they are, and STS minds ten minutes less than Polly.
    if fault is None or (
        operation == "GetCallerIdentity" and account.mode in ("access-denied", "skewed-clock")
    ):
        return None
    return fault.words("query" if operation == "GetCallerIdentity" else "rest_json")


# The SDKs -------------------------------------------------------------------------------------


def _python(folder: Path) -> str:
    return str(folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python")


def _with_pip(*packages: str, python: tuple[int, int] = (3, 10)) -> Callable[[Path], None]:
    def install(folder: Path) -> None:
        if sys.version_info < python:
            raise SystemExit(f"{packages[0]} needs Python {'.'.join(map(str, python))} or newer")
        if not Path(_python(folder)).exists():
            venv.create(folder / "venv", with_pip=True)
        subprocess.run([_python(folder), "-m", "pip", "install", "--quiet", *packages], check=True)

    return install


def _with_npm(*packages: str) -> Callable[[Path], None]:
    def install(folder: Path) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("JavaScript needs Node.js: there is no npm")
        # Modules are looked for beside the script that wants them.
        shutil.copy(HERE / "speak.mjs", folder)
        command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), *packages]
        subprocess.run(command, check=True, cwd=folder)

    return install


def _cli(service: str, *arguments: str) -> Callable[[Path], Sequence[str]]:
    return lambda folder: (_python(folder), "-m", "awscli", service, *arguments)


def _javascript(service: str) -> Callable[[Path], Sequence[str]]:
    return lambda folder: ("node", "speak.mjs", service)


def _said_by_cli(operation: str) -> Callable[[Words], str]:
    return lambda words: (
        rf"An error occurred \({words.code}\) when calling the {operation} operation: {words.pattern}"
    )


def _said_by_javascript(words: Words) -> str:
    return rf"{words.code}: {words.pattern} \(HTTP {words.status}\)"


SDKS: Mapping[str, Sdk] = {
    "aws-cli": Sdk(
        _with_pip("awscli"),
        (
            Asking(
                "SynthesizeSpeech",
                _cli(
                    "polly",
                    "synthesize-speech",
                    *("--text", "Hello", "--output-format", "mp3", "--voice-id", "Joanna", "audio.mp3"),
                    *("--query", "ContentType", "--output", "text"),
                ),
                _said_by_cli("SynthesizeSpeech"),
            ),
            Asking(
                "GetCallerIdentity",
                _cli("sts", "get-caller-identity", "--query", "Arn", "--output", "text"),
                _said_by_cli("GetCallerIdentity"),
            ),
        ),
    ),
    "javascript": Sdk(
        _with_npm(
            *(f"@aws-sdk/{one}@3" for one in ("client-polly", "client-sts", "credential-providers")),
            "@smithy/node-http-handler",
        ),
        (
            Asking("SynthesizeSpeech", _javascript("polly"), _said_by_javascript),
            Asking("GetCallerIdentity", _javascript("sts"), _said_by_javascript),
        ),
        sets_its_clock=True,
    ),
    # Not built on botocore.
    "python": Sdk(
        _with_pip(
            "aws-sdk-polly",
            *(f"aws-credentials-{one}" for one in ("http", "imds", "sts")),
            python=(3, 12),
        ),
        (
            Asking(
                "SynthesizeSpeech",
                lambda folder: (_python(folder), str(HERE / "speak.py")),
                lambda words: rf"status: {words.status} - id: com\.amazonaws\.polly#{words.code}",
            ),
        ),
        {
            "web-identity": "No credential providers were configured.*WebIdentityTokenEnv",
            "sso": "No credential providers were configured",
        },
    ),
}


if __name__ == "__main__":
    sys.exit(main())
