"""What a secretary's page says: one method for each message of `FromSecretary`."""

from chalicelib import protocol as p
from chalicelib.lists import Lists
from chalicelib.records import Socket
from chalicelib.sockets import Sockets


class SecretaryMessages:
    """A secretary watches lists, one at a time; she calls nobody, and nobody waits for her."""

    def __init__(self, sockets: Sockets, lists: Lists) -> None:
        self._sockets = sockets
        self._lists = lists

    def gone(self, socket: Socket) -> None:
        """Her socket has ended: nobody needs to know."""

    def _on_hello(self, socket: Socket, _: p.Hello) -> None:
        """She says whose list she wants to see by `watch`."""
        self._sockets.to(socket.connection, p.Pong())

    def _on_ping(self, socket: Socket, _: p.Ping) -> None:
        self._sockets.to(socket.connection, p.Pong())

    def _on_watch(self, socket: Socket, message: p.Watch) -> None:
        self._lists.watch(socket, message)
