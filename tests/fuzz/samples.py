"""Requests to an account that were sound once: who signs, what is asked, and what became of it on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from random import Random
from unittest.mock import patch
from urllib.parse import quote, unquote_to_bytes

import boto3

from pytest_polly import Account, mint, wire
from pytest_polly.gate import Credentials, IssuedKey, Request, Response, octets, sigv4, statement
from pytest_polly.services.polly.validation import MEMBERS
from pytest_polly.sources import SOURCES

from .mangling import mangled, mangled_bytes

#: Every source that asks something of AWS for credentials, and asks it without a signature.
_SOURCES = (
    *(("imds", ""), ("container", ""), ("container", "full-uri"), ("container", "pod-identity")),
    *(("sso", ""), ("web-identity", ""), ("login", "")),
)
#: After how many hours a source asks for more than credentials.
_RENEWING = {"sso": 8, "login": 1}
_LEXICON = (
    '<?xml version="1.0"?><lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" '
    'alphabet="ipa" xml:lang="en-US"><lexeme><grapheme>W3C</grapheme><alias>World</alias></lexeme></lexicon>'
)
_SSML = '<speak>Hello <break time="1s"/><prosody rate="slow">you &amp; me</prosody><mark name="m"/>.</speak>'
ACCOUNT = "123456789012"
_POLICY = (
    '{"Statement":[{"Effect":"Allow","Action":["*","sts:?*"],"Resource":"*","Condition":{"DateGreaterThan":'
    '{"aws:TokenIssueTime":"2020-01-01T00:00:00Z"},"NumericLessThanIfExists":{"aws:userid":["1"]},'
    '"IpAddressIfExists":{"aws:SourceIp":"10.0.0.0/8"},"Bool":{"aws:SecureTransport":"true"}}}]}'
)
_FORM = "application/x-www-form-urlencoded; charset=utf-8"
_CREDENTIALS = ("Credentials", "AccessKeyId", "accessKeyId")


@dataclass(frozen=True)
class Signer:
    """Somebody who signs, and whether AWS should have anything to do with them."""

    key: IssuedKey
    honest: bool = True
    secret: str | None = None
    token: str | None = None
    off: timedelta = timedelta(0)
    region: str = "us-east-1"
    service: str | None = None
    #: Whether a policy denies them everything; a few things of STS's need no permission.
    denied: bool = False

    @property
    def credentials(self) -> Credentials:
        return self.key.credentials


@dataclass(frozen=True)
class Sample:
    """One request as it arrives, as it was when it left, and whether whoever sent it may be let in."""

    request: Request
    left: Request
    honest: bool
    denied: bool
    #: Whether there is a gate before what it is for.
    is_signed: bool

    @property
    def told(self) -> str:
        """Say what differs between what left and what arrived, else what arrived."""
        before, after = vars(self.left), vars(self.request)
        differing = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
        return "\n".join(f"  {name}: {value!r:.2000}" for name, value in (differing or after).items())

    @property
    def unspoilt(self) -> bool:
        return essence(self.request) == essence(self.left)


class World:
    """An account with all sorts of people in it, and requests that it has answered once."""

    def __init__(self, account: Account, unsigned: Iterable[Request]) -> None:
        self.account = account
        self._directory = account._directory
        self.unsigned = tuple(unsigned)
        self.signers = list(self._signers())
        self.signed = tuple(_questions(self._directory.create_role("Speaker", statement("Allow", "*")).arn))

    def answer(self, request: Request) -> Response | None:
        return self.account._aws.answer(request)

    def welcome(self, random: Random) -> None:
        """Have somebody sign who was given credentials here, under whatever policy was sent for them."""
        key = list(self._directory.keys.values())[-1]
        if key.credentials.session_token and not key.role_deleted and random.random() < 0.1:
            self.signers[random.randrange(6)] = Signer(key, token=key.credentials.session_token)

    @property
    def secrets(self) -> set[str]:
        """Whatever opens a source of credentials."""
        return set(self.account._aws.secrets)

    def sample(self, random: Random) -> Sample:
        """Return a request that is sound, or not, in one or more ways."""
        if random.random() < 0.25:
            left = random.choice(self.unsigned)
            return Sample(spoilt(left, random), left, honest=False, denied=False, is_signed=False)
        self.welcome(random)
        asked, signer = random.choice(self.signed), random.choice(self.signers)
        if random.random() < 0.4:
            # Spoilt by whoever signs: the gate has no objection to that.
            asked = spoilt(asked, random)
        left = sign(asked, signer, presigned=asked.method == "GET" and random.random() < 0.5)
        request = spoilt(left, random) if random.random() < 0.7 else left
        return Sample(request, left, signer.honest, signer.denied, is_signed=True)

    def _signers(self) -> Iterator[Signer]:
        directory, now, hour = self._directory, self.account.clock.now, timedelta(hours=12)
        speaker = directory.create_user("speaker", statement("Allow", "*"))
        listener = directory.create_user("listener", statement("Deny", "*"))
        role = directory.create_role("Gone", statement("Allow", "*"))
        key = directory.issue_long_term(speaker, now)
        session = directory.issue_session(key.principal, now, hour)
        another = directory.issue_session(key.principal, now, hour)
        over = directory.issue_session(key.principal, now - 2 * hour, hour)
        inactive = directory.issue_long_term(speaker, now)
        orphan = directory.issue_session(directory.role_session(role, "s"), now, hour)
        unknown = directory.issue_long_term(speaker, now)
        inactive.active = False
        directory.delete_role(role)
        del directory.keys[unknown.credentials.access_key_id]
        own = session.credentials.session_token
        yield from [Signer(key)] * 6
        yield from [Signer(session, token=own)] * 6
        yield Signer(session, honest=False)
        yield Signer(session, honest=False, token=another.credentials.session_token)
        yield Signer(key, honest=False, token=own)
        yield Signer(over, honest=False, token=over.credentials.session_token)
        yield Signer(inactive, honest=False)
        yield Signer(orphan, honest=False, token=orphan.credentials.session_token)
        yield Signer(unknown, honest=False)
        yield Signer(key, honest=False, secret="a" * 40)
        yield Signer(key, honest=False, off=timedelta(minutes=-16))
        yield Signer(key, honest=False, off=timedelta(minutes=16))
        yield Signer(key, honest=False, region="eu-central-1")
        yield Signer(key, honest=False, service="s3")
        yield Signer(directory.issue_long_term(listener, now), denied=True)


@contextmanager
def world() -> Iterator[World]:
    """An account in force, with every source of credentials in it, for the block."""
    with ExitStack() as stack:
        with patch.object(mint, "account_id", lambda: ACCOUNT):
            account = stack.enter_context(Account())
        yield World(account, _opened(stack, account))


# What is asked --------------------------------------------------------------------------------


def _questions(role_arn: str) -> Iterator[Request]:
    """Return what boto3 sends for every operation, in its own form; nobody has signed it."""
    speech = '{"Text":"Hello, you!","VoiceId":"Joanna","OutputFormat":"mp3"}'
    marks = '{"Text":"a b","VoiceId":"Joanna","OutputFormat":"json","SpeechMarkTypes":["word","viseme"]}'
    ssml = f'{{"Text":{_quoted(_SSML)},"TextType":"ssml","VoiceId":"Joanna","OutputFormat":"pcm"}}'
    lexicon = f'{{"Content":{_quoted(_LEXICON)}}}'
    arn = '"arn:aws:polly:us-east-1:123456789012:lexicon/w3c"'
    task = f'{speech[:-1]},"OutputS3BucketName":"bucket"}}'
    for method, target, body in (
        ("POST", "/v1/speech", speech),
        ("POST", "/v1/speech", marks),
        ("POST", "/v1/speech", ssml),
        ("GET", "/v1/speech?Text=Hello&VoiceId=Joanna&OutputFormat=mp3&LexiconNames=w3c", ""),
        ("GET", "/v1/voices?LanguageCode=en-US&IncludeAdditionalLanguageCodes=true", ""),
        ("PUT", "/v1/lexicons/w3c", lexicon),
        ("GET", "/v1/lexicons/w3c", ""),
        ("GET", "/v1/lexicons?NextToken=abc", ""),
        ("DELETE", "/v1/lexicons/w3c", ""),
        ("POST", "/v1/synthesisTasks", task),
        ("GET", "/v1/synthesisTasks?MaxResults=5&Status=completed", ""),
        ("GET", "/v1/synthesisTasks/11112222-3333-4444", ""),
        ("GET", "/v1/listTagsForResource/?ResourceArn=arn%3Aaws%3Apolly", ""),
        ("POST", "/v1/tagResource", f'{{"ResourceArn":{arn},"Tags":{{"a":"b"}}}}'),
        ("POST", "/v1/untagResource", f'{{"ResourceArn":{arn},"TagKeys":["a"]}}'),
    ):
        yield _question("polly", method, target, body, "application/json")
    for form in (
        "Action=GetCallerIdentity",
        "Action=GetSessionToken&DurationSeconds=900",
        f"Action=GetFederationToken&Name=somebody&Policy={quote(_POLICY)}",
        f"Action=AssumeRole&RoleArn={quote(role_arn)}&RoleSessionName=s&Policy={quote(_POLICY)}",
        "Action=GetAccessKeyInfo&AccessKeyId=AKIAIOSFODNN7EXAMPLE",
        f"Action=AssumeRole&RoleArn={quote(role_arn)}&RoleSessionName=session&Policy={quote(_POLICY)}&Tags.member.1.Key=a&Tags.member.1.Value=b&ExternalId=abc"
        "&PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FReadOnlyAccess",
    ):
        yield _question("sts", "POST", "/", f"{form}&Version=2011-06-15", _FORM)
        yield _question("sts", "GET", f"/?{form}&Version=2011-06-15", "", _FORM)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def _question(service: str, method: str, target: str, body: str, content_type: str) -> Request:
    host = f"{service}.us-east-1.amazonaws.com"
    path, _, query = target.partition("?")
    headers = (("Host", host), ("Content-Type", content_type), ("User-Agent", "Boto3/1 md/Botocore"))
    return Request(method, host, path, query, headers, body.encode())


def _opened(stack: ExitStack, account: Account) -> Iterator[Request]:
    """Put every source in force, beside each other, and yield what botocore really asks of each."""
    heard: list[Request] = []

    def answer(request: Request) -> Response | None:
        heard.append(request)
        return account._aws.answer(request)

    for source, variant in _SOURCES:
        if SOURCES[source].unavailable():
            continue
        stack.enter_context(account.apply("role", source, variant=variant))
        wire.engage(answer)
        try:
            credentials = boto3.Session().get_credentials()
            credentials.get_frozen_credentials()
            if source in _RENEWING:
                # Only then are the tokens asked for that open it.
                account.clock.advance(hours=_RENEWING[source])
                credentials.get_frozen_credentials()
        finally:
            account.clock.reset()
            wire.disengage(answer)
    yield from heard


# Signing --------------------------------------------------------------------------------------


def sign(request: Request, signer: Signer, *, presigned: bool = False) -> Request:
    """Sign *request* as it is, whatever it is."""
    now = datetime.now(timezone.utc) + signer.off
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    service = signer.service or request.host.partition(".")[0]
    scope = sigv4.Scope(stamp[:8], signer.region, service, sigv4.TERMINATOR)
    credential = f"{signer.credentials.access_key_id}/{scope}"
    token = {} if signer.token is None else {"X-Amz-Security-Token": signer.token}
    if presigned:
        names = ["host"]
        parts = {
            "X-Amz-Algorithm": sigv4.ALGORITHM,
            "X-Amz-Credential": credential,
            "X-Amz-Date": stamp,
            "X-Amz-Expires": "60",
            "X-Amz-SignedHeaders": "host",
            **token,
        }
        query = "&".join(f"{name}={quote(octets(value), safe='')}" for name, value in parts.items())
        request = replace(request, query=f"{query}&{request.query}")
        signature = _signature(request, names, stamp, scope, signer)
        return replace(request, query=f"{request.query}&X-Amz-Signature={signature}")
    request = replace(request, headers=(*request.headers, ("X-Amz-Date", stamp), *token.items()))
    names = sorted(
        {name.lower() for name, _ in request.headers if name.isascii() and name.lower() != "user-agent"}
    )
    names = [name for name in names if not set(name) & set(" ,;=\t\r\n")] or ["host"]
    signature = _signature(request, names, stamp, scope, signer)
    header = (
        f"{sigv4.ALGORITHM} Credential={credential}, SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return replace(request, headers=(*request.headers, ("Authorization", header)))


def _signature(request: Request, names: list[str], stamp: str, scope: sigv4.Scope, signer: Signer) -> str:
    to_sign = sigv4.string_to_sign(request, stamp, scope, names)
    return sigv4.sign(signer.secret or signer.credentials.secret_access_key or "", scope, to_sign)


# What a signer vouches for, told without the gate ---------------------------------------------


def essence(request: Request) -> object:
    """Return what of a request must not change once it is signed, the same for all that mean the same."""
    pairs = sorted(
        (unquote_to_bytes(_as_bytes(name)), unquote_to_bytes(_as_bytes(value)))
        for name, _, value in (part.partition("=") for part in request.query.split("&") if part)
        if name != "X-Amz-Signature"
    )
    values: dict[str, list[str]] = {}
    for name, value in request.headers:
        values.setdefault(name.lower(), []).append(" ".join(value.split()))
    named = (
        values.get("authorization", [""])[0]
        .rpartition("SignedHeaders=")[2]
        .partition(",")[0]
        .lower()
        .split(";")
    )
    algorithm = values.get("authorization", [""])[0].partition(" ")[0]
    named = [*filter(None, named), "host", "x-amz-date", "x-amz-security-token"]
    covered = {name: values.get(name, []) for name in named}
    return (
        algorithm,
        request.method.upper(),
        _walked(request.path),
        pairs,
        {name: ",".join(value) for name, value in covered.items() if value},
        hashlib.sha256(request.body).digest(),
    )


def _as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass") if max(text, default="") < "\udc80" else _escaped(text)


def _escaped(text: str) -> bytes:
    return b"".join(
        bytes([ord(one) - 0xDC00]) if "\udc80" <= one <= "\udcff" else one.encode("utf-8", "surrogatepass")
        for one in text
    )


def _walked(path: str) -> tuple[str, ...]:
    """Return the folders that a path goes through, and whether it ends at one."""
    steps: list[str] = []
    for step in path.split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step and step != ".":
            steps.append(step)
    return (*steps, "/" if steps and path.endswith("/") else "")


# What becomes of a request on its way ---------------------------------------------------------


def spoilt(request: Request, random: Random) -> Request:
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        request = random.choices(_WAYS, _WEIGHTS)[0](request, random)
    return request


def _method(request: Request, random: Random) -> Request:
    methods = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "post", mangled(request.method, random))
    return replace(request, method=random.choice(methods))


def _path(request: Request, random: Random) -> Request:
    return replace(request, path=mangled(request.path, random))


def _query(request: Request, random: Random) -> Request:
    parts = request.query.split("&")
    at = random.randrange(len(parts))
    what = random.randrange(4)
    if what == 0:
        return replace(request, query=mangled(request.query, random))
    if what == 1:
        random.shuffle(parts)
    elif what == 2:
        parts.insert(at, random.choice(parts))
    else:
        name, equals, value = parts[at].partition("=")
        parts[at] = random.choice(
            (f"{name}{equals}{mangled(value, random)}", f"{mangled(name, random)}={value}")
        )
    return replace(request, query="&".join(parts))


def _headers(request: Request, random: Random) -> Request:
    headers = list(request.headers) or [("Host", request.host)]
    at = random.randrange(len(headers))
    (name, value), what = headers[at], random.randrange(8)
    if what == 0:
        del headers[at]
    elif what == 1:
        headers.insert(
            random.randint(0, len(headers)), (name, random.choice((value, mangled(value, random))))
        )
    elif what == 2:
        headers[at] = (mangled(name, random), value)
    elif what == 3:
        random.shuffle(headers)
    elif what == 4:
        headers[at] = (name, headers[random.randrange(len(headers))][1])
    elif what == 5 and random.random() < 0.05:
        headers += [(name, value[:50])] * 2000
    else:
        headers[at] = (name, mangled(value, random))
    return replace(request, headers=tuple(headers))


def _authorization(request: Request, random: Random) -> Request:
    """Where a signature is parsed there is most to get wrong."""
    headers = list(request.headers)
    at = next((number for number, (name, _) in enumerate(headers) if name == "Authorization"), None)
    if at is None:
        return _query(request, random)
    algorithm, _, rest = headers[at][1].partition(" ")
    parts = rest.split(", ")
    one, what = random.randrange(len(parts)), random.randrange(6)
    if what == 0:
        random.shuffle(parts)
    elif what == 1:
        parts.insert(one, random.choice(parts))
    elif what == 2:
        del parts[one]
    elif what == 3:
        algorithm = mangled(algorithm, random)
    else:
        parts[one] = mangled(parts[one], random)
    headers[at] = ("Authorization", f"{algorithm} {', '.join(parts)}")
    return replace(request, headers=tuple(headers))


def _body(request: Request, random: Random) -> Request:
    return replace(request, body=mangled_bytes(request.body, random))


def _members(request: Request, random: Random) -> Request:
    """Give a member of the JSON, or form, a value of another kind."""
    name = random.choice([member.name for members in MEMBERS.values() for member in members])
    values = (
        "null",
        "0",
        "-1",
        "true",
        "[]",
        "{}",
        '""',
        '"\\ud800"',
        "1e400",
        "[[1]]",
        '{"a":{}}',
        "[null]",
    )
    if request.body.startswith(b"{"):
        added = f'"{name}":{random.choice(values)},'.encode()
        return replace(request, body=b"{" + added + request.body[1:])
    form = request.body.split(b"&")
    form.insert(random.randint(0, len(form)), random.choice(form))
    at = random.randrange(len(form))
    form[at] = mangled_bytes(form[at], random)
    return replace(request, body=b"&".join(form))


def _host(request: Request, random: Random) -> Request:
    hosts = (
        *("polly.us-east-1.amazonaws.com", "sts.amazonaws.com", "sts.us-east-1.amazonaws.com"),
        *("oidc.us-east-1.amazonaws.com", "us-east-1.signin.aws.amazon.com", "169.254.169.254"),
        mangled(request.host, random),
    )
    return replace(request, host=random.choice(hosts))


_WAYS: tuple[Callable[[Request, Random], Request], ...] = (
    _headers,
    _authorization,
    _query,
    _body,
    _members,
    _path,
    _method,
    _host,
)
_WEIGHTS = (8, 8, 6, 6, 4, 4, 1, 1)
