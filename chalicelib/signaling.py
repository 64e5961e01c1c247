"""The socket: who connects, every message that arrives, and who leaves. Each role's messages have their own module.

Identity, role and trust come from the socket's row. What cannot be is answered with `error` and changes nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from chalicelib import protocol as p
from chalicelib.errors import TicketInvalid, TooManyAttempts, Unauthenticated, VenteromError
from chalicelib.floods import Floods
from chalicelib.lifecycle import Role
from chalicelib.log import fault
from chalicelib.protocol import Message
from chalicelib.records import Socket
from chalicelib.sessions import Sessions
from chalicelib.sockets import Sockets
from chalicelib.store import Refused, Store
from chalicelib.tickets import Tickets

PARSERS: Final[dict[Role, Callable[[str | bytes], Message]]] = {
    Role.PATIENT: p.parse_patient,
    Role.GUEST: p.parse_guest,
    Role.CLINICIAN: p.parse_clinician,
    Role.SECRETARY: p.parse_secretary,
    Role.WORKER: p.parse_worker,
}


class Messages(Protocol):
    """What one role may say: a method ``_on_{type}`` for each message of its union."""

    def gone(self, socket: Socket) -> None:
        """One of them closed its socket."""


class Signaling:
    """What the three WebSocket functions do."""

    def __init__(
        self,
        store: Store,
        tickets: Tickets,
        sessions: Sessions,
        sockets: Sockets,
        close: Callable[[str], None],
        floods: Floods,
        messages: Mapping[Role, Messages],
    ) -> None:
        self._store = store
        self._tickets = tickets
        self._sessions = sessions
        self._close = close
        self._floods = floods
        self._sockets = sockets
        self._messages = messages

    def connect(self, connection: str, ticket: str) -> Role:
        """Let a socket in. Nothing can be sent to it yet. Raises Unauthenticated, TicketInvalid."""
        socket = self._tickets.redeem(ticket, connection, self._sockets.expiry())
        try:
            self._store.write([*self._sockets.rows(socket), *self._sessions.opens(socket)])
        except Refused:  # logged out meanwhile
            raise TicketInvalid from None
        return socket.role

    def disconnect(self, connection: str) -> None:
        """A socket closed; this may never be called, so nothing relies on it."""
        if socket := self._sockets.find(connection):
            self._messages[socket.role].gone(socket)

    def message(self, connection: str, data: str | bytes) -> str:
        """Take one message; returns its type, or an error's code, for the log. Nothing a peer sends makes it raise."""
        socket = self._sockets.find(connection)
        if socket is None:
            return Unauthenticated.code
        about = ""
        flood = socket.role is not Role.WORKER and self._floods.beyond(connection)
        try:
            if flood:
                raise TooManyAttempts
            message = PARSERS[socket.role](data)
            about = str(message.__struct_config__.tag)
            self._sessions.heard(socket, ping=isinstance(message, p.Ping))
            handler: Callable[[Socket, Any], None] = getattr(self._messages[socket.role], f"_on_{about}")
            handler(socket, message)
        except VenteromError as error:
            told = p.Error(code=error.code, message=error.text, retry=error.retry, about=about)
            self._sockets.to(connection, told)
            if flood or isinstance(error, Unauthenticated):
                self._close(connection)  # so that it is told nothing more either
            return error.code
        except Exception as error:  # noqa: BLE001 - the socket lives on, and nobody but the log learns what it was
            told = p.Error(code=VenteromError.code, message=VenteromError.text, retry=True, about=about)
            self._sockets.to(connection, told)
            return fault(error)
        return about
