"""The faults: each harms a call that goes well, waits until both see and hear again, and leaves all as it was."""

from dataclasses import dataclass

from tests.faults.service import now
from tests.faults.talk import Talk
from tests.faults.watch import Counts, Figures


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
    assert talk.service.close_sockets(role="patient") + talk.service.close_sockets(role="clinician") >= 2
    figures = talk.figures(struck)
    return Outcome(figures, before, talk.counts())


def sockets_reset(talk: Talk) -> Outcome:
    """All of the patient's TCP connections break; media go on."""
    before, struck = talk.counts(), now()
    talk.service.forward.drop()
    figures = talk.figures(struck)
    return Outcome(figures, before, talk.counts())


def _moved(talk: Talk, struck: float, before: tuple[Counts, Counts]) -> Outcome:
    talk.until_moved(before)
    figures = talk.figures(struck)
    return Outcome(figures, before, talk.counts())
