"""The faults: each harms a call that goes well, waits until both see and hear again, and leaves all as it was."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from tests.faults.service import CLEAN, now
from tests.faults.talk import Talk
from tests.faults.watch import Counts, Figures
from tests.nets.pipe import Line

BAD_SECONDS: Final = 15.0
INTERRUPTED_SECONDS: Final = 5.0
SLOW_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Outcome:
    """One fault once: its figures, and what both browsers counted before and after it."""

    figures: Figures
    before: tuple[Counts, Counts]
    after: tuple[Counts, Counts]

    @property
    def stayed(self) -> bool:
        """The connections are those of before."""
        return [c.connections for c in self.before] == [c.connections for c in self.after]


Fault = Callable[[Talk], Outcome]


def nothing(talk: Talk) -> Outcome:
    """No fault at all: what the machine itself does to a call."""
    before = talk.counts()
    figures = talk.figures(now())
    return Outcome(figures, before, talk.counts())


def worker_killed(talk: Talk) -> Outcome:
    """The worker ends without a word, as in a power failure (SIGKILL)."""
    name, before, struck = talk.worker, talk.counts(), now()
    talk.service.system.child(name).kill()
    outcome = _moved(talk, struck, before)
    talk.service.start_worker(name)
    return outcome


def worker_cut_off(talk: Talk) -> Outcome:
    """Nothing from or to the worker gets through any more, and no connection closes; it is back when all is over."""
    name, before, struck = talk.worker, talk.counts(), now()
    with talk.service.frozen(name):
        return _moved(talk, struck, before)


def worker_drained(talk: Talk) -> Outcome:
    """The worker is asked to end (SIGTERM), as when there is a new version or too little to do."""
    name, before, struck = talk.worker, talk.counts(), now()
    talk.service.drain(name)
    outcome = _moved(talk, struck, before)
    talk.service.until_ended(name)
    talk.service.start_worker(name)
    return outcome


def sockets_closed(talk: Talk) -> Outcome:
    """API Gateway closes the signalling sockets of both."""
    before, struck = talk.counts(), now()
    opened = [len(watch.sockets()) for watch in talk.watches]
    assert talk.service.close_sockets(role="patient") + talk.service.close_sockets(role="clinician") >= 2
    figures = talk.figures(struck)
    for watch, number in zip(talk.watches, opened, strict=True):
        watch.until_sockets(number + 1)
    return Outcome(figures, before, talk.counts())


def sockets_reset(talk: Talk) -> Outcome:
    """All of the patient's TCP connections break; media go on."""
    before, struck = talk.counts(), now()
    talk.service.forward.drop()
    figures = talk.figures(struck)
    return Outcome(figures, before, talk.counts())


def outage(seconds: float) -> Fault:
    """The patient's network lets nothing through for so long; recovery counts from its return."""

    def strike(talk: Talk) -> Outcome:
        before, struck = talk.counts(), now()
        talk.phone.wifi.cut()
        talk.pass_time(seconds)
        talk.phone.mend()
        return Outcome(talk.figures(struck, back=now()), before, talk.counts())

    return strike


def asleep(seconds: float) -> Fault:
    """The patient's laptop sleeps for so long; recovery counts from when it wakes."""

    def strike(talk: Talk) -> Outcome:
        before, struck = talk.counts(), now()
        with talk.phone.asleep():
            talk.watches[1].pass_time(seconds)
        return Outcome(talk.figures(struck, back=now()), before, talk.counts())

    return strike


def roaming(talk: Talk) -> Outcome:
    """Wi-Fi to mobile: another address; what went over TCP is gone. It comes home afterwards."""
    before, struck = talk.counts(), now()
    talk.phone.roam()
    talk.service.forward.drop()
    outcome = Outcome(talk.figures(struck), before, talk.counts())
    talk.phone.come_home()
    talk.service.forward.drop()
    talk.until_calm()
    return outcome


def udp_blocked(talk: Talk) -> Outcome:
    """A firewall lets no UDP through from now on; it relents afterwards."""
    before, struck = talk.counts(), now()
    talk.phone.become(msgspec.structs.replace(CLEAN, udp=False))
    outcome = Outcome(talk.figures(struck), before, talk.counts())
    talk.phone.mend()
    talk.until_calm()
    return outcome


def bad_network(talk: Talk) -> Outcome:
    """For a while every tenth packet is lost, and each way takes 200 ms; recovery counts from when it is good again."""
    before, struck = talk.counts(), now()
    talk.phone.become(Line(delay_ms=200, loss=0.1))
    talk.pass_time(BAD_SECONDS)
    talk.phone.mend()
    return Outcome(talk.figures(struck, back=now()), before, talk.counts())


def interrupted(talk: Talk) -> Outcome:
    """The patient's phone rings: camera and microphone are taken away, nothing plays; recovery counts from its end."""
    before, struck = talk.counts(), now()
    talk.watches[0].interrupt()
    talk.pass_time(INTERRUPTED_SECONDS)
    talk.watches[0].give_back()
    return Outcome(talk.figures(struck, back=now()), before, talk.counts())


def functions_slow(talk: Talk) -> Outcome:
    """The embedded AWS does nothing for some seconds."""
    before, struck = talk.counts(), now()
    with talk.service.frozen("aws"):
        talk.pass_time(SLOW_SECONDS)
    return Outcome(talk.figures(struck), before, talk.counts())


def functions_restarted(talk: Talk) -> Outcome:
    """The embedded AWS ends and starts anew: functions, table and both APIs are away, and every socket is lost."""
    before, struck = talk.counts(), now()
    talk.service.restart_aws()
    return Outcome(talk.figures(struck), before, talk.counts())


def functions_failing(talk: Talk) -> Outcome:
    """The function of what is said on sockets fails for some seconds, in which the patient's comes back anew."""
    before, struck = talk.counts(), now()
    with talk.service.failing("WebsocketMessageHandlerName"):
        talk.service.close_sockets(role="patient")
        talk.pass_time(SLOW_SECONDS)
    return Outcome(talk.figures(struck), before, talk.counts())


def turn_restarted(talk: Talk) -> Outcome:
    """The TURN server, over which the patient talks, dies; another one is there at once."""
    before, struck = talk.counts(), now()
    talk.service.restart_turn()
    return Outcome(talk.figures(struck), before, talk.counts())


def _moved(talk: Talk, struck: float, before: tuple[Counts, Counts]) -> Outcome:
    talk.until_moved(before)
    figures = talk.figures(struck)
    return Outcome(figures, before, talk.counts())
