"""A request put together from its parts, so that any of them can be wrong, alone or with others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any, Literal
from urllib.parse import quote

from pytest_polly import Account
from pytest_polly.gate import Credentials, Door, Fault, IssuedKey, Request, Response, errors, statement
from pytest_polly.services import door as door_at

from .signing import signed

Way = Literal["header", "query"]
Service = Literal["polly", "sts"]

#: Stands for the Authorization header that the parts make up.
AS_SIGNED = "as signed"

_SPEECH = {"Text": "Hi", "VoiceId": "Joanna", "OutputFormat": "mp3"}
_PART = re.compile(r"(Credential|SignedHeaders|Signature)=([^,]*)")


@dataclass
class Attempt:
    """A sound attempt, but for the fields that a flaw changes."""

    service: Service
    way: Way
    account: Account = field(default_factory=Account)

    # What the account knows
    long_term: bool = False
    key_known: bool = True
    key_active: bool = True
    session_over: bool = False
    role_deleted: bool = False
    allowed: bool = True

    # What the client signs with
    secret: str | None = None
    token: Literal["own", "none", "another"] = "own"
    clock_off: timedelta = timedelta(0)
    opened_late: timedelta = timedelta(0)
    region: str = "us-east-1"
    signed_service: str | None = None

    # What becomes of what is signed
    path: str | None = None
    authorization: str | None = AS_SIGNED
    also_signed_otherwise: bool = False
    extra_piece: str | None = None
    algorithm: str = "AWS4-HMAC-SHA256"
    credential: bool = True
    signature: bool = True
    signed_headers: bool = True
    has_date: bool = True
    date: str | None = None
    expires: str = "900"
    host_signed: bool = True
    elements: int = 5
    terminator: str = "aws4_request"
    day: str | None = None

    @property
    def door(self) -> Door:
        door = door_at(self._host)
        assert door is not None
        return door

    def send(self) -> tuple[Request, Response]:
        """Issue the key, make the request, and have the account answer it."""
        key = self._issue()
        request = self._request(key)
        if not self.key_known:
            del self.account._directory.keys[key.credentials.access_key_id]
        response = self.account._aws.answer(request)
        assert response is not None
        return request, response

    # The account ------------------------------------------------------------------------------

    def _issue(self) -> IssuedKey:
        directory, now = self.account._directory, self.account.clock.now
        policies = [statement("Allow", "*")] if self.allowed else []
        if self.long_term:
            key = directory.issue_long_term(directory.create_user("narrator", *policies), now)
        else:
            role = directory.create_role("Narrator", *policies)
            lifetime = timedelta(hours=-1 if self.session_over else 1)
            key = directory.issue_session(directory.role_session(role, "session"), now, lifetime)
            if self.role_deleted:
                directory.delete_role(role)
        key.active = self.key_active
        return key

    # The request ------------------------------------------------------------------------------

    @property
    def _host(self) -> str:
        return f"{self.service}.us-east-1.amazonaws.com"

    def _request(self, key: IssuedKey) -> Request:
        request = signed(
            "GET" if self.way == "query" else "POST",
            f"https://{self._host}{self.path or self._content(key)[0]}{self._asked()}",
            self._signs_with(key.credentials),
            datetime.now(timezone.utc) + self.clock_off - self.opened_late,
            headers=[] if self.way == "query" else [("Content-Type", self._content(key)[1])],
            body=b"" if self.way == "query" else self._content(key)[2],
            service=self.signed_service or self.service,
            region=self.region,
            presigned_for=900 if self.way == "query" else None,
        )
        return self._by_query(request) if self.way == "query" else self._by_header(request)

    def _content(self, key: IssuedKey) -> tuple[str, str, bytes]:
        """Return path, content type and body of a request that needs permission."""
        if self.service == "polly":
            return "/v1/speech", "application/json", b'{"Text":"Hi","VoiceId":"Joanna","OutputFormat":"mp3"}'
        form = f"Action=GetAccessKeyInfo&Version=2011-06-15&AccessKeyId={key.credentials.access_key_id}"
        return "/", "application/x-www-form-urlencoded", form.encode()

    def _asked(self) -> str:
        if self.way == "query":
            return "?" + "&".join(f"{name}={value}" for name, value in _SPEECH.items())
        return "?X-Amz-Algorithm=AWS4-HMAC-SHA256" if self.also_signed_otherwise else ""

    def _signs_with(self, credentials: Credentials) -> Credentials:
        tokens = {"own": credentials.session_token, "none": None, "another": "IQoJb3JpZ2luX2Vj"}
        return replace(
            credentials,
            secret_access_key=self.secret or credentials.secret_access_key,
            session_token=tokens[self.token],
        )

    def _by_header(self, request: Request) -> Request:
        parts = self._changed(dict(_PART.findall(request.header("authorization") or "")))
        pieces = [f"{name}={value}" for name, value in parts.items()]
        pieces += [self.extra_piece] if self.extra_piece else []
        whole = f"{self.algorithm} {', '.join(pieces)}"
        new = {
            "authorization": whole if self.authorization == AS_SIGNED else self.authorization,
            "x-amz-date": (self.date or request.header("x-amz-date")) if self.has_date else None,
        }
        kept = tuple((name, value) for name, value in request.headers if name.lower() not in new)
        added = tuple((name, value) for name, value in new.items() if value is not None)
        return replace(request, headers=kept + added)

    def _by_query(self, request: Request) -> Request:
        prefix = "X-Amz-"
        pairs = request.query_pairs()
        asked = [pair for pair in pairs if not pair[0].startswith(prefix)]
        parts = {name[len(prefix) :]: value for name, value in pairs if name.startswith(prefix)}
        parts |= {"Algorithm": self.algorithm, "Expires": self.expires, "Date": self.date or parts["Date"]}
        parts = self._changed(parts)
        if not self.has_date:
            del parts["Date"]
        sent = [*asked, *((prefix + name, value) for name, value in parts.items())]
        headers = request.headers
        if self.also_signed_otherwise:
            headers = (*headers, ("Authorization", "AWS4-HMAC-SHA256 Credential=a"))
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in sent)
        return replace(request, query=query, headers=headers)

    def _changed(self, parts: Mapping[str, str]) -> dict[str, str]:
        """Change what the client has signed, as it is to be changed."""
        elements = parts["Credential"].split("/")
        elements[1], elements[4] = self.day or elements[1], self.terminator
        changed = {
            **parts,
            "Credential": "/".join(elements[: self.elements]),
            "SignedHeaders": parts["SignedHeaders"] if self.host_signed else "accept",
        }
        there = {
            "Credential": self.credential,
            "Signature": self.signature,
            "SignedHeaders": self.signed_headers,
        }
        return {name: value for name, value in changed.items() if there.get(name, True)}


# What can be wrong ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Flaw:
    """One thing wrong with an attempt, and what the gate finds if nothing else is."""

    name: str
    #: ``None``: it is not the gate that finds it.
    fault: Fault | None
    changes: Mapping[str, Any]
    ways: tuple[Way, ...] = ("header", "query")
    #: What it adds to an answer in which several flaws of one kind are listed.
    complaint: str = ""

    def __hash__(self) -> int:
        return hash(self.name)


def _missing(part: str, change: str, *ways: Way) -> list[Flaw]:
    said = {
        "header": (errors.PARTS_MISSING, f"Authorization header requires '{part}' parameter. "),
        "query": (
            errors.QUERY_PARTS_MISSING,
            f"AWS query-string parameters must include 'X-Amz-{part}'. ",
        ),
    }
    return [Flaw(f"no {part} ({way})", said[way][0], {change: False}, (way,), said[way][1]) for way in ways]


_NO_DATE = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
_NO_ALGORITHM = "AWS query-string parameters must include 'X-Amz-Algorithm'. "
_MINUTES = timedelta(minutes=20)

#: In AWS's order. Those of one rank exclude each other, or are listed together in this order.
RANKS: tuple[tuple[Flaw, ...], ...] = (
    (Flaw("unknown path", None, {"path": "/nowhere"}),),
    (Flaw("signed twice", errors.SIGNED_TWICE, {"also_signed_otherwise": True}),),
    (Flaw("empty Authorization", errors.EMPTY_AUTHORIZATION, {"authorization": ""}, ("header",)),),
    (
        Flaw("no Authorization", errors.UNSIGNED, {"authorization": None}, ("header",)),
        Flaw("other scheme", errors.UNSIGNED, {"authorization": "Bearer eyJhbGciOiJIUzI1NiJ9"}, ("header",)),
    ),
    (Flaw("not a pair", errors.NOT_A_PAIR, {"extra_piece": "Signature"}, ("header",)),),
    (
        Flaw("no algorithm", errors.QUERY_PARTS_MISSING, {"algorithm": ""}, ("query",), _NO_ALGORITHM),
        *_missing("Credential", "credential", "header", "query"),
        *_missing("Signature", "signature", "header", "query"),
        *_missing("SignedHeaders", "signed_headers", "header", "query"),
        Flaw("no date (header)", errors.PARTS_MISSING, {"has_date": False}, ("header",), _NO_DATE),
        *_missing("Date", "has_date", "query"),
    ),
    (Flaw("unreadable date", errors.BAD_DATE, {"date": "201"}),),
    (Flaw("unreadable expiry", errors.BAD_EXPIRES, {"expires": "0"}, ("query",)),),
    (
        Flaw("clock behind", errors.SIGNATURE_EXPIRED, {"clock_off": -_MINUTES}, ("header",)),
        Flaw("clock ahead", errors.SIGNATURE_NOT_YET_CURRENT, {"clock_off": _MINUTES}),
        Flaw("opened late", errors.PRESIGNED_EXPIRED, {"opened_late": _MINUTES}, ("query",)),
    ),
    (Flaw("host not signed", errors.HOST_NOT_SIGNED, {"host_signed": False}),),
    (Flaw("other algorithm", errors.BAD_ALGORITHM, {"algorithm": "AWS4-HMAC-SHA1"}),),
    (Flaw("four elements", errors.BAD_CREDENTIAL, {"elements": 4}),),
    (
        Flaw(
            "other region",
            errors.BAD_SCOPE,
            {"region": "eu-west-1"},
            complaint="Credential should be scoped to a valid region. ",
        ),
        Flaw(
            "other service",
            errors.BAD_SCOPE,
            {"signed_service": "s3"},
            complaint="Credential should be scoped to correct service: '{service}'. ",
        ),
        Flaw(
            "other terminator",
            errors.BAD_SCOPE,
            {"terminator": "aws5"},
            complaint="Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. ",
        ),
        Flaw(
            "other day",
            errors.BAD_SCOPE,
            {"day": "20150830"},
            complaint="Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
            "from HTTP: '20150830' != '{day}', from '{sent}'.",
        ),
    ),
    (Flaw("unknown key", errors.UNKNOWN_KEY, {"key_known": False}),),
    (Flaw("inactive key", errors.INACTIVE_KEY, {"key_active": False}),),
    (Flaw("no token", errors.TOKEN_MISSING, {"token": "none"}),),
    (Flaw("another's token", errors.TOKEN_MISMATCHED, {"token": "another"}),),
    (Flaw("session over", errors.TOKEN_EXPIRED, {"session_over": True}),),
    (Flaw("role deleted", errors.ROLE_DELETED, {"role_deleted": True}),),
    (Flaw("wrong secret", errors.WRONG_SIGNATURE, {"secret": "0" * 40}),),
    (Flaw("stray token", errors.TOKEN_UNEXPECTED, {"long_term": True, "token": "another"}),),
    (Flaw("not allowed", None, {"allowed": False}),),
)

FLAWS = {flaw.name: flaw for rank in RANKS for flaw in rank}

#: What no attempt can have at once, beside two values of one thing.
IMPOSSIBLE: Mapping[frozenset[str], str] = {
    frozenset(pair): why
    for pair, why in (
        (("stray token", "session over"), "a user's own key does not expire"),
        (("stray token", "role deleted"), "a user's own key is of no role"),
        (("opened late", "clock ahead"), "what is signed in the future is not late"),
        (("opened late", "unreadable expiry"), "late is what is past its expiry"),
        (("signed twice", "empty Authorization"), "an empty header is no second signature"),
        (("signed twice", "no Authorization"), "no header is no second signature"),
    )
}


def attempt(service: Service, way: Way, *flaws: Flaw) -> Attempt:
    """Return an attempt with all of *flaws*."""
    made = Attempt(service, way)
    for flaw in flaws:
        for name, value in flaw.changes.items():
            assert hasattr(made, name), name
            setattr(made, name, value)
    return made


def possible(one: Flaw, other: Flaw) -> bool:
    """Tell whether one attempt can have both flaws."""
    return (
        not one.changes.keys() & other.changes.keys() and frozenset({one.name, other.name}) not in IMPOSSIBLE
    )


def rank_of(flaw: Flaw) -> int:
    return next(number for number, rank in enumerate(RANKS) if flaw in rank)
