"""Whoever missed any part of what was said, and says hello, knows all that who missed nothing knows (decision 0026)."""

from collections.abc import Callable
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import protocol as p
from chalicelib.guests import standing
from chalicelib.lifecycle import WITH_CALL, State
from chalicelib.protocol import DeviceReport, Message, Seat
from tests.fakes.clinic import Clinic

PAGES: Final = ("P", "C", "G")


class Page:
    """What a page knows of one consultation after what it was told, as the real pages' reducers do."""

    def __init__(self, consultation: str) -> None:
        self.consultation = consultation
        self.version, self.state, self.call = -1, "", 0
        self.joined, self.paused = 0, ""
        self.seats: tuple[str, ...] = ()
        self.peers: dict[str, tuple[bool, bool]] = {}

    def take(self, message: Message) -> None:
        match message:
            case p.Visit(view):
                self._view(view)
                if self.state is not State.IN_CALL:  # who is only rung for is in no call, be it one that they have left
                    self._out()
            case p.Changed(_, view) if view.consultation == self.consultation:
                self._view(view)
            case p.Board():
                for view in message.consultations:
                    if view.consultation == self.consultation:
                        self._view(view)
            case p.Ringing(_, call) if call >= self.call:
                self.call = call
            case p.Join(call=call) if call >= self.call:
                if call != self.joined:
                    self.peers = {}
                self.call = self.joined = call
                self.seats = tuple(message.seats)
            case p.PeerMedia(call=call) if call == self.joined:
                self.peers[message.seat] = (message.camera, message.microphone)
            case p.PeerLeft(call=call) if call == self.joined:
                self.peers.pop(message.seat, None)
            case p.Paused(call=call) if call >= self.call:
                self.paused = str(message.by or "")
            case p.CallEnded(call=call) if call >= self.call:
                self._out()

    def _view(self, view: Any) -> None:
        if view.version < self.version:
            return
        self.version, self.state = view.version, view.state
        self.call, self.paused = max(view.call, self.call), str(view.paused_by or "")
        if view.state not in WITH_CALL:
            self._out()

    def _out(self) -> None:
        self.joined, self.peers, self.seats = 0, {}, ()

    def knows(self) -> tuple[Any, ...]:
        peers = {
            seat: sends for seat, sends in self.peers.items() if any(sends)
        }  # who sends nothing, and who said nothing
        in_call = (self.call, self.joined, self.seats, self.paused, peers) if self.joined else ()
        return self.version, self.state, in_call


class Afternoon:
    """A patient, a clinician, a guest, two workers; ``history`` is done to them."""

    def __init__(self) -> None:
        self.clinic = Clinic()
        self.c = self.clinic.waiting()
        self.clinic.worker("X", "w2")
        self.guest = self.clinic.invite(self.c)
        self.clinic.guest("G", self.c, self.guest)

    def say(self, connection: str, message: Message) -> None:
        said = self.clinic.say(connection, message)
        assert " " not in said, said

    @property
    def call(self) -> int:
        return self.clinic.now(self.c).call


ACTS: Final[dict[str, Callable[[Afternoon], None]]] = {
    "ready": lambda a: a.say("P", p.CheckIn(devices=DeviceReport())),
    "call": lambda a: a.say("C", p.Call(consultation=a.c.id)),
    "accept": lambda a: a.say("P", p.Accept(consultation=a.c.id, call=a.call)),
    "withdraw": lambda a: a.say("C", p.WithdrawCall(consultation=a.c.id, call=a.call)),
    "admit": lambda a: a.say("C", p.Admit(consultation=a.c.id, guest=a.guest.id)),
    "guest ready": lambda a: a.say("G", p.CheckIn(devices=DeviceReport())),
    "guest accepts": lambda a: a.say("G", p.Accept(consultation=a.c.id, call=a.call)),
    "guest hangs up": lambda a: a.say("G", p.HangUp(consultation=a.c.id, call=a.call)),
    "hang up": lambda a: a.say("C", p.HangUp(consultation=a.c.id, call=a.call)),
    "refused": lambda a: a.say("W", p.RoomRefused(room=f"elvenes.{a.c.id}.{a.call}")),
    "refused too": lambda a: a.say("X", p.RoomRefused(room=f"elvenes.{a.c.id}.{a.call}")),
    "heartbeat": lambda a: a.say("W", p.Heartbeat(load=0, rooms=0)),
    "another's heartbeat": lambda a: a.say("X", p.Heartbeat(load=0, rooms=0)),
    "late": lambda a: a.say("P", p.RunningLate(minutes=a.clinic.now(a.c).version % 60)),
}


def sending(who: str, *, camera: bool) -> Callable[[Afternoon], None]:
    def act(a: Afternoon) -> None:
        present = a.clinic.now(a.c)
        seat = {"P": Seat.PATIENT, "C": Seat.CLINICIAN, "G": a.guest.seat}[who]
        if standing(present, seat) is State.IN_CALL:  # pages say it on `join`
            a.say(who, p.Media(consultation=a.c.id, call=a.call, camera=camera, microphone=True))

    return act


def pausing(who: str, *, paused: bool) -> Callable[[Afternoon], None]:
    return lambda a: a.say(who, p.Pause(consultation=a.c.id, call=a.call, paused=paused))


for page in PAGES:
    for on in (True, False):
        ACTS[f"{page} camera {on}"] = sending(page, camera=on)
        ACTS[f"{page} pause {on}"] = pausing(page, paused=on)
TALKING: Final = ("call", "accept", "admit", "guest ready", "guest accepts")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    begins=st.integers(0, len(TALKING)),
    history=st.lists(st.sampled_from(sorted(ACTS)), max_size=20),
    missed=st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted),
    who=st.sampled_from(PAGES),
)
def test_who_missed_a_part_and_says_hello_knows_what_the_others_know(
    begins: int, history: list[str], missed: list[int], who: str
) -> None:
    afternoon = Afternoon()
    acts = [*TALKING[:begins], *history]
    first, last = (min(n, len(acts)) for n in missed)
    told: list[int] = [0]
    for act in acts:
        ACTS[act](afternoon)
        told.append(len(afternoon.clinic.push.sent))
    heard = lambda a, b: [m for to, m in afternoon.clinic.push.sent[a:b] if to == who]  # noqa: E731
    missing_nothing, came_back = Page(afternoon.c.id), Page(afternoon.c.id)
    for message in heard(0, told[-1]):
        missing_nothing.take(message)
    for message in heard(0, told[first]):
        came_back.take(message)
    for message in heard(told[last], told[-1]) if last < len(acts) else []:
        came_back.take(message)
    afternoon.say(who, p.Hello())
    again = heard(told[-1], None)
    for message in again:
        came_back.take(message)
        missing_nothing.take(message) if isinstance(message, p.Visit | p.Board) else None
    assert came_back.knows() == missing_nothing.knows()
