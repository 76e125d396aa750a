"""Signs requests with botocore and sends them to the account in force, without a client in between."""

from __future__ import annotations

import json
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Signer
from botocore.httpsession import URLLib3Session

from pytest_polly import Credentials

URL = "https://polly.us-east-1.amazonaws.com/v1/speech"
_session = URLLib3Session()


def speak(credentials: Credentials, **asked: str) -> tuple[int, str]:
    """Have a text spoken; return the status and the error's code, empty if there is none."""
    members = {"Text": "Hello", "OutputFormat": "mp3", "VoiceId": "Joanna", **asked}
    request = AWSRequest("POST", URL, data=json.dumps(members), headers={"Content-Type": "application/json"})
    parts = (credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
    SigV4Auth(Signer(*parts), "polly", "us-east-1").add_auth(request)
    return _sent(request)


def send(authorization: str, **headers: str) -> tuple[int, str]:
    """Send a request with an ``Authorization`` header of the test's own."""
    sent = {"Authorization": authorization, "X-Amz-Date": "20300101T000000Z", **headers}
    return _sent(AWSRequest("POST", URL, data=b"{}", headers=sent))


def _sent(request: AWSRequest) -> tuple[int, str]:
    response: Any = _session.send(request.prepare())
    code = response.headers.get("x-amzn-ErrorType", "").partition(":")[0]
    return response.status_code, code
