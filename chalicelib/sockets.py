"""Open sockets: who they are, which of them hold a seat or watch a list, and telling them what changed."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec

from chalicelib.consultations import instant
from chalicelib.errors import NotFound, Overtaken
from chalicelib.guests import at, concerned, expected, state_of
from chalicelib.leases import Leases, SocketEnded
from chalicelib.lifecycle import FINAL, WITH_CALL, Role, State
from chalicelib.protocol import (
    Changed,
    ConsultationView,
    GuestName,
    GuestView,
    LoginLevel,
    Message,
    Seat,
    SeatTaken,
    Visit,
    VisitView,
)
from chalicelib.push import Push
from chalicelib.queues import Queues, Standing
from chalicelib.records import Consultation, Guest, Session, Socket, Taken, Watcher, staff_partition
from chalicelib.register import Register, department_view
from chalicelib.store import Delete, KeepSeat, KeepSocket, LeaveSeat, Refused, Store, TakeSeat, Write
from chalicelib.suspensions import Suspensions
from chalicelib.wishes import Wishes

PRESENCE_MATTERS: Final = frozenset({State.INVITED, State.MISSED, State.CHECKED_IN}) | WITH_CALL


class Sockets:
    """Finds sockets and sends to them; a socket that turns out to be gone loses what it holds, and only that."""

    def __init__(
        self,
        store: Store,
        push: Push,
        register: Register,
        queues: Queues,
        wishes: Wishes,
        suspensions: Suspensions,
        leases: Leases,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._push = push
        self._register = register
        self._queues = queues
        self._wishes = wishes
        self._suspensions = suspensions
        self._leases = leases
        self._now = now

    def find(self, connection: str) -> Socket | None:
        """The identity of an open socket; None once it has ended."""
        socket = self.known(connection)
        return socket if socket and socket.lease else None

    def known(self, connection: str) -> Socket | None:
        """As `find`, also of one that has ended and was not cleared up yet."""
        return self._store.get(Socket, Socket(connection=connection, role=Role.PATIENT).key())

    def to(self, connection: str, message: Message) -> bool:
        """Send to one socket; False when it was gone: then it has ended, and holds nothing more.

        Who should know that is told by `$disconnect`, or by the next sweep.
        """
        if self._push.send(connection, message):
            return True
        if socket := self.find(connection):
            self._leases.end(socket)
            self.vacate(socket)
        return False

    def vacate(self, socket: Socket) -> None:
        """Take from a socket the seat that it holds and the lists that it watches."""
        self._leases.unwatch(socket)
        if socket.consultation:
            held = self._held(socket)
            if held and held.connection == socket.connection:
                self.leave(held)  # refused when the page was loaded again, and its new socket was faster

    def seat(self, trust: str, consultation: str, seat: Seat, guest: str = "") -> Taken | None:
        """Who holds a seat now; a guest's is asked for by the guest."""
        asked = Taken(trust=trust, consultation=consultation, seat=seat, guest=guest, connection="")
        return self._store.get(Taken, asked.key())

    def guest_seat(self, trust: str, consultation: str, guest: str) -> Taken | None:
        """As `seat`, of whoever is or was a guest: the row is found without knowing which seat it is."""
        return self.seat(trust, consultation, Seat.GUEST_1, guest)

    def _held(self, socket: Socket) -> Taken | None:
        if socket.guest:
            return self.guest_seat(socket.trust, socket.consultation, socket.guest)
        seat = Seat.PATIENT if socket.role is Role.PATIENT else Seat.CLINICIAN
        return self.seat(socket.trust, socket.consultation, seat)

    def holder(self, consultation: Consultation, seat: Seat) -> Taken | None:
        """Who holds a seat of a consultation now: of a guest's, only whoever is invited to it now."""
        guest = at(consultation, seat)
        return self.seat(consultation.trust, consultation.id, seat, guest.id if guest else "")

    def sit(self, socket: Socket, consultation: str, seat: Seat, *, asked: bool = False) -> None:
        """Take a seat for a socket: of one person the newest socket has it, an older one is told.

        ``asked``: its page asks for it now, which is newer than any socket. Raises Overtaken when a newer one has it,
        SocketEnded.
        """
        held = self.seat(socket.trust, consultation, seat, socket.guest)
        if held and held.connection == socket.connection:
            return
        taken = msgspec.structs.replace(
            held or Taken(trust=socket.trust, consultation=consultation, seat=seat, connection=""),
            seat=seat,
            guest=socket.guest,
            connection=socket.connection,
            since=int(self._now() * 1000) if asked else socket.opened,
            expires=socket.expires,
        )
        writes: list[Write] = [TakeSeat(taken)]
        if socket.consultation != consultation:  # so that it leaves the seat when it ends
            writes.append(KeepSocket(msgspec.structs.replace(socket, consultation=consultation)))
        try:
            self._store.write(writes)
        except Refused as refused:
            if 0 not in refused.failed:
                raise SocketEnded from None
            self._push.send(socket.connection, SeatTaken())
            raise Overtaken from None
        if held:
            self._push.send(held.connection, SeatTaken())

    def sends(
        self,
        seat: Taken,
        *,
        camera: bool = False,
        microphone: bool = False,
        screen: bool = False,
        interrupted: bool = False,
    ) -> None:
        """Note what the holder of a seat sends, while it still holds it."""
        noted = msgspec.structs.replace(
            seat, camera=camera, microphone=microphone, screen=screen, interrupted=interrupted
        )
        with suppress(Refused):
            self._store.write([KeepSeat(noted)])

    def leave(self, seat: Taken) -> None:
        """Take a seat from who held it, unless it has another holder by now."""
        with suppress(Refused):
            self._store.write([LeaveSeat(seat)])

    def to_seat(self, consultation: Consultation, seat: Seat, message: Message) -> bool:
        """Send to whoever holds a seat; False when nobody does."""
        held = self.holder(consultation, seat)
        if held is None:
            return False
        if self.to(held.connection, message):
            return True
        self.leave(held)  # also when nothing is known of its socket any more
        return False

    def to_call(self, consultation: Consultation, message: Message, *, but: Seat | None = None) -> None:
        """Send to everybody whom a consultation's call concerns, ``but`` one of them left out."""
        for seat in concerned(consultation):
            if seat is not but:
                self.to_seat(consultation, seat, message)

    def to_watchers(self, trust: str, staff: str, message: Message, department: str = "") -> None:
        """Send to every open list of a clinician; what is about a consultation of a ``department``, to those of it."""
        for watcher in self._store.query(Watcher, staff_partition(trust, staff), "CONN#"):
            if watcher.by and not self._may_see(watcher, department):
                continue
            if not self._push.send(watcher.connection, message):
                self._store.write([Delete(watcher.key())])

    def tell(self, consultation: Consultation, standing: Standing | None = None) -> None:
        """Tell everybody concerned what a consultation is now; ``standing`` when it is known already."""
        self.to_watchers(
            consultation.trust,
            consultation.staff,
            Changed(day=consultation.day, consultation=self.for_clinician(consultation)),
            consultation.department,
        )
        self.tell_visitors(consultation, standing)

    def tell_visitors(self, consultation: Consultation, standing: Standing | None = None) -> None:
        """Tell the patient and the guests."""
        standing = standing or self._queues.standing(consultation)
        self.tell_patient(consultation, standing)
        for guest in consultation.guests:
            self.tell_guest(consultation, guest, standing)

    def tell_patient(self, consultation: Consultation, standing: Standing | None = None) -> None:
        """Tell the patient alone; ``standing`` when it is known already."""
        held = self.seat(consultation.trust, consultation.id, Seat.PATIENT)
        if held:
            view = self.for_patient(consultation, logged_in=True, standing=standing)
            self.to(held.connection, Visit(visit=view))

    def tell_guest(self, consultation: Consultation, guest: Guest, standing: Standing | None = None) -> None:
        """Tell one guest alone."""
        self.to_seat(consultation, guest.seat, Visit(visit=self.for_guest(consultation, guest, standing)))

    def watched(self, trust: str, staff: str) -> bool:
        """Whether a clinician has her list open; that a secretary has it is not her being there."""
        return any(not watcher.by for watcher in self._store.query(Watcher, staff_partition(trust, staff), "CONN#"))

    def _may_see(self, watcher: Watcher, department: str) -> bool:
        """Whether a secretary may (still) see what is of a department, or of the list as a whole."""
        try:
            known = self._register.staff(watcher.trust, watcher.by)
        except NotFound:
            return False
        is_secretary = bool(known.roles) and Role.SECRETARY in (watcher.roles or known.roles)
        return is_secretary and (not department or department in known.departments)

    def for_clinician(self, consultation: Consultation) -> ConsultationView:
        """A consultation as its clinician sees it."""
        c = consultation
        matters = c.state in PRESENCE_MATTERS
        return ConsultationView(
            consultation=c.id,
            clinician=c.staff,
            version=c.version,
            state=c.state,
            starts=instant(c.starts),
            minutes=c.minutes,
            patient_name=c.patient_name,
            phone=c.phone,
            email=c.email,
            login_level=c.login_level,
            login_method=c.login_method,
            person_bound=bool(c.person),
            sms_wanted=self._wishes.wants_sms(c.trust, c.phone),
            erased=c.erased,
            drop_in=c.drop_in,
            sms=c.sms,
            mail=c.mail,
            invite_at=instant(c.invite_at) if c.invite_at is not None else None,
            checked_in_at=instant(c.checked_in_at) if c.checked_in_at is not None else None,
            patient_present=matters and self.seat(c.trust, c.id, Seat.PATIENT) is not None,
            devices=c.devices,
            network=c.network,
            call=c.call,
            reference=c.reference,
            department=c.department,
            language=c.language,
            tested_at=instant(c.tested_at) if c.tested_at is not None else None,
            guests=[self._guest(c, guest) for guest in c.guests],
            running_late=c.running_late,
            paused_by=c.paused_by,
            by_phone=c.by_phone,
        )

    def _guest(self, consultation: Consultation, guest: Guest) -> GuestView:
        return GuestView(
            id=guest.id,
            seat=guest.seat,
            kind=guest.kind,
            name=guest.name,
            phone=guest.phone,
            email=guest.email,
            login_level=guest.login_level,
            sms=guest.sms,
            mail=guest.mail,
            present=consultation.state not in FINAL and self.holder(consultation, guest.seat) is not None,
            ready=guest.ready,
            admitted=guest.admitted,
        )

    def for_patient(
        self, consultation: Consultation, *, logged_in: bool, standing: Standing | None = None
    ) -> VisitView:
        """A consultation as its patient sees it; it names no patient. ``standing`` is read when it is not given."""
        c, trust = consultation, self._register.trust(consultation.trust)
        standing = standing or self._queues.standing(c)
        return VisitView(
            consultation=c.id,
            version=c.version,
            state=c.state,
            starts=instant(c.starts),
            minutes=c.minutes,
            time_zone=trust.time_zone,
            trust_name=trust.name,
            department=department_view(self._register.department(c.trust, c.department)),
            clinician_name=self._register.staff(c.trust, c.staff).name,
            login_level=c.login_level,
            logged_in=logged_in,
            code_ends=_code_ends(c),
            sms_wanted=not logged_in or self._wishes.wants_sms(c.trust, c.phone),
            clinician_present=self.watched(c.trust, c.staff),
            call=c.call,
            reference=c.reference,
            feedback_given=c.feedback_given,
            seat=Seat.PATIENT,
            language=c.language,
            guests=[GuestName(seat=g.seat, kind=g.kind, name=g.name) for g in c.guests] if logged_in else [],
            place=standing.place,
            clinician_busy=standing.clinician_busy,
            delay_minutes=standing.delay_minutes,
            running_late=c.running_late,
            paused_by=c.paused_by,
            by_phone=c.by_phone,
            suspended=stopped.words if (stopped := self._suspensions.over(c)) else "",
            phone_known=bool(c.phone),
        )

    def for_guest(
        self, consultation: Consultation, guest: Guest, standing: Standing | None = None, *, logged_in: bool = True
    ) -> VisitView:
        """A consultation as one of its guests sees it: they are not asked what they thought of it."""
        return msgspec.structs.replace(
            self.for_patient(consultation, logged_in=logged_in, standing=standing),
            state=state_of(consultation, guest),
            seat=guest.seat,
            language=guest.language,
            login_level=guest.login_level,
            code_ends=_code_ends(guest),
            sms_wanted=not logged_in or self._wishes.wants_sms(consultation.trust, guest.phone),
            feedback_given=True,
            place=0,
        )

    def for_session(self, consultation: Consultation, session: Session) -> VisitView:
        """A consultation for whoever holds the session, logged in or not yet. Raises LinkWithdrawn."""
        if session.guest:
            return self.for_guest(consultation, expected(consultation, session.guest), logged_in=session.proven)
        return self.for_patient(consultation, logged_in=session.proven)


def _code_ends(receiver: Consultation | Guest) -> str:
    """The last two digits of the phone that codes are sent to; empty where none are."""
    return receiver.phone[-2:] if receiver.login_level is LoginLevel.CODE else ""
