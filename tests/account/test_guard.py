"""While an account is in force nothing leaves this machine, and no client outlives its account unnoticed."""

from __future__ import annotations

import asyncio
import functools
import io
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import botocore.awsrequest
import botocore.config
import botocore.httpsession
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError
from moto import mock_aws

import pytest_polly.wire.botocore
from pytest_polly import Account, GuardError, wire
from pytest_polly.sources import SOURCES
from pytest_polly.wire import s3
from pytest_polly.wire.prepared import proxy_for

from .outside_world import aws_variables

_SPEECH = {"Text": "Hello", "VoiceId": "Joanna", "OutputFormat": "mp3"}


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine has, a test here begins without."""
    for name in aws_variables():
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail loudly where anything asks for a connection, or only for an address."""

    def refuse(*arguments: Any, **options: Any) -> None:
        pytest.fail("a socket was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "gethostbyname", refuse)


def _client(service: str, **options: Any) -> Any:
    return boto3.Session().client(service, region_name="us-east-1", **options)


@pytest.mark.usefixtures("no_sockets")
def test_the_watch_on_sockets_sees_a_client_that_goes_out() -> None:
    """Else the tests below prove nothing."""
    own = {"aws_access_key_id": "AKIAOWN2345672345672", "aws_secret_access_key": "own"}
    with pytest.raises(pytest.fail.Exception, match="a socket was asked for"):
        _client("polly", **own).describe_voices()


# Elsewhere ------------------------------------------------------------------------------------


def _elsewhere(url: str) -> Callable[[], Any]:
    return lambda: _client("polly", endpoint_url=url).synthesize_speech(**_SPEECH)


def _by_variable(url: str) -> Callable[[], Any]:
    def speak() -> None:
        os.environ["AWS_ENDPOINT_URL_POLLY"] = url
        _client("polly").synthesize_speech(**_SPEECH)

    return speak


#: What is asked for, and the host that a refusal names.
ELSEWHERE: dict[str, tuple[Callable[[], Any], str]] = {
    "s3": (lambda: _client("s3").list_buckets(), "s3.amazonaws.com"),
    "s3 object": (lambda: _client("s3").get_object(Bucket="audio", Key="a"), "audio.s3.amazonaws.com/a"),
    "ec2": (lambda: _client("ec2").describe_instances(), "ec2.us-east-1.amazonaws.com"),
    "iam": (lambda: _client("iam").list_users(), "iam.amazonaws.com"),
    "public name": (_elsewhere("https://polly.example.com"), "polly.example.com"),
    "with a port": (_elsewhere("https://polly.example.com:8443/x"), "polly.example.com/x/v1/speech"),
    "public address": (_elsewhere("https://192.0.2.1"), "192.0.2.1"),
    "private address": (_elsewhere("http://10.0.0.1:4566"), "10.0.0.1"),
    "public IPv6": (_elsewhere("http://[2001:db8::1]:80"), "2001:db8::1"),
    "metadata address": (_elsewhere("http://169.254.7.7"), "169.254.7.7"),
    "looks like localhost": (_elsewhere("http://localhost.example.com"), "localhost.example.com"),
    "looks like loopback": (_elsewhere("http://127.0.0.1.example.com"), "127.0.0.1.example.com"),
    "looks like AWS": (
        _elsewhere("https://polly.us-east-1.amazonaws.com.example.com"),
        "polly.us-east-1.amazonaws.com.example.com",
    ),
    "set in the environment": (_by_variable("https://polly.example.com"), "polly.example.com"),
}


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize("what", ELSEWHERE)
def test_what_would_go_elsewhere_is_refused(what: str) -> None:
    ask, host = ELSEWHERE[what]
    with Account() as account, account.apply("session-token"):
        with pytest.raises(GuardError) as refused:
            ask()
        assert account.calls == []
    message = str(refused.value)
    assert f" {host}" in message
    assert "with mock_aws():" in message
    assert "endpoint on this machine" in message
    assert account.masked(message) == message, "it shows a secret"


@pytest.mark.usefixtures("no_sockets")
def test_an_unsigned_request_is_refused_too() -> None:
    unsigned = botocore.config.Config(signature_version=botocore.UNSIGNED)
    with Account(), pytest.raises(GuardError, match=r"s3\.amazonaws\.com"):
        _client("s3", config=unsigned).list_buckets()


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize("mode", ["long-term", "session-token", "expired-token", "role", "none"])
def test_what_the_account_answers_needs_no_socket(mode: str) -> None:
    with Account() as account, account.apply(mode):
        for service, operation in (("polly", "describe_voices"), ("sts", "get_caller_identity")):
            fails = mode in ("expired-token", "none")
            with pytest.raises((ClientError, NoCredentialsError)) if fails else nullcontext():
                getattr(_client(service), operation)()
        assert bool(account.calls) == (mode != "none")


# On this machine ------------------------------------------------------------------------------


@contextmanager
def _server(address: str) -> Iterator[tuple[int, list[str]]]:
    """Answer every request with audio; yield the port, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self._answer()

        def do_PUT(self) -> None:
            asked.append(f"{self.path} {self._answer().decode()}")

        def _answer(self) -> bytes:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "audio/mpeg")
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"local")
            return body

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        daemon_threads = True

    server = Server((address, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1], asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("listening", "name"),
    [("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "localhost"), ("127.0.0.2", "127.0.0.2"), ("::1", "[::1]")],
)
def test_loopback_passes(listening: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    try:
        with _server(listening) as (port, asked), Account() as account, account.apply("long-term"):
            client = _client("polly", endpoint_url=f"http://{name}:{port}")
            audio = client.synthesize_speech(**_SPEECH)["AudioStream"].read()
            assert account.calls == []
    except OSError as error:
        pytest.skip(f"nothing can listen on {listening}: {error.strerror}")
    assert audio == b"local"
    assert asked == ["/v1/speech"]


def test_a_closed_port_on_this_machine_is_an_ordinary_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        with Account() as account, account.apply("long-term"), pytest.raises(EndpointConnectionError):
            _client(
                "polly", endpoint_url=url, config=botocore.config.Config(retries={"total_max_attempts": 1})
            ).describe_voices()


# Through a proxy ------------------------------------------------------------------------------


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """Trap what is sent through a proxy; no variable sends anything there yet, nor past it."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with _server("127.0.0.1") as (port, asked):
        yield f"http://somebody:sesame@127.0.0.1:{port}", asked


def test_the_trap_sees_what_goes_through_it(
    proxy: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the tests below prove nothing."""
    url, asked = proxy
    monkeypatch.setenv("HTTP_PROXY", url)
    own = {"aws_access_key_id": "AKIAOWN2345672345672", "aws_secret_access_key": "own"}
    _client("polly", endpoint_url="http://127.0.0.3:9", **own).synthesize_speech(**_SPEECH)
    assert asked == ["http://127.0.0.3:9/v1/speech"]


@pytest.mark.parametrize("named", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "config"])
@pytest.mark.parametrize("before", [True, False], ids=["made before", "made inside"])
def test_what_is_on_this_machine_is_not_reached_through_a_proxy(
    proxy: tuple[str, list[str]], named: str, before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the proxy is, what it is sent may go on from there."""
    url, asked = proxy
    scheme = "https" if named == "HTTPS_PROXY" else "http"
    options: dict[str, Any] = {"endpoint_url": f"{scheme}://127.0.0.3:9"}
    if named == "config":
        options["config"] = botocore.config.Config(proxies={"http": url})
    else:
        monkeypatch.setenv(named, url)
    own = {"aws_access_key_id": "AKIAOWN2345672345672", "aws_secret_access_key": "own"}
    client = _client("polly", **options, **own) if before else None
    with Account() as account, account.apply("long-term"), pytest.raises(GuardError) as refused:
        (client or _client("polly", **options)).synthesize_speech(**_SPEECH)
    assert asked == []
    message = str(refused.value)
    assert "127.0.0.3/v1/speech through the proxy 127.0.0.1:" in message
    assert "NO_PROXY=127.0.0.3" in message
    assert "Config(proxies={})" in message
    assert "sesame" not in message
    assert account.refusals == [refused.value]


@pytest.mark.parametrize("cure", ["NO_PROXY", "config"])
def test_past_the_proxy_it_is_reached(
    proxy: tuple[str, list[str]], cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, trapped = proxy
    monkeypatch.setenv("HTTP_PROXY", url)
    options: dict[str, Any] = {}
    if cure == "config":
        options["config"] = botocore.config.Config(proxies={})
    else:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with _server("127.0.0.1") as (port, asked), Account() as account, account.apply("long-term"):
        client = _client("polly", endpoint_url=f"http://127.0.0.1:{port}", **options)
        assert client.synthesize_speech(**_SPEECH)["AudioStream"].read() == b"local"
    assert (asked, trapped) == (["/v1/speech"], [])


def test_what_the_account_answers_needs_no_proxy(
    proxy: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, asked = proxy
    monkeypatch.setenv("HTTPS_PROXY", url)
    with Account() as account, account.apply("long-term"):
        _client("polly").describe_voices()
    assert asked == []


def test_sessions_that_know_no_proxies_use_none() -> None:
    """Such as aiobotocore's over httpx, which before 3.9 refuse to be made with one."""
    request = botocore.awsrequest.AWSRequest("GET", "https://polly.us-east-1.amazonaws.com/v1/voices")
    assert proxy_for(object(), request.prepare()) is None


# Transfers of files ---------------------------------------------------------------------------


@pytest.fixture
def no_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail loudly where boto3 would use AWS's Common Runtime, whose connections are no sockets of ours."""
    pytest.importorskip("awscrt")
    crt = pytest.importorskip("boto3.crt")

    def refuse(*arguments: Any, **options: Any) -> None:
        pytest.fail("the runtime was asked for")

    monkeypatch.setattr(crt, "CRT_S3_CLIENT", None)
    monkeypatch.setattr(crt, "_create_crt_client", refuse)
    monkeypatch.setattr(crt, "acquire_crt_s3_process_lock", lambda name: object())


def _upload(client: Any, preferred: str, use_threads: bool = True) -> None:
    config = TransferConfig(preferred_transfer_client=preferred)
    config.use_threads = use_threads
    client.upload_fileobj(io.BytesIO(b"audio"), "audio", "a", Config=config)


@pytest.mark.usefixtures("no_runtime", "no_sockets")
def test_the_watch_on_the_runtime_sees_a_transfer_that_uses_it() -> None:
    s3.uninstall()
    own = {"aws_access_key_id": "AKIAOWN2345672345672", "aws_secret_access_key": "own"}
    with pytest.raises(pytest.fail.Exception, match="the runtime was asked for"):
        _upload(_client("s3", **own), "crt")


@pytest.mark.usefixtures("no_runtime", "no_sockets")
@pytest.mark.parametrize("preferred", ["crt", "auto", "classic"])
@pytest.mark.parametrize("use_threads", [True, False])
def test_a_transfer_is_refused_like_any_request(preferred: str, use_threads: bool) -> None:
    """Nor does it seem to have succeeded, though it ran in threads of its own."""
    with Account() as account, account.apply("long-term"):
        kept = _client("s3")
        with pytest.raises(GuardError, match=r"PUT audio\.s3\.amazonaws\.com/a") as refused:
            _upload(kept, preferred, use_threads)
        assert refused.value in account.refusals
    with pytest.raises(GuardError, match="outlived its case"):
        _upload(kept, preferred, use_threads)


@pytest.mark.usefixtures("no_runtime", "no_sockets")
def test_a_transfer_that_prefers_the_runtime_reaches_moto() -> None:
    with mock_aws(), Account() as account, account.apply("long-term"):
        client = _client("s3")
        client.create_bucket(Bucket="audio")
        _upload(client, "crt")
        assert client.get_object(Bucket="audio", Key="a")["Body"].read() == b"audio"


def test_a_file_on_its_way_to_this_machine_arrives_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with _server("127.0.0.1") as (port, asked), Account() as account, account.apply("long-term"):
        url, length = f"http://127.0.0.1:{port}/audio", {"Content-Length": "5"}
        file = botocore.awsrequest.AWSRequest("PUT", url, length, data=io.BytesIO(b"sound"))
        botocore.httpsession.URLLib3Session().send(file.prepare())
        assert account.calls == []
    assert asked == ["/audio sound"]


# Clients that were there before ---------------------------------------------------------------


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzEBYaDreal"])
def test_a_client_made_before_is_a_stranger(token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its real keys do not leave the machine; AWS, as the account knows it, has never seen them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL234567234567")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real/secret")
    if token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    made_at_import = {service: _client(service) for service in ("polly", "sts")}
    with Account() as account, account.apply("long-term"):
        with pytest.raises(ClientError) as polly:
            made_at_import["polly"].synthesize_speech(**_SPEECH)
        with pytest.raises(ClientError) as sts:
            made_at_import["sts"].get_caller_identity()
        _client("polly").describe_voices()
    assert polly.value.response["Error"]["Code"] == "UnrecognizedClientException"
    assert sts.value.response["Error"]["Code"] == "InvalidClientTokenId"
    assert [(call.access_key_id, call.principal is None) for call in account.calls[:2]] == [
        ("AKIAREAL234567234567", True)
    ] * 2
    assert account.calls[2].access_key_id != "AKIAREAL234567234567"
    shown = repr(account.calls) + str(polly.value)
    assert "real/secret" not in shown
    assert token is None or token not in shown


# Clients that were kept -----------------------------------------------------------------------

KEPT = (
    ("long-term", "environment"),
    ("session-token", "explicit"),
    ("session-token", "shared-credentials-file"),
    ("missing-token", "environment"),
    ("expired-token", "explicit"),
    ("wrong-secret", "profile-name"),
    ("unknown-key", "environment"),
    ("unknown-key", "explicit"),
    ("inactive-key", "config-file"),
    ("role", "process"),
    *(("role", name) for name, source in SOURCES.items() if source.role),
)
#: Sources that are asked at the first call, not when a client is made.
LAZY = ("web-identity", "sso")


@contextmanager
def _nothing_in_force() -> Iterator[None]:
    yield


@contextmanager
def _another_in_force() -> Iterator[None]:
    with Account(label="test_after.py::test_two") as account, account.apply("long-term"):
        _client("polly").describe_voices()
        yield
        assert len(account.calls) == 1, "it reached somebody else's account"


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize("now", [_nothing_in_force, _another_in_force])
@pytest.mark.parametrize(
    ("mode", "source", "used"),
    [(*case, used) for case in KEPT for used in (True, False) if used or case[1] not in LAZY],
)
def test_a_client_that_outlived_its_account_is_refused(
    mode: str, source: str, used: bool, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Account(label="test_before.py::test_one") as account, account.apply(mode, source):
        session = boto3.Session(**account.parameters)
        kept = {service: session.client(service) for service in ("polly", "sts", "s3", "ec2")}
        if used:
            try:
                kept["polly"].describe_voices()
            except ClientError:
                assert not account.expected.ok
    asks: dict[str, Callable[[], Any]] = {
        "polly": lambda: kept["polly"].synthesize_speech(**_SPEECH),
        "sts": lambda: kept["sts"].get_caller_identity(),
        "s3": lambda: kept["s3"].list_buckets(),
        "ec2": lambda: kept["ec2"].describe_regions(),
    }
    before = len(account.calls)
    with now():
        for ask in asks.values():
            with pytest.raises(GuardError) as refused:
                ask()
            message = str(refused.value)
            assert "test_before.py::test_one" in message
            assert "test_after" not in message
            assert "outlived its case" in message
            assert "wider scope" in message
            assert account.masked(message) == message, "it shows a secret"
    assert len(account.calls) == before


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize("now", [_nothing_in_force, _another_in_force])
@pytest.mark.parametrize("source", LAZY)
def test_a_client_that_has_yet_to_fetch_finds_nothing_any_more(source: str, now: Any) -> None:
    """What it would ask with lies in a file, which went with its account."""
    with Account() as account, account.apply("role", source):
        kept = _client("polly")
    with now(), pytest.raises((OSError, BotoCoreError)):
        kept.synthesize_speech(**_SPEECH)


@pytest.mark.usefixtures("no_sockets")
def test_so_is_one_that_was_given_keys_by_issue_or_rotate() -> None:
    with Account(label="the first") as account, account.apply("unknown-key", "explicit"):
        old = dict(account.parameters)
        account.rotate()
        given = [old, account.parameters, account.issue("unknown-key").as_client_kwargs()]
        kept = [_client("polly", **one) for one in given]
    assert len({one["aws_access_key_id"] for one in given}) == 3
    for client in kept:
        with pytest.raises(GuardError, match="issued to the first"):
            client.describe_voices()


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize("version", ["s3", "s3v4", "s3-query", "s3v4-query"])
def test_whatever_the_signature_the_key_is_recognised(version: str) -> None:
    """S3 is still signed in its old way by some."""
    with Account(label="the first") as account, account.apply("long-term"):
        kept = _client("s3", config=botocore.config.Config(signature_version=version.partition("-")[0]))
        presigned = kept.generate_presigned_url("list_buckets")
    request = botocore.awsrequest.AWSRequest("GET", presigned).prepare()
    fetch = functools.partial(botocore.httpsession.URLLib3Session().send, request)
    with pytest.raises(GuardError, match="issued to the first"):
        fetch() if version.endswith("query") else kept.list_buckets()


def test_only_so_many_keys_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_former", {})
    monkeypatch.setattr(wire, "_REMEMBERED", 3)
    labels = [f"test {number}" for number in range(5)]
    clients = []
    for label in labels:
        with Account(label=label) as account, account.apply("long-term", "explicit"):
            clients.append(_client("polly", **account.parameters))
    for client, label in list(zip(clients, labels, strict=True))[-3:]:
        with pytest.raises(GuardError, match=label):
            client.describe_voices()
    assert len(wire._former) == 3


# Clients that are none of our business --------------------------------------------------------


@pytest.mark.parametrize("made", ["before", "inside", "after"])
def test_the_users_own_credentials_go_where_they_want_afterwards(
    made: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    def original(session: Any, request: Any) -> Any:
        sent.append(request.headers["Authorization"].decode())
        raise ConnectionAbortedError("as far as the network")

    monkeypatch.setattr(pytest_polly.wire.botocore, "_send", original)
    own = {"aws_access_key_id": "AKIAOWN2345672345672", "aws_secret_access_key": "own"}
    once = botocore.config.Config(retries={"total_max_attempts": 1})
    clients = {}
    clients["before"] = _client("polly", config=once, **own)
    with Account() as account, account.apply("long-term"):
        clients["inside"] = _client("polly", config=once, **own)
    clients["after"] = _client("polly", config=once, **own)
    with pytest.raises(ConnectionAbortedError):
        clients[made].describe_voices()
    assert len(sent) == 1
    assert "Credential=AKIAOWN2345672345672/" in sent[0]


def test_the_seam_can_be_taken_out() -> None:
    ours = botocore.httpsession.URLLib3Session.send
    with Account():
        pass
    assert botocore.httpsession.URLLib3Session.send is pytest_polly.wire.botocore.send
    try:
        pytest_polly.wire.botocore.uninstall()
        assert botocore.httpsession.URLLib3Session.send is pytest_polly.wire.botocore._send
    finally:
        botocore.httpsession.URLLib3Session.send = ours


# A refusal is not to be swallowed -------------------------------------------------------------


def _swallow(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except Exception:
        return b""


def _swallow_in_thread(ask: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor() as pool:
        return pool.submit(_swallow, ask).result()


def _swallow_in_task(ask: Callable[[], Any]) -> Any:
    async def speak() -> Any:
        try:
            return await asyncio.to_thread(_swallow, ask)
        except Exception:
            return b""

    return asyncio.run(speak())


def _keep_trying(ask: Callable[[], Any]) -> Any:
    for _ in range(3):
        answer = _swallow(ask)
        if answer:
            return answer
    return b""


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize("swallow", [_swallow, _swallow_in_thread, _keep_trying])
def test_except_exception_does_not_swallow_it(swallow: Callable[..., Any]) -> None:
    with Account(label="the first") as account, account.apply("long-term"):
        kept = _client("polly")
        with pytest.raises(GuardError, match=r"polly\.example\.com"):
            swallow(_elsewhere("https://polly.example.com"))
    with pytest.raises(GuardError, match="issued to the first"):
        swallow(kept.describe_voices)


def test_nor_does_an_event_loop() -> None:
    refused = pytest.raises(GuardError, match=r"polly\.example\.com")
    with Account() as account, account.apply("long-term"), refused:
        _swallow_in_task(_elsewhere("https://polly.example.com"))


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize("retries", ["legacy", "standard", "adaptive"])
def test_botocore_does_not_try_again(retries: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answer = wire.answer

    def counted(request: Any, proxy: str | None) -> Any:
        asked.append(request.host)
        return answer(request, proxy)

    monkeypatch.setattr(pytest_polly.wire.botocore, "answer", counted)
    config = botocore.config.Config(retries={"mode": retries, "total_max_attempts": 5})
    with Account() as account, account.apply("long-term"):
        client = _client("polly", endpoint_url="https://polly.example.com", config=config)
        with pytest.raises(GuardError):
            client.describe_voices()
    assert asked == ["polly.example.com"]
