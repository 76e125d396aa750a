"""Makes requests with any number of things wrong with them, each from a seed that brings it back."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from functools import partial
from random import Random
from urllib.parse import quote, urlencode

from .oracle import Aws, Key, Rules
from .sigv4 import ISO, Sent, signature, timestamp

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
_SECRET_LETTERS = string.ascii_letters + string.digits + "/+"
IDENTITY = "identity-based policy"
BOUNDARY = "permissions boundary"
SESSION = "session policy"
ORGANIZATION = "service control policy"
ENDPOINT = "VPC endpoint policy"
_LAYERS = (IDENTITY, BOUNDARY, SESSION, ORGANIZATION, ENDPOINT)
_SESSION_ARN = "arn:aws:sts::123456789012:assumed-role/Narrator/at-work"
_ALL: Rules = (("Allow", "*"),)


@dataclass
class Draft:
    """What is about to be signed and sent, and what AWS knows of who signs."""

    random: Random
    now: datetime
    service: str
    region: str
    presigned: bool
    key: Key
    others: list[Key]
    host: str = ""
    method: str = "GET"
    path: str = "/"
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    # What the signer goes by. An empty text is left out of the request.
    key_id: str = ""
    secret: str = ""
    token: str | None = None
    token_name: str = "X-Amz-Security-Token"
    token_elsewhere: bool = False
    date: str = ""
    date_name: str = "X-Amz-Date"
    scope: list[str] = field(default_factory=list)
    algorithm: str = "AWS4-HMAC-SHA256"
    expires: str | None = "900"
    signs_host: bool = True

    @property
    def signers_clock(self) -> datetime:
        return datetime.strptime(self.date, ISO).replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Combination:
    """One request, what AWS knows when it arrives, and what was done to it."""

    seed: str
    faults: tuple[str, ...]
    sent: Sent
    aws: Aws


Before = Callable[[Draft], None]
After = Callable[[Random, Sent], Sent]
_BEFORE: dict[str, Before] = {}
_AFTER: dict[str, After] = {}


def combination(seed: str, faults: tuple[str, ...] | None = None) -> Combination:
    """Return what *seed* stands for; with *faults* the same request with only these things wrong.

    Each fault draws from a source of its own, so leaving one out changes nothing in the others.
    """
    random = Random(seed)
    draft = _draft(random)
    drawn = random.choices([*_BEFORE, *_AFTER, *DECIDING, *DECIDING], k=random.choice(_HOW_MANY))
    chosen = tuple(dict.fromkeys(drawn)) if faults is None else faults
    for name in chosen:
        if name in _BEFORE:
            draft.random = Random(f"{seed} {name}")
            _BEFORE[name](draft)
    sent = _sign(draft)
    for name in chosen:
        if name in _AFTER:
            sent = _AFTER[name](Random(f"{seed} {name}"), sent)
    keys = {key.key_id: key for key in (*draft.others, draft.key)}
    return Combination(seed, chosen, sent, Aws(draft.now, keys, frozenset([_role_arn("Reader")])))


_HOW_MANY = (0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 6)


def faults() -> list[str]:
    return [*_BEFORE, *_AFTER]


#: One fault at least for each check that AWS makes: of two of these its order of checks decides.
DECIDING = (
    "header_and_query",
    "unsigned",
    "strange_piece",
    "part_missing",
    "garbled_date",
    "clock_off",
    "presigned_long_ago",
    "host_unsigned",
    "another_algorithm",
    "scope_too_short",
    "wrong_region",
    "wrong_service",
    "wrong_terminator",
    "wrong_day",
    "unknown_key",
    "inactive_key",
    "no_token",
    "token_of_another",
    "expired_session",
    "role_deleted",
    "wrong_secret",
    "body_altered",
    "stray_token",
    "not_allowed",
    "denied",
)


def _before(change: Before) -> Before:
    _BEFORE[change.__name__] = change
    return change


def _after(change: After) -> After:
    _AFTER[change.__name__] = change
    return change


# A request with nothing wrong --------------------------------------------------------------------


def _draft(random: Random) -> Draft:
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    now += timedelta(seconds=random.randrange(30_000_000), microseconds=random.randrange(10**6))
    service = random.choice(("polly", "polly", "sts"))
    region = random.choice(REGIONS)
    key, *others = (_key(random, now) for _ in range(3))
    draft = Draft(random, now, service, region, random.random() < 0.4, key, others)
    draft.key_id, draft.secret, draft.token = key.key_id, key.secret, key.token
    draft.date = f"{now:{ISO}}"
    draft.host = f"{service}.{region}.amazonaws.com"
    (_ask_polly if service == "polly" else _ask_sts)(draft)
    draft.headers.append(("Host", draft.host))
    draft.scope = [f"{now:%Y%m%d}", draft.region, service, "aws4_request"]
    return draft


def _ask_polly(draft: Draft) -> None:
    speech = {"OutputFormat": "mp3", "Text": "Grüße, & 1+1=2 ~ (so *what*?)", "VoiceId": "Joanna"}
    path = draft.random.choice(
        (*("/v1/speech", "/v1/voices", "/v1/lexicons/W3C") * 2, "/v1/lexicons", "/v1/synthesisTasks")
    )
    draft.path = path
    if path == "/v1/speech" and not draft.presigned:
        draft.method, draft.body = "POST", json.dumps(speech).encode()
        draft.headers.append(("Content-Type", "application/json"))
    elif path == "/v1/speech":
        draft.query = list(speech.items())
    elif path == "/v1/voices":
        draft.query = draft.random.choice(([], [("LanguageCode", "en-US")]))
    elif path == "/v1/lexicons/W3C":
        draft.method = draft.random.choice(("GET", "DELETE"))


def _ask_sts(draft: Draft) -> None:
    if draft.random.random() < 0.3:
        draft.region, draft.host = "us-east-1", "sts.amazonaws.com"
    action = draft.random.choice(("GetCallerIdentity", "GetSessionToken", "AssumeRole"))
    asked = [("Action", action), ("Version", "2011-06-15")]
    if action == "AssumeRole":
        role = draft.random.choice(("Reader", "Reader", "Nobody"))
        asked += [("RoleArn", _role_arn(role)), ("RoleSessionName", "somebody@example.com")]
    if draft.presigned or draft.random.random() < 0.2:
        draft.query = asked
    else:
        draft.method, draft.body = "POST", urlencode(asked).encode()
        draft.headers.append(("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"))
    if draft.random.random() < 0.2:
        draft.headers.append(("Accept", "application/json"))


def _key(random: Random, now: datetime) -> Key:
    temporary, of_role = random.random() < 0.6, random.random() < 0.5
    letters = string.ascii_uppercase + "234567"
    key_id = ("ASIA" if temporary else "AKIA") + "".join(random.choices(letters, k=16))
    arn = _SESSION_ARN if temporary and of_role else "arn:aws:iam::123456789012:user/narrator"
    return Key(
        key_id,
        "".join(random.choices(_SECRET_LETTERS, k=40)),
        arn,
        {IDENTITY: random.choice((_ALL, (("Allow", "polly:*"), ("Allow", "STS:*"))))},
        _token(random) if temporary else None,
        now + timedelta(hours=1) if temporary else None,
    )


def _token(random: Random) -> str:
    return "IQoJb3JpZ2luX2Vj" + "".join(random.choices(_SECRET_LETTERS, k=80)) + "=="


def _role_arn(name: str) -> str:
    return f"arn:aws:iam::123456789012:role/{name}"


def _sign(draft: Draft) -> Sent:
    credential = "/".join((draft.key_id, *draft.scope))
    headers, query = list(draft.headers), list(draft.query)
    here, there = (query, headers) if draft.presigned else (headers, query)
    if draft.date:
        # A presigned URL has its date in the query under one name only.
        here.append(("X-Amz-Date" if draft.presigned else draft.date_name, draft.date))
    if draft.token is not None:
        (there if draft.token_elsewhere else here).append((draft.token_name, draft.token))
    unsigned = {"accept"} if draft.signs_host else {"accept", "host"}
    signed = sorted({name.lower() for name, _ in headers} - unsigned)
    if draft.presigned:
        query += [
            ("X-Amz-Algorithm", draft.algorithm),
            ("X-Amz-Credential", credential),
            ("X-Amz-SignedHeaders", ";".join(signed)),
        ]
        query += [("X-Amz-Expires", draft.expires)] if draft.expires is not None else []
    sent = Sent(draft.method, draft.host, draft.path, _query(query), tuple(headers), draft.body)
    made = signature(sent, draft.secret, timestamp(draft.date), credential.partition("/")[2], signed)
    if draft.presigned:
        return replace(sent, query=f"{sent.query}&X-Amz-Signature={made}")
    header = f"{draft.algorithm} Credential={credential}, SignedHeaders={';'.join(signed)}, Signature={made}"
    return replace(sent, headers=(*sent.headers, ("Authorization", header)))


def _query(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


# What goes wrong before it is signed --------------------------------------------------------------


@_before
def wrong_region(draft: Draft) -> None:
    draft.scope[1] = draft.random.choice([*REGIONS, "us-east-1a", ""])


@_before
def wrong_service(draft: Draft) -> None:
    draft.scope[2] = draft.random.choice(("polly", "sts", "s3", "Polly"))


@_before
def wrong_terminator(draft: Draft) -> None:
    draft.scope[3] = draft.random.choice(("aws3_request", "AWS4_REQUEST", "polly"))


@_before
def wrong_day(draft: Draft) -> None:
    draft.scope[0] = f"{draft.now + timedelta(days=draft.random.choice((-1, 1, 365))):%Y%m%d}"


@_before
def garbled_day(draft: Draft) -> None:
    draft.scope[0] = draft.random.choice(("", "2026", "20260101T000000Z"))


@_before
def slash_in_key_id(draft: Draft) -> None:
    draft.key_id = f"{draft.key_id[:9]}/{draft.key_id[9:]}"


@_before
def space_in_key_id(draft: Draft) -> None:
    draft.key_id = f"{draft.key_id[:9]} {draft.key_id[9:]}"


@_before
def unknown_key(draft: Draft) -> None:
    draft.key_id = draft.random.choice(
        (draft.key_id[:-1] + "8", draft.key_id.lower(), "AKIAIOSFODNN7EXAMPLE")
    )


@_before
def key_of_another(draft: Draft) -> None:
    draft.key_id = draft.others[0].key_id


@_before
def wrong_secret(draft: Draft) -> None:
    secret = draft.secret
    draft.secret = draft.random.choice((secret[:-1], secret.lower(), f"{secret} ", draft.others[0].secret))


@_before
def inactive_key(draft: Draft) -> None:
    draft.key = replace(draft.key, active=False)


@_before
def another_key_inactive(draft: Draft) -> None:
    draft.others = [replace(key, active=False) for key in draft.others]


@_before
def expired_session(draft: Draft) -> None:
    gone = draft.random.choice((timedelta(0), timedelta(seconds=1), timedelta(days=40)))
    _make_temporary(draft)
    draft.key = replace(draft.key, expires_at=draft.now - gone)


@_before
def session_about_to_expire(draft: Draft) -> None:
    _make_temporary(draft)
    draft.key = replace(draft.key, expires_at=draft.now + timedelta(milliseconds=1))


@_before
def role_deleted(draft: Draft) -> None:
    _make_temporary(draft)
    draft.key = replace(draft.key, arn=_SESSION_ARN, role_deleted=True)


def _make_temporary(draft: Draft) -> None:
    if draft.key.token is None:
        draft.token = _token(draft.random)
        draft.key = replace(draft.key, token=draft.token, expires_at=draft.now + timedelta(hours=1))


@_before
def no_token(draft: Draft) -> None:
    _make_temporary(draft)
    draft.token = None


@_before
def token_of_another(draft: Draft) -> None:
    _make_temporary(draft)
    draft.token = _token(draft.random)
    draft.others[0] = replace(draft.others[0], token=draft.token)


@_before
def garbled_token(draft: Draft) -> None:
    if draft.token is not None:
        token = draft.token
        draft.token = draft.random.choice((token[:-1], token.swapcase(), f"{token}A", token.replace("=", "")))


@_before
def stray_token(draft: Draft) -> None:
    draft.key = replace(draft.key, token=None, expires_at=None, role_deleted=False)
    draft.token = _token(draft.random)


@_before
def empty_token(draft: Draft) -> None:
    draft.token = ""


@_before
def token_miscased(draft: Draft) -> None:
    """In a query this is another name; among headers it is the same."""
    draft.token_name = draft.random.choice(("x-amz-security-token", "X-AMZ-Security-Token"))


@_before
def token_elsewhere(draft: Draft) -> None:
    draft.token_elsewhere = True


@_before
def clock_off(draft: Draft) -> None:
    """By some minutes, or just at the edge of what is tolerated."""
    edge = 300 if draft.service == "polly" else 900
    seconds = draft.random.choice((60, edge - 1, edge, edge, edge + 1, edge + 1, edge + 2, 600, 3600, 86400))
    _sign_at(draft, timedelta(seconds=draft.random.choice((-1, 1)) * seconds))


@_before
def clock_off_but_for_the_scope(draft: Draft) -> None:
    day = draft.scope[0]
    _sign_at(draft, timedelta(hours=draft.random.choice((-30, 30))))
    draft.scope[0] = day


def _sign_at(draft: Draft, offset: timedelta) -> None:
    date = draft.now + offset
    draft.date, draft.scope[0] = f"{date:{ISO}}", f"{date:%Y%m%d}"


@_before
def garbled_date(draft: Draft) -> None:
    now = draft.now
    forms = (
        "",
        f"{now:%Y-%m-%dT%H:%M:%SZ}",
        f"{now:%Y%m%d}",
        f"{now:%Y%m%dT%H%M%S}",
        "20260230T000000Z",
        "now",
    )
    draft.date = draft.random.choice(forms)


@_before
def http_date(draft: Draft) -> None:
    """The form that HTTP has for dates, in the header that HTTP has for them or in AWS's."""
    draft.date = format_datetime(draft.now.replace(microsecond=0), usegmt=True)
    draft.date_name = draft.random.choice(("Date", "Date", "X-Amz-Date"))


@_before
def date_in_header_date(draft: Draft) -> None:
    draft.date_name = "Date"


@_before
def two_dates(draft: Draft) -> None:
    """Where there are both, AWS's own header counts."""
    other = draft.random.choice(("Tue, 27 Mar 2007 19:36:42 GMT", "20070327T193642Z", "garbled"))
    draft.headers.append(("Date", other))


@_before
def another_algorithm(draft: Draft) -> None:
    draft.algorithm = draft.random.choice(
        ("AWS4-HMAC-SHA25", "AWS4-ECDSA-P256-SHA256", "AWS4-", "AWS4-hmac-sha256")
    )


@_before
def host_unsigned(draft: Draft) -> None:
    draft.signs_host = False


@_before
def more_signed_headers(draft: Draft) -> None:
    draft.headers += [("X-Amz-Meta", "  two   spaces "), ("User-Agent", "narrator/1.0"), ("x-amz-a", "")]


@_before
def signed_header_twice(draft: Draft) -> None:
    draft.headers += [("X-Twice", "b"), ("x-twice", " a"), ("X-TWICE", "b,c")]


@_before
def host_with_port(draft: Draft) -> None:
    draft.headers = [(name, f"{value}:443" if name == "Host" else value) for name, value in draft.headers]


@_before
def expires(draft: Draft) -> None:
    """How long a presigned URL is good: no time, none said, nothing that is a time, or too long."""
    draft.expires = draft.random.choice(
        (None, "", "0", "-1", "-900", "soon", "1.5", "604800", "604801", "99999999")
    )


@_before
def presigned_long_ago(draft: Draft) -> None:
    draft.expires = draft.random.choice(("1", "60", "3600", "604800"))
    _sign_at(draft, -timedelta(seconds=draft.random.choice((55, 65, 1000, 3500, 3700, 600_000, 700_000))))


@_before
def unknown_path(draft: Draft) -> None:
    draft.path = draft.random.choice(
        ("/v2/speech", "/v1/speeches", "/v1", "/v1/speech/aloud", "/v1/lexicons/a/b")
    )


@_before
def unknown_method(draft: Draft) -> None:
    if draft.service == "polly":
        draft.method = draft.random.choice(("PATCH", "HEAD", "OPTIONS"))


@_before
def encoded_path(draft: Draft) -> None:
    """A path that is encoded is encoded once more for the signature."""
    draft.path = draft.path.replace("W3C", draft.random.choice(("%57%33C", "W%33c")))


@_before
def unknown_action(draft: Draft) -> None:
    _reword(draft, "Action=Get", draft.random.choice(("Action=", "Action=Forget", "action=Get")))


@_before
def asked_twice(draft: Draft) -> None:
    """Of what comes twice the first counts."""
    again = draft.random.choice(("Action=Nothing", "Version=2000-01-01", "Unknown=value"))
    if draft.body and draft.service == "sts":
        draft.body = draft.random.choice(
            (draft.body + b"&" + again.encode(), again.encode() + b"&" + draft.body)
        )


@_before
def unknown_version(draft: Draft) -> None:
    _reword(draft, "Version=2011-06-15", draft.random.choice(("", "Version=2010-05-08", "Version=")))


@_before
def no_action(draft: Draft) -> None:
    _reword(draft, "Action=", "Reaction=")


def _reword(draft: Draft, old: str, new: str) -> None:
    """Replace something in what STS is asked, wherever that stands."""
    if draft.service == "sts":
        draft.body = draft.body.replace(old.encode(), new.encode())
        pairs = (f"{name}={value}".replace(old, new).partition("=") for name, value in draft.query)
        draft.query = [(name, value) for name, _, value in pairs if name]


@_before
def not_allowed(draft: Draft) -> None:
    """A layer of policies that does not speak of what is asked for."""
    _bind(
        draft,
        draft.random.choice(((), (("Allow", "s3:*"),), (("Allow", "polly:Nothing"), ("Allow", "polly")))),
    )


@_before
def denied(draft: Draft) -> None:
    action = draft.random.choice(("*", "polly:*", "sts:*", "POLLY:synth*", "polly:?e*", "sts:AssumeRole"))
    _bind(draft, (*_ALL, ("Deny", action)))


@_before
def barely_allowed(draft: Draft) -> None:
    _bind(draft, (("Allow", "polly:S*"), ("Allow", "sts:assumeRol?"), ("Deny", "s3:*"), ("Deny", "polly:L*")))


@_before
def denied_twice(draft: Draft) -> None:
    _bind(draft, ())
    _bind(draft, (("Deny", "*"),))


@_before
def many_layers(draft: Draft) -> None:
    for _ in range(draft.random.choice((2, 3, 5))):
        _bind(
            draft,
            draft.random.choice(
                (_ALL, _ALL, (("Allow", "polly:*"),), (("Allow", "sts:*"),), (("Deny", "s3:*"),))
            ),
        )


def _bind(draft: Draft, rules: Rules, layer: str = "") -> None:
    layer = layer or draft.random.choice((IDENTITY, IDENTITY, *_LAYERS))
    draft.key = replace(draft.key, policies={**draft.key.policies, layer: rules})


_BEFORE |= {f"silence of {layer}": partial(_bind, rules=(), layer=layer) for layer in _LAYERS}
_BEFORE |= {
    f"denied by {layer}": partial(_bind, rules=(*_ALL, ("Deny", "*")), layer=layer) for layer in _LAYERS
}


# What goes wrong after that ------------------------------------------------------------------------


@_after
def unsigned(random: Random, sent: Sent) -> Sent:
    parameters = [(name, value) for name, value in sent.parameters if not name.lower().startswith("x-amz-")]
    return replace(_without(sent, "authorization"), query=_query(parameters))


@_after
def authorization_empty(random: Random, sent: Sent) -> Sent:
    return _with(sent, ("Authorization", random.choice(("", " "))))


@_after
def another_scheme(random: Random, sent: Sent) -> Sent:
    schemes = (
        "Basic dXNlcjpwYXNz",
        "Bearer token",
        "AWS AKIAIOSFODNN7EXAMPLE:abc=",
        "aws4-hmac-sha256 Credential=a",
    )
    return _with(sent, ("Authorization", random.choice(schemes)))


@_after
def algorithm_alone(random: Random, sent: Sent) -> Sent:
    return _with(sent, ("Authorization", random.choice(("AWS4-HMAC-SHA256", "AWS4-", "AWS4-HMAC-SHA256 ,"))))


@_after
def part_missing(random: Random, sent: Sent) -> Sent:
    """One or two parts of what is said of the signature, in the header or in the query."""
    names = random.sample(
        ("Credential", "SignedHeaders", "Signature", "Algorithm", "Date"), random.choice((1, 2))
    )
    header = _authorization(sent)
    if header:
        scheme, _, parts = header.partition(" ")
        kept = [part for part in parts.split(", ") if part.partition("=")[0] not in names]
        sent = _with(sent, ("Authorization", f"{scheme} {', '.join(kept)}"))
    if "Date" in names:
        sent = _without(sent, "x-amz-date")
    gone = {f"X-Amz-{name}" for name in names}
    return replace(sent, query=_query([pair for pair in sent.parameters if pair[0] not in gone]))


@_after
def part_miscased(random: Random, sent: Sent) -> Sent:
    name = random.choice(("X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Algorithm"))
    return replace(sent, query=sent.query.replace(name, name.lower()))


@_after
def strange_piece(random: Random, sent: Sent) -> Sent:
    header = _authorization(sent)
    old, new = random.choice(
        ((", Signed", ", strange, Signed"), ("Signature=", "Signature:"), (" Cred", " my Cred"))
    )
    return _with(sent, ("Authorization", header.replace(old, new))) if header else sent


@_after
def parts_in_another_form(random: Random, sent: Sent) -> Sent:
    """Another order, or no spaces: neither matters."""
    header = _authorization(sent)
    if not header.startswith("AWS4-"):
        return sent
    scheme, _, parts = header.partition(" ")
    pieces = parts.split(", ")
    random.shuffle(pieces)
    return _with(sent, ("Authorization", f"{scheme} {random.choice((',', ', ')).join(pieces)}"))


@_after
def scope_too_long(random: Random, sent: Sent) -> Sent:
    return _reclaimed(sent, "/aws4_request", random.choice(("/more/aws4_request", "/aws4_request/more")))


@_after
def scope_too_short(random: Random, sent: Sent) -> Sent:
    return _reclaimed(sent, random.choice(("/aws4_request", "/polly", "/sts", "/us-east-1")), "")


def _reclaimed(sent: Sent, old: str, new: str) -> Sent:
    """Replace something in what is claimed of the key and its scope."""
    claims = [(name, value.replace(old, new)) for name, value in _of(sent, "authorization")]
    query = sent.query.replace(quote(old, safe=""), quote(new, safe=""))
    return _with(replace(sent, query=query), *claims)


@_after
def signature_altered(random: Random, sent: Sent) -> Sent:
    def alter(text: str) -> str:
        before, found, made = text.partition("Signature=")
        position = random.randrange(64)
        swapped = "0" if made[position : position + 1] != "0" else "1"
        return f"{before}{found}{made[:position]}{swapped}{made[position + 1 :]}" if made else text

    return _with(
        replace(sent, query=alter(sent.query)), *((n, alter(v)) for n, v in _of(sent, "authorization"))
    )


@_after
def signature_cut_short(random: Random, sent: Sent) -> Sent:
    cut = random.choice((1, 32, 63))
    query = sent.query[:-cut] if "X-Amz-Signature" in sent.query else sent.query
    authorization = [
        (name, value[:-cut] if "Signature=" in value else value) for name, value in _of(sent, "authorization")
    ]
    return _with(replace(sent, query=query), *authorization)


@_after
def character_changed(random: Random, sent: Sent) -> Sent:
    """One character more, less, in another case or another one, anywhere in what is said of the signature."""
    where = random.choice(("authorization", "authorization", "query", "x-amz-date", "host"))
    if where == "query":
        return replace(sent, query=_edited(random, sent.query))
    edited = tuple((n, _edited(random, v) if n.lower() == where else v) for n, v in sent.headers)
    return replace(sent, headers=edited)


def _edited(random: Random, text: str) -> str:
    position = random.randrange(len(text) + 1)
    before, at, after = text[:position], text[position : position + 1], text[position + 1 :]
    another = random.choice("=, /;%&+-.AazZ09_~:'\"\t")
    return before + random.choice(("", another, another + at, at.swapcase())) + after


@_after
def body_altered(random: Random, sent: Sent) -> Sent:
    return replace(
        sent, body=random.choice((sent.body + b" ", sent.body[:-1], b"{}")) if sent.body else b"more"
    )


@_after
def path_altered(random: Random, sent: Sent) -> Sent:
    paths = ("/v1/voices", "/v1/lexicons", "/v1/lexicons/other", "/v1/synthesisTasks")
    return replace(sent, path=random.choice(paths)) if sent.path.startswith("/v1/") else sent


@_after
def method_altered(random: Random, sent: Sent) -> Sent:
    return replace(sent, method={"GET": "DELETE", "DELETE": "GET", "POST": "GET"}.get(sent.method, "GET"))


@_after
def query_altered(random: Random, sent: Sent) -> Sent:
    more = random.choice(
        ("a=b", "LanguageCode=de-DE", "a", "X-Amz-Date=20070327T193642Z", "x-amz-security-token=no")
    )
    return replace(sent, query=random.choice((f"{sent.query}&{more}", f"{more}&{sent.query}")).strip("&"))


@_after
def query_shuffled(random: Random, sent: Sent) -> Sent:
    """The order on the wire does not matter."""
    parts = sent.query.split("&")
    random.shuffle(parts)
    return replace(sent, query="&".join(parts))


@_after
def query_encoded_otherwise(random: Random, sent: Sent) -> Sent:
    """What is encoded that need not be, or in small letters, is the same text all the same."""
    old, new = random.choice((("%2F", "%2f"), ("A", "%41"), ("-", "%2D"), ("=", "%3D"), ("a", "%61")))
    parts = (part.partition("=") for part in sent.query.split("&") if part)
    return replace(
        sent,
        query="&".join(f"{name.replace(old, new)}={value.replace(old, new)}" for name, _, value in parts),
    )


@_after
def header_altered(random: Random, sent: Sent) -> Sent:
    name = random.choice(("Host", "Content-Type", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Meta"))
    changed = tuple((key, f"{value}x" if key == name else value) for key, value in sent.headers)
    return replace(sent, headers=changed)


@_after
def header_gone(random: Random, sent: Sent) -> Sent:
    return _without(sent, random.choice(("content-type", "x-amz-date", "x-amz-security-token", "x-amz-meta")))


@_after
def headers_in_another_form(random: Random, sent: Sent) -> Sent:
    """Neither the case of names nor spaces around and between words of values matter."""
    case = random.choice((str.lower, str.upper, str.title))
    padded = random.choice(("{}", " {}", "{}  "))
    headers = [(case(name), padded.format(value)) for name, value in sent.headers]
    random.shuffle(headers)
    return replace(sent, headers=tuple(headers))


@_after
def unsigned_header_added(random: Random, sent: Sent) -> Sent:
    return replace(
        sent, headers=(*sent.headers, random.choice((("X-Forwarded-For", "10.0.0.1"), ("Via", "1.1 proxy"))))
    )


@_after
def header_and_query(random: Random, sent: Sent) -> Sent:
    """The second way of signing on top of the first."""
    if "X-Amz-Algorithm" in sent.query:
        return _with(
            sent, ("Authorization", random.choice(("AWS4-HMAC-SHA256 Credential=a", "Basic dXNlcjpwYXNz")))
        )
    return replace(
        sent, query=f"{sent.query}&X-Amz-Algorithm={random.choice(('AWS4-HMAC-SHA256', ''))}".strip("&")
    )


@_after
def parts_in_query(random: Random, sent: Sent) -> Sent:
    """Parts of the second way of signing, without the one that says so."""
    more = random.choice(
        ("X-Amz-Credential=a", "X-Amz-Signature=0", "X-Amz-Expires=1", "X-Amz-SignedHeaders=host")
    )
    return replace(sent, query=f"{sent.query}&{more}".strip("&"))


@_after
def authorization_twice(random: Random, sent: Sent) -> Sent:
    return _twice(random, sent, "authorization", ("AWS4-HMAC-SHA256 Credential=a", "Basic dXNlcjpwYXNz"))


@_after
def date_twice(random: Random, sent: Sent) -> Sent:
    return _twice(random, sent, "x-amz-date", ("20070327T193642Z",))


@_after
def token_twice(random: Random, sent: Sent) -> Sent:
    return _twice(random, sent, "x-amz-security-token", ("another",))


@_after
def parameter_twice(random: Random, sent: Sent) -> Sent:
    """Of a parameter that comes twice the first counts, and the signature covers both."""
    name = random.choice(("X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Algorithm", "Action"))
    same = [part for part in sent.query.split("&") if part.startswith(f"{name}=")]
    more = random.choice((*same, f"{name}=20070327T193642Z"))
    return (
        replace(sent, query=random.choice((f"{sent.query}&{more}", f"{more}&{sent.query}"))) if same else sent
    )


def _authorization(sent: Sent) -> str:
    return next(iter(sent.values("Authorization")), "")


def _of(sent: Sent, name: str) -> list[tuple[str, str]]:
    return [(key, value) for key, value in sent.headers if key.lower() == name]


def _without(sent: Sent, name: str) -> Sent:
    return replace(sent, headers=tuple(pair for pair in sent.headers if pair[0].lower() != name))


def _with(sent: Sent, *headers: tuple[str, str]) -> Sent:
    """Return *sent* with these instead of the headers of that name."""
    for name, _ in headers:
        sent = _without(sent, name.lower())
    return replace(sent, headers=(*sent.headers, *headers))


def _twice(random: Random, sent: Sent, name: str, others: tuple[str, ...]) -> Sent:
    there = _of(sent, name)
    if not there:
        return sent
    second = (there[0][0], random.choice((there[0][1], *others)))
    return replace(sent, headers=random.choice(((*sent.headers, second), (second, *sent.headers))))
