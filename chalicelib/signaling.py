"""The socket: who connects, every message that arrives, and who leaves. Each role's messages have their own module.

Identity, role and trust come from the socket's row. What cannot be is answered with `error` and changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

import msgspec

from chalicelib import protocol as p
from chalicelib import trace
from chalicelib.errors import Busy, TicketInvalid, TooManyAttempts, Unauthenticated, VenteromError
from chalicelib.floods import Floods
from chalicelib.leases import Leases, SocketEnded
from chalicelib.lifecycle import Role
from chalicelib.log import fault
from chalicelib.metrics import Metric, measure
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

SIGNS_OF_LIFE: Final = (p.Ping, p.Heartbeat)


class Messages(Protocol):
    """What one role may say: a method ``_on_{type}`` for each message of its union."""

    def gone(self, socket: Socket) -> None:
        """A socket of one of them has ended, and holds nothing more: tell those who should know. May be run twice."""


class Signaling:
    """What the three WebSocket functions do."""

    def __init__(
        self,
        store: Store,
        tickets: Tickets,
        sessions: Sessions,
        sockets: Sockets,
        leases: Leases,
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
        self._leases = leases
        self._messages = messages

    def connect(self, connection: str, ticket: str, address: str = "", came: str = "") -> Role:
        """Let a socket in, which comes from an ``address``; only a worker's is kept. Nothing can be sent to it yet.

        ``came``: on whose behalf, a `traceparent`. Raises Unauthenticated, TicketInvalid.
        """
        trace.follow(came)
        socket = msgspec.structs.replace(self._tickets.redeem(ticket, connection), trace=trace.valid(came))
        if socket.role is Role.WORKER:
            socket = msgspec.structs.replace(socket, address=address)
        try:
            self._store.write([*self._leases.rows(socket), *self._sessions.opens(socket)])
        except Refused:  # logged out meanwhile
            raise TicketInvalid from None
        return socket.role

    def disconnect(self, connection: str) -> None:
        """A socket closed; this may never be called, so nothing relies on it."""
        if socket := self._sockets.known(connection):
            self._clear_up_after(socket)

    def sweep(self, trusts: Iterable[str]) -> int:
        """Do what `disconnect` does for the trusts' sockets whose lease ran out; returns for how many.

        Of several at once one does it. Whoever dies on the way is followed by the next sweep; what fails for one
        socket is raised when the others are done.
        """
        done, failed = 0, None
        for trust in trusts:
            for socket in self._leases.lapsed(trust):
                try:
                    if self._leases.end(socket):
                        self._close(socket.connection)  # a page that only slept sees at once that it has to come back
                        self._clear_up_after(socket)
                        done += 1
                except Exception as error:  # noqa: BLE001 - raised below
                    failed = error
        if failed:
            raise failed
        return done

    def _clear_up_after(self, socket: Socket) -> None:
        self._sockets.vacate(socket)
        self._messages[socket.role].gone(socket)
        self._leases.forget(socket)

    def message(self, connection: str, data: str | bytes) -> str:
        """Take one message; returns its type, or an error's code, for the log. Nothing a peer sends makes it raise."""
        about, flood = "", False
        try:
            socket = self._sockets.find(connection)
            if socket is None:
                raise SocketEnded
            trace.follow(socket.trace)
            flood = socket.role is not Role.WORKER and self._floods.beyond(connection)
            if flood:
                raise TooManyAttempts
            message = PARSERS[socket.role](data)
            about = str(message.__struct_config__.tag)
            self._sessions.heard(socket, ping=isinstance(message, p.Ping))
            if isinstance(message, SIGNS_OF_LIFE):
                self._leases.renew(socket)
            handler: Callable[[Socket, Any], None] = getattr(self._messages[socket.role], f"_on_{about}")
            handler(socket, message)
        except SocketEnded:
            self._close(connection)  # and nothing else: a page that is told of an error would show it
            return "ended"
        except VenteromError as error:
            self._tell(connection, p.Error(code=error.code, message=error.text, retry=error.retry, about=about))
            if flood or isinstance(error, Unauthenticated):
                self._close(connection)  # so that it is told nothing more either
            if isinstance(error, Busy):
                measure({Metric.BUSY: 1})
            return error.code
        except Exception as error:  # noqa: BLE001 - the socket lives on, and nobody but the log learns what it was
            unexpected = VenteromError()
            self._tell(connection, p.Error(code=unexpected.code, message=unexpected.text, retry=True, about=about))
            measure({Metric.UNFORESEEN: 1})
            return fault(error)
        return about

    def _tell(self, connection: str, error: p.Error) -> None:
        with suppress(Busy):  # it was gone, and the table is too busy to note it
            self._sockets.to(connection, error)
