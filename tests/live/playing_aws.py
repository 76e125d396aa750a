"""Plays AWS in a process of its own: an account with an IAM user and a role, behind HTTP on loopback.

The first line printed says where it is and what it has. Then, for each line of JSON read, something is done
and what comes of it printed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pytest_polly.aws import SimulatedAWS
from pytest_polly.clock import Clock
from pytest_polly.directory import Directory, trust_policy
from pytest_polly.gate import Credentials, Request, Response, statement
from pytest_polly.gate.policy import Document
from pytest_polly.live.budget import characters
from pytest_polly.wire.server import Server, wall_clock

REGION, ACCOUNT = "us-east-1", "210987654321"


class Played:
    """The account, and how it differs from what the simulation on the other side knows."""

    def __init__(self) -> None:
        self.directory = Directory(ACCOUNT)
        self.user = self.directory.create_user("maintainer")
        self.role = self.directory.create_role("polly-live")
        self.aws = SimulatedAWS(self.directory, Clock(), REGION)
        self.spoken = 0
        self.drift: dict[str, Any] = {}
        self.forget()

    def answer(self, request: Request, now: datetime) -> Response | None:
        response = self.aws.answer(request, now)
        if response is None:
            return None
        if response.status == 200:
            self.spoken += characters(self.aws.calls[-1].operation, request)
        return self._drifted(response) if response.error_code == self.drift.get("of", "") else response

    def _drifted(self, response: Response) -> Response:
        body = response.body
        for before, after in self.drift.get("body", ()):
            body = body.replace(before.encode(), after.encode())
        headers = {**response.headers, **self.drift.get("headers", {}), "Content-Length": str(len(body))}
        return replace(response, status=self.drift.get("status", response.status), headers=headers, body=body)

    # What can be asked for --------------------------------------------------------------------

    def long_term(self) -> Any:
        return _told(self.directory.issue_long_term(self.user, wall_clock()).credentials)

    def session(self, minutes: float = 15) -> Any:
        principal = self.directory.issue_long_term(self.user, wall_clock()).principal
        issued = self.directory.issue_session(principal, wall_clock(), timedelta(minutes=minutes))
        return _told(issued.credentials)

    def drifting(self, **drift: Any) -> Any:
        """From now on answers with the error code *of* (``None``: those without one) are others."""
        self.drift = drift

    def deny(self, action: str) -> Any:
        self.user.policies.append(statement("Deny", action))

    def policies(self, user: Document, role: Document, trust: Document) -> Any:
        """From now on the user and the role may do this, and the role trusts whom *trust* says."""
        self.user.policies[:], self.role.policies[:], self.role.trust = [user], [role], trust

    def forget(self) -> Any:
        """Begin anew."""
        self.aws.calls.clear()
        self.spoken, self.drift = 0, {}
        anybody = trust_policy({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
        self.policies(statement("Allow", "polly:*", "sts:AssumeRole"), statement("Allow", "polly:*"), anybody)

    def seen(self) -> Any:
        calls = [
            [call.service, call.operation, call.access_key_id, call.status, call.error_code]
            for call in self.aws.calls
        ]
        return {"calls": calls, "spoken": self.spoken}


def _told(credentials: Credentials) -> dict[str, str]:
    return {name.upper(): value for name, value in credentials.as_client_kwargs().items()}


def main() -> None:
    played = Played()
    with Server(played.answer, wall_clock, REGION, Path) as server:
        print(json.dumps({"url": server.url, "role": played.role.arn}), flush=True)
        for line in sys.stdin:
            asked = json.loads(line)
            do: Callable[..., Any] = getattr(played, asked.pop("do"))
            print(json.dumps(do(**asked)), flush=True)


if __name__ == "__main__":
    main()
