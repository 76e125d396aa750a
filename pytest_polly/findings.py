"""The catalogue of findings: what can be wrong with a client, by name, with its cure."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill

#: Where each finding has a page: what it looks like, why it hurts, how to cure it.
PAGES = "https://pytest-polly.readthedocs.io/en/latest/findings/"
#: Columns of a failure's text.
_LINE = 100


@dataclass(frozen=True)
class Diagnosis:
    """One thing that can be wrong with a client: what it means, and what to do about it."""

    name: str
    meaning: str
    cure: str

    @property
    def link(self) -> str:
        return f"{PAGES}{self.name}.html"


@dataclass(frozen=True)
class Finding:
    """A diagnosis made in one run: ``seen`` says in a sentence what led to it."""

    name: str
    seen: str

    def __post_init__(self) -> None:
        assert self.name in DIAGNOSES, f"{self.name} is not in the catalogue"

    @property
    def cure(self) -> str:
        return DIAGNOSES[self.name].cure

    @property
    def link(self) -> str:
        return DIAGNOSES[self.name].link

    def told(self, where: str) -> str:
        """Return the finding as a failure's text has it: where it was made, its cure and its page."""
        lines = [f"{self.name}: {where}"]
        for label, text in (("seen", self.seen), ("cure", self.cure)):
            lead = f"  {label}  "
            lines.append(fill(text, _LINE, initial_indent=lead, subsequent_indent=" " * len(lead)))
        return "\n".join([*lines, f"  more  {self.link}"])

    def as_dict(self) -> dict[str, str]:
        """Return the finding as the JSON report has it."""
        return {"name": self.name, "seen": self.seen, "cure": self.cure, "link": self.link}


_LET_THE_SDK = "pass no credentials and let the SDK find them (environment, files, role)"

_ALL = (
    Diagnosis(
        "session-token-dropped",
        "Temporary credentials were used without their session token.",
        'boto3.client("polly", …, aws_session_token=aws_session_token), or ' + _LET_THE_SDK + ".",
    ),
    Diagnosis(
        "explicit-ignored",
        "Credentials given as parameters were not used.",
        "Hand what the caller gives on to the SDK: boto3.Session(aws_access_key_id=…, "
        "aws_secret_access_key=…, aws_session_token=…, profile_name=…).",
    ),
    Diagnosis(
        "ambient-ignored",
        "The client gave up although the SDK would have found credentials by itself.",
        "Do not require keys: where none are given, call boto3.client without them, "
        "and the SDK finds environment, files and roles.",
    ),
    Diagnosis(
        "wrong-identity",
        "The request was signed with somebody else's credentials.",
        "Use one session for everything: boto3.Session(profile_name=…) or the SDK's default chain, "
        "and no key of your own.",
    ),
    Diagnosis(
        "credentials-altered",
        "The secret or the token that signed the request is not the one the client was given, or the "
        "request is not the one that was signed.",
        "Pass secret and token on untouched: no stripping, quoting, re-encoding or cutting; "
        "a slash or a plus in them is legal. What you have signed and send by yourself must go out as it "
        "was signed, method and all.",
    ),
    Diagnosis(
        "sources-mixed",
        "Key, secret and token came from different places.",
        "Take all three from one place: either what the caller gave, all of it and nothing else, or "
        "nothing, so that the SDK takes all three from one source.",
    ),
    Diagnosis(
        "credentials-frozen",
        "After the first credentials of a role had expired the client went on using them.",
        "Do not keep what get_credentials() returned: keep the session or the client and let the SDK "
        "renew them.",
    ),
    Diagnosis(
        "does-not-speak",
        "The client failed although AWS would have answered with audio.",
        "Look at the error: AWS has nothing against the credentials. Does the client check their form by "
        "itself? Every form that AWS issues must pass. Is the contract class right?",
    ),
    Diagnosis(
        "empty-audio",
        "The client returned no audio and no error.",
        'Return the bytes of response["AudioStream"], and raise where there are none.',
    ),
    Diagnosis(
        "answered-from-cache",
        "The client returned audio without asking Polly for it.",
        "Ask Polly for a text never spoken before; a cache or stand-in must not hide that "
        "credentials do not work.",
    ),
    Diagnosis(
        "error-swallowed",
        "Polly refused, and the client returned as if it had not.",
        "Let the error through, or raise your own from it: raise NarratorError(…) from error.",
    ),
    Diagnosis(
        "process-exited",
        "The client ended the process instead of raising.",
        "Raise an exception; only a program's outermost layer may call sys.exit().",
    ),
    Diagnosis(
        "auth-error-retried",
        "A request whose credentials Polly had refused was sent again and again.",
        "Retry on throttling and server errors only; an answer of status 403 stays as it is. The SDK "
        "knows which is which: leave retries to it (Config(retries={…})).",
    ),
    Diagnosis(
        "environment-changed",
        "The client changed the process's environment or AWS's files.",
        "Give credentials to boto3.Session(…) instead of writing them into os.environ, "
        "where every other client in the process finds them.",
    ),
    Diagnosis(
        "secret-leaked",
        "A secret access key or a session token can be read where it does not belong.",
        "Do not log, print or store what the caller gave; show the access key id, and give classes "
        "that hold secrets a __repr__ that hides them.",
    ),
    Diagnosis(
        "torn-credentials",
        "Key, secret and token of one request came from different renewals.",
        "Take all three at once: session.get_credentials().get_frozen_credentials(), for each request "
        "anew; or keep the SDK's client, which does so.",
    ),
    Diagnosis(
        "error-code-lost",
        "What the client raises no longer tells why AWS refused.",
        "Chain the cause: raise NarratorError(str(error)) from error. Where get_credentials() returns None, "
        "there are none: raise botocore.exceptions.NoCredentialsError().",
    ),
    Diagnosis(
        "wrong-error-type",
        "The client raised another type than the one it promises.",
        "Wrap what the SDK raises (botocore's ClientError and BotoCoreError): "
        "except (ClientError, BotoCoreError) as error: raise NarratorError(…) from error.",
    ),
)

DIAGNOSES: dict[str, Diagnosis] = {diagnosis.name: diagnosis for diagnosis in _ALL}
