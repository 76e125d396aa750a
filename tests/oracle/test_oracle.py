"""The simulated AWS beside a second opinion, and that opinion beside what others say."""

from __future__ import annotations

import json
import re
import secrets
from types import ModuleType

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from pytest_polly.gate import checks, errors, policy, sigv4
from pytest_polly.services import protocols

from . import run
from .combinations import DECIDING, combination, faults
from .oracle import answers
from .sigv4 import Sent, signature
from .simulation import described, judged

Check = checks.Check

SEEDS = ("Aria", "Joanna", "Kajal", "Vicki")
EACH = 50


def exchanged(one: Check, other: Check) -> list[Check]:
    places = {one: other, other: one}
    return [places.get(check, check) for check in checks.CHECKS]


def spaced(value: object, **options: object) -> bytes:
    return json.dumps(value).encode()


def without(gone: Check) -> list[Check]:
    return [check for check in checks.CHECKS if check is not gone]


@pytest.mark.parametrize("seed", [*SEEDS, secrets.token_hex(4)], ids=[*SEEDS, "another each time"])
def test_simulated_aws_agrees_with_the_oracle(seed: str) -> None:
    wrong = next((one for one in _seeds(seed) if judged(combination(one)).wrong), None)

    assert wrong is None, described(wrong)


@pytest.mark.parametrize("fault", faults())
def test_each_fault_alone_is_judged_alike(fault: str) -> None:
    wrong = next((one for one in range(5) if judged(combination(f"{fault}-{one}", (fault,))).wrong), None)

    assert wrong is None, described(f"{fault}-{wrong}", (fault,))


@pytest.mark.parametrize("fault", DECIDING)
def test_of_two_faults_the_same_decides(fault: str) -> None:
    pairs = [(fault, other) for other in DECIDING[DECIDING.index(fault) :] if other != fault]
    wrong = next((one for one in pairs if judged(combination("-".join(one), one)).wrong), None)

    assert wrong is None, described("-".join(wrong), wrong)


def test_combinations_are_of_every_kind() -> None:
    """A generator that makes one kind of request only would agree with anything."""
    made = [combination(f"Amy-{number}") for number in range(400)]
    codes = {answer.code for one in made for answer in answers(one.sent, one.aws)}

    assert {fault for one in made for fault in one.faults} == set(faults())
    assert len(codes) >= 14, codes


def test_combination_comes_back_with_its_seed() -> None:
    assert combination("Aria-7") == combination("Aria-7")


def test_combination_without_a_fault_is_as_it_was_but_for_it() -> None:
    both = combination("Aria-7", ("wrong_region", "unsigned_header_added"))
    one = combination("Aria-7", ("unsigned_header_added",))

    assert both.aws == one.aws
    assert dict(both.sent.headers).keys() == dict(one.sent.headers).keys()


# What is noticed --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name", "broken", "done"),
    [
        (checks, "CHECKS", exchanged(checks.scope_fits, checks.key_known), ("wrong_region", "unknown_key")),
        (
            checks,
            "CHECKS",
            exchanged(checks.role_exists, checks.signature_matches),
            ("role_deleted", "wrong_secret"),
        ),
        (checks, "CHECKS", without(checks.token_expected), ("stray_token",)),
        (checks, "CHECKS", without(checks.key_active), ("inactive_key",)),
        (errors, "WRONG_SIGNATURE", errors.UNKNOWN_KEY, ("wrong_secret",)),
        (sigv4, "_canonical_path", str, ("encoded_path",)),
        (policy, "LAYERS", policy.LAYERS[:3], ("denied by permissions boundary",)),
        (protocols, "_json", spaced, ("unsigned",)),
    ],
)
def test_what_is_broken_is_noticed(
    module: ModuleType, name: str, broken: object, done: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = [combination(f"Amy-{number}", done) for number in range(12)]
    assert not any(judged(one).wrong for one in tried)

    monkeypatch.setattr(module, name, broken)

    assert any(judged(one).wrong for one in tried)


def test_run_counts_what_it_saw(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--count", "30", "--seed", "Amy"]) == 0
    *answered, last = capsys.readouterr().out.splitlines()

    assert sum(int(line.split()[0]) for line in answered) == 30
    assert last.startswith(f"30 combinations, {len(answered)} different answers, ")
    assert last.endswith("; 0 wrong")


def test_run_tells_what_is_wrong_with_as_little_done_as_possible(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(errors, "WRONG_SIGNATURE", errors.UNKNOWN_KEY)

    assert run.main(["--count", "100", "--seed", "Amy"]) == 1
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("seed ")]
    assert any(line.endswith(", wrong_secret") for line in told), told


# The signature ----------------------------------------------------------------------------------


def test_signature_is_the_one_that_aws_documents() -> None:
    """https://docs.aws.amazon.com/general/latest/gr/sigv4-create-string-to-sign.html had this example."""
    sent = Sent(
        "GET",
        "iam.amazonaws.com",
        "/",
        "Action=ListUsers&Version=2010-05-08",
        (
            ("Host", "iam.amazonaws.com"),
            ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("X-Amz-Date", "20150830T123600Z"),
        ),
    )
    scope, signed = "20150830/us-east-1/iam/aws4_request", ("content-type", "host", "x-amz-date")

    made = signature(sent, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830T123600Z", scope, signed)

    assert made == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"


@pytest.mark.parametrize(
    "url",
    [
        "https://polly.us-east-1.amazonaws.com/v1/voices?LanguageCode=en-US&b=&a=%2F%20%C3%BC~&a=1",
        "https://polly.us-east-1.amazonaws.com/v1/lexicons/a%20b%2Fc",
        "https://polly.us-east-1.amazonaws.com/v1/lexicons/a+b~*",
    ],
)
@pytest.mark.parametrize("signer", [SigV4Auth, SigV4QueryAuth])
def test_signature_is_the_one_that_botocore_makes(url: str, signer: type[SigV4Auth]) -> None:
    prepared = AWSRequest("GET", url, headers={"X-Amz-Meta": " two   spaces "})
    signer(Credentials("AKIAIOSFODNN7EXAMPLE", "wJalr/UtnFEMI+"), "polly", "us-east-1").add_auth(prepared)
    path, _, query = prepared.url.removeprefix("https://polly.us-east-1.amazonaws.com").partition("?")
    host = ("Host", "polly.us-east-1.amazonaws.com")
    sent = Sent("GET", host[1], path, query, (host, *((k, str(v)) for k, v in prepared.headers.items())))
    said = f"{prepared.headers.get('Authorization', '')} {query}".replace("%2F", "/").replace("%3B", ";")
    scope, signed, theirs = (
        re.findall(pattern, said)[0]
        for pattern in ("Credential=[^/]*/([^,& ]*)", "SignedHeaders=([^,& ]*)", "Signature=([0-9a-f]*)")
    )
    date = sent.parameter("X-Amz-Date") or sent.values("X-Amz-Date")[0]

    assert signature(sent, "wJalr/UtnFEMI+", date, scope, signed.split(";")) == theirs


def _seeds(prefix: str) -> list[str]:
    return [f"{prefix}-{number}" for number in range(EACH)]
