"""The policy layer by itself: what covers an action, what a condition holds of, who is trusted."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_polly.gate import Policies, statement
from pytest_polly.gate.conditions import check, hold
from pytest_polly.gate.policy import LAYERS, Denial, Document, decide, denials, says

SPEAK = "polly:SynthesizeSpeech"
LEXICON = "arn:aws:polly:us-east-1:123456789012:lexicon/names"
ALLOW_ALL = statement("Allow", "*")


def policy(**element: Any) -> Document:
    """One statement of just these elements, on everything where they do not say."""
    entry = {"Effect": "Allow", **element}
    if not {"Action", "NotAction"} & element.keys():
        entry["Action"] = "*"
    if not {"Resource", "NotResource"} & element.keys():
        entry["Resource"] = "*"
    return {"Version": "2012-10-17", "Statement": entry}


@pytest.mark.parametrize(
    ("elements", "covers"),
    [
        ({"Action": "*"}, True),
        ({"Action": "polly:*"}, True),
        ({"Action": "polly:Synthesize*"}, True),
        ({"Action": "polly:SynthesizeSpeec?"}, True),
        ({"Action": "POLLY:synthesizespeech"}, True),
        ({"Action": ["s3:*", "polly:SynthesizeSpeech"]}, True),
        ({"Action": "polly:SynthesizeSpeec"}, False),
        ({"Action": "polly:SynthesizeSpeech?"}, False),
        ({"Action": "polly:Speech"}, False),
        ({"Action": "polly:[S]ynthesizeSpeech"}, False),
        ({"Action": "polly.SynthesizeSpeech"}, False),
        ({"Action": []}, False),
        ({"NotAction": "s3:*"}, True),
        ({"NotAction": "polly:*"}, False),
        ({"NotAction": ["s3:*", "polly:Synth*"]}, False),
        ({"Resource": LEXICON}, True),
        ({"Resource": "arn:aws:polly:*:*:lexicon/*"}, True),
        ({"Resource": LEXICON.upper()}, False),
        ({"Resource": "arn:aws:polly:us-east-1:123456789012:lexicon/nam"}, False),
        ({"NotResource": LEXICON}, False),
        ({"NotResource": "arn:aws:s3:::*"}, True),
    ],
)
def test_statement_covers(elements: dict[str, Any], covers: bool) -> None:
    assert says("Allow", [policy(**elements)], SPEAK, LEXICON) is covers


def test_every_document_and_every_statement_counts() -> None:
    two = {
        "Version": "2012-10-17",
        "Statement": [policy(Action="s3:*")["Statement"], ALLOW_ALL["Statement"][0]],
    }
    assert says("Allow", [policy(Action="s3:*"), two], SPEAK)
    assert not says("Allow", [], SPEAK)
    assert not says("Deny", [two], SPEAK)


CONTEXT = {
    "aws:TokenIssueTime": "2026-01-02T03:04:05+00:00",
    "aws:username": "narrator",
    "aws:PrincipalArn": "arn:aws:iam::123456789012:role/speech/Narrator",
    "aws:MultiFactorAuthPresent": "false",
    "aws:SourceIp": "203.0.113.7",
    "polly:characters": "1500",
}


@pytest.mark.parametrize(
    ("operator", "key", "value", "holds"),
    [
        ("StringEquals", "aws:username", "narrator", True),
        ("StringEquals", "AWS:UserName", "narrator", True),
        ("StringEquals", "aws:username", "Narrator", False),
        ("StringEquals", "aws:username", ["somebody", "narrator"], True),
        ("StringEquals", "aws:username", "narr*", False),
        ("StringEquals", "aws:absent", "narrator", False),
        ("StringEqualsIfExists", "aws:absent", "narrator", True),
        ("StringEqualsIfExists", "aws:username", "somebody", False),
        ("StringNotEquals", "aws:username", "somebody", True),
        ("StringNotEquals", "aws:username", ["somebody", "narrator"], False),
        ("StringNotEquals", "aws:absent", "narrator", True),
        ("StringEqualsIgnoreCase", "aws:username", "NARRATOR", True),
        ("StringNotEqualsIgnoreCase", "aws:username", "NARRATOR", False),
        ("StringLike", "aws:username", "narr*", True),
        ("StringLike", "aws:username", "*x", False),
        ("StringLike", "aws:username", "NARR*", False),
        ("StringNotLike", "aws:username", "narr*", False),
        ("ForAnyValue:StringEquals", "aws:username", "narrator", True),
        ("ForAnyValue:StringEquals", "aws:absent", "narrator", False),
        ("ForAllValues:StringEquals", "aws:absent", "narrator", True),
        ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::*:role/speech/*", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/*", False),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:user/*", True),
        ("Bool", "aws:MultiFactorAuthPresent", "false", True),
        ("Bool", "aws:MultiFactorAuthPresent", "true", False),
        ("Bool", "aws:absent", "true", False),
        ("BoolIfExists", "aws:absent", "true", True),
        ("Null", "aws:absent", "true", True),
        ("Null", "aws:username", "true", False),
        ("Null", "aws:username", "false", True),
        ("NumericEquals", "polly:characters", "1500.0", True),
        ("NumericLessThan", "polly:characters", "1500", False),
        ("NumericLessThanEquals", "polly:characters", 1500, True),
        ("NumericGreaterThan", "polly:characters", "200", True),
        ("NumericGreaterThanEquals", "polly:characters", "1501", False),
        ("NumericNotEquals", "polly:characters", "1500", False),
        ("DateLessThan", "aws:TokenIssueTime", "2026-01-02T03:04:06Z", True),
        ("DateLessThan", "aws:TokenIssueTime", "2026-01-02T03:04:05Z", False),
        ("DateLessThanEquals", "aws:TokenIssueTime", "2026-01-02T03:04:05Z", True),
        ("DateGreaterThan", "aws:TokenIssueTime", "2026-01-02", True),
        ("DateGreaterThan", "aws:TokenIssueTime", "1767322000", True),
        ("DateEquals", "aws:TokenIssueTime", "2026-01-02T04:04:05+01:00", True),
        ("DateLessThan", "aws:absent", "2999-01-01T00:00:00Z", False),
        ("NumericLessThan", "aws:username", "5", False),
        ("NumericNotEquals", "aws:username", "5", True),
        ("DateLessThan", "aws:username", "2026-01-02", False),
        ("IpAddress", "aws:username", "203.0.113.0/24", False),
        ("IpAddress", "aws:SourceIp", "203.0.113.0/24", True),
        ("IpAddress", "aws:SourceIp", "203.0.113.99/24", True),
        ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", False),
        ("IpAddress", "aws:SourceIp", ["198.51.100.0/24", "2001:db8::/32"], False),
    ],
)
def test_condition(operator: str, key: str, value: object, holds: bool) -> None:
    assert hold({operator: {key: value}}, CONTEXT) is holds


def test_all_conditions_must_hold() -> None:
    true, false = {"aws:username": "narrator"}, {"aws:userid": "AIDA"}
    assert hold({}, CONTEXT)
    assert hold({"StringEquals": true, "StringNotEquals": false}, CONTEXT)
    assert not hold({"StringEquals": {**true, **false}}, CONTEXT)
    assert not hold({"StringEquals": true, "StringLike": false}, CONTEXT)


@pytest.mark.parametrize("operator", ["StringMatches", "stringequals", "NotNull", ""])
def test_operator_that_does_not_exist_is_named(operator: str) -> None:
    with pytest.raises(ValueError, match="no condition operator") as raised:
        hold({operator: {"aws:username": "narrator"}}, CONTEXT)
    assert repr(operator) in str(raised.value)


@pytest.mark.parametrize(
    "conditions",
    [
        [],
        "StringEquals",
        {"StringMatches": {"aws:username": "narrator"}},
        {"StringEquals": "narrator"},
        {"StringEquals": {"aws:username": None}},
        {"StringEquals": {"aws:username": [{}]}},
        {"NumericLessThan": {"polly:characters": "many"}},
        {"NumericLessThan": {"polly:characters": ["1", ""]}},
        {"DateLessThan": {"aws:TokenIssueTime": "tomorrow"}},
        {"DateLessThan": {"aws:TokenIssueTime": "9" * 13}},
        {"DateLessThan": {"aws:TokenIssueTime": "9" * 18}},
        {"DateLessThan": {"aws:TokenIssueTime": "9" * 20}},
        {"DateLessThan": {"aws:TokenIssueTime": "9" * 5000}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/99"}},
    ],
)
def test_conditions_that_are_none(conditions: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        check(conditions)


def test_conditions_that_are_some() -> None:
    check(
        {"StringEquals": {"aws:username": ["narrator", "somebody"]}, "NumericEquals": {"polly:characters": 5}}
    )
    check({})


def test_condition_binds_its_statement() -> None:
    condition = {"StringEquals": {"aws:username": "narrator"}}
    bound = policy(Condition=condition)
    assert says("Allow", [bound], SPEAK, context=CONTEXT)
    assert not says("Allow", [bound], SPEAK, context={})
    assert not says("Allow", [bound], SPEAK)


USER, ROOT = "arn:aws:iam::123456789012:user/narrator", "arn:aws:iam::123456789012:root"


@pytest.mark.parametrize(
    ("elements", "trusted"),
    [
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"AWS": USER}}, True),
        ({"Principal": {"AWS": ROOT}}, True),
        ({"Principal": {"AWS": "123456789012"}}, True),
        ({"Principal": {"AWS": [f"{USER}s", USER]}}, True),
        ({"Principal": {"AWS": f"{USER}s"}}, False),
        ({"Principal": {"AWS": USER[:-1]}}, False),
        ({"Principal": {"AWS": "arn:aws:iam::*:user/narrator"}}, False),
        ({"Principal": {"AWS": "999999999999"}}, False),
        ({"Principal": {"Service": "ec2.amazonaws.com"}}, False),
        ({"Principal": {"Service": "ec2.amazonaws.com", "AWS": USER}}, True),
        ({"NotPrincipal": {"AWS": USER}}, False),
        ({"NotPrincipal": {"AWS": f"{USER}s"}}, True),
    ],
)
def test_trust_policy_knows_a_caller_by_any_of_its_names(elements: dict[str, Any], trusted: bool) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", **elements}],
    }
    names = {"*", USER, ROOT, "123456789012"}
    assert says("Allow", [trust], "sts:AssumeRole", principals=names) is trusted
    assert not says("Allow", [trust], "sts:TagSession", principals=names)


# Layers ---------------------------------------------------------------------------------------

LIMITS = [layer for layer in LAYERS if layer.attribute != "identity"]


def test_identity_policies_must_allow() -> None:
    assert decide(Policies([ALLOW_ALL]), SPEAK) is None
    silent = decide(Policies([statement("Allow", "s3:*")]), SPEAK)
    assert silent is not None
    assert (silent.layer.attribute, silent.explicit) == ("identity", False)
    assert decide(Policies(), SPEAK) == silent


@pytest.mark.parametrize("layer", LIMITS, ids=lambda layer: layer.attribute)
def test_a_limit_that_is_there_must_allow_too(layer: Any) -> None:
    limited = {layer.attribute: [statement("Allow", "polly:Describe*")]}
    assert decide(Policies([ALLOW_ALL], **limited), SPEAK) == Denial(layer, layer.implicit is None)
    assert decide(Policies([ALLOW_ALL], **limited), "polly:DescribeVoices") is None
    assert decide(Policies([ALLOW_ALL], **{layer.attribute: []}), SPEAK) is not None
    assert decide(Policies([ALLOW_ALL], **{layer.attribute: None}), SPEAK) is None


@pytest.mark.parametrize("layer", LIMITS, ids=lambda layer: layer.attribute)
def test_a_limit_grants_nothing(layer: Any) -> None:
    denial = decide(Policies([], **{layer.attribute: [ALLOW_ALL]}), SPEAK)
    assert denial is not None
    assert denial.layer.attribute == "identity"


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.attribute)
def test_an_explicit_deny_wins_wherever_it_stands(layer: Any) -> None:
    everything_allowed = {one.attribute: [ALLOW_ALL] for one in LAYERS}
    denied = {layer.attribute: [ALLOW_ALL, statement("Deny", SPEAK)]}
    assert decide(Policies(**{**everything_allowed, **denied}), SPEAK) == Denial(layer, explicit=True)
    assert decide(Policies(**everything_allowed), SPEAK) is None


def test_explicit_denies_come_before_silence() -> None:
    policies = Policies([], boundary=[], session=[statement("Deny", "*")])
    named = [(denial.layer.attribute, denial.explicit) for denial in denials(policies, SPEAK)]
    assert named == [
        ("session", True),
        ("identity", False),
        ("boundary", False),
        ("session", False),
    ]
