"""The server as a piece of HTTP: what it stands, what it bounds, and that nothing of it is left."""

from __future__ import annotations

import hashlib
import http.client
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request as UrlRequest
from urllib.request import urlopen

import boto3
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionClosedError
from waitress.trigger import trigger

from pytest_polly import Account, PollyError
from pytest_polly.services.signed import Polly
from pytest_polly.wire.server import Server, wall_clock

_SPEECH = '{"OutputFormat": "mp3", "Text": "Hello", "VoiceId": "Joanna"}'


@pytest.fixture
def polly(polly_long_term: Account, polly_server: Server) -> Iterator[Any]:
    """A client of this process that really sends."""
    config = Config(max_pool_connections=16, retries={"total_max_attempts": 1})
    with closing(boto3.client("polly", endpoint_url=polly_server.url, config=config)) as client:
        yield client


def _speak(polly: Any, text: str = "Hello") -> int:
    with polly.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Joanna")["AudioStream"] as stream:
        return len(stream.read())


@contextmanager
def _connected(server: Server) -> Iterator[socket.socket]:
    parts = urlsplit(server.url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=60) as connection:
        yield connection


def _answer(connection: socket.socket) -> bytes:
    """Return all that is sent until the other side hangs up."""
    received = b""
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionError:
            return received
        if not piece:
            return received
        received += piece


def _was_hung_up_on(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False


# Standing it ----------------------------------------------------------------------------------


def test_a_thousand_requests_from_sixteen_threads(polly: Any, polly_long_term: Account) -> None:
    texts = [f"This is number {number}." for number in range(1000)]
    with ThreadPoolExecutor(16) as pool:
        heard = list(pool.map(lambda text: _speak(polly, text), texts))
    assert len(heard) == 1000
    assert all(heard)
    calls = polly_long_term.calls
    assert [call.status for call in calls] == [200] * 1000
    assert len({call._content for call in calls}) == 1000


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"POST /v1/sp",
        b"POST /v1/speech HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Da",
        b"POST /v1/speech HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{",
    ],
    ids=["nothing", "request line", "header", "body"],
)
def test_slow_clients_hold_up_nobody(polly: Any, polly_server: Server, beginning: bytes) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(_connected(polly_server)) for _ in range(50)]
        for one in connections:
            one.sendall(beginning)
        assert _speak(polly)
        # None was sent away first: they are waited for, and others are served meanwhile.
        assert not any(_was_hung_up_on(one) for one in connections)


@pytest.mark.parametrize(
    ("garbage", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
        (b"GET\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", b"400"),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
            b"400",
        ),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: bzip2\r\n\r\n", b"501"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Long: " + b"a" * 400_000 + b"\r\n\r\n", b"431"),
    ],
    ids=["TLS", "no path", "no colon", "negative", "no number", "chunks", "encoding", "header"],
)
def test_broken_http_is_refused(polly: Any, polly_server: Server, garbage: bytes, status: bytes) -> None:
    with _connected(polly_server) as connection:
        # It need not listen to the end; where it has hung up, `shutdown` raises no ConnectionError.
        with suppress(OSError):
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
        answer = _answer(connection)
    assert status in answer.partition(b"\r\n")[0]
    assert _speak(polly)


@pytest.mark.parametrize(
    "value", ["n\u00e4rrisch".encode(), b"n\xe4rrisch", b"\xff\xfe", "\U0001f600".encode()]
)
def test_headers_in_any_encoding_are_as_they_were_signed(
    polly_long_term: Account, polly_server: Server, value: bytes
) -> None:
    """Some put what is said, or who says it, into a header; a signature covers its bytes."""
    given = polly_long_term.credentials
    assert given is not None
    keys = Credentials(given.access_key_id, given.secret_access_key)
    host = urlsplit(polly_server.url).netloc
    request = AWSRequest("GET", f"{polly_server.url}/v1/voices", headers={"X-Amz-Meta": "MARK"})
    auth = SigV4Auth(keys, "polly", "us-east-1")
    canonical = auth.canonical_request

    def of_bytes(request: Any) -> Any:
        """botocore signs text; what it is as bytes is said in Latin-1 here."""
        return canonical(request).replace("MARK", value.decode("utf-8", "surrogateescape"))

    def to_sign(request: Any, canonical_request: str) -> str:
        digest = hashlib.sha256(canonical_request.encode("utf-8", "surrogateescape")).hexdigest()
        return "\n".join(
            ["AWS4-HMAC-SHA256", request.context["timestamp"], auth.credential_scope(request), digest]
        )

    auth.canonical_request, auth.string_to_sign = of_bytes, to_sign
    auth.add_auth(request)
    lines = [b"GET /v1/voices HTTP/1.1", b"Host: " + host.encode(), b"X-Amz-Meta: " + value]
    for name in ("X-Amz-Date", "Authorization"):
        lines.append(f"{name}: {request.headers[name]}".encode())
    with _connected(polly_server) as connection:
        connection.sendall(b"\r\n".join([*lines, b"Connection: close", b"", b""]))
        answer = _answer(connection)
    assert b" 200 " in answer.partition(b"\r\n")[0], answer[:400]


def test_a_body_that_is_too_large_is_not_read(polly: Any, polly_server: Server) -> None:
    with _connected(polly_server) as connection:
        connection.sendall(b"POST /v1/speech HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n{}")
        assert b" 413 " in _answer(connection).partition(b"\r\n")[0]
    assert _speak(polly)


def test_sts_itself_refuses_what_is_too_large_for_it(polly_server: Server, polly_long_term: Account) -> None:
    with pytest.raises(HTTPError, match="413") as refused:
        urlopen(UrlRequest(polly_server.url, data=b"a" * 10_000_001))
    refused.value.close()
    assert [(call.service, call.status) for call in polly_long_term.calls] == [("sts", 413)]


@pytest.mark.parametrize("half", [b"POST /v1/speech HT", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nAct"])
def test_who_hangs_up_halfway_is_forgotten(
    polly: Any, polly_server: Server, polly_long_term: Account, half: bytes
) -> None:
    for _ in range(20):
        with _connected(polly_server) as connection:
            connection.sendall(half)
    assert _speak(polly)
    assert len(polly_long_term.calls) == 1


def test_who_does_not_wait_for_the_answer_is_forgotten(polly: Any, polly_server: Server) -> None:
    for _ in range(20):
        with _connected(polly_server) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            connection.sendall(b"GET /v1/voices HTTP/1.1\r\nHost: x\r\n\r\n")
    assert _speak(polly)


# Meaning it -----------------------------------------------------------------------------------


def test_the_host_is_part_of_what_is_signed(polly_long_term: Account, polly_server: Server) -> None:
    """The very host and port it came to: a request signed for Polly's own host is not for here."""
    for host, status in ((urlsplit(polly_server.url).netloc, 200), ("polly.us-east-1.amazonaws.com", 403)):
        request = AWSRequest("POST", f"http://{host}/v1/speech", data=_SPEECH)
        _sign(polly_long_term, SigV4Auth, request)
        connection = http.client.HTTPConnection(urlsplit(polly_server.url).netloc)
        with closing(connection):
            connection.request("POST", "/v1/speech", _SPEECH, dict(request.headers.items()))
            assert connection.getresponse().status == status
    assert [call.error_code for call in polly_long_term.calls] == [None, "InvalidSignatureException"]


def test_the_scope_is_judged_not_believed(polly_long_term: Account, polly_server: Server) -> None:
    request = AWSRequest("POST", f"{polly_server.url}/v1/speech", data=_SPEECH)
    _sign(polly_long_term, SigV4Auth, request, service="sts")
    with pytest.raises(HTTPError) as refused:
        urlopen(UrlRequest(request.url, _SPEECH.encode(), dict(request.headers.items())))
    with closing(refused.value) as answer:
        assert b"correct service: 'polly'" in answer.read()


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_the_scope_says_which_region_is_meant(
    polly_long_term: Account, polly_server: Server, region: str
) -> None:
    with closing(boto3.client("polly", region, endpoint_url=polly_server.url)) as client:
        assert _speak(client)
    assert polly_long_term.calls[-1].region == region


def test_a_presigned_url_speaks(polly_long_term: Account, polly_server: Server) -> None:
    url = f"{polly_server.url}/v1/speech?OutputFormat=mp3&Text=Hello%20there&VoiceId=Joanna"
    request = AWSRequest("GET", url)
    _sign(polly_long_term, SigV4QueryAuth, request)
    with urlopen(request.url) as answer:
        assert answer.headers["Content-Type"] == "audio/mpeg"
        assert answer.read()


def test_paths_arrive_as_they_were_sent(polly: Any, polly_long_term: Account) -> None:
    """Percent-encoded: decoded and encoded again, some would have another signature."""
    with pytest.raises(ClientError) as refused:
        polly.get_lexicon(Name="a%2Fb c")
    assert refused.value.response["Error"]["Code"] != "InvalidSignatureException"
    assert polly_long_term.calls[-1].signed_with(str(_key(polly_long_term).secret_key))


@pytest.mark.parametrize("code", ["ReadTimeoutError", "ConnectionClosedError"])
def test_silence_is_a_connection_that_ends(polly: Any, polly_long_term: Account, code: str) -> None:
    polly_long_term.fail("polly", code)
    with pytest.raises(ConnectionClosedError):
        _speak(polly)
    assert _speak(polly)


def test_who_is_cut_off_is_hung_up_on(polly: Any, polly_long_term: Account) -> None:
    polly_long_term.deactivate_key()
    polly_long_term.patience = 2
    for error in (ClientError, ClientError, ConnectionClosedError):
        with pytest.raises(error):
            _speak(polly)


#: What is asked, and what it is that is not here.
ELSEWHERE: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "s3, a bucket": (lambda s3: s3.list_objects_v2(Bucket="audio"), "s3", "GET /audio"),
    "s3, all buckets": (lambda s3: s3.list_buckets(), "s3", "GET /"),
    "json": (lambda tables: tables.list_tables(), "dynamodb", "POST /"),
    "query": (lambda iam: iam.list_users(), "iam", "POST /"),
}


@pytest.mark.parametrize("what", ELSEWHERE)
def test_what_else_there_is_of_aws_is_not_here(
    polly_server: Server, polly_long_term: Account, what: str
) -> None:
    ask, service, where = ELSEWHERE[what]
    refused = pytest.raises(ClientError, match=f"pytest-polly does not answer {where}: it plays Polly, STS")
    with closing(boto3.client(service, endpoint_url=polly_server.url)) as client, refused as told:
        ask(client)
    assert told.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert not polly_long_term.calls


def test_what_is_for_sts_but_signed_for_another_service_is_judged_by_sts(
    polly_server: Server, polly_long_term: Account
) -> None:
    sts = boto3.client("sts", endpoint_url=polly_server.url)
    sts._request_signer._signing_name = "polly"
    with closing(sts), pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        sts.get_caller_identity()
    assert [call.service for call in polly_long_term.calls] == ["sts"]


def test_answers_are_dated_by_awss_clock_as_it_is_for_processes(
    polly_account: Account, polly_server: Server
) -> None:
    """Some SDKs set their clocks by it when a signature is refused for its age."""
    polly_account.clock.advance(days=2)
    for mode, ahead in (("long-term", 0), ("skewed-clock", 600)):
        with polly_account.apply(mode), pytest.raises(HTTPError) as refused:
            urlopen(f"{polly_server.url}/v1/voices")
        refused.value.close()
        date = parsedate_to_datetime(refused.value.headers["Date"])
        assert abs((date - wall_clock()).total_seconds() - ahead) < 30


@pytest.mark.parametrize("moved", [{}, {"hours": 2}, {"days": -2}], ids=str)
def test_who_signs_here_goes_by_the_clock_of_the_account(
    polly_account: Account, polly_server: Server, moved: dict[str, float]
) -> None:
    """Time is moved in this process alone; a client of it may well send past the SDK."""
    if moved:
        polly_account.clock.advance(**moved)
    with polly_account.apply("long-term"), urlopen(_link(polly_server)) as answer:
        date = parsedate_to_datetime(answer.headers["Date"])
    assert abs((date - polly_account.clock.now).total_seconds()) < 30
    with polly_account.apply("skewed-clock"), pytest.raises(HTTPError) as refused:
        urlopen(_link(polly_server))
    with refused.value as answer:
        assert "Signature expired: " in answer.read().decode()


def _link(server: Server) -> str:
    """Return a URL that is good for a minute, signed with what is in force."""
    with closing(boto3.client("polly", endpoint_url=server.url)) as polly:
        url: str = polly.generate_presigned_url("describe_voices", HttpMethod="GET", ExpiresIn=60)
    return url


@pytest.mark.parametrize("method", ["operation", "perform"])
def test_what_falls_over_is_told_and_noted(
    polly: Any, polly_long_term: Account, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """The client in the other process is not to be blamed for it."""

    def fall_over(*_: object) -> None:
        raise LookupError("over here")

    monkeypatch.setattr(Polly, method, fall_over)
    with pytest.raises(ClientError, match=r"is a fault of pytest-polly and not of the client: LookupError"):
        _speak(polly)
    (noted,) = polly_long_term.refusals
    assert "POST 127.0.0.1" in str(noted)
    assert isinstance(noted.__cause__, LookupError)
    monkeypatch.undo()
    assert _speak(polly)


def test_a_process_has_a_home_whatever_a_test_does_to_its_variables(
    polly_long_term: Account, polly_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (tmp_path / "config", None):
        if path is not None:
            monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
        else:
            monkeypatch.delenv("AWS_CONFIG_FILE")
        home = Path(polly_server.env["HOME"])
        assert (home / ".aws" / "sso" / "cache").is_symlink()
    assert not list(tmp_path.iterdir())


def test_two_servers_are_two_accounts(polly_server: Server, polly_long_term: Account) -> None:
    with Account() as other, other.apply("long-term"), other.serve() as server:
        with closing(boto3.client("polly", endpoint_url=server.url)) as mine:
            assert _speak(mine)
        with (
            closing(boto3.client("polly", endpoint_url=polly_server.url)) as theirs,
            pytest.raises(ClientError, match="UnrecognizedClient"),
        ):
            _speak(theirs)
        assert [call.status for call in other.calls] == [200]
    assert [call.error_code for call in polly_long_term.calls] == ["UnrecognizedClientException"]


def _key(account: Account) -> Credentials:
    given = account.credentials
    assert given is not None
    return Credentials(given.access_key_id, given.secret_access_key)


def _sign(account: Account, signer: Any, request: AWSRequest, *, service: str = "polly") -> None:
    signer(_key(account), service, account.region).add_auth(request)


# What it needs ---------------------------------------------------------------------------------


def test_it_says_what_is_not_installed(polly_long_term: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "waitress", None)
    monkeypatch.delitem(sys.modules, "pytest_polly.wire.waitress", raising=False)
    monkeypatch.delattr("pytest_polly.wire.waitress", raising=False)
    with pytest.raises(PollyError, match=r'pip install "pytest-polly\[server\]"'), polly_long_term.serve():
        pass


def test_it_is_nowhere_until_it_is_entered() -> None:
    with pytest.raises(PollyError, match="not being served"):
        _ = Server(lambda request, now: None, wall_clock, "us-east-1", Path).url


# Nothing is left ------------------------------------------------------------------------------


def test_nothing_is_left_of_it() -> None:
    threads = set(threading.enumerate())
    with Account() as account, account.apply("long-term"):
        connections = ExitStack()
        with account.serve() as server:
            idle = connections.enter_context(_connected(server))
            halfway = connections.enter_context(_connected(server))
            halfway.sendall(b"POST /v1/speech HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
            with closing(boto3.client("polly", endpoint_url=server.url)) as client:
                assert _speak(client)
        with connections:
            assert (_answer(idle), _answer(halfway)) == (b"", b"")
        with pytest.raises(ConnectionRefusedError), _connected(server):
            pass
    assert set(threading.enumerate()) <= threads


def test_workers_may_wake_the_loop_while_it_is_being_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What closes the trigger may not run before the trigger has been pulled for it."""
    pull = trigger._physical_pull

    def pull_late(self: Any) -> None:
        if self.thunks:
            # A worker's: the loop is awake, and does what it finds there to do.
            pull(self)
            time.sleep(0.05)
        pull(self)

    monkeypatch.setattr(trigger, "_physical_pull", pull_late)
    with Account() as account, account.serve():
        pass


def test_nothing_is_left_of_it_after_a_failure(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import threading, urllib.request
        urls = []

        def test_fails(polly_server):
            urls.append(polly_server.url)
            assert False

        def test_after():
            assert not [one for one in threading.enumerate() if one.name.startswith(("polly", "waitress"))]
            try:
                urllib.request.urlopen(urls[0])
            except urllib.error.URLError as error:
                assert isinstance(error.reason, ConnectionRefusedError)
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:asyncio", "-W", "error")
    result.assert_outcomes(passed=1, failed=1)
