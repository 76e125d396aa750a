"""Failures that a test asks for: judged when they are asked for, since nobody would meet a mistaken one."""

from __future__ import annotations

import re
from typing import TypeGuard

from botocore import exceptions

from .errors import PollyError, did_you_mean
from .services.container import EcsAgent, PodIdentity
from .services.imds import Imds
from .services.plan import Planned
from .services.service import SILENCES, Failure, Known, Service
from .services.signed import Polly, Sts
from .services.signin import SignIn
from .services.sso import Sso

#: Every service there is, for what can be known of it before a case has put it somewhere.
_KINDS: dict[str, tuple[type[Service], ...]] = {
    "polly": (Polly,),
    "sts": (Sts,),
    "imds": (Imds,),
    "container": (EcsAgent, PodIdentity),
    "sso": (Sso,),
    "signin": (SignIn,),
}
#: What a failure is whose code says nothing.
_UNKNOWN = Known(400)
#: Also what a header can hold, in which some services name it.
_CODE = re.compile(r"\w[\w.:-]*", re.ASCII)
#: What botocore raises where it has heard nothing of AWS.
_UNHEARD = (exceptions.HTTPClientError, exceptions.ConnectionError)
#: HTTP sends no body with these, and every error has one.
_BODILESS = (204, 304)


def planned(
    service: str,
    code: str,
    *,
    status: int | None = None,
    message: str | None = None,
    body: str | bytes | None = None,
    operation: str | None = None,
    times: int | None = 1,
) -> Planned:
    """Return the failure that is asked for; what is left out is what the service is known to answer.

    Raises `PollyError` for what cannot fail so, or would never be met.
    """
    if service not in list(_KINDS):
        raise PollyError(f"{service!r} is no service; the services are {', '.join(_KINDS)}")
    _check_code(code)
    _check_answer(status, message, body)
    _check_operation(service, operation)
    if times is not None and not (_is_number(times) and times > 0):
        raise PollyError(f"`times` is how many requests fail: 1 or more, or None for all; not {times!r}")
    failures = (kind.known_failures for kind in _KINDS[service])
    known = next((table[code] for table in failures if code in table), _UNKNOWN)
    raw = body.encode() if isinstance(body, str) else body
    failure = Failure(code, status or known.status, known.message if message is None else message, raw)
    return Planned(service, failure, operation or known.operation, times)


def _check_code(code: object) -> None:
    if not (isinstance(code, str) and _CODE.fullmatch(code)):
        raise PollyError(f"the code of a failure is a name such as 'ThrottlingException', not {code!r}")
    exception = getattr(exceptions, code, None)
    if isinstance(exception, type) and issubclass(exception, _UNHEARD) and code not in SILENCES:
        raise PollyError(
            f"{code} is botocore's, and no answer of AWS's; of those the ones that can be had are "
            f"{', '.join(SILENCES)}"
        )


def _check_answer(status: object, message: object, body: object) -> None:
    # Of what is below botocore thinks as of success.
    lowest = 301 if body is None else 200
    if status is not None and not (_is_number(status) and lowest <= status <= 599):
        raise PollyError(f"the status of a failure is a number from {lowest} to 599, not {status!r}")
    if status in _BODILESS:
        raise PollyError(f"an answer of status {status} has no body; for an empty one: status=200, body=b''")
    if not isinstance(message, (str, type(None))):
        raise PollyError(f"the message of a failure is text, not {message!r}")
    if not isinstance(body, (str, bytes, type(None))):
        raise PollyError(f"the body of a failure is text or bytes, as it is sent; not {body!r}")


def _check_operation(service: str, operation: object) -> None:
    known = [name for kind in _KINDS[service] for name in kind.operations]
    if operation is None or operation in known:
        return
    raise PollyError(
        f"{operation!r} is no operation of {service} that is answered here; those are "
        f"{', '.join(map(repr, known))}{did_you_mean(str(operation), known)}"
    )


def _is_number(value: object) -> TypeGuard[int]:
    """Tell whether *value* is a whole number, which to Python ``True`` is too."""
    return isinstance(value, int) and not isinstance(value, bool)
