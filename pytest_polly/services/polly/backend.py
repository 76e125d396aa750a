"""What Polly remembers for one account in one region, and the operations on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .lexicons import Lexicons
from .pages import page
from .tasks import Tasks
from .voices import describe


class Backend:
    """One account's lexicons and tasks in one region; making one costs nothing."""

    def __init__(self, region: str, account_id: str) -> None:
        self.lexicons = Lexicons(region, account_id)
        self.tasks = Tasks(region)


#: All voices come at once: AWS's own examples never ask for a second page.
#: https://github.com/awsdocs/aws-doc-sdk-examples/blob/main/python/example_code/polly/polly_wrapper.py
VOICES_A_PAGE = 200

Asked = Mapping[str, Any]

#: The operations that are answered in JSON.
OPERATIONS: dict[str, Callable[[Backend, Asked], dict[str, Any]]] = {
    "DescribeVoices": lambda _, asked: page("Voices", describe(asked), asked, VOICES_A_PAGE),
    "PutLexicon": lambda backend, asked: backend.lexicons.put(asked),
    "GetLexicon": lambda backend, asked: backend.lexicons.get(asked),
    "DeleteLexicon": lambda backend, asked: backend.lexicons.delete(asked),
    "ListLexicons": lambda backend, asked: page("Lexicons", backend.lexicons.described(), asked),
    "ListTagsForResource": lambda backend, asked: backend.lexicons.list_tags(asked),
    "TagResource": lambda backend, asked: backend.lexicons.tag(asked),
    "UntagResource": lambda backend, asked: backend.lexicons.untag(asked),
    "StartSpeechSynthesisTask": lambda backend, asked: backend.tasks.start(asked, backend.lexicons.has),
    "GetSpeechSynthesisTask": lambda backend, asked: backend.tasks.get(asked),
    "ListSpeechSynthesisTasks": lambda backend, asked: page(
        "SynthesisTasks", backend.tasks.listed(asked), asked
    ),
}
