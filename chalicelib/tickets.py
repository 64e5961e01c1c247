"""Passes for sockets: each opens one connection, once, for whoever it was given to."""

from collections.abc import Callable
from typing import Final

from chalicelib import probing
from chalicelib.consultations import Consultations
from chalicelib.errors import TicketInvalid
from chalicelib.guests import expected
from chalicelib.lifecycle import Role
from chalicelib.records import Once, Session, Socket, Ticket
from chalicelib.rest import Ticket as TicketBody
from chalicelib.rings import Ring
from chalicelib.settings import Settings
from chalicelib.store import Create, Refused, Store, Take, Write
from chalicelib.tokens import check_probe_pass, check_worker_pass, digest, mint

NONCE_SECONDS: Final = 600
"""How long a signed pass is remembered: longer than it is good."""


class Tickets:
    """Gives passes to sessions, and takes them, the workers' own and the probe's at the door."""

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        settings: Settings,
        ring: Callable[[str], Ring],
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._settings = settings
        self._ring = ring
        self._now = now

    def issue(self, session: Session, role: Role | None = None) -> TicketBody:
        """A pass for one socket of the session's owner; for one of the staff, in which of her roles."""
        secret, seconds = mint(), self._settings.ticket_seconds
        ticket = Ticket(
            digest=digest(secret),
            trust=session.trust,
            role=role or session.role,
            session=session.digest,
            level=session.level,
            consultation=session.consultation,
            guest=session.guest,
            staff=session.staff,
            roles=session.roles,
            expires=int(self._now()) + seconds,
        )
        self._store.write([Create(ticket)])
        return TicketBody(
            ticket=secret,
            seconds=seconds,
            ping_seconds=self._settings.ping_seconds,
            socket_seconds=self._settings.socket_seconds,
        )

    def redeem(self, presented: str, connection: str) -> Socket:
        """Use up a pass; returns the socket's identity. Raises TicketInvalid when it is unknown, used or forged,
        LinkWithdrawn when it is of a guest who was shown out meanwhile.
        """
        if presented.startswith("worker."):
            return self._redeem_worker(presented, connection)
        if presented.startswith("probe."):
            return self._redeem_probe(presented, connection)
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
            session=ticket.session,
            level=ticket.level,
            trust=ticket.trust,
            consultation=ticket.consultation,
            guest=ticket.guest,
            staff=ticket.staff,
            roles=ticket.roles,
        )

    def _redeem_worker(self, presented: str, connection: str) -> Socket:
        keys = self._ring(self._settings.secret_worker).keys
        worker, nonce = check_worker_pass(keys, presented, self._now())
        self._use_up(nonce)
        return Socket(connection=connection, role=Role.WORKER, worker=worker)

    def _redeem_probe(self, presented: str, connection: str) -> Socket:
        """A clinician of the trust that nobody belongs to. Her session has no cookie: she comes to this socket only."""
        keys, now = self._ring(self._settings.secret_probe).keys, int(self._now())
        staff, nonce = check_probe_pass(keys, presented, now)
        ends = now + probing.SESSION_SECONDS
        session = Session(
            digest=digest(mint()),
            trust=probing.TRUST,
            role=Role.CLINICIAN,
            staff=staff,
            roles=(Role.CLINICIAN,),
            proven=True,
            seen=now,
            ends=ends,
            expires=ends,
        )
        self._use_up(nonce, Create(session))
        return Socket(
            connection=connection,
            role=session.role,
            session=session.digest,
            trust=session.trust,
            staff=session.staff,
            roles=session.roles,
        )

    def _use_up(self, nonce: str, *also: Write) -> None:
        once = Create(Once(name=f"pass#{nonce}", expires=int(self._now()) + NONCE_SECONDS))
        try:
            self._store.write([once, *also])
        except Refused:
            raise TicketInvalid from None
