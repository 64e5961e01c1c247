"""A clinician's day as one of the staff may see it: read once, or watched."""

from chalicelib.consultations import Consultations
from chalicelib.leases import Leases
from chalicelib.protocol import Board, Watch
from chalicelib.queues import Queues
from chalicelib.records import Socket
from chalicelib.register import Register
from chalicelib.rest import DayList, WhichDay
from chalicelib.rights import Actor, acting
from chalicelib.routes import BY_DOOR
from chalicelib.sockets import Sockets
from chalicelib.suspensions import Suspensions


class Lists:
    """Shows lists: to a clinician her own, to a secretary what is of her departments in those of their clinicians."""

    def __init__(
        self,
        consultations: Consultations,
        queues: Queues,
        sockets: Sockets,
        leases: Leases,
        register: Register,
        suspensions: Suspensions,
    ) -> None:
        self._suspensions = suspensions
        self._consultations = consultations
        self._queues = queues
        self._sockets = sockets
        self._leases = leases
        self._register = register

    def read(self, by: Actor, asked: WhichDay) -> DayList:
        """One day. Raises NotFound for a list not to be seen, BadRequest when a secretary does not say whose."""
        whose = self._register.whose(by, asked.clinician)
        return DayList(
            day=asked.day,
            consultations=[self._sockets.for_clinician(c) for c in self._consultations.day(by, whose, asked.day)],
            delay_minutes=self._queues.delay(by.trust, whose, asked.day),
        )

    def watch(self, socket: Socket, message: Watch) -> None:
        """Show a day on a page, and tell it of every change in that list from now on. Raises as `read`, Forbidden."""
        by = acting(self._register.actors(socket, BY_DOOR["day"].staff), message.clinician)
        self._leases.watch(socket, self._register.whose(by, message.clinician))
        self.show(socket, by, WhichDay(day=message.day, clinician=message.clinician))

    def show(self, socket: Socket, by: Actor, asked: WhichDay) -> None:
        """Show a day on a page. Raises as `read`."""
        found = self.read(by, asked)
        board = Board(
            day=found.day,
            clinician=asked.clinician or by.staff,
            consultations=found.consultations,
            delay_minutes=found.delay_minutes,
            suspended=self._suspensions.words(by.trust),
        )
        self._sockets.to(socket.connection, board)
