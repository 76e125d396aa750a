"""What AWS answered, read for the record: code and message, and credentials that were handed out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from xml.etree import ElementTree

from ..directory import Directory
from ..gate import Arrival, Credentials, IssuedKey, Policies, Principal, Response, statement
from ..gate.errors import Dialect
from ..services.sts import parameters_of


def read(raw: Response, dialect: Dialect) -> Response:
    """Return *raw* with its headers' names in lower case, and with the code and message of an error."""
    response = replace(raw, headers={name.lower(): value for name, value in raw.headers.items()})
    if response.status < 300:
        return response
    code, message = (_json_error if dialect == "rest_json" else _xml_error)(response)
    # As botocore has it: where an answer names no code the status stands for one.
    return replace(response, error_code=code or str(response.status), message=message)


def learn(directory: Directory, arrival: Arrival, operation: str | None, response: Response) -> None:
    """Take down the credentials that STS has handed to a client, so that they are known and masked."""
    if arrival.door.service != "sts" or response.status != 200:
        return
    found = _texts(response.body)
    if "AccessKeyId" not in found:
        return
    credentials = Credentials(
        found["AccessKeyId"],
        found["SecretAccessKey"],
        found["SessionToken"],
        datetime.fromisoformat(found["Expiration"].replace("Z", "+00:00")),
    )
    role = parameters_of(arrival.request).get("RoleArn") if operation == "AssumeRole" else None
    arn = found.get("Arn", "")
    principal = Principal(
        arn,
        found.get("AssumedRoleId", ""),
        directory.account_id,
        Policies([statement("Allow", "*")]),
        role=role,
    )
    directory.keys[credentials.access_key_id] = IssuedKey(credentials, principal, arrival.now)


def _json_error(response: Response) -> tuple[str | None, str | None]:
    named = response.headers.get("x-amzn-errortype")
    body = _json(response.body)
    code = named or body.get("__type")
    message = body.get("message", body.get("Message"))
    return (code.split(":")[0].rpartition("#")[2] if code else None), message


def _json(body: bytes) -> Mapping[str, str]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _xml_error(response: Response) -> tuple[str | None, str | None]:
    found = _texts(response.body)
    return found.get("Code"), found.get("Message")


def _texts(body: bytes) -> dict[str, str]:
    """Return the texts of an XML document by the names of their elements; of several the first counts."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return {}
    pairs = [(one.tag.rpartition("}")[2], one.text or "") for one in root.iter() if not len(one)]
    return dict(reversed(pairs))
