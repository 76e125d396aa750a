"""Speech synthesis tasks: speech that is put into an S3 bucket.

https://docs.aws.amazon.com/polly/latest/dg/asynchronous.html
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..protocols import ServiceError, no
from .errors import BAD_BUCKET, NO_TASK
from .speech import TASK, HasLexicon, prepare

if TYPE_CHECKING:
    from moto.s3.models import S3Backend

_EXTENSIONS = {"json": "marks", "ogg_vorbis": "ogg", "ogg_opus": "ogg"}

#: What of its parameters a task repeats.
_REPEATED = (
    "Engine",
    "LanguageCode",
    "LexiconNames",
    "OutputFormat",
    "SnsTopicArn",
    "SpeechMarkTypes",
    "TextType",
    "VoiceId",
)


class Tasks:
    """The tasks of one account in one region.

    A task is done by the time its start is answered; it says so when it is looked at.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._tasks: dict[str, dict[str, Any]] = {}

    def start(self, asked: Mapping[str, Any], has_lexicon: HasLexicon) -> dict[str, Any]:
        speech = prepare(asked, TASK, has_lexicon)
        task_id = str(uuid.uuid4())
        bucket, prefix = asked["OutputS3BucketName"], asked.get("OutputS3KeyPrefix")
        extension = _EXTENSIONS.get(speech.output_format, speech.output_format)
        key = ".".join((*([prefix] if prefix else []), task_id, extension))
        _s3_with(bucket).put_object(bucket, key, speech.render())
        task = {
            **{name: asked[name] for name in _REPEATED if name in asked},
            "CreationTime": time.time(),
            "OutputUri": f"https://s3.{self._region}.amazonaws.com/{bucket}/{key}",
            "RequestCharacters": speech.characters,
            "SampleRate": str(speech.sample_rate),
            "TaskId": task_id,
            "TaskStatus": "completed",
        }
        self._tasks[task_id] = task
        return {"SynthesisTask": {**task, "TaskStatus": "scheduled"}}

    def get(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        task = self._tasks.get(asked["TaskId"])
        if task is None:
            raise no(NO_TASK)
        return {"SynthesisTask": task}

    def listed(self, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the tasks that ListSpeechSynthesisTasks was *asked* for."""
        status = asked.get("Status")
        return [task for task in self._tasks.values() if status in (None, task["TaskStatus"])]


def _s3_with(bucket: str) -> S3Backend:
    """Return the part of moto's S3 that holds *bucket*.

    Raises `ServiceError` if there is none: without a ``mock_aws`` there is no S3 to put anything into.
    """
    from moto.core.models import MockAWS
    from moto.s3.models import s3_backends

    if not MockAWS._mocks_active:
        raise _no_bucket(bucket, "no mock_aws is active, so there is no S3 to make it in")
    backends = (backend for account in s3_backends.values() for backend in account.values())
    found = next((backend for backend in backends if bucket in backend.buckets), None)
    if found is None:
        raise _no_bucket(bucket, "there is no bucket of that name in moto's S3")
    return found


def _no_bucket(bucket: str, why: str) -> ServiceError:
    """AWS says less; but whoever meets this has forgotten something that only a test needs."""
    return ServiceError(BAD_BUCKET.status, BAD_BUCKET.code, f"{BAD_BUCKET.message} {bucket}: {why}")
