"""A state machine for hypothesis: every kind of credential, and whatever can become of it, in any order.

The contract asks one question at a time. Here hypothesis makes up whole histories (credentials are
delivered, expire, are rotated, revoked; an hour goes by; Polly is busy), has the client speak in between,
and reduces a history that the client does not survive to the shortest that shows it:

    from pytest_polly.stateful import CredentialMachine

    class Narrators(CredentialMachine):
        def make_client(self, **credentials):
            return Narrator(**credentials)

        def synthesize(self, client, text):
            return client.say(text)

    TestNarrators = Narrators.TestCase

The two methods are those of `pytest_polly.contract.CredentialContract`. What must hold is AWS's own rule:
the client gets audio if and only if the credentials that sign its request are valid at that moment, and
otherwise raises what names AWS's reason. What is valid the machine knows from books of its own; AWS's side
is held against them as well.

Settings are hypothesis's: ``TestNarrators.settings = settings(max_examples=500)``.
Needs hypothesis: ``pip install "pytest-polly[property]"``.
"""

from __future__ import annotations

import unittest
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

try:
    from hypothesis import settings
    from hypothesis import strategies as st
    from hypothesis.stateful import (
        RuleBasedStateMachine,
        TestCaseProperty,
        initialize,
        invariant,
        precondition,
        rule,
    )
except ModuleNotFoundError as error:
    if error.name != "hypothesis":
        raise
    raise ImportError(
        'pytest_polly.stateful needs hypothesis: pip install "pytest-polly[property]"'
    ) from error

from . import judge
from .account import Account
from .books import SPEAK, Books, Key, Owner
from .cases import Case, check_mode, check_names, check_source
from .clock import Clock
from .driver import KEY_PARAMETERS, Attempt, Client, accepted
from .errors import PollyError
from .findings import Finding
from .gate import Credentials
from .modes import MODES
from .record import Call
from .sources import SOURCES

#: Left out unless a class names them: a process takes its time, and of EC2's credentials botocore itself
#: prolongs the last ones.
_SLOW, _PROLONGED = ("process",), ("imds",)

#: Steps of a history: the client speaks after each, which takes its time.
_STEPS = 20

_ACTIONS = st.sampled_from((SPEAK, "polly:*", "polly:DescribeVoices"))
#: Within a renewal window, past an hour's session, past everything.
_MINUTES = st.sampled_from((1, 10, 52, 61, 720))
_TROUBLE = st.sampled_from(("ThrottlingException", "ServiceFailureException"))


class ClientAtFault(AssertionError):
    """A client got the rule wrong; the message says how, and what cures it."""


class AWSAtFault(AssertionError):
    """The simulated AWS answered otherwise than AWS does: not the client's fault."""


# The machine ----------------------------------------------------------------------------------


@dataclass
class _Force:
    """The case in force."""

    case: Case
    owner: Owner | None
    #: Whether it hands out a role's sessions, as many as are asked for.
    role: bool
    #: Of anything else, the key that was issued last.
    key: Key | None = None
    #: Everything that lay at its source, the latest last.
    handed: list[Credentials] = field(default_factory=list)


@dataclass
class _Held:
    """A client, and what it may rightly sign with."""

    client: Client
    handed: Sequence[Credentials]


class _InHeldTime(TestCaseProperty):
    """What ``CredentialMachine.TestCase`` gives: hypothesis's own test case, of shorter histories.

    Time is held throughout: taking hold of it looks at every module there is, moving it costs nothing.
    """

    def __get__(self, obj: Any, typ: Any = None) -> Any:
        test_case = super().__get__(obj, typ)
        if test_case.setUp is not _hold_time:
            test_case.setUp = _hold_time  # type: ignore[assignment, method-assign]
            steps = min(_STEPS, test_case.settings.stateful_step_count)
            test_case.settings = settings(test_case.settings, stateful_step_count=steps)
        return test_case


def _hold_time(test: unittest.TestCase) -> None:
    clock = Clock()
    test.addCleanup(clock.reset)
    clock.advance(timedelta(0))


# Named, so that hypothesis's statistics can tell which of them held a rule back.
def _somebody_in_force(machine: CredentialMachine) -> bool:
    return machine._force.owner is not None


def _session_in_force(machine: CredentialMachine) -> bool:
    return any(key.temporary and not key.expired for key in machine._keys_in_force())


def _active_key_in_force(machine: CredentialMachine) -> bool:
    return any(key.active for key in machine._keys_in_force())


def _can_be_given(machine: CredentialMachine) -> bool:
    return machine._given is None and bool(machine._accepts & KEY_PARAMETERS)


#: Names of the cases that the running machine's client can be put into.
_CASES: st.SearchStrategy[str] = st.runner().flatmap(lambda machine: machine._drawn)


class CredentialMachine(RuleBasedStateMachine):
    """Subclass this with two methods, and point pytest at its ``TestCase``.

    ``make_client`` and ``synthesize`` are those of a contract: either may be ``async``, and what a client
    can be given is read from the signature of ``make_client``. Rules of your own are welcome; the account
    that an example runs in is ``self.account``.
    """

    #: The names of the modes that are delivered; ``None``: all of them.
    modes: ClassVar[Sequence[str] | None] = None
    #: The names of the sources through which; ``None``: all but ``process``, which takes its time, and
    #: ``imds``, whose last credentials botocore itself prolongs.
    sources: ClassVar[Sequence[str] | None] = None

    TestCase = _InHeldTime()

    def make_client(self, *args: Any, **kwargs: Any) -> Any:
        """Return a new client, made from what it is given under boto3's own names."""
        raise NotImplementedError

    def synthesize(self, *args: Any, **kwargs: Any) -> Any:
        """Have the client, the first argument, speak the text, the second, and return the audio."""
        raise NotImplementedError

    def __init__(self) -> None:
        self._accepts = accepted(type(self))
        self._cases = _deliverable(type(self), self._accepts)
        # Half of the cases are valid ones: only who is somebody has something to lose.
        valid = [name for name, case in self._cases.items() if MODES[case.mode].valid]
        self._drawn = st.sampled_from([*valid * (len(self._cases) // len(valid or "?")), *self._cases])
        super().__init__()
        self._books = Books()
        #: Credentials that the client is given as parameters, whatever is in force.
        self._given: Credentials | None = None
        self._held: _Held | None = None
        self._silent = False
        self._stack, self._applied = ExitStack(), ExitStack()
        self.account = self._stack.enter_context(Account(label=f"an example of {type(self).__name__}"))
        self.account.patience = judge.REPETITIONS

    def teardown(self) -> None:
        """Close the client, and put everything back."""
        with self._stack, self._applied:
            self._let_go()

    @invariant()
    def audio_if_and_only_if_valid(self) -> None:
        """AWS's own rule: the client speaks a new text, and gets audio or an error as it should."""
        if self._silent:
            return
        attempt = self._take().client.attempt(self.account)
        self._enter_sessions()
        self._check_answers(attempt)
        findings = self._judge(attempt)
        if findings:
            raise ClientAtFault(self._told(findings)) from None

    # What can happen --------------------------------------------------------------------------

    @initialize(case=_CASES)
    def start(self, case: str) -> None:
        """In the beginning a case is in force."""
        self._put_in_force(self._cases[case])

    @rule(case=_CASES)
    def deliver(self, case: str) -> None:
        """Another case comes into force, with a new client."""
        self._let_go()
        self._put_in_force(self._cases[case])

    @precondition(_can_be_given)
    @rule(mode=st.sampled_from(("long-term", "session-token")))
    def issue(self, mode: str) -> None:
        """Somebody else gets credentials, and a new client is given them as parameters.

        What is in force stays in force beside them.
        """
        self._let_go()
        self._given = self.account.issue(mode)
        self._enter(self._given, _new_owner(mode))

    @rule()
    def restart(self) -> None:
        """The client is made anew, of what the case in force has for it now."""
        self._let_go()
        self._given = None

    @precondition(_somebody_in_force)
    @rule()
    def rotate(self) -> None:
        """New credentials lie at the source; the old ones stay valid."""
        self.account.rotate()
        self._enter_case()

    @precondition(_session_in_force)
    @rule()
    def expire(self) -> None:
        """The sessions in force run out."""
        self.account.expire()
        for key in self._keys_in_force():
            key.expired = True

    @precondition(_active_key_in_force)
    @rule()
    def deactivate(self) -> None:
        """The keys in force are switched off."""
        self.account.deactivate_key()
        for key in self._keys_in_force():
            key.active = False

    @precondition(_somebody_in_force)
    @rule()
    def revoke(self) -> None:
        """Every session issued so far to who is in force is revoked."""
        self.account.revoke_sessions()
        for key in self._books.keys.values():
            key.revoked |= key.temporary and key.owner is self._force.owner

    @precondition(_somebody_in_force)
    @rule(action=_ACTIONS)
    def deny(self, action: str) -> None:
        """Who is in force is denied an action."""
        self.account.deny(action)
        self._owner.denies.add(action)

    @precondition(_somebody_in_force)
    @rule(action=_ACTIONS)
    def allow(self, action: str) -> None:
        """Who is in force is allowed an action, and no longer denied it."""
        self.account.allow(action)
        self._owner.denies.discard(action)
        self._owner.allows.add(action)

    @rule(minutes=_MINUTES)
    def advance(self, minutes: int) -> None:
        """Time goes by."""
        self.account.clock.advance(minutes=minutes)
        self._enter_sessions()

    @rule(code=_TROUBLE, times=st.integers(1, 6))
    def fail(self, code: str, times: int) -> None:
        """Polly itself is in trouble for the next requests."""
        self.account.fail("polly", code, times=times)
        self._books.trouble += [code] * times

    @rule()
    def hush(self) -> None:
        """The client says nothing, whatever happens, until it is to speak again."""
        self._silent = True

    @rule()
    def speak(self) -> None:
        """The client speaks again, after this and every further step."""
        self._silent = False

    # Keeping the books ------------------------------------------------------------------------

    def _put_in_force(self, case: Case) -> None:
        self._applied.close()
        self._applied.enter_context(self.account.apply_case(case))
        mode = MODES[case.mode]
        role = mode.kind == "role" or SOURCES[case.source].role
        self._force, self._given = _Force(case, _new_owner(case.mode), role), None
        self._books.skew, self._books.trouble = mode.skew, []
        self._books.down = mode.failing.code if mode.failing else None
        self._enter_case()

    def _enter_case(self) -> None:
        """Enter what the case in force hands out now."""
        if self._force.role:
            self._enter_sessions()
        elif self.account.credentials is not None:
            given, active = self.account.credentials, MODES[self._force.case.mode].active
            self._force.key = self._enter(given, self._force.owner, active=active)
            self._force.handed.append(given)

    def _enter_sessions(self) -> None:
        """Enter sessions of the role in force that were issued since."""
        if self._force.role:
            for session in self.account.role_sessions:
                if session.credentials.access_key_id not in self._books.keys:
                    self._enter(session.credentials, self._owner)

    def _enter(self, given: Credentials, owner: Owner | None, *, active: bool = True) -> Key | None:
        """Enter the key that *given* names; a key that AWS does not know is not entered."""
        issued = self.account.issued.get(given.access_key_id)
        if issued is None or owner is None:
            return None
        key = self._books.keys[given.access_key_id] = Key(issued.credentials, owner, active)
        return key

    def _keys_in_force(self) -> list[Key]:
        """Return the keys that the account means by the credentials in force."""
        force = self._force
        if force.role:
            return [key for key in self._books.keys.values() if key.owner is force.owner]
        return [] if force.key is None else [force.key]

    @property
    def _owner(self) -> Owner:
        assert self._force.owner is not None
        return self._force.owner

    # Having the client speak ------------------------------------------------------------------

    @property
    def _by_parameters(self) -> bool:
        return self._given is not None or self._force.case.source == "explicit"

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.client.close()

    def _take(self) -> _Held:
        """Return the client, making ready for one if there is none."""
        if self._held is None:
            # A new client may share what its process keeps: boto3's default session has what it found first.
            handed: Sequence[Credentials] = self._force.handed
            parameters = self.account.parameters
            if self._given is not None:
                handed, parameters = [self._given], self._given.as_client_kwargs()
            elif self._by_parameters:
                handed = handed[-1:]
            taken = {name: value for name, value in parameters.items() if name in self._accepts}
            self._held = _Held(Client(self, taken), handed)
        return self._held

    # Judging ----------------------------------------------------------------------------------

    def _check_answers(self, attempt: Attempt) -> None:
        """Hold AWS's answers against the books."""
        for call in attempt.polly_calls:
            known_to_us = call.access_key_id in self._books.keys
            if call.access_key_id in self.account.issued and not known_to_us:
                continue  # Whose key that is the books do not tell; it is not the client's, in any case.
            due = self._books.answer(call)
            if due != call.error_code:
                answer, right = (code or "success" for code in (call.error_code, due))
                raise AWSAtFault(
                    f"{call.operation} signed with {call.access_key_id} was answered with {answer}; "
                    f"after what was done before, it must be {right}"
                )

    def _judge(self, attempt: Attempt) -> list[Finding]:
        for call in attempt.polly_calls:
            finding = self._signed_wrongly(call)
            if finding is not None:
                return [finding]
        return judge.does_not_retry(attempt) or list(filter(None, [self._came_to_nothing(attempt)]))

    def _may_sign_with(self) -> Sequence[Credentials]:
        if self._given is None and self._force.role:
            return [key.issued for key in self._keys_in_force()]
        return [] if self._held is None else self._held.handed

    def _signed_wrongly(self, call: Call) -> Finding | None:
        """Say what is wrong with who signed *call*: it must carry one thing handed out, and that wholly."""
        due = self._may_sign_with()
        if any(_carries(call, one) for one in due):
            return self._signed_too_late(call)
        claimed = [one for one in due if one.access_key_id == call.access_key_id]
        made = f"{call.operation} signed with {call.access_key_id}"
        answer = f"AWS: {call.status} {call.error_code or 'audio'}"
        if not call.signed:
            name = "explicit-ignored" if self._by_parameters else "ambient-ignored"
            return Finding(name, f"{call.operation} was not signed; {answer}") if due else None
        if not claimed:
            return Finding("wrong-identity", f"{made}, which the client was not given; {answer}")
        if call.token is None and any(one.session_token for one in claimed):
            seen = f"{made}, which came with a session token, but sent without one; {answer}"
            return Finding("session-token-dropped", seen)
        part = "secret" if any(call.token == one.session_token for one in claimed) else "session token"
        if any(_lends(call, key.credentials, part) for key in self.account.issued.values()):
            return Finding("sources-mixed", f"{made}, but with the {part} of another key; {answer}")
        or_else = ", or changed after it was signed" if part == "secret" else ""
        seen = f"{made}, but not with the {part} of that key{or_else}; {answer}"
        return Finding("credentials-altered", seen)

    def _signed_too_late(self, call: Call) -> Finding | None:
        """A role's session is renewed in time; whoever signs with it later has kept it too long."""
        key = self._books.keys.get(call.access_key_id or "")
        renewed = self._given is None and self._force.role and self._force.case.source not in _PROLONGED
        if not renewed or key is None or not key.past(call.time):
            return None
        seen = f"after the role's session had expired, {call.operation} signed with {call.access_key_id}"
        return Finding("credentials-frozen", f"{seen} once more; AWS: {call.status} {call.error_code}")

    def _came_to_nothing(self, attempt: Attempt) -> Finding | None:
        """Say what is wrong with what came of an attempt whose calls were signed as they should."""
        error, audio, calls = attempt.error, attempt.audio, attempt.polly_calls
        raised = f"{type(error).__name__}: {error}"
        got = f"no exception but {len(audio or b'')} bytes of audio"
        answer = "and no call to Polly"
        if calls:
            answer = f"after AWS: {calls[-1].status} {calls[-1].error_code or 'with audio'}"
        if isinstance(error, SystemExit):
            return Finding("process-exited", f"SystemExit({error.code!r}) {answer}")
        if audio and not any("Speech" in str(call.operation) for call in calls):
            return Finding("answered-from-cache", f"{got}, {answer}")
        # A source may have no more to hand out: a login ends after twelve hours.
        unable = any(call.refused for call in attempt.calls) or not self._can_speak()
        refused = calls[-1].refused if calls else unable
        if not refused:
            if isinstance(error, TypeError) and "aws_session_token" in str(error):
                return Finding("session-token-dropped", f"{raised}: no session token accepted")
            if error is not None:
                return Finding("does-not-speak", f"{raised}, {answer}")
            return None if audio else Finding("empty-audio", f"{got}, {answer}")
        if error is None:
            return Finding("error-swallowed", f"{got} {answer}")
        if calls and not judge.mentions(error, [str(calls[-1].error_code)]):
            return Finding("error-code-lost", f"{raised}, {answer}")
        return None

    def _can_speak(self) -> bool:
        """Tell whether there is anything to sign with that AWS answers with audio."""
        if self._given is None and self._force.role:
            return self._owner.may(SPEAK)
        return any(self._books.honour(one, self.account.clock.aws_now) for one in self._may_sign_with())

    def _told(self, findings: Sequence[Finding]) -> str:
        where = f"{type(self).__name__}, with {self._force.case.id} in force"
        if self._given is not None:
            where += " and other credentials given as parameters"
        return self.account.masked("\n".join(finding.told(where) for finding in findings))


def _deliverable(machine: type[CredentialMachine], accepts: Collection[str]) -> dict[str, Case]:
    """Return the cases that a client which accepts these parameters can be put into, by name."""
    for method in ("make_client", "synthesize"):
        if getattr(machine, method) is getattr(CredentialMachine, method):
            raise PollyError(f"{machine.__qualname__} must define {method}(self, …), as a contract does")
    check_names(f"{machine.__qualname__}.modes", machine.modes, check_mode)
    check_names(f"{machine.__qualname__}.sources", machine.sources, check_source)
    modes = MODES if machine.modes is None else machine.modes
    if machine.sources is None:
        sources = [one for one in SOURCES.values() if one.name not in _SLOW and one.unavailable() is None]
    else:
        sources = [SOURCES[name] for name in machine.sources]
    fitting = [one for one in sources if not one.parameters or set(one.parameters) & set(accepts)]
    cases = [Case(mode, source.name) for mode in modes for source in fitting if mode in source.modes]
    if not cases:
        raise PollyError(f"{machine.__qualname__}: no mode and source of its choice go together")
    return {case.id: case for case in cases}


def _new_owner(mode: str) -> Owner | None:
    """Return somebody new whom the policies of *mode* bind; ``None`` where there is nobody."""
    if MODES[mode].kind == "nothing":
        return None
    return Owner(set(MODES[mode].allows), set(MODES[mode].denies))


def _carries(call: Call, given: Credentials) -> bool:
    """Tell whether *call* carries *given*, wholly and unaltered; of no secret anything can be made."""
    return (
        call.access_key_id == given.access_key_id
        and call.token == given.session_token
        and (given.secret_access_key is None or call.signed_with(given.secret_access_key))
    )


def _lends(call: Call, other: Credentials, part: str) -> bool:
    if part == "secret":
        return call.signed_with(other.secret_access_key)
    return call.token == other.session_token
