"""A shift at a small clinic in which anything may happen: who is there and what each can do, told as a story."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from chalicelib import protocol as p
from chalicelib.errors import VenteromError
from chalicelib.lifecycle import FINAL, Role, State
from chalicelib.protocol import Message
from chalicelib.records import Consultation, Socket, Worker
from tests.fakes.clinic import Clinic
from tests.fakes.effects import Died, Effects
from tests.invariants import ALWAYS, AT_REST, Rule, broken

SDP: Final = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
PATIENTS: Final = ("Kari", "Nils")
WORKERS: Final = ("w1", "w2", "w3")
Act = Callable[["Shift"], None]


class Shift:
    """Two patients, a companion of the first, a clinician with any number of pages, three workers of one place each."""

    def __init__(self) -> None:
        self.clinic = Clinic()
        self.effects = Effects(self.clinic)
        self.story: list[str] = []
        self.said: list[tuple[str, str, Message]] = []
        self.sockets: dict[str, list[str]] = {}
        self.visits = {name: self.clinic.book(patient_name=name) for name in PATIENTS}
        self.companion = self.clinic.invite(self.visits["Kari"])
        for worker in WORKERS:
            self.registers(worker)
        for who in ("Ingrid", *PATIENTS, "Per"):
            self.opens(who)
        for who in PATIENTS:
            self.says(who, p.CheckIn(devices=p.DeviceReport()))

    # ------------------------------------------------------------ what happens

    def opens(self, who: str) -> None:
        """A page, or one more; it says hello."""
        connection = self._new(who)
        clinic, visit = self.clinic, self.visits.get(who, self.visits["Kari"])
        with suppress(VenteromError, AssertionError):  # what it says first is refused, to who was shown out
            if who == "Ingrid":
                clinic.clinician(connection)
            elif who == "Per":
                clinic.guest(connection, visit, self.companion)
            else:
                clinic.patient(connection, visit)

    def registers(self, worker: str, *, knowing: bool = False) -> None:
        """A worker comes by a new socket, ``knowing`` what it carried, or as one that started anew."""
        connection = self._new(worker)
        carried = tuple(room for row in self.workers() if row.id == worker for room in row.rooms) if knowing else ()
        register = p.Register(worker=worker, capacity=1, rooms=list(carried))
        with suppress(AssertionError):  # cut off
            self.clinic.open(Socket(connection=connection, role=Role.WORKER, worker=worker), register)

    def says(self, who: str, message: Message, *, page: int = -1) -> None:
        """On the newest socket, or an older one. What is said is remembered, to come again."""
        if connections := self.sockets.get(who):
            connection = connections[max(page, -len(connections))]
            self.said.append((who, connection, message))
            self._deliver(connection, message)

    def comes_again(self, back: int) -> str:
        """A message that was said some time ago arrives once more; returns whose and what it was."""
        if not self.said:
            return "Nobody has said anything."
        who, connection, message = self.said[-1 - back % len(self.said)]
        self._deliver(connection, message)
        return f"{who}'s {message.__struct_config__.tag} comes once more."

    def vanishes(self, who: str) -> None:
        """The newest socket breaks, and nobody is told."""
        if connections := self.sockets.get(who):
            self.clinic.push.gone.add(connections[-1])

    def closes(self, who: str) -> None:
        """API Gateway tells that the oldest socket closed."""
        if connections := self.sockets.get(who):
            connection = connections.pop(0)
            self.clinic.push.gone.add(connection)
            self.clinic.services.signaling.disconnect(connection)

    def sweep(self) -> None:
        """As the schedule does every minute."""
        running = self.clinic.services
        running.workers.sweep()
        running.signaling.sweep(["", self.clinic.trust])

    # ------------------------------------------------------------ what must be

    def holds(self, *rules: Rule) -> None:
        wrong = broken(self.clinic.table(), rules or ALWAYS)
        assert not wrong, "\n".join(["", *wrong, "", "What happened:", *self.story])

    def comes_to_rest(self) -> None:
        """Nothing fails any more: everybody comes anew, old leases run out, and patient and clinician talk."""
        self.story.append("Then nothing fails any more, and everybody comes anew.")
        for connections in self.sockets.values():
            self.clinic.push.gone.update(connections)
        self._pass(400)
        for worker in WORKERS:
            self.registers(worker)
        self._all_swept()
        for who in ("Ingrid", *PATIENTS, "Per"):
            self.opens(who)
        self._all_swept()
        self.holds(*ALWAYS, *AT_REST)
        for name in PATIENTS:
            if self.now(name).state not in FINAL:
                self._talk(name)

    def _talk(self, name: str) -> None:
        self.says(name, p.CheckIn(devices=p.DeviceReport()))
        self.says("Ingrid", p.Call(consultation=self.now(name).id))
        self.says(name, p.Accept(consultation=self.now(name).id, call=self.now(name).call))
        now = self.now(name)
        told = "\n".join(["", f"{name} and Ingrid cannot talk.", "What happened:", *self.story])
        assert now.state is State.IN_CALL, told
        self.holds(*ALWAYS, *AT_REST)
        self.says("Ingrid", p.HangUp(consultation=now.id, call=now.call))

    # ------------------------------------------------------------ parts

    def now(self, name: str) -> Consultation:
        return self.clinic.now(self.visits[name])

    def workers(self) -> list[Worker]:
        return self.clinic.workers()

    def _pass(self, seconds: int) -> None:
        self.clinic.clock.time += seconds

    def _all_swept(self) -> None:
        for who, connections in self.sockets.items():
            for connection in set(connections) - self.clinic.push.gone:
                beat = p.Heartbeat(load=0, rooms=0) if who in WORKERS else p.Ping()
                self.clinic.say(connection, beat)
        for _ in range(2):
            self.sweep()

    def _new(self, who: str) -> str:
        connection = f"{who}-{len(self.sockets.get(who, [])) + len(self.clinic.push.gone) + len(self.story)}"
        self.sockets.setdefault(who, []).append(connection)
        return connection

    def _deliver(self, connection: str, message: Message) -> None:
        said = self.clinic.say(connection, message)
        assert " " not in said, "\n".join([said, *self.story])  # a fault in the log


__all__ = ["PATIENTS", "WORKERS", "Act", "Died", "Shift"]
