"""Speaks in a process of its own: for each environment read from standard input, says what came of it.

One process for many cases, because most of the time a process takes is importing boto3.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def speak(asked: dict[str, Any]) -> dict[str, Any]:
    os.environ.clear()
    os.environ.update(asked["env"])
    try:
        session = boto3.Session(**asked["parameters"])
        answer = session.client("polly").synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
        with answer["AudioStream"] as stream:
            return {"audio": len(stream.read())}
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return {"status": status, **error.response["Error"]}
    except BotoCoreError as error:
        return {"refused": type(error).__name__}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(speak(json.loads(line))), flush=True)
