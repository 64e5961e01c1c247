"""Messages to open sockets, through API Gateway's connection management."""

from contextlib import suppress
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.metrics import Metric, measure
from chalicelib.protocol import Message, encode


class Push(Protocol):
    """How a message reaches a socket."""

    def send(self, connection: str, message: Message) -> bool:
        """Send; False when the socket is gone for good, True otherwise (best effort: the receiver asks again)."""

    def close(self, connection: str) -> None:
        """Close the socket, as far as can be: nothing relies on it."""


class GatewayPush:
    """Push over ``post_to_connection``, given botocore's ``apigatewaymanagementapi`` client, which tries again when
    it is told that there are too many. What does not go then takes nothing from its receiver."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, connection: str, message: Message) -> bool:
        """See Push."""
        try:
            self._client.post_to_connection(ConnectionId=connection, Data=encode(message))
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 410:
                return False
            measure({Metric.PUSH_FAILURES: 1})
        except BotoCoreError:
            measure({Metric.PUSH_FAILURES: 1})
        return True

    def close(self, connection: str) -> None:
        """See Push."""
        with suppress(ClientError, BotoCoreError):
            self._client.delete_connection(ConnectionId=connection)
