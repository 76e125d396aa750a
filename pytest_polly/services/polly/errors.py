"""What Polly itself objects to, once the gate has let a request through, and how it words it.

``sure`` means what it means in `pytest_polly.gate.errors`. The statuses are those of Polly's service model;
where no answer was seen raw, its words are too, though those that were seen differ from the model's.
https://docs.aws.amazon.com/polly/latest/dg/API_Operations.html
"""

from __future__ import annotations

from ...gate.errors import Words
from ..protocols import ServiceError

TEXT_TOO_LONG = Words(400, "TextLengthExceededException", "Maximum text length has been exceeded", "P")
NOT_SSML = Words(400, "InvalidSsmlException", "Invalid SSML request", "P")
BAD_SAMPLE_RATE = Words(400, "InvalidSampleRateException", "The specified sample rate is not valid.", "D")
LANGUAGE_NOT_SUPPORTED = Words(
    400,
    "LanguageNotSupportedException",
    "The language specified is not currently supported by Amazon Polly in this capacity.",
    "D",
)
MARKS_NOT_SUPPORTED = Words(
    400,
    "MarksNotSupportedForFormatException",
    "Speech marks are not supported for the OutputFormat selected. "
    "Speech marks are only available for content in json format.",
    "D",
)
SSML_MARKS_NOT_SUPPORTED = Words(
    400,
    "SsmlMarksNotSupportedForTextTypeException",
    "SSML speech marks are not supported for plain text-type input.",
    "D",
)
NO_SUCH_PAGE = Words(
    400,
    "InvalidNextTokenException",
    "The NextToken is invalid. Verify that it's spelled correctly, and then try again.",
    "D",
)

NO_LEXICON = Words(404, "LexiconNotFoundException", "Lexicon not found", "I")
BAD_LEXICON = Words(400, "InvalidLexiconException", "Invalid PLS Lexicon", "P")
BAD_ALPHABET = Words(400, "UnsupportedPlsAlphabetException", "Unsupported PLS alphabet", "I")
BAD_LANGUAGE = Words(400, "UnsupportedPlsLanguageException", "Unsupported PLS language", "P")
LEXICON_TOO_LARGE = Words(
    400,
    "LexiconSizeExceededException",
    "The maximum size of the specified lexicon would be exceeded by this operation.",
    "D",
)
LEXEME_TOO_LONG = Words(
    400,
    "MaxLexemeLengthExceededException",
    "The maximum size of the lexeme would be exceeded by this operation.",
    "D",
)
TOO_MANY_LEXICONS = Words(
    400,
    "MaxLexiconsNumberExceededException",
    "The maximum number of lexicons would be exceeded by this operation.",
    "D",
)

NO_TASK = Words(
    400,
    "SynthesisTaskNotFoundException",
    "The Speech Synthesis task with requested Task ID cannot be found.",
    "D",
)
BAD_BUCKET = Words(400, "InvalidS3BucketException", "The provided Amazon S3 bucket name is invalid.", "D")

NO_RESOURCE = Words(404, "ResourceNotFoundException", "Amazon Polly can't find the specified resource.", "D")
BAD_TAG = Words(
    400, "InvalidTagParameterException", "The resource ARN or a tag in the request isn't valid.", "D"
)
TOO_MANY_TAGS = Words(400, "TooManyTagsException", "The list of tags on the resource is over the limit.", "D")

# What AWS can say and nothing here leads to: a test may ask for it all the same.
ENGINE_NOT_SUPPORTED = Words(
    400,
    "EngineNotSupportedException",
    "This engine is not compatible with the voice that you have designated.",
    "D",
)
BAD_KEY = Words(400, "InvalidS3KeyException", "The provided Amazon S3 key prefix is invalid.", "D")
BAD_TOPIC = Words(400, "InvalidSnsTopicArnException", "The provided SNS topic ARN is invalid.", "D")
BAD_TASK_ID = Words(400, "InvalidTaskIdException", "The provided Task ID is not valid.", "D")
CONFLICT = Words(
    409, "ConflictException", "The request conflicts with the current state of the resource.", "D"
)
QUOTA_EXCEEDED = Words(
    402,
    "ServiceQuotaExceededException",
    "The request would cause a service quota to be exceeded.",
    "D",
)

#: Every error of Polly's own, by its code.
BY_CODE = {words.code: words for words in tuple(vars().values()) if isinstance(words, Words)}


def invalid(message: str) -> ServiceError:
    """Return Polly's refusal of a request that makes no sense to it."""
    return ServiceError(400, "ValidationException", message)


def unreadable(message: str = "") -> ServiceError:
    """Return AWS's refusal of a request that does not even have the right form."""
    return ServiceError(400, "SerializationException", message)
