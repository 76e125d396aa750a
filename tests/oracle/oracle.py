"""A second opinion on what Amazon Polly and AWS STS answer to a request, from what is known of AWS alone.

It shares no code with what it is to check. Where nobody outside AWS can know, it gives more than one answer:
an objection that AWS may or may not raise is marked so, and the next one is looked for as well.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from .sigv4 import Sent, http_date, iso, iso_date, signature, timestamp

#: Who allows or denies what: effect and action, in which ``*`` and ``?`` stand for anything.
Rules = tuple[tuple[str, str], ...]

ANYTHING = ".*"
_INVALID = "The security token included in the request is invalid"
_EXPIRED = "The security token included in the request is expired"
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details."
)


@dataclass(frozen=True)
class Key:
    """An access key as AWS knows it, and the layers of policies that bind whoever has it.

    Layers are named as in IAM's messages; one that is not there does not limit anything.
    """

    key_id: str
    secret: str
    arn: str
    policies: Mapping[str, Rules]
    token: str | None = None
    expires_at: datetime | None = None
    active: bool = True
    role_deleted: bool = False


@dataclass(frozen=True)
class Aws:
    """What AWS knows when a request arrives: its time, its keys, and the roles that callers may assume."""

    now: datetime
    keys: Mapping[str, Key]
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Answer:
    """What AWS answers; ``certain`` is false for what it may answer or not.

    ``message`` is a pattern; of who asks who they are it is the ARN that they are told.
    """

    status: int = 200
    code: str | None = None
    message: str | None = None
    certain: bool = True


def answers(sent: Sent, aws: Aws) -> list[Answer]:
    """Return every answer that AWS may give: one, wherever it is known."""
    found: list[Answer] = []
    for reading in _readings(sent):
        for answer in _Arrival(reading, aws).answers():
            found.append(answer)
            if answer.certain:
                break
    return found


def _readings(sent: Sent) -> list[Sent]:
    """Which of several headers counts that are to come once is not known: the first, the last, or all."""
    readings = [sent]
    for name in ("Authorization", "X-Amz-Date", "Date", "X-Amz-Security-Token"):
        values = sent.values(name)
        if len(values) > 1:
            one_of = dict.fromkeys((values[0], values[-1], ",".join(values), ", ".join(values)))
            readings += [_with_header(reading, name, value) for reading in readings for value in one_of]
    return readings


def _with_header(sent: Sent, name: str, value: str) -> Sent:
    others = tuple((key, text) for key, text in sent.headers if key.lower() != name.lower())
    return replace(sent, headers=(*others, (name, value)))


# What the services have in common, and how they say it ------------------------------------------


@dataclass(frozen=True)
class _Words:
    """How a service names the faults that AWS's front ends find, and how far clocks may differ."""

    missing: Answer
    incomplete: Answer
    signature: Answer
    token: Answer
    expired: Answer
    denied: Answer
    minutes: int
    #: Newer front ends say only the hash of an Authorization header that they cannot read.
    hashes: bool


_WORDS = {
    "polly": _Words(
        missing=Answer(403, "MissingAuthenticationTokenException", "Missing Authentication Token"),
        incomplete=Answer(403, "IncompleteSignatureException"),
        signature=Answer(403, "InvalidSignatureException"),
        token=Answer(403, "UnrecognizedClientException"),
        expired=Answer(403, "ExpiredTokenException", _EXPIRED),
        denied=Answer(403, "AccessDeniedException"),
        minutes=5,
        hashes=True,
    ),
    # https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
    "sts": _Words(
        missing=Answer(403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
        incomplete=Answer(400, "IncompleteSignature"),
        signature=Answer(403, "SignatureDoesNotMatch"),
        token=Answer(403, "InvalidClientTokenId"),
        expired=Answer(403, "ExpiredToken", _EXPIRED),
        denied=Answer(403, "AccessDenied"),
        minutes=15,
        hashes=False,
    ),
}

_UNKNOWN_PATH = Answer(404)
_REDIRECT = Answer(302)
_INVALID_ACTION = Answer(400, "InvalidAction")

# https://docs.aws.amazon.com/polly/latest/dg/API_Operations.html
_POLLY = {
    ("GET", "/v1/speech"): "SynthesizeSpeech",
    ("POST", "/v1/speech"): "SynthesizeSpeech",
    ("GET", "/v1/voices"): "DescribeVoices",
    ("GET", "/v1/lexicons"): "ListLexicons",
    ("GET", "/v1/lexicons/*"): "GetLexicon",
    ("PUT", "/v1/lexicons/*"): "PutLexicon",
    ("DELETE", "/v1/lexicons/*"): "DeleteLexicon",
    ("GET", "/v1/synthesisTasks"): "ListSpeechSynthesisTasks",
    ("POST", "/v1/synthesisTasks"): "StartSpeechSynthesisTask",
    ("GET", "/v1/synthesisTasks/*"): "GetSpeechSynthesisTask",
}
_STS = ("GetCallerIdentity", "GetSessionToken", "AssumeRole")
_STS_VERSION = "2011-06-15"
_NO_LEXICON = Answer(404, "LexiconNotFoundException", ANYTHING)

_QUERY_NAMES = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")


@dataclass(frozen=True)
class _Claim:
    """What a request says of its signature, in its header or in its query."""

    algorithm: str
    credential: str
    signed: str
    signature: str
    date: str
    token: str | None
    presigned: bool


#: Objections to how a signature is claimed, and in the end what it claims, if that can be read.
Claiming = Generator[Answer, None, "_Claim | None"]


@dataclass
class _Arrival:
    """One request before AWS, under one reading of it."""

    sent: Sent
    aws: Aws

    def __post_init__(self) -> None:
        # polly.eu-west-1.amazonaws.com, or sts.amazonaws.com: the global one accepts us-east-1 only
        labels = self.sent.host.split(".")
        self.service = labels[0]
        self.region = labels[1] if len(labels) == 4 else "us-east-1"
        self.words = _WORDS[self.service]

    def answers(self) -> Iterator[Answer]:
        """Yield objections in the order in which AWS raises them, and last what it answers without any."""
        if self.service == "sts" and self.sent.method not in ("GET", "POST"):
            # Whether STS knows other methods is not known.
            yield replace(_UNKNOWN_PATH, certain=False)
        operation: str | Answer = self._polly() if self.service == "polly" else self._sts()
        if isinstance(operation, Answer):
            yield operation
            return
        claim = yield from self._claim()
        if claim is None:
            return
        yield from self._dated(claim)
        yield from self._scoped(claim)
        key = self.aws.keys.get(claim.credential.split("/")[0])
        if key is None or not key.active:
            yield self._say(self.words.token, f"{_INVALID}.")
            return
        yield from self._signed(claim, key)
        yield from self._allowed(operation, key)
        if operation in ("GetLexicon", "DeleteLexicon"):
            yield _NO_LEXICON
        else:
            yield Answer(message=_literal(key.arn) if operation == "GetCallerIdentity" else None)

    @staticmethod
    def _say(answer: Answer, text: str = "", *, pattern: str | None = None, certain: bool = True) -> Answer:
        message = _literal(text) if pattern is None else pattern
        return replace(answer, message=message, certain=certain)

    # What is asked for ------------------------------------------------------------------------

    def _polly(self) -> str | Answer:
        path = re.sub("^(/v1/(?:lexicons|synthesisTasks)/)[^/]+$", r"\1*", self.sent.path)
        return _POLLY.get((self.sent.method, path), _UNKNOWN_PATH)

    def _sts(self) -> str | Answer:
        if self.sent.path != "/":
            return _UNKNOWN_PATH
        parameters = self._sts_parameters()
        action = parameters.get("Action")
        if action is None:
            return _REDIRECT
        version = parameters.get("Version", "NO_VERSION_SPECIFIED")
        if action not in _STS or version != _STS_VERSION:
            return self._say(_INVALID_ACTION, f"Could not find operation {action} for version {version}")
        return action

    def _sts_parameters(self) -> dict[str, str]:
        """What is asked, of what comes twice the first; a body that is not called a form asks nothing."""
        pairs = parse_qsl(self.sent.query, keep_blank_values=True)
        if "".join(self.sent.values("Content-Type")).startswith("application/x-www-form-urlencoded"):
            pairs += parse_qsl(self.sent.body.decode("latin-1"), keep_blank_values=True)
        return dict(reversed(pairs))

    # Whether it can be read ---------------------------------------------------------------------

    def _claim(self) -> Claiming:
        headers, words = self.sent.values("Authorization"), self.words
        in_query = self.sent.parameter("X-Amz-Algorithm") is not None
        both = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
        if headers and headers[0] and in_query:
            yield self._say(words.signature, both)
        elif headers and not headers[0]:
            # An empty header may count as none; that it has words of its own was seen on one service.
            if in_query:
                yield self._say(words.signature, both, certain=False)
            yield self._say(words.incomplete, "Authorization header cannot be empty", certain=False)
            if in_query:
                return (yield from self._query_claim())
            yield words.missing
        elif in_query:
            return (yield from self._query_claim())
        elif not headers or not headers[0].startswith("AWS4-"):
            answer = self._missing_in_query()
            if answer is not None and any(name in _QUERY_NAMES for name, _ in self.sent.parameters):
                # Presigned but for the parameter that says so.
                yield replace(answer, certain=False)
            yield words.missing
        else:
            return (yield from self._header_claim(headers[0]))
        return None

    def _query_claim(self) -> Claiming:
        answer = self._missing_in_query()
        if answer is not None:
            yield answer
            if answer.certain:
                return None
        algorithm, credential, made, signed, date = (self.sent.parameter(name) or "" for name in _QUERY_NAMES)
        token = self.sent.parameter("X-Amz-Security-Token")
        return _Claim(algorithm, credential, signed, made, date, token, presigned=True)

    def _missing_in_query(self) -> Answer | None:
        said = {
            f"AWS query-string parameters must include '{name}'. ": self.sent.parameter(name)
            for name in _QUERY_NAMES
        }
        return self._missing(said, _literal("Re-examine the query-string parameters."))

    def _missing(self, said: Mapping[str, str | None], end: str) -> Answer | None:
        """Return a sentence for each value that is not there; what is there and empty may count as well."""
        sentences = [
            _literal(sentence) if value is None else f"(?:{_literal(sentence)})?"
            for sentence, value in said.items()
            if not value
        ]
        if not sentences:
            return None
        certain = None in said.values()
        return self._say(self.words.incomplete, pattern="".join(sentences) + end, certain=certain)

    def _header_claim(self, header: str) -> Claiming:
        digest = base64.b64encode(hashlib.sha256(header.encode()).digest()).decode()
        algorithm, *pieces = [piece for piece in re.split("[ ,]", header) if piece]
        strange = [piece for piece in pieces if "=" not in piece]
        if strange:
            where = "(missing equal-sign) in Authorization header"
            hashed = (
                f"Invalid key=value pair {where} (hashed with SHA-256 and encoded with Base64): '{digest}'."
            )
            plain = f"'{strange[0]}' not a valid key=value pair {where}: '{header}'."
            yield self._say(self.words.incomplete, hashed if self.words.hashes else plain)
            return None
        given = dict(reversed([(piece.split("=", 1)[0], piece.split("=", 1)[1]) for piece in pieces]))
        names = ("Credential", "Signature", "SignedHeaders")
        requires = "Authorization header requires"
        said = {f"{requires} '{name}' parameter. ": given.get(name) for name in names}
        date = next(iter(self.sent.values("X-Amz-Date") or self.sent.values("Date")), None)
        said[f"{requires} existence of either a 'X-Amz-Date' or a 'Date' header. "] = date
        hashed = f"(Hashed with SHA-256 and encoded with Base64) Authorization={digest}"
        ends = [hashed] if self.words.hashes else [hashed, f"Authorization={header}"]
        answer = self._missing(said, f"(?:{'|'.join(map(_literal, ends))})")
        if answer is not None:
            yield answer
            if answer.certain:
                return None
        token = next(iter(self.sent.values("X-Amz-Security-Token")), None)
        credential, made, signed = (given[name] for name in names)
        return _Claim(algorithm, credential, signed, made, date or "", token, presigned=False)

    # Whether it may be now, and here ------------------------------------------------------------

    def _dated(self, claim: _Claim) -> Iterator[Answer]:
        date = iso_date(claim.date)
        wrong = (
            f"Date must be in ISO-8601 'basic format'. Got '{claim.date}'. "
            "See http://en.wikipedia.org/wiki/ISO_8601"
        )
        if date is None:
            date = http_date(claim.date) if not claim.presigned else None
            # The form that HTTP has for its header Date may do for that header.
            tolerable = date is not None and not self.sent.values("X-Amz-Date")
            yield self._say(self.words.incomplete, wrong, certain=not tolerable)
            if date is None or not tolerable:
                return
        now, minutes = self.aws.now.replace(microsecond=0), self.words.minutes
        window = timedelta(minutes=minutes)
        until, words = date + window, f"- {minutes} min."
        expired = (
            f"Signature expired: {iso(date)} is now earlier than {iso(now - window)} ({iso(now)} {words})"
        )
        pattern = _literal(expired)
        if claim.presigned:
            # How long it is good for stands in the query, and only S3 documents the longest that may be.
            lasts = self.sent.parameter("X-Amz-Expires")
            seconds = int(lasts) if lasts is not None and re.fullmatch("-?[0-9]{1,9}", lasts) else None
            if seconds is None or not 0 < seconds <= 604800:
                for answer in (self.words.incomplete, self.words.signature):
                    yield self._say(answer, pattern=ANYTHING, certain=False)
            if seconds is not None:
                until = date + timedelta(seconds=seconds)
                pattern = rf"Signature expired: {iso(until)} is now earlier than {iso(now)}(?: .*)?"
            else:
                pattern = "Signature expired: .*"
        if date > now + window:
            yield self._say(
                self.words.signature,
                f"Signature not yet current: {iso(date)} is still later than {iso(now + window)} "
                f"({iso(now)} + {minutes} min.)",
            )
        elif now > until:
            yield self._say(self.words.signature, pattern=pattern)

    def _scoped(self, claim: _Claim) -> Iterator[Answer]:
        words = self.words
        if "host" not in claim.signed.lower().split(";"):
            host = r"'Host'(?: or ':authority')? must be a 'SignedHeader' in the AWS Authorization\."
            yield self._say(words.signature, pattern=host)
        if claim.algorithm != "AWS4-HMAC-SHA256":
            text = f"Unsupported AWS 'algorithm': '{claim.algorithm}' (only AWS4-HMAC-SHA256 for now). "
            yield self._say(words.incomplete, text)
        lengths = {len(one) for one in _elements(claim.credential)}
        if lengths != {5}:
            text = (
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term"
            )
            yield self._say(words.incomplete, f"{text}, got '{claim.credential}'", certain=5 not in lengths)
            if 5 not in lengths:
                return
        _, day, region, service, terminator = next(
            one for one in _elements(claim.credential) if len(one) == 5
        )
        date = iso_date(claim.date) or http_date(claim.date)
        assert date is not None
        objections = ""
        if region != self.region:
            objections += "Credential should be scoped to a valid region. "
        if service != self.service:
            objections += f"Credential should be scoped to correct service: '{self.service}'. "
        if terminator != "aws4_request":
            objections += (
                f"Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator}'. "
            )
        if day != iso(date)[:8]:
            objections += (
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                f"'{day}' != '{iso(date)[:8]}', from '{iso(date)}'."
            )
        if objections:
            yield self._say(words.signature, objections)

    # Who it is, and what they may -----------------------------------------------------------------

    def _signed(self, claim: _Claim, key: Key) -> Iterator[Answer]:
        words, invalid = self.words, f"{_INVALID}."
        name = "X-Amz-Security-Token"
        tokens = [*self.sent.values(name), *(value for one, value in self.sent.parameters if one == name)]
        if key.token is not None:
            # A token that is not where the signature is may be looked for or not.
            elsewhere = not claim.token and key.token in tokens
            if claim.token != key.token:
                yield self._say(words.token, invalid, certain=not elsewhere)
            if key.expires_at is not None and self.aws.now >= key.expires_at:
                yield words.expired
            if key.role_deleted:
                yield self._say(words.token, invalid)
        _, *scope = next(one for one in _elements(claim.credential) if len(one) == 5)
        date, signed = timestamp(claim.date), claim.signed.split(";")
        wanted = signature(self.sent, key.secret, date, "/".join(scope), signed)
        if claim.signature != wanted:
            yield self._say(words.signature, _MISMATCH)
        if key.token is None and tokens:
            # One that is empty, or not where the signature is, may count or not. Polly's period is missing.
            full_stop = r"\.?" if self.service == "sts" else ""
            yield self._say(words.token, pattern=_literal(_INVALID) + full_stop, certain=bool(claim.token))

    def _allowed(self, operation: str, key: Key) -> Iterator[Answer]:
        denied, action = self.words.denied, f"{self.service}:{operation}"
        who = f"User: {key.arn} is not authorized to perform: {action}"
        because = _objections(key.policies, action)
        if operation == "AssumeRole":
            role = self._sts_parameters().get("RoleArn", "")
            if because or role not in self.aws.roles:
                # Neither that the role is not there nor that nobody allows it was seen to be said. That a
                # policy denies it may be.
                explicit = [_literal(one) for one in because if one.startswith("with")]
                end = f"(?: (?:{'|'.join(explicit)}))?" if explicit else ""
                yield self._say(denied, pattern=_literal(f"{who} on resource: {role}") + end)
        elif operation == "GetSessionToken":
            if key.token is not None:
                yield self._say(denied, "Cannot call GetSessionToken with session credentials")
            # It needs no permission; whether it can be denied is not said.
            # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
            if any(one.startswith("with") for one in because):
                yield self._say(denied, pattern=f"{_literal(who)}.*", certain=False)
        elif because and operation != "GetCallerIdentity":
            # Which of several layers is named is not known, and the ARN of the policy may follow.
            layers = "|".join(map(_literal, because))
            yield self._say(denied, pattern=f"{_literal(who)} (?:{layers})(?:: arn:aws:[^ ]+)?")


def _literal(text: str) -> str:
    """Return a pattern for *text*; what cannot be shown is told in some way or other."""
    return "".join(re.escape(character) if character.isprintable() else "." for character in text)


def _elements(credential: str) -> list[list[str]]:
    """Return what *credential* consists of; slashes at the end may count or not."""
    return [one.split("/") for one in (credential, credential.rstrip("/"))]


def _objections(policies: Mapping[str, Rules], action: str) -> list[str]:
    """Return how policies object to *action*: one explicit deny in any layer beats all that is not there.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    effects = {
        layer: {effect for effect, pattern in rules if _matches(pattern, action)}
        for layer, rules in policies.items()
    }
    denying = [layer for layer, found in effects.items() if "Deny" in found]
    silent = [layer for layer, found in effects.items() if not found]
    # A service control policy is said to deny explicitly also where it only does not allow.
    said = [layer for layer in silent if layer == "service control policy"]
    if denying:
        return [
            f"with an explicit deny in {_article(layer)} {layer}"
            for layer in dict.fromkeys([*denying, *said])
        ]
    explicit = [f"with an explicit deny in {_article(layer)} {layer}" for layer in said]
    implicit = [f"because no {layer} allows the {action} action" for layer in silent if layer not in said]
    return explicit + implicit


def _article(layer: str) -> str:
    return "an" if layer[0] in "aeiou" else "a"


def _matches(pattern: str, action: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, action, re.IGNORECASE) is not None
