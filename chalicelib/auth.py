"""Who somebody is: sessions behind cookies, logins at the portals, and passes for sockets."""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

import msgspec

from chalicelib.consultations import Actor, Consultations
from chalicelib.errors import (
    Forbidden,
    LoginCancelled,
    LoginFailed,
    NotFound,
    TicketInvalid,
    Unauthenticated,
    VenteromError,
    WrongPerson,
)
from chalicelib.guests import expected
from chalicelib.lifecycle import Role
from chalicelib.oidc import RelyingParty
from chalicelib.protocol import LoginLevel
from chalicelib.records import Consultation, Login, Once, Session, Socket, Ticket
from chalicelib.register import Register
from chalicelib.rest import Ticket as TicketBody
from chalicelib.settings import Settings
from chalicelib.store import Create, Delete, Refused, Store, Take
from chalicelib.tokens import check_worker_pass, digest, keyed, mint

VISITORS: Final = frozenset({Role.PATIENT, Role.GUEST})
LOGIN_SECONDS: Final = 600
"""How long a person may take at the portal."""


class Returned(msgspec.Struct, frozen=True):
    """What the portal sent back in the query."""

    code: str = ""
    state: str = ""
    iss: str = ""
    error: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """Where a login ended: the page to show, and the new cookie if there is one."""

    location: str
    cookie: tuple[str, str] | None = None


class Auth:
    """Sessions, logins and tickets of patients, staff and workers."""

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        register: Register,
        patients: Callable[[], RelyingParty],
        staff: Callable[[], RelyingParty],
        settings: Settings,
        secret: Callable[[str], str],
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._register = register
        self._patients = patients
        self._staff = staff
        self._settings = settings
        self._secret = secret
        self._now = now

    # ------------------------------------------------------------ visits

    def begin_visit(self, consultation: Consultation) -> tuple[Session, str]:
        """A session for who came with a link or by the fixed address; returns it with the cookie's value."""
        proven = consultation.login_level is LoginLevel.NONE and not consultation.person
        return self._session(trust=consultation.trust, role=Role.PATIENT, consultation=consultation.id, proven=proven)

    def begin_guest_visit(self, consultation: Consultation, guest: str) -> tuple[Session, str]:
        """As `begin_visit`, for a guest: what they know is the link, and no login is asked for."""
        return self._session(
            trust=consultation.trust, role=Role.GUEST, consultation=consultation.id, guest=guest, proven=True
        )

    def visitor(self, consultation: str, cookie: str) -> Session:
        """The session of a visit, of its patient or a guest.

        Raises Unauthenticated, also when the cookie is another visit's; LinkWithdrawn to a guest who was shown out.
        """
        session = self._store.get(Session, _session_key(cookie))
        if session is None or session.role not in VISITORS or session.consultation != consultation:
            raise Unauthenticated
        if session.guest:
            expected(self._consultations.find(session.trust, consultation), session.guest)
        return session

    def patient(self, consultation: str, cookie: str) -> Session:
        """As `visitor`, and of the patient. Raises Forbidden to a guest."""
        session = self.visitor(consultation, cookie)
        if session.role is not Role.PATIENT:
            raise Forbidden
        return session

    def proven_visitor(self, consultation: str, cookie: str) -> Session:
        """As `visitor`, and the login that was asked for has been done."""
        session = self.visitor(consultation, cookie)
        if not session.proven:
            raise Unauthenticated
        return session

    def start_visit_login(self, consultation: str, cookie: str) -> str:
        """Where to send a visitor to log in. Raises Unauthenticated, LoginFailed when the portal is away."""
        session = self.patient(consultation, cookie)
        booked = self._consultations.find(session.trust, consultation)
        # A number on the booking can only be compared after a login.
        level = LoginLevel.SUBSTANTIAL if booked.login_level is LoginLevel.NONE else booked.login_level
        return self._start(self._patients(), session, level, booked.language.value)

    def finish_visit_login(self, returned: Returned, cookie_of: Callable[[str], str]) -> Outcome:
        """A visitor came back from the portal; ``cookie_of`` gives this browser's cookie of a consultation.

        Never raises: whatever went wrong is told by the page it leads to.
        """
        login = self._take_login(returned.state, Role.PATIENT)
        if login is None:
            return Outcome("/v?error=login_failed")
        place = f"#{login.consultation}"
        try:
            session = self.patient(login.consultation, cookie_of(login.consultation))
            if session.digest != login.session:
                raise LoginFailed
            _raise_if_refused(returned)
            person = self._patients().finish(returned.code, returned.iss, login.verifier, login.nonce, login.level)
            booked = self._consultations.find(session.trust, session.consultation)
            given = keyed(self._secret(self._settings.secret_pepper), session.trust, person.national_id)
            if booked.person and (not person.national_id or given != booked.person):
                raise WrongPerson
        except VenteromError as error:
            return Outcome(f"/v?error={error.code}{place}")
        _, value = self._session(
            trust=session.trust, role=Role.PATIENT, consultation=session.consultation, proven=True, instead_of=session
        )
        self._consultations.note(
            session.trust, session.consultation, f"logged_in_{person.level}", Actor(Role.PATIENT), lambda _: {}
        )
        return Outcome(f"/v{place}", (visit_cookie(session.consultation), value))

    # ------------------------------------------------------------ staff

    def start_staff_login(self, trust: str) -> Outcome:
        """Where to send a clinician to log in, with the cookie that ties the login to this browser."""
        self._register.trust(trust)
        session, value = self._session(trust=trust, role=Role.CLINICIAN, seconds=LOGIN_SECONDS)
        location = self._start(self._staff(), session, LoginLevel.NONE, "nb")
        return Outcome(location, (login_cookie(trust), value))

    def finish_staff_login(self, returned: Returned, cookie_of: Callable[[str], str]) -> Outcome:
        """A clinician came back; ``cookie_of`` gives this browser's login cookie of a trust. Never raises."""
        login = self._take_login(returned.state, Role.CLINICIAN)
        if login is None:
            return Outcome("/?error=login_failed")
        page = f"/staff/{quote(login.trust)}"
        try:
            if digest(cookie_of(login.trust)) != login.session:
                raise LoginFailed
            _raise_if_refused(returned)
            person = self._staff().finish(returned.code, returned.iss, login.verifier, login.nonce, login.level)
            try:
                clinician = self._register.staff(login.trust, person.subject)
            except NotFound:
                raise Forbidden from None
        except VenteromError as error:
            return Outcome(f"{page}?error={error.code}")
        _, value = self._session(trust=login.trust, role=Role.CLINICIAN, staff=clinician.id, proven=True)
        return Outcome(page, (staff_cookie(login.trust), value))

    def clinician(self, trust: str, cookie: str) -> Session:
        """The session of a clinician who is logged in at ``trust``. Raises Unauthenticated."""
        session = self._store.get(Session, _session_key(cookie))
        if session is None or not session.staff or session.trust != trust:
            raise Unauthenticated
        return session

    def log_out(self, session: Session) -> None:
        """End a session."""
        self._store.write([Delete(session.key())])

    # ------------------------------------------------------------ sockets

    def ticket(self, session: Session) -> TicketBody:
        """A pass for one socket of the session's owner."""
        secret, seconds = mint(), self._settings.ticket_seconds
        ticket = Ticket(
            digest=digest(secret),
            trust=session.trust,
            role=session.role,
            consultation=session.consultation,
            guest=session.guest,
            staff=session.staff,
            expires=int(self._now()) + seconds,
        )
        self._store.write([Create(ticket)])
        return TicketBody(ticket=secret, seconds=seconds)

    def redeem(self, presented: str, connection: str, expires: int) -> Socket:
        """Use up a pass; returns the socket's identity. Raises TicketInvalid when it is unknown, used or forged,
        LinkWithdrawn when it is of a guest who was shown out meanwhile.
        """
        if presented.startswith("worker."):
            return self._redeem_worker(presented, connection, expires)
        ticket = self._store.get(Ticket, Ticket(digest=digest(presented), trust="", role=Role.PATIENT).key())
        if ticket is None:
            raise TicketInvalid
        try:
            self._store.write([Take(ticket.key())])
        except Refused:
            raise TicketInvalid from None
        if ticket.guest:
            expected(self._consultations.find(ticket.trust, ticket.consultation), ticket.guest)
        return Socket(
            connection=connection,
            role=ticket.role,
            trust=ticket.trust,
            consultation=ticket.consultation,
            guest=ticket.guest,
            staff=ticket.staff,
            expires=expires,
        )

    def _redeem_worker(self, presented: str, connection: str, expires: int) -> Socket:
        now = self._now()
        worker, nonce = check_worker_pass(self._secret(self._settings.secret_worker), presented, now)
        try:
            self._store.write([Create(Once(name=f"pass#{nonce}", expires=int(now) + LOGIN_SECONDS))])
        except Refused:
            raise TicketInvalid from None
        return Socket(connection=connection, role=Role.WORKER, worker=worker, expires=expires)

    # ------------------------------------------------------------ parts

    def _session(
        self,
        *,
        trust: str,
        role: Role,
        consultation: str = "",
        guest: str = "",
        staff: str = "",
        proven: bool = False,
        seconds: int | None = None,
        instead_of: Session | None = None,
    ) -> tuple[Session, str]:
        value = mint()
        session = Session(
            digest=digest(value),
            trust=trust,
            role=role,
            consultation=consultation,
            guest=guest,
            staff=staff,
            proven=proven,
            expires=int(self._now()) + (seconds or self._settings.session_seconds),
        )
        self._store.write([Create(session), *([Delete(instead_of.key())] if instead_of else [])])
        return session, value

    def _start(self, party: RelyingParty, session: Session, level: LoginLevel, locale: str) -> str:
        started = party.start(level, locale)
        login = Login(
            digest=digest(started.state),
            session=session.digest,
            trust=session.trust,
            role=session.role,
            consultation=session.consultation,
            verifier=started.verifier,
            nonce=started.nonce,
            level=level,
            expires=int(self._now()) + LOGIN_SECONDS,
        )
        self._store.write([Create(login)])
        return started.location

    def _take_login(self, state: str, role: Role) -> Login | None:
        key = (f"LOGIN#{digest(state)}", "LOGIN")
        login = self._store.get(Login, key)
        if login is None or login.role is not role:
            return None
        try:
            self._store.write([Take(key)])
        except Refused:
            return None
        return login


def visit_cookie(consultation: str) -> str:
    """Name of a visit's cookie."""
    return f"__Host-v-{consultation}"


def staff_cookie(trust: str) -> str:
    """Name of a clinician's cookie."""
    return f"__Host-s-{trust}"


def login_cookie(trust: str) -> str:
    """Name of the cookie that ties a clinician's login under way to the browser it began in."""
    return f"__Host-l-{trust}"


def _session_key(cookie: str) -> tuple[str, str]:
    return f"SESSION#{digest(cookie)}", "SESSION"


def _raise_if_refused(returned: Returned) -> None:
    if returned.error == "access_denied":
        raise LoginCancelled
    if returned.error or not returned.code:
        raise LoginFailed
