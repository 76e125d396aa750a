"""No secret of an account is shown whole, wherever pytest shows what a test let out."""

from __future__ import annotations

import pytest

#: Lets out secrets in every way there is, and notes them in a file of its own.
_TALKATIVE = """
    import logging, warnings
    from pathlib import Path

    import boto3
    import pytest
    from pytest_polly import Account

    SECRETS = Path(__file__).with_name("secrets.txt")
    log = logging.getLogger("talkative")

    def secrets_of(account):
        issued = [key.credentials for key in account.issued.values()]
        found = [secret for one in issued for secret in (one.secret_access_key, one.session_token) if secret]
        with SECRETS.open("a") as file:
            print(*found, sep="\\n", file=file)
        return " and ".join(found)

    def talk(account, when):
        secrets = secrets_of(account)
        print(f"printed in {when}: {secrets}")
        log.warning("logged in %s: %s", when, secrets)
        warnings.warn(f"warned in {when}: {secrets}")
        boto3.client("polly").describe_voices()
        return secrets

    @pytest.fixture
    def talkative(polly_account):
        talk(polly_account, "setup")
        yield
        talk(polly_account, "teardown")

    @pytest.fixture
    def stumbling(polly_account):
        yield
        raise RuntimeError(f"raised in teardown: {talk(polly_account, 'teardown')}")

    case = pytest.mark.polly("session-token")

    @case
    def test_passes(talkative, polly_account):
        talk(polly_account, "call")

    @case
    def test_fails(talkative, polly_account):
        local = talk(polly_account, "call")
        assert local == "something else"

    @case
    def test_raises(talkative, polly_account):
        try:
            raise KeyError(talk(polly_account, "call"))
        except KeyError as error:
            raise RuntimeError(f"raised: {error}") from error

    @case
    def test_stumbles_in_teardown(polly_account, stumbling):
        talk(polly_account, "call")

    @case
    @pytest.mark.xfail(strict=True)
    def test_fails_as_known(talkative, polly_account):
        raise RuntimeError(f"raised: {talk(polly_account, 'call')}")

    @case
    def test_knows_that_it_fails(talkative, polly_account):
        pytest.xfail(f"known: {talk(polly_account, 'call')}")

    @case
    def test_skips(talkative, polly_account):
        pytest.skip(f"skipped: {talk(polly_account, 'call')}")

    @case
    def test_notes_a_property(talkative, polly_account, record_property):
        record_property("secrets", talk(polly_account, "call"))

    def test_has_many_accounts(polly_account):
        with polly_account.apply("session-token"):
            talk(polly_account, "call")
            with Account() as other, other.apply("session-token", "profile"):
                assert not talk(other, "call")

    def test_asks_for_an_account(request):
        account = request.getfixturevalue("polly_account")
        with account.apply("role"):
            assert not talk(account, "call")
            assert not talk(account, "call")
"""


#: Since pytest 8.3; before, `-r` switched on what it does.
_XFAIL_TB = ("--xfail-tb",) if pytest.version_tuple >= (8, 3) else ()


@pytest.mark.parametrize(
    ("ini", "arguments"),
    [
        ("", ()),
        ("", ("--showlocals", "-rA", "-vv")),
        ("", ("--showlocals", "--full-trace", *_XFAIL_TB, "--tb=long", "-rA")),
        ("", ("--tb=short", "-rA", "-q")),
        ("", ("--tb=line", "--show-capture=no", "-rfExXs")),
        ("", ("--log-level=DEBUG", "-rA", "--tb=native")),
        ("log_level = DEBUG\nlog_cli = true\n", ()),
        ("log_level = DEBUG\nlog_file_level = DEBUG\nlog_file = log.txt\n", ("--show-capture=log",)),
        ("junit_logging = all\njunit_log_passing_tests = true\nlog_level = DEBUG\n", ("--tb=auto",)),
        ("", ("-n2", "-rA", "--showlocals", *_XFAIL_TB, "--log-level=DEBUG")),
        ("", ("-p", "no:logging", "-rA")),
        ("", ("-W", "error::UserWarning", "-rA")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value.partition("\n")[0],
)
def test_whatever_a_test_lets_out(pytester: pytest.Pytester, ini: str, arguments: tuple[str, ...]) -> None:
    pytester.makeini(f"[pytest]\n{ini}")
    pytester.makepyfile(_TALKATIVE)
    files = ("junit.xml", "report.json", "report.html")
    reports = [f"--polly-report={name}" for name in files[1:]]
    without = [part for name in ("randomly", "hypothesispytest", "asyncio") for part in ("-p", f"no:{name}")]
    result = pytester.runpytest_subprocess(*without, "--junitxml=junit.xml", *reports, *arguments)
    assert result.ret == pytest.ExitCode.TESTS_FAILED, result.stdout.str()
    secrets = {secret for secret in (pytester.path / "secrets.txt").read_text().split() if secret}
    assert len(secrets) > 15
    shown = {"stdout": result.stdout.str(), "stderr": result.stderr.str()}
    shown |= {name: (pytester.path / name).read_text() for name in files}
    if "log.txt" in ini:
        shown["log.txt"] = (pytester.path / "log.txt").read_text()
        assert "logged in teardown: ****" in shown["log.txt"]
    told = {name: len([secret for secret in secrets if secret in text]) for name, text in shown.items()}
    assert told == dict.fromkeys(shown, 0)
    assert "****" in shown["stdout"]


def test_a_test_itself_sees_what_it_let_out(pytester: pytest.Pytester) -> None:
    """What is masked is what pytest shows: a test that looks for leaks is to find them."""
    pytester.makepyfile(
        """
        import logging, warnings, pytest

        def test_it(polly_session_token, caplog, capsys):
            secret = polly_session_token.credentials.secret_access_key
            logging.getLogger("app").warning("%s", secret)
            print(secret)
            with pytest.warns(UserWarning, match="given") as caught:
                warnings.warn(f"given {secret}")
            assert secret in caplog.text
            assert secret in capsys.readouterr().out
            assert secret in str(caught[0].message)
        """
    )
    pytester.makeini("[pytest]\nlog_cli = true\n")
    pytester.runpytest().assert_outcomes(passed=1)


def test_findings_of_others_are_theirs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        class AuditFailed(Exception):
            findings = ["no lock on the door"]

        def test_it(polly_role):
            raise AuditFailed
        """
    )
    result = pytester.runpytest("--polly-report=report.json")
    result.assert_outcomes(failed=1)
    assert '"findings": []' in (pytester.path / "report.json").read_text()
