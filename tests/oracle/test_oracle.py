"""The simulated AWS beside a second opinion, and that opinion beside what others say."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .combinations import DECIDING, combination, faults
from .oracle import answers
from .sigv4 import Sent, signature
from .simulation import described, judged

SEEDS = ("Aria", "Joanna", "Kajal", "Vicki")
EACH = 50


@pytest.mark.parametrize("seed", [*SEEDS, secrets.token_hex(4)], ids=[*SEEDS, "another each time"])
def test_simulated_aws_agrees_with_the_oracle(seed: str) -> None:
    wrong = next((one for one in _seeds(seed) if judged(combination(one))[1]), None)

    assert wrong is None, described(wrong)


@pytest.mark.parametrize("fault", faults())
def test_each_fault_alone_is_judged_alike(fault: str) -> None:
    wrong = next((one for one in range(5) if judged(combination(f"{fault}-{one}", (fault,)))[1]), None)

    assert wrong is None, described(f"{fault}-{wrong}", (fault,))


@pytest.mark.parametrize("fault", DECIDING)
def test_of_two_faults_the_same_decides(fault: str) -> None:
    pairs = [(fault, other) for other in DECIDING[DECIDING.index(fault) :] if other != fault]
    wrong = next((one for one in pairs if judged(combination("-".join(one), one))[1]), None)

    assert wrong is None, described("-".join(wrong), wrong)


def test_combinations_are_of_every_kind() -> None:
    """A generator that makes one kind of request only would agree with anything."""
    made = [combination(f"Amy-{number}") for number in range(500)]
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


def test_answer_that_is_not_awss_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """That everything agrees is worth something only if a difference would show."""
    from . import simulation

    def other_words(*anything: object) -> list[object]:
        return [replace(one, message=re.escape("No.")) for one in answers(*anything)]  # type: ignore[arg-type]

    monkeypatch.setattr(simulation, "answers", other_words)

    assert judged(combination("Aria-7", ("wrong_secret",)))[1]


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
