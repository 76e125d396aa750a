"""AWS's front door as a pure function of request, issued credentials and time.

It knows neither pytest nor moto, nor how a request came.
"""

from .arrival import Arrival, Door
from .checks import CHECKS, authenticate, authorize
from .errors import Fault, Refusal, Words
from .identity import Credentials, IssuedKey, Principal
from .policy import Policies, statement
from .request import Request, Response, octets, phrase

__all__ = [
    "CHECKS",
    "Arrival",
    "Credentials",
    "Door",
    "Fault",
    "IssuedKey",
    "Policies",
    "Principal",
    "Refusal",
    "Request",
    "Response",
    "Words",
    "authenticate",
    "authorize",
    "octets",
    "phrase",
    "statement",
]
