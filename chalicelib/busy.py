"""What AWS says when it is overloaded or out of reach, and what people are told then: wait a moment, come again."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's own name

from chalicelib.errors import Busy

CODES: Final = frozenset(
    {
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
        # as Secrets Manager, Scheduler and S3 call the same
        "InternalFailure",
        "InternalServerException",
        "InternalServiceError",
        "LimitExceededException",
        "SlowDown",
        "Throttling",
        "TooManyRequestsException",
    }
)
REASONS: Final = frozenset({"TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"})
"""Why a transaction was cancelled that may go through the next time (AWS, API reference: TransactWriteItems)."""
SECONDS: Final = 5
"""At most so long people are asked to wait: spread, so that they do not come back together."""


def is_busy(error: BaseException | None) -> bool:
    """Whether an error of boto's is of the kind that passes by itself: throttled, failing, or no answer in time."""
    if isinstance(error, ClientError):
        answered = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error.response["Error"].get("Code") in CODES or answered == 429 or answered >= 500
    return isinstance(error, HTTPClientError | ConnectionError)


def code_of(error: BaseException | None) -> str:
    """What AWS calls an error that it answered with; empty when it did not answer."""
    return str(error.response["Error"].get("Code", "")) if isinstance(error, ClientError) else ""


def busy() -> Busy:
    """What people are told: one to five seconds, at random."""
    return Busy(random.randint(1, SECONDS))  # noqa: S311 - spreads load, guards nothing  # nosec B311


@contextmanager
def told_as_busy() -> Iterator[None]:
    """Raises Busy for what `is_busy`; the client has tried again by then, with pauses of random length."""
    try:
        yield
    except (ClientError, HTTPClientError, ConnectionError) as error:
        if is_busy(error):
            raise busy() from None
        raise
