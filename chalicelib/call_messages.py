"""What everybody in a call may say, and whose it is: the part that all people's messages share."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from chalicelib import protocol as p
from chalicelib.calls import Calls
from chalicelib.consultations import Consultations, within
from chalicelib.crew import Crew, room_of
from chalicelib.errors import Overtaken, Unavailable, WorkerLost
from chalicelib.guests import in_call, standing, without_pause
from chalicelib.lifecycle import WITH_CALL, Event
from chalicelib.placing import Placing
from chalicelib.protocol import EndReason, Seat
from chalicelib.queues import Queues
from chalicelib.records import Consultation, Socket
from chalicelib.register import Register
from chalicelib.rights import Actor
from chalicelib.settings import Settings
from chalicelib.sockets import Sockets
from chalicelib.store import Store
from chalicelib.timings import Timings
from chalicelib.waiting import Waiting


class CallMessages(ABC):
    """Identity, role and trust come from the socket's row; what cannot be is raised and changes nothing."""

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        sockets: Sockets,
        crew: Crew,
        placing: Placing,
        calls: Calls,
        waiting: Waiting,
        queues: Queues,
        register: Register,
        settings: Settings,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._sockets = sockets
        self._crew = crew
        self._placing = placing
        self._calls = calls
        self._waiting = waiting
        self._queues = queues
        self._register = register
        self._settings = settings
        self._now = now
        self._timings = Timings(store, now)

    def _on_ping(self, socket: Socket, _: p.Ping) -> None:
        self._sockets.to(socket.connection, p.Pong())

    def _on_offer(self, socket: Socket, message: p.Offer) -> None:
        consultation = self._present_call(socket, message.consultation, message.call)
        seat = self._claim_seat(socket, consultation)
        offer = p.RelayOffer(room=str(room_of(consultation)), seat=seat, n=message.n, sdp=message.sdp)
        if self._crew.to_worker_of(consultation, offer):
            return
        if self._placing.look_after(consultation):
            raise WorkerLost
        self._present_call(socket, message.consultation, message.call)  # moved: they have been told where to
        raise Unavailable  # the worker may be back

    def _on_media(self, socket: Socket, message: p.Media) -> None:
        consultation = self._present_call(socket, message.consultation, message.call)
        seat = self._claim_seat(socket, consultation)
        taken = self._sockets.holder(consultation, seat)
        if taken is not None and taken.connection == socket.connection:
            self._sockets.sends(
                taken,
                camera=message.camera,
                microphone=message.microphone,
                screen=message.screen,
                interrupted=message.interrupted,
            )
        self._calls.tell_what_is_sent(consultation, seat)

    def _on_handshake(self, socket: Socket, message: p.Handshake) -> None:
        """From who is in the call to who is in it: who comes later says a first word of their own, and is answered."""
        consultation = self._present_call(socket, message.consultation, message.call)
        there = in_call(consultation)
        if self._seat(socket, consultation) not in there:
            raise Overtaken
        seat = self._claim_seat(socket, consultation)
        for other, parcel in message.parcels.items():
            if other is not seat and other in there:
                told = p.PeerHandshake(consultation=consultation.id, call=consultation.call, seat=seat, parcel=parcel)
                self._sockets.to_seat(consultation, other, told)

    def _on_hang_up(self, socket: Socket, message: p.HangUp) -> None:
        self._finish(socket, message, Event.HANG_UP, EndReason.HANG_UP)

    def _on_pause(self, socket: Socket, message: p.Pause) -> None:
        """Everybody's own wish: the call is paused while anybody wants it to be, and nobody else can take that back."""
        self._claim_seat(socket, self._present_call(socket, message.consultation, message.call))

        def decide(present: Consultation) -> dict[str, Any] | None:
            seat = self._seat(socket, present)
            if present.call != message.call or standing(present, seat) not in WITH_CALL:
                raise Overtaken
            if message.paused == (seat in present.pausers):
                return None
            others = without_pause(present, seat)
            return {"pausers": (*others, seat) if message.paused else others}

        what = "paused" if message.paused else "resumed"
        after = self._consultations.note(self._actor(socket), message.consultation, what, decide)
        self._calls.tell_of_pause(after)

    def _on_trouble(self, socket: Socket, message: p.Trouble) -> None:
        present = self._own(socket, message.consultation)
        if message.call < present.call and present.state in WITH_CALL:
            # It was placed anew, and whoever did that died before saying so.
            self._calls.ask(present, self._seat(socket, present))
            return
        self._placing.look_after(self._present_call(socket, message.consultation, message.call))

    def _on_timed(self, socket: Socket, message: p.Timed) -> None:
        present = self._own(socket, message.consultation)
        self._timings.note(present, self._seat(socket, present), message)

    # ------------------------------------------------------------ parts

    @abstractmethod
    def _own(self, socket: Socket, consultation: str) -> Consultation:
        """A consultation of the socket's owner. Raises Forbidden or NotFound for any other."""

    @abstractmethod
    def _seat(self, socket: Socket, consultation: Consultation) -> Seat:
        """The seat of the socket's owner in a consultation of their own."""

    def _present_call(self, socket: Socket, consultation: str, call: int) -> Consultation:
        """As `_own`, and the call is the present one. Raises Overtaken when it is over."""
        present = self._own(socket, consultation)
        if present.call != call or present.state not in WITH_CALL:
            raise Overtaken
        return present

    def _claim_seat(self, socket: Socket, consultation: Consultation) -> Seat:
        """The socket's seat: only the socket that holds it speaks for it; a free one is taken. Raises Overtaken."""
        seat = self._seat(socket, consultation)
        held = self._sockets.holder(consultation, seat)
        if held is None or held.connection != socket.connection:
            if held and held.since >= socket.opened:
                raise Overtaken
            self._sockets.sit(socket, consultation.id, seat)  # when it is newer, its `hello` was overtaken
        return seat

    def _actor(self, socket: Socket) -> Actor:
        return Actor(socket.trust, socket.role, socket.staff, level=socket.level)

    def _finish(self, socket: Socket, message: p.HangUp | p.WithdrawCall, event: Event, reason: EndReason) -> None:
        """End the call that a message names. Raises Overtaken when it is no longer the present one."""
        present = self._own(socket, message.consultation)
        by, alter = self._actor(socket), within(message.call)
        alter(present)
        self._end(self._consultations.happen(by, present.id, event, alter=alter), reason)

    def _end(self, consultation: Consultation, reason: EndReason) -> None:
        self._placing.end(consultation)
        self._calls.over(consultation, reason)

    def _today(self, trust: str) -> str:
        """The day it is where the trust is."""
        return self._consultations.day_of(trust, int(self._now()))
