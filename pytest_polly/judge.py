"""How a cell is judged: one place, the same for every clause.

The record comes first: a client that drops a session token sees the very error that AWS answers to some
other fault, so what it raises says little. Only where every call carried exactly what the case delivered
does it matter what the client made of the answer.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence

from .account import Account
from .driver import Attempt, members
from .errors import CutOffError
from .findings import Finding
from .gate import Credentials
from .record import Call
from .sources import SOURCES

#: Tells whether the same client speaks in another case: a control.
Control = Callable[[str, str], bool]
ErrorTypes = type[BaseException] | tuple[type[BaseException], ...]

#: How often the same request may be sent though its credentials were refused.
REPETITIONS = 2

_SDK_FOUND_NOTHING = (
    "NoCredentialsError",
    "PartialCredentialsError",
    "CredentialRetrievalError",
    "ProfileNotFound",
    "Unable to locate credentials",
    "Partial credentials found",
)


def speaks(account: Account, attempt: Attempt, control: Control) -> list[Finding]:
    """Judge a case with valid credentials: audio, and every call signed by the very credentials of it."""
    signing = signed_wrongly(account, attempt)
    if signing:
        return signing
    if not attempt.polly_calls:
        return [_without_a_call(account, attempt, control)]
    if attempt.error is not None:
        answers = "; ".join(_answer(call) for call in attempt.polly_calls)
        return [Finding("does-not-speak", f"{_raised(attempt.error)}, although AWS: {answers}")]
    if not attempt.audio:
        return [Finding("empty-audio", f"AWS: {_answer(attempt.polly_calls[-1])}; audio: 0 bytes")]
    return []


def raises(account: Account, attempt: Attempt) -> list[Finding]:
    """Judge a case with invalid credentials: an exception, never audio, silence or the process's end."""
    signing = signed_wrongly(account, attempt)
    if signing:
        return signing
    retried = does_not_retry(attempt)
    if retried:
        return retried
    if isinstance(attempt.error, SystemExit):
        return [Finding("process-exited", f"SystemExit({attempt.error.code!r}) {_after(attempt)}")]
    if attempt.error is not None or _answered_with_audio(attempt):
        return []
    return [_returned_all_the_same(attempt)]


def names_the_cause(account: Account, attempt: Attempt, error: ErrorTypes | None) -> list[Finding]:
    """Judge what was raised: AWS's code within reach, and the type that was promised."""
    found = raises(account, attempt)
    if found or attempt.error is None:
        return found
    refused = [call for call in attempt.calls if call.refused]
    if not refused and _signer_stumbled(attempt.error):
        return found
    if refused:
        reasons = [str(call.error_code) for call in refused]
    else:
        reasons = [*account.expected.refused_by_sdk, *_SDK_FOUND_NOTHING]
    own = error is not None and isinstance(attempt.error, error)
    # Where the client refused by itself there is no code of AWS's that could have been lost.
    excused = not refused and (own or not account.expected.refused_by_sdk)
    if not excused and not mentions(attempt.error, reasons):
        seen = f"{_raised(attempt.error)}, {_after(attempt)}; neither it nor its causes name {reasons[0]}"
        found.append(Finding("error-code-lost", seen))
    if error is not None and not own:
        seen = f"{_raised(attempt.error)}, {_after(attempt)}; promised was {_names(error)}"
        found.append(Finding("wrong-error-type", seen))
    return found


def speaks_again(account: Account, attempt: Attempt) -> list[Finding]:
    """Judge a client that is to speak once more, with nothing changed: not to do so is no matter of time."""
    found = speaks(account, attempt, lambda *_: False)
    return [Finding(one.name, f"asked to speak once more: {one.seen}") for one in found]


def renews(account: Account, before: Sequence[Attempt], after: Attempt, control: Control) -> list[Finding]:
    """Judge a client that spoke, then again *after* its role's first credentials had expired.

    It may be told by AWS that they have expired, as long as it then speaks with new ones.
    """
    found = speaks(account, after, control)
    if not found or signed_wrongly(account, after):
        return found
    used = {call.access_key_id for attempt in before for call in attempt.polly_calls}
    for call in after.polly_calls:
        if call.access_key_id in used and call.error_code == "ExpiredTokenException":
            seen = f"after the role's session had expired, {_call(call)} once more; AWS: {_answer(call)}"
            return [Finding("credentials-frozen", seen)]
    if after.error is not None and not after.calls:
        seen = f"after the role's session had expired, {_raised(after.error)}; nobody was asked for another"
        return [Finding("credentials-frozen", seen)]
    return found


def does_not_mix(account: Account, attempt: Attempt, control: Control) -> list[Finding]:
    """Judge a case with other credentials lying about: none of them may get into the request."""
    if account.expected.ok:
        return speaks(account, attempt, control)
    return raises(account, attempt)


def does_not_retry(attempt: Attempt) -> list[Finding]:
    """Judge repetition: a request whose credentials were refused is sent once more at the most."""
    rejected = [call for call in attempt.polly_calls if call.rejected]
    for call in rejected:
        times = sum(call.repeats(other) for other in rejected)
        if times > REPETITIONS:
            cut_off = any(isinstance(one, CutOffError) for one in chain(attempt.error))
            ending = ", and would have gone on: it was cut off" if cut_off else ""
            seen = f"{_whole(call)}, sent {times} times{ending}; AWS each time: {_answer(call)}"
            return [Finding("auth-error-retried", seen)]
    return []


def survives_throttling(account: Account, attempt: Attempt) -> list[Finding]:
    """Judge a client of a Polly that is busy: what it cannot mend by trying again it raises."""
    signing = signed_wrongly(account, attempt)
    if signing or _answered_with_audio(attempt):
        return signing
    if isinstance(attempt.error, SystemExit):
        return [Finding("process-exited", f"SystemExit({attempt.error.code!r}) {_after(attempt)}")]
    if attempt.error is None:
        return [_returned_all_the_same(attempt)]
    return []


def shares_safely(account: Account, calls: Sequence[Call]) -> list[Finding]:
    """Judge many calls across renewals: each is signed by one whole triple, be it an older one."""
    sessions = {one.credentials.access_key_id: one.credentials for one in account.role_sessions}
    for call in calls:
        due = sessions.get(call.access_key_id or "")
        if call.service != "polly" or due is None:
            continue
        whole = call.token == due.session_token and call.signed_with(due.secret_access_key)
        if not whole:
            part = "token" if call.token != due.session_token else "secret"
            seen = f"{_call(call)}, but with the {part} of another renewal; AWS: {_answer(call)}"
            return [Finding("torn-credentials", seen)]
    return []


def keeps_secrets(leaks: Sequence[str]) -> list[Finding]:
    """Judge what a watch over the client found."""
    return [Finding("secret-leaked", "; ".join(leaks))] if leaks else []


def leaves_alone(changes: Sequence[str]) -> list[Finding]:
    """Judge what became of the environment and AWS's files."""
    return [Finding("environment-changed", "; ".join(changes))] if changes else []


# Who signed -----------------------------------------------------------------------------------


def signed_wrongly(account: Account, attempt: Attempt) -> list[Finding]:
    """Return what is wrong with the signers of an attempt's calls, each kind of fault once."""
    if _refuses_token(account, attempt):
        return [Finding("session-token-dropped", f"{_raised(attempt.error)}: no session token accepted")]
    found: dict[str, Finding] = {}
    outcome = "" if attempt.error is None else f"; the client: {_raised(attempt.error)}"
    for call in filter(_is_signed_for_the_case, attempt.calls):
        for finding in _signer_faults(account, call):
            found.setdefault(finding.name, Finding(finding.name, finding.seen + outcome))
    return list(found.values())


def _is_signed_for_the_case(call: Call) -> bool:
    """Tell whether the case's own credentials are to sign *call*; a role's are fetched with others."""
    return call.service == "polly" or (call.service, call.operation) == ("sts", "GetCallerIdentity")


def _refuses_token(account: Account, attempt: Attempt) -> bool:
    return "aws_session_token" in account.parameters and any(
        isinstance(one, TypeError) and "aws_session_token" in str(one) for one in chain(attempt.error)
    )


def _signer_faults(account: Account, call: Call) -> Iterator[Finding]:
    due = _due(account, call)
    if due is None or call.access_key_id != due.access_key_id:
        yield from _signed_by_another(account, call)
    elif call.token != due.session_token:
        yield _wrong_token(account, call, due)
    elif not call.signed_with(due.secret_access_key):
        if any(call.signed_with(key.credentials.secret_access_key) for key in account.issued.values()):
            yield Finding(
                "sources-mixed", f"{_call(call)}, but by another key's secret; AWS: {_answer(call)}"
            )
        elif due.secret_access_key is not None:
            yield Finding(
                "credentials-altered",
                f"{_call(call)}, but not by the secret of that key, or changed after it was signed; "
                f"AWS: {_answer(call)}",
            )


def _due(account: Account, call: Call) -> Credentials | None:
    """Return what *call* should have carried: of a role's sessions any will do, but that one wholly."""
    for session in account.role_sessions:
        if session.credentials.access_key_id == call.access_key_id:
            return session.credentials
    return account.credentials


def _signed_by_another(account: Account, call: Call) -> Iterator[Finding]:
    explicit = bool(account.case and SOURCES[account.case.source].parameters)
    if call.access_key_id is None:
        name = "explicit-ignored" if explicit else "ambient-ignored"
        yield Finding(name, f"{call.operation} was not signed at all; AWS: {_answer(call)}")
        return
    other = account.issued.get(call.access_key_id)
    if other is None:
        yield Finding("wrong-identity", f"{_call(call)}, which the case did not hand out")
        return
    theirs, place = other.credentials, account.place_of(call.access_key_id)
    if not call.signed_with(theirs.secret_access_key) or call.token not in (None, theirs.session_token):
        seen = f"{_call(call)} of {place}, but with a secret or token from elsewhere; AWS: {_answer(call)}"
        yield Finding("sources-mixed", seen)
        return
    ignored = explicit and place in SOURCES
    seen = f"{_call(call)} of {place}, not with what came by {account.source}; AWS: {_answer(call)}"
    yield Finding("explicit-ignored" if ignored else "wrong-identity", seen)
    if theirs.session_token and call.token is None:
        yield _dropped(call)


def _wrong_token(account: Account, call: Call, due: Credentials) -> Finding:
    if call.token is None:
        return _dropped(call)
    if any(call.token == key.credentials.session_token for key in account.issued.values()):
        seen = f"{_call(call)}, but with somebody else's session token; AWS: {_answer(call)}"
        return Finding("sources-mixed", seen)
    return Finding("credentials-altered", f"{_call(call)}, but with an altered token; AWS: {_answer(call)}")


def _dropped(call: Call) -> Finding:
    seen = (
        f"{call.operation} signed with {call.access_key_id}, which came with a session token, "
        f"but sent without one; AWS: {_answer(call)}"
    )
    return Finding("session-token-dropped", seen)


# What came of it ------------------------------------------------------------------------------


def _without_a_call(account: Account, attempt: Attempt, control: Control) -> Finding:
    """Tell a client that gives up, or ignores what it is given, from one that never works."""
    if attempt.error is None:
        got = f"{len(attempt.audio or b'')} bytes of audio, and no call to Polly"
        return Finding("answered-from-cache" if attempt.audio else "empty-audio", got)
    seen = f"{_raised(attempt.error)}, and no call to Polly"
    if attempt.calls:
        return Finding("does-not-speak", f"{seen}; {'; '.join(_made(call) for call in attempt.calls)}")
    source = SOURCES[str(account.source)]
    others = [name for name in ("explicit", "environment") if name != source.name]
    if mentions(attempt.error, _SDK_FOUND_NOTHING) or any(control("long-term", one) for one in others):
        return Finding("explicit-ignored" if source.parameters else "ambient-ignored", seen)
    return Finding("does-not-speak", seen)


def _answered_with_audio(attempt: Attempt) -> bool:
    """Tell whether Polly itself spoke in the end: no longer busy, or of a client that set its clock."""
    return bool(attempt.audio and attempt.polly_calls and not attempt.polly_calls[-1].refused)


def _returned_all_the_same(attempt: Attempt) -> Finding:
    got = f"{len(attempt.audio or b'')} bytes of audio"
    if attempt.audio and not attempt.polly_calls:
        return Finding("answered-from-cache", f"{got}, and no call to Polly")
    return Finding("error-swallowed", f"no exception but {got} {_after(attempt)}")


def mentions(error: BaseException, reasons: list[str] | tuple[str, ...]) -> bool:
    """Tell whether *error* or anything it visibly comes from names one of *reasons*."""
    return any(
        reason in text
        for one in chain(error)
        for text in (str(one), type(one).__name__)
        for reason in reasons
    )


def _signer_stumbled(error: BaseException) -> bool:
    """Tell whether the SDK came to grief over a key without a secret, which it promises to no one.

    botocore signs by awscrt where that is installed, and awscrt asserts that there is a secret.
    """
    return any(
        isinstance(one, AssertionError) and frame.f_globals.get("__name__", "").startswith("awscrt.")
        for one in chain(error)
        for frame, _ in traceback.walk_tb(one.__traceback__)
    )


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield *error* and what it comes from, as a traceback would show it."""
    pending, seen = [error] if error is not None else [], set()
    while pending:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        pending += members(one)
        if one.__cause__ is not None:
            pending.append(one.__cause__)
        elif one.__context__ is not None and not one.__suppress_context__:
            pending.append(one.__context__)


def _call(call: Call) -> str:
    return f"{call.operation} signed with {call.access_key_id}"


def _whole(call: Call) -> str:
    return f"{_call(call)}, {'with a' if call.token_sent else 'without a'} session token"


def _made(call: Call) -> str:
    return f"{call.service}: {call.operation} answered {_answer(call)}"


def _answer(call: Call) -> str:
    if not call.refused:
        return str(call.status)
    return f"{call.status} {call.error_code}: {call.message}"


def _after(attempt: Attempt) -> str:
    """Say what was refused last, how often it had been tried, and in what words."""
    refused = [call for call in attempt.calls if call.refused]
    if not refused:
        return "and no call to Polly"
    last = refused[-1]
    times = sum(last.repeats(one) for one in refused)
    tries = f", sent {times} times" if times > 1 else ""
    return f"after {_whole(last)}{tries}; AWS: {_answer(last)}"


def _raised(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}"


def _names(error: ErrorTypes) -> str:
    types = error if isinstance(error, tuple) else (error,)
    return " or ".join(one.__name__ for one in types)
