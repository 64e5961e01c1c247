"""How much one receiver's way down can carry: what to plan its pictures with. Pure.

Chromium's estimate (REMB) rises by 8 % a second and never above 1.5 times what arrives (draft-ietf-rmcat-gcc-02,
section 5.5): it shows a full way, but not how much room there is. So:

- The way is full when the estimate falls below what is sent, or stays there without rising; or when receiver reports
  tell of more than 10 % loss that is not simply the way's nature. Then the budget is cut at once.
- Room is found by trial: for some seconds the budget is that of one step more. What fills the way is taken back at
  once, and the next trial waits twice as long as the last did.
"""

from typing import Final

NO_LIMIT: Final = 10_000_000
"""Bits a second nobody in a call needs more of."""
START: Final = 1_000_000
"""Bits a second to begin with: a first picture in the middle layer, or five in the smallest."""
FLOOR: Final = 50_000
"""Bits a second for sound; it is sent whatever happens."""
BACK_OFF: Final = 0.85
"""What is left of a full way's traffic so that its queue empties (gcc-02, section 5.5)."""
TOLERANCE: Final = 0.92
"""An estimate and what is sent are measured in different places over different times."""
FELL: Final = 0.95
"""Of the estimate before; Chromium tells at once of a fall by more than 3 %."""
FULL_LOSS: Final = 0.10
"""More than this is congestion (gcc-02, section 6)."""
CALM_LOSS: Final = 0.02
"""Less than this is none."""
SAME_LOSS: Final = 0.75
"""Of the loss before a cut: if so much remains, it was not for want of room."""
HOPELESS_LOSS: Final = 0.25
"""More than this is never borne: fewer pictures are better than broken ones."""
LOSS_FLOOR: Final = 200_000
"""Bits a second, sound and a smallest picture: only an estimate takes that away, for loss may be no lack of room."""
SETTLE_SECONDS: Final = 3.0
"""After a cut, until its effect shows in estimate and reports."""
STALL_SECONDS: Final = 2.5
"""An estimate that has not risen for so long stands still: it is told about once a second."""
STALE_SECONDS: Final = 10.0
"""An older estimate or report says nothing about now."""
TRIAL_SECONDS: Final = 3.0
DOUBT_SECONDS: Final = 15.0
"""From the beginning of a trial on: a way that fills now was filled by it; buffers hide it for a while."""
GROWTH: Final = 1.25
"""Room above what is sent: proved along with it, for senders vary; and what those without layers may grow by."""
SMALLER: Final = 0.7
"""Of what filled the way: so little may be tried soon."""
FIRST_WAIT: Final = 5.0
LAST_WAIT: Final = 60.0

_NEVER, _ALWAYS = float("-inf"), float("inf")


class Downlink:
    """What fits one receiver's way down. Times in seconds of a steady clock, rates in bits a second."""

    def __init__(self) -> None:
        self._level: float = START  # what is believed to fit
        self._sent = 0.0
        self._steady = (0.0, _ALWAYS)  # a rate above which it has not risen much, since when
        self._estimate = 0.0
        self._told = self._rose = _NEVER  # when: the estimate, the last one above its predecessor
        self._loss = 0.0
        self._reported = _NEVER
        self._tolerated = FULL_LOSS
        self._cut = _NEVER
        self._loss_at_cut = 0.0
        self._trial: float | None = None  # its budget
        self._tried = _NEVER
        self._filled = 0.0  # what was sent when the way was full
        self._before = _ALWAYS  # what was sent when it began
        self._wait = FIRST_WAIT / 2
        self._next_trial = _NEVER
        self.was_full = False
        """Whether it has ever filled up: until then there is no reason to hold anybody."""

    def sent(self, bits_per_second: float, now: float) -> None:
        """What was sent to it, all streams and retransmissions, in about the last second."""
        self._sent = bits_per_second
        if bits_per_second > GROWTH * self._steady[0]:
            self._steady = (bits_per_second, now)
        self._steady = (min(self._steady[0], bits_per_second), self._steady[1])
        self._end_trial(now)
        if self._trial is None and not self._settling(now):
            known = self._estimate if now - self._told < STALE_SECONDS else 0.0
            most = NO_LIMIT if now >= self._next_trial else known
            self._level = max(self._level, min(GROWTH * bits_per_second, most))

    def estimate(self, bits: int, now: float) -> bool:
        """Its REMB. Whether the budget was cut: plan again at once."""
        self._end_trial(now)
        former, self._estimate = self._estimate, min(float(bits), NO_LIMIT)
        stale, self._told = now - self._told > STALE_SECONDS, now
        if stale or self._estimate > former:
            self._rose = now
            return False
        if self._estimate >= TOLERANCE * self._sent:
            return False
        if self._estimate < FELL * former:
            return self._full(now, self._estimate)
        stalls = now - max(self._rose, self._cut + SETTLE_SECONDS) > STALL_SECONDS
        return stalls and self._full(now, self._sent)

    def loss(self, fraction: float, now: float) -> bool:
        """Its receiver report: the share lost (0–1) of what it was sent, weighed over its streams by their packets.
        Whether the budget was cut: plan again at once."""
        self._end_trial(now)
        stale, self._reported = now - self._reported > STALE_SECONDS, now
        self._loss = fraction if stale else (self._loss + fraction) / 2
        if self._loss < CALM_LOSS:
            self._tolerated, self._loss_at_cut = FULL_LOSS, 0.0
        if self._loss <= self._tolerated or self._settling(now):
            return False
        before, self._loss_at_cut = self._loss_at_cut, self._loss
        if before and self._loss > SAME_LOSS * before:
            self._tolerated = min(self._loss / SAME_LOSS, HOPELESS_LOSS)
            return False
        return self._full(now, (1 - self._loss) * self._sent, LOSS_FLOOR)

    def budget(self, now: float, wish: float | None = None) -> float:
        """Bits a second to plan with, sound included. ``wish``: what a trial may give now, the budget of the next
        improvement (`layers.Plan.next` of a plan without it)."""
        self._end_trial(now)
        wish = min(wish or 0.0, NO_LIMIT)
        if self._trial is None and wish > self._level and self._may_try(wish, now):
            self._trial, self._tried, self._before = wish, now, self._sent
        return self._level if self._trial is None else self._trial

    def _settling(self, now: float) -> bool:
        return now - self._cut < SETTLE_SECONDS

    def _may_try(self, wish: float, now: float) -> bool:
        """What is sent must be steady first, for a camera that is switched on is a step too. What may fill the way
        again waits its time; what needs much less does not wait for it."""
        after = self._next_trial if wish > SMALLER * self._filled else self._cut + FIRST_WAIT
        return now >= max(after, self._steady[1] + TRIAL_SECONDS, self._cut + SETTLE_SECONDS)

    def _end_trial(self, now: float) -> None:
        """Nothing filled up: what was sent is proved, and a little above it."""
        if self._trial is None or now - self._tried < TRIAL_SECONDS:
            return
        proved = min(self._trial, GROWTH * self._sent)
        if proved < self._trial:  # the senders had no more to give; ask them again later
            self._next_trial = now + FIRST_WAIT
        self._level, self._trial = max(self._level, proved), None

    def _full(self, now: float, arrives: float, floor: float = FLOOR) -> bool:
        """The way is full, so much comes through at most."""
        if self._settling(now) or self._sent <= 0:
            return False
        tried = now - self._tried < DOUBT_SECONDS
        level = min(BACK_OFF * self._sent, arrives)
        raised = self._trial is not None or self._before < self._sent  # what is sent is known up to a second late
        if tried and raised and BACK_OFF * self._before <= arrives:
            level = max(level, GROWTH * self._before)  # that did fit before the trial
        self._level = min(self._level, max(floor, level))
        self._wait = min(2 * self._wait, LAST_WAIT) if tried else FIRST_WAIT
        self._filled = self._sent
        self._next_trial = now + self._wait
        self._trial, self._before, self._cut = None, _ALWAYS, now
        self.was_full = True
        return True
