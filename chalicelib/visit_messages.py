"""What a visitor's page says, whether of a patient or of a guest: the part of both, above all the network test."""

from contextlib import suppress
from typing import Any, Final

from chalicelib import probing
from chalicelib import protocol as p
from chalicelib.call_messages import CallMessages
from chalicelib.consultations import TRIES
from chalicelib.errors import Forbidden, NotFound, NoWorker, TooManyAttempts
from chalicelib.fleet import Hurry
from chalicelib.records import Consultation, Socket
from chalicelib.tokens import mint

PROBES_PER_HOUR: Final = 60
PROBE_RATES_KBPS: Final = (100, 250, 600, 1200)
PROBE_MILLISECONDS: Final = 2000


class VisitMessages(CallMessages):
    """A visitor has one consultation, and says nothing of any other."""

    def __init__(self, hurry: Hurry, *means: Any) -> None:
        super().__init__(*means)
        self._hurry = hurry

    def gone(self, socket: Socket) -> None:
        """A visitor's socket has ended."""
        with suppress(NotFound):  # the consultation may be gone as well
            self._tell_of_presence(socket)

    def _on_probe_start(self, socket: Socket, _: p.ProbeStart) -> None:
        self._limit(socket, "probe")
        ready = p.ProbeReady(
            probe=mint(),
            ice_servers=self._calls.ice_servers(socket.consultation + socket.guest),
            relay_only=self._settings.relay_only,
            rates_kbps=list(PROBE_RATES_KBPS),
            milliseconds=PROBE_MILLISECONDS,
        )
        self._sockets.to(socket.connection, ready)

    def _on_probe_offer(self, socket: Socket, message: p.ProbeOffer) -> None:
        self._limit(socket, "probe_offer")
        try:
            self._crew.probe(socket.connection, message.probe, message.sdp)
        except NoWorker:
            if socket.trust != probing.TRUST:  # no worker is started for the probe
                self._hurry.for_test()
            raise

    # ------------------------------------------------------------ parts

    def _own(self, socket: Socket, consultation: str) -> Consultation:
        """A consultation of the socket's owner. Raises Forbidden for any other."""
        if consultation != socket.consultation:
            raise Forbidden
        return self._consultations.find(socket.trust, consultation)

    def _limit(self, socket: Socket, what: str) -> None:
        """Count what a visit asks of the workers. Raises TooManyAttempts."""
        hour = int(self._now()) // 3600
        name = f"{what}#{socket.trust}#{socket.consultation}#{socket.guest}#{hour}"
        if self._store.count(name, (hour + 2) * 3600) > PROBES_PER_HOUR:
            raise TooManyAttempts((hour + 1) * 3600 - int(self._now()))

    def _tell_of_presence(self, socket: Socket) -> None:
        """A visitor came or went. No version orders presence, so whoever told it looks whether it still holds."""
        told: list[bool] = []
        for _ in range(TRIES):
            consultation = self._consultations.find(socket.trust, socket.consultation)
            view = self._sockets.for_clinician(consultation)
            present = [view.patient_present, *(guest.present for guest in view.guests)]
            if present == told:
                return
            told = present
            changed = p.Changed(day=consultation.day, consultation=view)
            self._sockets.to_watchers(socket.trust, consultation.staff, changed, consultation.department)
