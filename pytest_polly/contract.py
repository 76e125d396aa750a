"""What a text-to-speech client for Amazon Polly owes its users, whatever credentials they have.

Subclass `CredentialContract`, define two methods, and run pytest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from enum import Enum
from traceback import format_exception
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import pytest

from . import environment, judge
from .account import Account
from .driver import Attempt, Client, accepted
from .errors import Failed
from .findings import Finding
from .gate import Credentials
from .leaks import Watch
from .modes import MODES
from .sources import SOURCES

#: How far time moves for a role's credentials to be past renewal, whatever their window.
_WELL_PAST = timedelta(minutes=5)
#: How long before they expire the SDK renews credentials in one thread while others use the old ones
#: (botocore's advisory window is 15 to 10 minutes before).
_DURING_RENEWAL = timedelta(minutes=12)
#: How many threads share a client, and through how many renewals.
_WORKERS, _ROUNDS = 8, 5

#: What tells one way in which a class is run from another.
_PLAIN = (str, int, float, type, Enum)
_Way = frozenset[tuple[str, Any]]
_controls: WeakKeyDictionary[type, dict[_Way, dict[tuple[str, str], bool]]] = WeakKeyDictionary()


class ContractBroken(Failed):
    """A clause failed; ``findings`` say why. What pytest prints is the message, without our frames."""

    # As pytest's own outcomes say: its short summary begins with the class's name, and has but one line.
    __module__ = "builtins"

    def __init__(self, where: str, findings: Sequence[Finding], trace: str = "") -> None:
        self.findings = tuple(findings)
        # Its first line is all that pytest's short summary shows.
        parts = [*(finding.told(where) for finding in findings), trace]
        super().__init__("\n".join(filter(None, parts)), pytrace=False)


class CredentialContract:
    """Subclass this with two methods, and every kind of AWS credential is tried on your client.

    ``make_client`` returns a client, and ``synthesize`` has it speak. Either may be ``async``.
    """

    #: What the client raises when it cannot speak, a class or a tuple of classes; ``None``: any exception
    #: will do.
    error: ClassVar[type[BaseException] | tuple[type[BaseException], ...] | None] = None
    #: The names of the modes that the class is asked; ``None``: all of them.
    modes: ClassVar[Sequence[str] | None] = None
    #: The names of the sources by which it is asked; ``None``: all of them.
    sources: ClassVar[Sequence[str] | None] = None
    #: Lets ``--polly-live`` run the class against real AWS.
    live: ClassVar[bool] = False
    #: Known failures, ``{"clause[mode-source]": "reason"}``; ``*`` and ``?`` match. They are strict:
    #: one that passes fails the run, one that matches nothing is an error.
    deviations: ClassVar[Mapping[str, str]] = {}
    #: The account in which the client is made and speaks: ``self.account.serve()`` opens it to other
    #: processes.
    account: Account

    def make_client(self, *args: Any, **kwargs: Any) -> Any:
        """Return a new client, made from what it is given under boto3's own names.

        What a client can be given is read from the signature: ``aws_access_key_id``,
        ``aws_secret_access_key``, ``aws_session_token`` and ``profile_name``, each with a default, or
        ``**credentials`` for the first three. It may ``yield`` the client; what follows is tear-down.
        """
        raise NotImplementedError

    def synthesize(self, *args: Any, **kwargs: Any) -> Any:
        """Have the client, the first argument, speak the text, the second, and return the audio.

        It may be bytes, an iterable or an asynchronous iterable of bytes, which is read to its end, or an
        awaitable of one of these.
        """
        raise NotImplementedError

    # The clauses ------------------------------------------------------------------------------

    def test_speaks_with_valid_credentials(self, polly_account: Account) -> None:
        """With valid credentials there is audio, signed by the very credentials of the case.

        If this fails: look at who signed the request, and hand on all three parts of what the caller
        gave, or nothing at all.
        """
        attempt = _attempt(self, polly_account)
        _check(
            self, polly_account, judge.speaks(polly_account, attempt, self._control(polly_account)), attempt
        )

    def test_raises_with_invalid_credentials(self, polly_account: Account) -> None:
        """With invalid credentials the client raises: never audio, silence, or the end of the process.

        If this fails: do not return from an ``except`` as if nothing had happened.
        """
        self._require_control(polly_account)
        attempt = _attempt(self, polly_account)
        _check(self, polly_account, judge.raises(polly_account, attempt), attempt)

    def test_error_names_the_cause(self, polly_account: Account) -> None:
        """What the client raises tells why AWS refused, and is of the type that was promised.

        If this fails: chain the SDK's error, ``raise NarratorError(…) from error``.
        """
        self._require_control(polly_account)
        attempt = _attempt(self, polly_account)
        _check(self, polly_account, judge.names_the_cause(polly_account, attempt, self.error), attempt)

    def test_does_not_mix_sources(self, polly_account: Account) -> None:
        """Key, secret and token come from one source, whatever else lies about.

        If this fails: do not complete what the caller gave with parts from the environment.
        """
        self._require_control(polly_account)
        attempt = _attempt(self, polly_account)
        _check(
            self,
            polly_account,
            judge.does_not_mix(polly_account, attempt, self._control(polly_account)),
            attempt,
        )

    def test_renews_role_credentials(self, polly_account: Account) -> None:
        """A client that lives longer than its role's first credentials goes on speaking with new ones.

        If this fails: keep the SDK's session or client, not the credentials it once returned.
        """
        self._require_control(polly_account)
        with closing(_driven(self, polly_account)) as client:
            before = [client.attempt(polly_account), client.attempt(polly_account)]
            _move(polly_account, _WELL_PAST)
            after = client.attempt(polly_account)
        once_more = judge.speaks_again(polly_account, before[-1])
        findings = once_more or judge.renews(polly_account, before, after, self._control(polly_account))
        _check(self, polly_account, findings, before[-1] if once_more else after)

    def test_does_not_retry_rejected_credentials(self, polly_account: Account) -> None:
        """A request whose credentials were refused is not sent more than once again.

        If this fails: retry on throttling and server errors only.
        """
        self._require_control(polly_account)
        attempt = _attempt(self, polly_account)
        findings = judge.signed_wrongly(polly_account, attempt) or judge.does_not_retry(attempt)
        _check(self, polly_account, findings, attempt)

    def test_leaves_the_environment_alone(self, polly_account: Account) -> None:
        """After speaking, ``os.environ`` and AWS's files are as they were before.

        If this fails: hand credentials to a session, not to the whole process.
        """
        self._require_control(polly_account)
        before = environment.Snapshot.taken()
        attempt = _attempt(self, polly_account)
        findings = judge.leaves_alone(before.changes(environment.Snapshot.taken()))
        _check(self, polly_account, findings, attempt)

    def test_survives_throttling(self, polly_account: Account) -> None:
        """While Polly is busy or down the client tries again or raises, but never swallows it.

        If this fails: do not return from an ``except`` as if nothing had happened.
        """
        self._require_control(polly_account)
        attempt = _attempt(self, polly_account)
        _check(self, polly_account, judge.survives_throttling(polly_account, attempt), attempt)

    def test_keeps_secrets_out_of_sight(
        self, polly_account: Account, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """No secret and no token is logged, printed, shown by ``repr``, or left in a file.

        Logs, output, warnings, what is raised with its causes and the client's local variables, pickles
        and files below the working directory are looked at; the SDK's own debug logs are not.
        If this fails: show the access key id, never the rest.
        """
        self._require_control(polly_account)
        watch, client = Watch(), _driven(self, polly_account)
        with watch.watching(), closing(client):
            attempt = client.attempt(polly_account)
            watch.client(client.client)
        if attempt.error is not None:
            watch.error(attempt.error, judge.chain(attempt.error), made=client.is_made)
        for name, text in zip(("standard output", "standard error"), capfd.readouterr(), strict=True):
            watch.output(name, text)
        findings = judge.keeps_secrets(watch.leaks(_secrets(polly_account)))
        _check(self, polly_account, findings, attempt)

    def test_is_safe_to_share(self, polly_account: Account) -> None:
        """Threads (tasks, if async) that share a client across renewals never sign with a torn triple.

        If this fails: take key, secret and token at once, from one frozen copy.
        """
        self._require_control(polly_account)
        from .wire import races

        with closing(_driven(self, polly_account)) as client, races.provoked():
            attempt = client.attempt(polly_account)
            client.share(polly_account, _WORKERS, _ROUNDS, lambda: _move(polly_account, -_DURING_RENEWAL))
        findings = judge.shares_safely(polly_account, polly_account.calls)
        _check(self, polly_account, findings, attempt)

    def test_any_well_formed_credentials(self, polly_account: Account) -> None:
        """Whatever key, secret and token AWS may issue, the client signs with them and speaks.

        hypothesis draws them, slashes, pluses and very long tokens included, and finds the simplest with
        which the client fails. If this fails: pass all three on untouched, and do not check their form.
        """
        self._require_control(polly_account)
        from . import wellformed

        case = polly_account.case
        assert case is not None

        def attempt(drawn: Credentials) -> wellformed.Trial:
            # In force anew, so that nothing is left of those before: boto3 keeps a session.
            with polly_account.apply_case(case):
                polly_account.rotate(drawn)
                attempt = _attempt(self, polly_account)
                findings = judge.speaks(polly_account, attempt, lambda *_: False)
            return wellformed.Trial(drawn, attempt, findings)

        name = f"{type(self).__module__}.{type(self).__qualname__}[{case.id}]"
        trial = wellformed.falsify(case.mode, name, attempt)
        if trial is not None:
            special = wellformed.described(trial.drawn)
            findings = [Finding(one.name, f"{one.seen}; given {special}") for one in trial.findings]
            _check(self, polly_account, findings, trial.attempt)

    # Controls ---------------------------------------------------------------------------------

    def _require_control(self, account: Account) -> None:
        """Skip what says nothing of a client that does not even speak with valid credentials."""
        case = account.case
        assert case is not None
        source = SOURCES[case.source]
        mode = case.mode if MODES[case.mode].valid else "role" if source.role else account.sound_mode
        if not self._control(account)(mode, case.source):
            pytest.skip(f"not judged: does not speak with valid credentials ({mode} by {case.source})")

    def _control(self, beside: Account) -> judge.Control:
        """Return what tells whether a client of this class speaks in a plain case, trying each case once.

        Once for each way in which fixtures have the class run: they leave it on the instance.
        """
        way = frozenset(pair for pair in vars(self).items() if isinstance(pair[1], _PLAIN))
        known = _controls.setdefault(type(self), {}).setdefault(way, {})

        def speaks(mode: str, source: str) -> bool:
            if (mode, source) not in known:
                if not set(SOURCES[source].parameters) <= {*accepted(type(self)), "aws_session_token"}:
                    return False
                with (
                    beside.another(f"a control of {type(self).__name__}") as account,
                    account.apply(mode, source),
                ):
                    attempt = _attempt(self, account)
                    known[mode, source] = not judge.speaks(account, attempt, lambda *_: False)
            return known[mode, source]

        return speaks


# Driving a client -----------------------------------------------------------------------------


def _attempt(contract: CredentialContract, account: Account) -> Attempt:
    with closing(_driven(contract, account)) as client:
        return client.attempt(account)


def _driven(contract: CredentialContract, account: Account) -> Client:
    """Return a client, not made yet, that is given what ``make_client`` takes of the case's parameters."""
    accepts = accepted(type(contract))
    given = {name: value for name, value in account.parameters.items() if name in accepts}
    account.patience = judge.REPETITIONS
    contract.account = account
    return Client(contract, given)


def _secrets(account: Account) -> dict[str, str]:
    """Return the secrets in force, by what they are called."""
    given = account.credentials
    parts = {
        "secret access key": given and given.secret_access_key,
        "session token": given and given.session_token,
    }
    return {called: secret for called, secret in parts.items() if secret}


def _move(account: Account, past: timedelta) -> None:
    """Move the clock to so much past the moment when the role's latest credentials expire."""
    sessions = [session.credentials.expires_at for session in account.role_sessions]
    last = max((moment for moment in sessions if moment is not None), default=account.clock.now)
    account.clock.advance(seconds=(last + past - account.clock.now).total_seconds())


def _check(
    contract: CredentialContract, account: Account, findings: Sequence[Finding], attempt: Attempt
) -> None:
    if not findings:
        return
    case = account.case
    assert case is not None
    masked = [Finding(finding.name, account.masked(finding.seen)) for finding in findings]
    trace = ""
    if any(finding.name == "does-not-speak" for finding in masked) and attempt.error is not None:
        trace = account.masked("".join(format_exception(attempt.error)))
    where = f"{type(contract).__name__}, {case.mode} by {case.source}"
    raise ContractBroken(where, masked, trace) from None
