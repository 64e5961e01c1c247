"""Sessions behind cookies: who somebody is, for a visit or at a trust."""

from collections.abc import Callable
from typing import Final

from chalicelib.consultations import Consultations
from chalicelib.errors import Forbidden, Unauthenticated
from chalicelib.guests import expected
from chalicelib.lifecycle import Role
from chalicelib.protocol import LoginLevel
from chalicelib.records import Consultation, Session
from chalicelib.settings import Settings
from chalicelib.store import Create, Delete, Store
from chalicelib.tokens import digest, mint

VISITORS: Final = frozenset({Role.PATIENT, Role.GUEST})


class Sessions:
    """Begins, finds and ends sessions of visitors and staff; each is known by the hash of its cookie."""

    def __init__(
        self, store: Store, consultations: Consultations, settings: Settings, now: Callable[[], float]
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._settings = settings
        self._now = now

    def begin_visit(self, consultation: Consultation) -> tuple[Session, str]:
        """A session for who came with a link or by the fixed address; returns it with the cookie's value."""
        proven = consultation.login_level is LoginLevel.NONE and not consultation.person
        return self.begin(trust=consultation.trust, role=Role.PATIENT, consultation=consultation.id, proven=proven)

    def begin_guest_visit(self, consultation: Consultation, guest: str) -> tuple[Session, str]:
        """As `begin_visit`, for a guest: what they know is the link, and no login is asked for."""
        return self.begin(
            trust=consultation.trust, role=Role.GUEST, consultation=consultation.id, guest=guest, proven=True
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
        seconds: int | None = None,
        instead_of: Session | None = None,
    ) -> tuple[Session, str]:
        """A new session, in the place of another if one is given; returns it with the cookie's value."""
        value = mint()
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
            expires=int(self._now()) + (seconds or self._settings.session_seconds),
        )
        self._store.write([Create(session), *([Delete(instead_of.key())] if instead_of else [])])
        return session, value

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

    def employee(self, trust: str, cookie: str) -> Session:
        """The session of one of the staff who is logged in at ``trust``. Raises Unauthenticated."""
        session = self._store.get(Session, _session_key(cookie))
        if session is None or not session.staff or session.trust != trust:
            raise Unauthenticated
        return session

    def log_out(self, session: Session) -> None:
        """End a session."""
        self._store.write([Delete(session.key())])


def visit_cookie(consultation: str) -> str:
    """Name of a visit's cookie."""
    return f"__Host-v-{consultation}"


def staff_cookie(trust: str) -> str:
    """Name of a clinician's cookie."""
    return f"__Host-s-{trust}"


def _session_key(cookie: str) -> tuple[str, str]:
    return f"SESSION#{digest(cookie)}", "SESSION"
