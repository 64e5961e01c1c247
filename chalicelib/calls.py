"""What the people of a call are told: that it rings, where to send offers, what the others send, that it is over."""

from collections.abc import Callable, Sequence
from typing import Final

from chalicelib.consultations import TRIES, Consultations
from chalicelib.guests import SEATS, in_call, standing
from chalicelib.lifecycle import WITH_CALL, State
from chalicelib.protocol import CallEnded, EndReason, IceServer, Join, Paused, PeerLeft, PeerMedia, Ringing, Seat
from chalicelib.records import Consultation
from chalicelib.rest import Rules
from chalicelib.rings import Ring
from chalicelib.settings import Settings
from chalicelib.sockets import Sockets
from chalicelib.tokens import digest
from chalicelib.turn import credentials

# What a page is told that was asked into a call which ended in the same moment.
OVER: Final = {State.ENDED: EndReason.HANG_UP, State.CANCELLED: EndReason.CANCELLED}


class Calls:
    """Speaks to whoever holds the seats of a call; decides nothing about it."""

    def __init__(
        self,
        consultations: Consultations,
        sockets: Sockets,
        settings: Settings,
        rules: Callable[[str], Rules],
        ring: Callable[[str], Ring],
        now: Callable[[], float],
    ) -> None:
        """``rules`` are those of a trust."""
        self._consultations = consultations
        self._sockets = sockets
        self._settings = settings
        self._rules = rules
        self._ring = ring
        self._now = now

    def ice_servers(self, subject: str) -> list[IceServer]:
        """The TURN servers, with credentials that live a short time; none when the deployment has none."""
        urls = [url for url in self._settings.turn_urls.split(",") if url]
        if not urls:
            return []
        secret = self._ring(self._settings.secret_turn).current
        # coturn counts a user's connections by this name; it must tell nobody whose they are.
        return credentials(secret, urls, digest(subject)[:16], self._now(), self._settings.turn_seconds)

    def trace_of(self, consultation: Consultation) -> str:
        """The `traceparent` of the clinician's page, for what is done for a call unasked; empty when none is there."""
        taken = self._sockets.holder(consultation, Seat.CLINICIAN)
        socket = self._sockets.known(taken.connection) if taken else None
        return socket.trace if socket else ""

    def has_clinician(self, consultation: Consultation) -> bool:
        """Whether a page of the clinician holds her seat."""
        return self._sockets.holder(consultation, Seat.CLINICIAN) is not None

    def ask(self, consultation: Consultation, seat: Seat) -> None:
        """Ask whoever holds ``seat`` into the call as it is now: a visitor's page rings until they have accepted.

        Nobody is asked for whom there is no call now.
        """
        c, state = consultation, standing(consultation, seat)
        if state is State.CALLING:
            self._sockets.to_seat(c, seat, Ringing(consultation=c.id, call=c.call))
        if state is not State.IN_CALL:
            return
        join = Join(
            consultation=c.id,
            call=c.call,
            seat=seat,
            ice_servers=self.ice_servers(f"{c.id}{seat}"),
            relay_only=self._settings.relay_only,
            seats=list(c.seats),
            encryption=self._rules(c.trust).encryption,
        )
        self._sockets.to_seat(c, seat, join)
        if c.state is State.IN_CALL:
            for other in in_call(c):
                if other is not seat and (sends := self._sends(c, other)):
                    self._sockets.to_seat(c, seat, sends)
        if c.paused_by:
            self._sockets.to_seat(c, seat, self._pause(c))

    def ask_everybody(self, consultation: Consultation, seats: Sequence[Seat] | None = None) -> None:
        """Ask all, or those at ``seats``, into a call that was just placed or has just become theirs.

        Its worker may refuse it in the same moment, and whoever moved or ended it then may have been faster to say so.
        Pages drop what is of an older call; for the rest, whoever asked looks whether it still holds.
        """
        for _ in range(TRIES):
            for seat in consultation.seats if seats is None else seats:
                self.ask(consultation, seat)
            asked, consultation = consultation, self._consultations.find(consultation.trust, consultation.id)
            if consultation.state not in WITH_CALL:
                reason = EndReason.PHONE if consultation.by_phone else OVER.get(consultation.state, EndReason.WITHDRAWN)
                return self.over(asked, reason)
            if consultation.call == asked.call:
                return None
        return None

    def resume(self, consultation: Consultation, seat: Seat) -> None:
        """Ask who is back with a new socket, and tell what they may have missed: who has left, that a pause is over.

        They hold the seat already, so that what happens from here on reaches them too.
        """
        if standing(consultation, seat) not in WITH_CALL:
            return
        self.ask_everybody(consultation, [seat])
        told: tuple[int, list[Seat], Seat | None] | None = None
        for _ in range(TRIES):  # as `tell_of_pause`
            present = self._consultations.find(consultation.trust, consultation.id)
            there = in_call(present)
            stands = present.call, there, present.paused_by
            if seat not in there or stands == told:
                return
            for other in present.seats:
                if other in SEATS and other is not seat and other not in there:
                    self._sockets.to_seat(present, seat, self._peer_left(present, other))
                elif told and other in there and other is not seat and (sends := self._sends(present, other)):
                    self._sockets.to_seat(present, seat, sends)
            self._sockets.to_seat(present, seat, self._pause(present))
            told = stands

    def ring(self, consultation: Consultation, seats: Sequence[Seat]) -> None:
        """Ask those at ``seats`` into the call for whom it rings now."""
        if ringing := [seat for seat in seats if standing(consultation, seat) is State.CALLING]:
            self.ask_everybody(consultation, ringing)

    def tell_of_pause(self, consultation: Consultation) -> None:
        """Tell all who pauses the call, or that it goes on. No number orders this, so it is looked at again."""
        for _ in range(TRIES):
            self._sockets.to_call(consultation, self._pause(consultation))
            told, consultation = consultation, self._consultations.find(consultation.trust, consultation.id)
            if (consultation.call, consultation.paused_by) == (told.call, told.paused_by):
                return

    def left(self, consultation: Consultation, seat: Seat) -> None:
        """Tell all that the guest at ``seat`` is in their call no more."""
        if taken := self._sockets.holder(consultation, seat):
            self._sockets.sends(taken)
        self._sockets.to_call(consultation, self._peer_left(consultation, seat), but=seat)
        self.tell_of_pause(consultation)  # if it was theirs, it has gone with them

    def tell_what_is_sent(self, consultation: Consultation, of: Seat) -> None:
        """Tell all others what the one at ``of`` sends."""
        if sends := self._sends(consultation, of):
            self._sockets.to_call(consultation, sends, but=of)

    def over(self, consultation: Consultation, reason: EndReason) -> None:
        """Tell all that the call is over."""
        self._sockets.to_call(
            consultation, CallEnded(consultation=consultation.id, call=consultation.call, reason=reason)
        )

    def _sends(self, consultation: Consultation, of: Seat) -> PeerMedia | None:
        taken = self._sockets.holder(consultation, of)
        if taken is None:
            return None
        return PeerMedia(
            consultation=consultation.id,
            call=consultation.call,
            seat=of,
            camera=taken.camera,
            microphone=taken.microphone,
            screen=taken.screen,
            interrupted=taken.interrupted,
        )

    def _peer_left(self, consultation: Consultation, seat: Seat) -> PeerLeft:
        return PeerLeft(consultation=consultation.id, call=consultation.call, seat=seat)

    def _pause(self, consultation: Consultation) -> Paused:
        return Paused(consultation=consultation.id, call=consultation.call, by=consultation.paused_by)
