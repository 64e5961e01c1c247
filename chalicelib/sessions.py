"""Sessions behind cookies: who somebody is, for a visit or at a trust, and for how long.

A session ends when its owner logs out, here or elsewhere, half an hour after they last did something, and some hours
after it began. A call is cut by nothing but a logout here, and no patient who waits is thrown out. Of a visit it is the
login that ends after half an hour: whoever opened the link may log in anew without looking for it.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec

from chalicelib.consultations import Consultations
from chalicelib.errors import NotFound, Unauthenticated
from chalicelib.guests import expected, guest_of, state_of
from chalicelib.lifecycle import WITH_CALL, Role, State
from chalicelib.protocol import LoginLevel
from chalicelib.records import Code, Consultation, Opened, Session, SignedIn, Socket
from chalicelib.settings import Settings
from chalicelib.store import Create, Delete, Put, Refused, Replace, Require, Store, Take, Write
from chalicelib.tokens import digest, mint

VISITORS: Final = frozenset({Role.PATIENT, Role.GUEST})
CHECKED_IN: Final = frozenset({State.CHECKED_IN}) | WITH_CALL
SEEN_SECONDS: Final = 60
"""How exactly it is known when somebody last did something: it is written once in this time."""
LONGEST_CALL_SECONDS: Final = 4 * 3600
"""How long a call can keep a session beyond its end."""
DAY: Final = 86400
TRIES: Final = 8


class Sessions:
    """Begins, finds and ends sessions of visitors and staff; each is known by the hash of its cookie."""

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        close: Callable[[str], None],
        settings: Settings,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._close = close
        self._settings = settings
        self._now = now

    # ------------------------------------------------------------ beginning

    def begin_visit(self, consultation: Consultation) -> tuple[Session, str]:
        """A session for who came with a link or by the fixed address; returns it with the cookie's value."""
        proven = consultation.login_level is LoginLevel.NONE and not consultation.person
        return self.begin(trust=consultation.trust, role=Role.PATIENT, consultation=consultation.id, proven=proven)

    def begin_guest_visit(self, consultation: Consultation, guest: str) -> tuple[Session, str]:
        """As `begin_visit`, for a guest. Raises LinkWithdrawn."""
        proven = expected(consultation, guest).login_level is LoginLevel.NONE
        return self.begin(
            trust=consultation.trust, role=Role.GUEST, consultation=consultation.id, guest=guest, proven=proven
        )

    def begin(
        self,
        *,
        trust: str,
        role: Role,
        consultation: str = "",
        guest: str = "",
        staff: str = "",
        roles: tuple[Role, ...] = (),
        proven: bool = False,
        level: LoginLevel = LoginLevel.NONE,
        signed_in: str = "",
        seconds: int | None = None,
        instead_of: Session | None = None,
        also: Sequence[Write] = (),
    ) -> tuple[Session, str]:
        """A new session, in the place of another if one is given; returns it with the cookie's value.

        Raises Unauthenticated when the other has ended meanwhile, or one of ``also``, written with it, is refused.
        """
        value, now = mint(), int(self._now())
        ends = now + (seconds or self._settings.session_seconds)
        session = Session(
            digest=digest(value),
            trust=trust,
            role=role,
            consultation=consultation,
            guest=guest,
            staff=staff,
            roles=roles,
            proven=proven,
            level=level,
            signed_in=signed_in,
            seen=now,
            ends=ends,
            expires=ends + LONGEST_CALL_SECONDS,
        )
        writes: list[Write] = [Create(session), *_signed(session), *also]
        if instead_of:
            writes.append(Take(instead_of.key()))
        try:
            self._store.write(writes)
        except Refused:
            raise Unauthenticated from None
        return session, value

    def prove(self, session: Session, level: LoginLevel, *, signed_in: str = "", also: Sequence[Write] = ()) -> str:
        """A visitor has logged in: a new session takes the old one's place; returns the new cookie's value.

        Raises Unauthenticated as `begin`.
        """
        _, value = self.begin(
            trust=session.trust,
            role=session.role,
            consultation=session.consultation,
            guest=session.guest,
            proven=True,
            level=level,
            signed_in=signed_in,
            instead_of=session,
            also=also,
        )
        return value

    def remember(self, session: Session, signed_in: str) -> None:
        """Keep by which session at the issuer somebody was here, though they were not let in."""
        if after := self._alter(session, signed_in=signed_in):
            self._store.write(_signed(after))

    # ------------------------------------------------------------ finding

    def of(self, cookie: str) -> Session | None:
        """What a cookie stands for, be it a login under way, or over."""
        return self._store.get(Session, _key(digest(cookie)))

    def visitor(self, consultation: str, cookie: str) -> Session:
        """The session of a visit, of its patient or a guest.

        Raises Unauthenticated, also when the cookie is another visit's; LinkWithdrawn to a guest who was shown out.
        """
        session = self.of(cookie)
        if session is None or session.role not in VISITORS or session.consultation != consultation:
            raise Unauthenticated
        if session.guest:
            expected(self._consultations.find(session.trust, consultation), session.guest)
        return self._used(session)

    def proven_visitor(self, consultation: str, cookie: str) -> Session:
        """As `visitor`, and the login that was asked for has been done."""
        session = self.visitor(consultation, cookie)
        if not session.proven:
            raise Unauthenticated
        return session

    def employee(self, trust: str, cookie: str) -> Session:
        """The session of one of the staff who is logged in at ``trust``. Raises Unauthenticated."""
        session = self.of(cookie)
        if session is None or not session.staff or session.trust != trust:
            raise Unauthenticated
        return self._used(session)

    # ------------------------------------------------------------ sockets

    def opens(self, socket: Socket) -> list[Write]:
        """What to write with a socket that its session opens, refused when the session has ended.

        Raises Unauthenticated when it is over.
        """
        if socket.role is Role.WORKER:
            return []
        return [Require(self._of_socket(socket).key())]

    def heard(self, socket: Socket, *, ping: bool) -> None:
        """A socket said something. Raises Unauthenticated when its session is over.

        A page says ``ping`` by itself: it keeps the session of the staff, of who has checked in, of who is called, and
        of who was asked for no login, which could not be done anew.
        """
        if socket.role is Role.WORKER:
            return
        session = self._of_socket(socket)
        if self._stale(session) and (not ping or session.level is LoginLevel.NONE or self._checked_in(session)):
            self._touch(session)

    def _of_socket(self, socket: Socket) -> Session:
        found = self._store.get(Session, _key(socket.session))
        session = self._present(found, socket.consultation) if found else None
        if session is None or not session.proven:
            raise Unauthenticated
        return session

    # ------------------------------------------------------------ ending

    def log_out(self, session: Session) -> None:
        """End a session, its sockets, and with it what it was given passes for."""
        code = Code(session=session.digest, digest="")
        gone = [session, code, *(write.record for write in _signed(session))]
        self._store.write([Delete(record.key()) for record in gone])
        self._close_sockets(session)

    def _close_sockets(self, session: Session) -> None:
        """After its end is written: what opens later is refused, what was open before is found."""
        for opened in self._store.query(Opened, session.key()[0], "CONN#"):
            self._close(opened.connection)

    def log_out_elsewhere(self, signed_in: str) -> list[Session]:
        """End all that came of one session at an issuer, what is in a call together with it; returns what went on."""
        rows = self._store.query(SignedIn, SignedIn(signed_in=signed_in, session="").key()[0], "SESSION#")
        found = [self._store.get(Session, _key(row.session)) for row in rows]
        ended = [session for session in found if session is not None and not session.logged_out]
        for session in ended:
            if self._idle(session) or not self._in_call(session):
                self.log_out(session)
            else:
                self._alter(session, logged_out=True)
        return ended

    # ------------------------------------------------------------ how long

    def _used(self, session: Session) -> Session:
        session = self._present(session)
        if self._stale(session):
            self._touch(session)
        return session

    def _present(self, session: Session, calling: str = "") -> Session:
        """The session as it is now, a visit's perhaps without its login. Raises Unauthenticated when it is over.

        ``calling``: which consultation one of the staff is known to have called last.
        """
        if not self._over(session, calling):
            return session
        if session.logged_out or self._now() >= session.ends or session.staff or session.level is LoginLevel.NONE:
            self.log_out(session)  # for good: the next call is not its own
            raise Unauthenticated
        opened = msgspec.structs.replace(
            session, proven=False, level=LoginLevel.NONE, seen=int(self._now()), version=session.version + 1
        )
        try:
            self._store.write([Replace(opened, expected=session.version)])
        except Refused:
            raise Unauthenticated from None  # somebody else ends it just now
        self._close_sockets(session)
        return opened

    def _over(self, session: Session, calling: str) -> bool:
        """Whether a session, or a visit's login, has ended.

        A call keeps the session of who is in it. A patient who checked in with it may sleep as long as the phone does,
        but what lay idle before that stays over, whoever checks in later and from wherever.
        """
        if self._idle(session):
            return session.logged_out or self._now() >= session.ends or not self._waits(session)
        if session.logged_out or self._now() >= session.ends:
            return not self._in_call(session, calling)
        return False

    def _idle(self, session: Session) -> bool:
        """Whether nobody has done anything for long; a visit that was only opened waits for its login till its end."""
        opened = not session.proven and session.role in VISITORS
        return not opened and self._now() - session.seen >= self._settings.idle_seconds

    def _stale(self, session: Session) -> bool:
        return self._now() - session.seen >= SEEN_SECONDS

    def _touch(self, session: Session) -> None:
        # Refused when somebody else was faster, or the session has ended: either is as good.
        after = msgspec.structs.replace(session, seen=int(self._now()), version=session.version + 1)
        with suppress(Refused):
            self._store.write([Replace(after, expected=session.version)])

    def _alter(self, session: Session, **fields: Any) -> Session | None:
        """Change a session; None when it has ended."""
        for _ in range(TRIES):
            present = self._store.get(Session, session.key())
            if present is None:
                return None
            after: Session = msgspec.structs.replace(present, version=present.version + 1, **fields)
            with suppress(Refused):
                self._store.write([Replace(after, expected=present.version)])
                return after
        raise Unauthenticated

    def _visit(self, session: Session) -> Consultation | None:
        try:
            return self._consultations.find(session.trust, session.consultation)
        except NotFound:
            return None

    def _waits(self, session: Session) -> bool:
        """Whether it is a patient's who has checked in while this session was in use."""
        visit = self._visit(session) if session.role is Role.PATIENT else None
        return (
            visit is not None
            and visit.state in CHECKED_IN
            and visit.checked_in_at is not None
            and session.seen + SEEN_SECONDS > visit.checked_in_at
        )

    def _checked_in(self, session: Session) -> bool:
        """Whether a visitor waits, is rung for, or is in the call."""
        visit = self._visit(session)
        if visit is None:
            return False
        guest = guest_of(visit, session.guest)
        return guest.ready if guest else visit.state in CHECKED_IN

    def _in_call(self, session: Session, calling: str = "") -> bool:
        if not session.staff:
            visit = self._visit(session)
            if visit is None:
                return False
            guest = guest_of(visit, session.guest)
            return (state_of(visit, guest) if guest else visit.state) in WITH_CALL
        with suppress(NotFound):
            if calling and self._consultations.find(session.trust, calling).state in WITH_CALL:
                return True
        now = int(self._now())
        days = {self._consultations.day_of(session.trust, now + n * DAY) for n in (-1, 0, 1)}
        found = (c for day in days for c in self._store.day(session.trust, session.staff, day))
        return any(c.state in WITH_CALL for c in found)


def signed_in(issuer: str, sid: str) -> str:
    """What is kept of a session at an issuer; empty when the issuer names none."""
    return digest(f"{issuer}\n{sid}") if sid else ""


def visit_cookie(consultation: str) -> str:
    """Name of a visit's cookie."""
    return f"__Host-v-{consultation}"


def staff_cookie(trust: str) -> str:
    """Name of a clinician's cookie."""
    return f"__Host-s-{trust}"


def _signed(session: Session) -> list[Put]:
    if not session.signed_in:
        return []
    return [Put(SignedIn(signed_in=session.signed_in, session=session.digest, expires=session.expires))]


def _key(hashed: str) -> tuple[str, str]:
    return f"SESSION#{hashed}", "SESSION"
