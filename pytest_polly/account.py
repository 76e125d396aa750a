"""The simulated AWS account that a test runs in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from . import environment, mint, secrecy, services, wire
from .aws import SimulatedAWS
from .cases import Case, check_case, check_mode
from .clock import Clock
from .directory import Directory, Role, User
from .errors import CutOffError, PollyError, did_you_mean
from .failing import planned
from .gate import Credentials, IssuedKey, statement
from .gate.wildcards import matches
from .issuing import Delivered, Issuer, deliver
from .modes import MODES, Expected
from .record import Call
from .services.signed import Polly
from .sources import SOURCES

if TYPE_CHECKING:
    from .wire.server import Server

#: The accounts in force, the innermost last.
_entered: list[Account] = []
#: What was entered and is not yet left, accounts and cases alike, the innermost last.
_open: list[ExitStack] = []


class Account:
    """A simulated AWS account: issues credentials, puts them in force, and keeps the record of calls.

    A context manager. While it is entered, botocore finds nothing but what the account offers, Polly and
    STS are answered by it, and nothing else leaves the machine; afterwards everything is as it was.

    >>> with Account() as account, account.apply("session-token"):
    ...     narrator.say("Hello")
    >>> account.calls[0].token_sent
    True

    *region* is where its clients are; *label* is what a client that outlives it is told it belonged to.
    Raises `PollyError` for what is no region of AWS's.
    """

    def __init__(self, *, region: str = "us-east-1", label: str = "an account") -> None:
        if not services.is_region(region):
            raise PollyError(f"{region!r} is no region of AWS's; one is us-east-1")
        #: The region that clients find in the environment.
        self.region: str = region
        #: Twelve digits, another number for each account.
        self.account_id: str = mint.account_id()
        #: The time that clients and AWS go by; a test can move it on.
        self.clock: Clock = Clock(self._keep_fresh, self._check_in_force)
        #: How often the same request to Polly may be refused for its credentials before the client that
        #: goes on sending it meets a `CutOffError`; ``None``: as often as it likes. Clauses allow two.
        self.patience: int | None = None
        #: Each `GuardError` and `InternalError` that was raised while the account was in force, even if a
        #: client caught it.
        self.refusals: list[BaseException] = []
        self._label = label
        self._directory = Directory(self.account_id)
        self._issuer = Issuer(self._directory)
        self._aws = SimulatedAWS(self._directory, self.clock, region)
        self._aws.on_call = self._lose_patience
        #: The cases in force, the innermost last; of each, what lies beside it comes first.
        self._applied: list[list[Delivered]] = []
        #: All that clients were ever given; not all of it is known to AWS.
        self._given: list[Credentials] = []
        #: Key ids that a test chose itself; another account may know them too.
        self._chosen: set[str] = set()
        self._nested: list[Account] = []
        self._folder: Path | None = None
        self._stack = ExitStack()

    def __repr__(self) -> str:
        case = self.case.id if self.case else "nothing in force"
        return f"<Account {self.account_id} in {self.region}: {case}>"

    @property
    def calls(self) -> list[Call]:
        """Every request that reached the account, in order."""
        return self._aws.calls

    # In force ---------------------------------------------------------------------------------

    def __enter__(self) -> Account:
        from .wire import aiobotocore, botocore, moto, s3

        if self._folder is not None:
            raise PollyError("this account is in force already; make another one with Account()")
        with ExitStack() as stack:
            stack.callback(self.clock.reset)
            folder = stack.enter_context(environment.folder())
            botocore.install()
            aiobotocore.install()
            s3.install()
            stack.enter_context(botocore.contained(folder))
            stack.enter_context(moto.kept_apart())
            stack.enter_context(environment.owned(self._variables(folder)))
            stack.enter_context(wire.noting(self.refusals))
            stack.enter_context(self._on_the_wire())
            stack.callback(self._leave)
            for outer in _entered:
                outer._nested.append(self)
            _entered.append(self)
            self._folder = folder
            self._stack = stack.pop_all()
            _open.append(self._stack)
        return self

    def __exit__(self, *exception: object) -> None:
        _close(self._stack)

    def _leave(self) -> None:
        self._folder = None
        _entered.remove(self)
        known = [*self._directory.keys, *(one.access_key_id for one in self._given)]
        wire.remember([key_id for key_id in known if key_id not in self._chosen], self._label)

    def _check_in_force(self) -> None:
        if self._folder is None:
            raise PollyError("this account is not in force; enter it first: `with Account() as …:`")

    @contextmanager
    def _on_the_wire(self) -> Iterator[None]:
        """Answer what clients send; no pause between their attempts lasts."""
        from .wire.botocore import without_waiting

        with without_waiting():
            wire.engage(self._aws.answer)
            try:
                yield
            finally:
                wire.disengage(self._aws.answer)

    def _variables(self, folder: Path) -> dict[str, str]:
        """Return the variables under which clients find the account, and nothing else."""
        return environment.base_variables(folder, self.region)

    def _lose_patience(self, call: Call) -> None:
        if self.patience is None or not (call.rejected and call.service == "polly"):
            return
        times = sum(one.rejected and one.repeats(call) for one in self.calls)
        if times > self.patience:
            raise CutOffError(f"polly: {call.operation} was refused {times} times; the client is cut off")

    @contextmanager
    def apply(self, mode: str, source: str | None = None, *, variant: str = "") -> Iterator[Account]:
        """Put a case in force for the block: *mode* delivered through *source* (default: the mode's own).

        *variant* names another of the source's ways, such as ``pod-identity`` of ``container``.
        Raises `CaseError` for names that do not exist or do not go together, `PollyError` if the account
        itself is not in force. A source that what is installed cannot use skips the test.
        """
        with self.apply_case(check_case(mode, source, variant)):
            yield self

    @contextmanager
    def apply_case(self, case: Case) -> Iterator[Account]:
        """Put *case* in force for the block: such as `pytest_polly.strategies.cases` draws."""
        self._check_in_force()
        reason = SOURCES[case.source].unavailable()
        if reason is not None:
            pytest.skip(f"source {case.source!r} cannot be used: {reason}")
        from .wire import botocore

        with environment.folder(self._folder) as folder, self._aws.undone(), ExitStack() as stack:
            variables = self._variables(folder)
            delivered = [deliver(one, self._issuer, folder, self._aws) for one in (*case.beside, case)]
            for one in delivered:
                variables.update(one.variables)
            stack.enter_context(environment.owned(variables))
            stack.enter_context(botocore.caches_in(folder))
            stack.callback(setattr, self.clock, "skew", self.clock.skew)
            self.clock.skew = MODES[case.mode].skew
            self._given += filter(None, (one.issued.given for one in delivered))
            self._applied.append(delivered)
            stack.callback(self._applied.pop)
            failing = MODES[case.mode].failing
            if failing is not None:
                status, message = failing.status, failing.message
                self.fail("polly", failing.code, status=status, message=message, times=case.times)
            _open.append(stack)
            try:
                yield self
            finally:
                _close(stack)

    def another(self, label: str) -> Account:
        """Return a new account of the same kind, not yet in force."""
        return Account(region=self.region, label=label)

    @property
    def case_at_hand(self) -> Case | None:
        """The case that is in force where a test names none: in a simulated account none is."""
        return None

    @property
    def sound_mode(self) -> str:
        """A mode in which credentials work that lie somewhere: the control of those that do not."""
        return "long-term"

    @contextmanager
    def serve(self) -> Iterator[Server]:
        """Have the account answer over HTTP as well, on loopback, for the block.

        For other processes and other SDKs: ``env`` of what it yields is what a process needs to find the
        account. Raises `PollyError` where waitress is not installed.
        """
        self._check_in_force()
        from .wire.server import Server, wall_clock

        def now() -> datetime:
            return wall_clock() + self.clock.skew

        with Server(self._aws.answer, now, self.region, lambda: self._case_folder) as server:
            yield server

    @property
    def _case_folder(self) -> Path:
        """Where the files of the case in force are, or those of none."""
        self._check_in_force()
        assert self._folder is not None
        return self._current.delivery.folder if self._applied else self._folder

    # The case in force ------------------------------------------------------------------------

    @property
    def case(self) -> Case | None:
        """The case in force, ``None`` if none is."""
        return self._applied[-1][-1].case if self._applied else None

    @property
    def mode(self) -> str | None:
        """The mode in force, ``None`` if no case is."""
        return self.case.mode if self.case else None

    @property
    def source(self) -> str | None:
        """The source in force, ``None`` if no case is."""
        return self.case.source if self.case else None

    @property
    def expected(self) -> Expected:
        """What AWS answers in the case in force, and how well that is known.

        This and the two that follow raise `PollyError` if no case is in force.
        """
        return MODES[self._current.case.mode].expected

    @property
    def parameters(self) -> dict[str, str]:
        """What a client is to be given as parameters in the case in force, under boto3's names."""
        return dict(self._current.delivery.parameters)

    @property
    def credentials(self) -> Credentials | None:
        """The latest handed out: ``None`` in mode ``none``, and for a role before the first fetch.

        What a client is *given*: in mode ``wrong-secret`` the secret is the wrong one.
        """
        if self._current.delivery.role is None:
            return self._current.issued.given
        sessions = self.role_sessions
        return sessions[-1].credentials if sessions else None

    @property
    def role_sessions(self) -> list[IssuedKey]:
        """What was issued for the role in force, oldest first."""
        role = self._current.delivery.role
        keys = list(self._directory.keys.values())
        return [key for key in keys if role is not None and key.principal.role == role.arn]

    @property
    def issued(self) -> Mapping[str, IssuedKey]:
        """Everything the account ever issued, to anybody, by access key id."""
        return self._directory.keys

    def place_of(self, access_key_id: str) -> str:
        """Return where credentials lie: a source's name, ``another profile`` or ``another source``."""
        for delivered in reversed(self._applied[-1] if self._applied else ()):
            given = delivered.issued.given
            if given is not None and given.access_key_id == access_key_id:
                return delivered.case.source
            if any(access_key_id in delivered.delivery.text(f) for f in delivered.delivery.files):
                return "another profile"
        return "another source"

    def masked(self, text: str) -> str:
        """Return *text* with ``****`` for every secret and token of this account.

        Those of accounts that were entered inside this one are hidden as well. A text that comes back
        unchanged holds none of them.
        """
        for account in (self, *self._nested):
            issued = [key.credentials for key in list(account._directory.keys.values())]
            secrets = [secret for one in (*issued, *account._given) for secret in one.secrets]
            for secret in (*secrets, *account._aws.secrets):
                text = secrecy.hidden(text, secret)
        return text

    @property
    def _current(self) -> Delivered:
        if not self._applied:
            raise PollyError(
                "no case is in force; use @pytest.mark.polly, a fixture such as polly_session_token, "
                "or `with polly_account.apply(mode, source):`"
            )
        return self._applied[-1][-1]

    # What becomes of credentials --------------------------------------------------------------

    def issue(self, mode: str, credentials: Credentials | None = None) -> Credentials:
        """Issue credentials of *mode* without putting them in force, and return what a client is given.

        With *credentials* (such as `pytest_polly.strategies.credentials` draws) their key id, secret and
        token are issued; what a client is given differs from them as the mode has it.
        Raises `CaseError` for a mode that does not exist, `PollyError` for one without credentials.
        """
        if credentials is not None:
            _check_credentials(credentials)
            self._chosen.add(credentials.access_key_id)
        given = self._issuer.issue(check_mode(mode), self.clock.now, values=credentials).given
        if given is None:
            raise PollyError(f"mode {mode!r} hands out no credentials")
        self._given.append(given)
        return given

    def create_role(self) -> str:
        """Create a role that may use Polly, which whoever is in force may assume, and return its ARN.

        For a client that is given a role's ARN and asks STS for credentials by itself. In a live test it
        is the role of ``--polly-live-role``. Raises `PollyError` in a mode that puts nobody in force.
        """
        return self._issuer.role_for(self._owner).arn

    def expire(self) -> None:
        """Let the temporary credentials in force run out: Polly answers ExpiredTokenException from now on.

        Raises `PollyError` for a long-term key, and where nothing has been handed out yet: a role's
        sessions exist from the first request that needs one.
        """
        for key in self._keys_in_force():
            if key.credentials.session_token is None:
                raise PollyError("a long-term key does not expire; deactivate_key() ends it")
            key.credentials = replace(key.credentials, expires_at=self.clock.aws_now)
        self._current.keep_fresh()

    def deactivate_key(self, access_key_id: str | None = None) -> None:
        """Switch a key off: Polly answers UnrecognizedClientException, as to a key that does not exist.

        Without *access_key_id* it is the key in force, the newest after `rotate`. Raises `PollyError` for
        one that the account has not issued, and where nothing has been handed out yet.
        """
        for key in self._keys_in_force() if access_key_id is None else [self._key(access_key_id)]:
            key.active = False
        self._current.keep_fresh()

    def revoke_sessions(self) -> None:
        """Revoke every session issued so far, as IAM's console does: by a policy that denies them.

        Polly answers AccessDeniedException, with an explicit deny; sessions issued later are not concerned.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
        """
        limit = self.clock.now + timedelta(microseconds=1)
        older = {"DateLessThan": {"aws:TokenIssueTime": limit.isoformat()}}
        self._owner.policies.append(statement("Deny", "*", Condition=older))

    def rotate(self, credentials: Credentials | None = None) -> Credentials | None:
        """Put new credentials at the source, and return them; the old ones stay valid until deactivated.

        For a role it is what its source hands out that is rotated, or what opens the source: the key that
        assumes it, a web identity, a sign-in. With *credentials* it is their key id, secret and token
        that are issued. Raises `PollyError` for *credentials* where none lie at the source.
        """
        current = self._current
        if credentials is not None:
            _check_credentials(credentials)
            if current.issued.given is None:
                raise PollyError(f"in case {current.case.id} no credentials lie at the source")
            self._chosen.add(credentials.access_key_id)
        current.rotate(credentials)
        if current.issued.given is not None:
            self._given.append(current.issued.given)
        os.environ.update(current.variables)
        return self.credentials

    def fail(
        self,
        service: str,
        code: str,
        *,
        status: int | None = None,
        message: str | None = None,
        body: str | bytes | None = None,
        operation: str | None = None,
        times: int | None = 1,
    ) -> None:
        """Let the next *times* requests to *service* fail, whoever signs them; ``None``: all of them.

        *service* is ``polly``, ``sts``, ``imds``, ``container``, ``sso`` or ``signin``. The answer has the
        form that the service gives its errors, unless *body* says to the letter what it is. Named after
        an exception of botocore's (``ReadTimeoutError``, ``ConnectTimeoutError``, …) there is no answer
        at all. With *operation* only requests for that one count. What was planned in a case ends
        with it. Of errors that the service is known to have, status and message can be left out.
        Raises `PollyError` for what the service cannot answer, and what nobody would meet.
        """
        self._aws.plan.add(
            planned(
                service,
                code,
                status=status,
                message=message,
                body=body,
                operation=operation,
                times=times,
            )
        )

    def deny(self, action: str) -> None:
        """Deny *action* (such as ``polly:SynthesizeSpeech``) to the principal in force.

        Raises `PollyError` for what is no action, and in a mode that puts nobody in force.
        """
        self._owner.policies.append(statement("Deny", _checked_action(action)))

    def allow(self, action: str) -> None:
        """Allow *action* to the principal in force, and take back what `deny` said of it.

        A deny of its policy's own, as in mode ``explicit-deny``, still wins. Raises as `deny` does.
        """
        _checked_action(action)
        policies = self._owner.policies
        policies[:] = [one for one in policies if one != statement("Deny", action)]
        policies.append(statement("Allow", action))

    @property
    def _owner(self) -> User | Role:
        owner = self._current.issued.owner
        if owner is None:
            raise PollyError(f"mode {self.mode!r} puts nobody in force")
        return owner

    def _keep_fresh(self) -> None:
        for delivered in (one for applied in self._applied for one in applied):
            delivered.keep_fresh()

    def _key(self, access_key_id: str) -> IssuedKey:
        key = self._directory.keys.get(access_key_id)
        if key is None:
            raise PollyError(f"this account has issued no key {access_key_id!r}")
        return key

    def _keys_in_force(self) -> list[IssuedKey]:
        key = self._current.issued.key
        keys = self.role_sessions if self._current.delivery.role is not None or key is None else [key]
        if not keys:
            raise PollyError(f"no credentials have been handed out yet in mode {self.mode!r}")
        return keys


def _check_credentials(credentials: object) -> None:
    if not isinstance(credentials, Credentials):
        raise PollyError(
            f"credentials are pytest_polly's own, as pytest_polly.strategies.credentials() draws or "
            f"account.issue(mode) returns them, not {type(credentials).__name__}"
        )


#: What can be allowed and denied of Polly: also the one operation that is not answered here.
_POLLY_ACTIONS = (*Polly.operations, "StartSpeechSynthesisStream")


def _checked_action(action: Any) -> str:
    if not isinstance(action, str) or (":" not in action and action != "*"):
        raise PollyError(
            f"an action has its service before it, as in 'polly:SynthesizeSpeech'; not {action!r}"
        )
    service, _, name = action.partition(":")
    if service.lower() == "polly" and not any(matches(one, name, ignore_case=True) for one in _POLLY_ACTIONS):
        raise PollyError(
            f"{action!r} is no action of Polly's; those are {', '.join(_POLLY_ACTIONS)}"
            f"{did_you_mean(name, _POLLY_ACTIONS)}"
        )
    return action


def _close(stack: ExitStack) -> None:
    """Leave what *stack* entered, and before it whatever was entered later and is not yet left.

    Each puts back what it found; done in another order, that would bring back what is long gone.
    """
    if stack in _open:
        index = _open.index(stack)
        with ExitStack() as closing:
            for one in _open[index:]:
                closing.callback(one.close)
            del _open[index:]
