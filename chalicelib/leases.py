"""Rows that stand as long as a socket lives, and the lease by which it is known that it does: nothing relies on
`$disconnect`, which API Gateway sends as well as it can (AWS: "best-effort").
"""

from collections.abc import Callable
from typing import Final

import msgspec

from chalicelib.lifecycle import Role
from chalicelib.records import Opened, Socket, Watcher, open_sockets
from chalicelib.settings import Settings
from chalicelib.store import Delete, KeepSocket, Put, Refused, Store, Write

LONGEST_SECONDS: Final = 7200
"""API Gateway ends a socket at this age."""
CLEARING_SECONDS: Final = 900
"""Rows are there for so much longer, for whoever clears up; what nobody cleared up then goes by itself."""


class SocketEnded(Exception):
    """It is known no more: its page, told nothing but that it is closed, opens another."""


class Leases:
    """Opens, renews, ends; each may be done twice, and by several at once."""

    def __init__(self, store: Store, settings: Settings, now: Callable[[], float]) -> None:
        self._store = store
        self._settings = settings
        self._now = now

    def rows(self, socket: Socket) -> list[Write]:
        """What to write when a socket opens."""
        now = self._now()
        born = msgspec.structs.replace(
            socket,
            lease=self._lease(),
            opened=int(now * 1000),
            expires=int(now) + LONGEST_SECONDS + CLEARING_SECONDS,
        )
        writes: list[Write] = [Put(born), Put(_opened(born))]
        if socket.role is Role.CLINICIAN:
            writes.append(Put(_watcher(born, born.staff)))
        return writes

    def watch(self, socket: Socket, clinician: str) -> None:
        """Let a page of the staff watch a clinician's list, another's than she watched; her own she watches always.

        Raises SocketEnded.
        """
        others = "" if clinician == socket.staff else clinician
        writes: list[Write] = [KeepSocket(msgspec.structs.replace(socket, clinician=others))]
        if socket.clinician and socket.clinician != others:
            writes.append(Delete(_watcher(socket, socket.clinician).key()))
        if others:
            writes.append(Put(_watcher(socket, others)))
        try:
            self._store.write(writes)
        except Refused:
            raise SocketEnded from None

    def renew(self, socket: Socket) -> None:
        """A sign of life, at the cost of one write that no index shows. Raises SocketEnded."""
        if not self._store.renew_socket(socket.connection, self._lease()):
            raise SocketEnded

    def lapsed(self, trust: str) -> list[Socket]:
        """A trust's sockets without a sign of life, also those that were ended and not cleared up; "": the workers'."""
        listed = self._store.listed(Opened, open_sockets(trust))
        keys = [Socket(connection=row.connection, role=Role.PATIENT).key() for row in listed]
        return [socket for socket in self._store.many(Socket, keys) if socket.lease <= self._now()]

    def end(self, socket: Socket) -> bool:
        """From now on it is a stranger's; False when it has given a sign of life since it was read."""
        return self._store.end_socket(socket)

    def unwatch(self, socket: Socket) -> None:
        """It is told of no list any more."""
        lists = {socket.clinician, socket.staff if socket.role is Role.CLINICIAN else ""} - {""}
        if lists:
            self._store.write([Delete(_watcher(socket, whose).key()) for whose in sorted(lists)])

    def forget(self, socket: Socket) -> None:
        """Remove its own rows, last of all: until then it is found by whoever has to clear up after it."""
        self._store.write([Delete(socket.key()), Delete(_opened(socket).key())])

    def _lease(self) -> int:
        return int(self._now()) + self._settings.silence_seconds


def _opened(socket: Socket) -> Opened:
    return Opened(session=socket.session, connection=socket.connection, trust=socket.trust, expires=socket.expires)


def _watcher(socket: Socket, clinician: str) -> Watcher:
    by = "" if clinician == socket.staff else socket.staff
    return Watcher(
        trust=socket.trust,
        staff=clinician,
        connection=socket.connection,
        by=by,
        roles=socket.roles,
        expires=socket.expires,
    )
