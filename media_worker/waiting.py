"""Network tests for which there is no strength just now: kept in order, told their places, and answered in turn."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from chalicelib.errors import BadSdp, Busy, Unavailable
from chalicelib.protocol import FromWorker, ProbeAnswered, ProbeRefused, ProbeRelay, ProbeWaiting
from media_worker.log import say


class ProbePort(Protocol):
    """The network tests that run."""

    def runs(self, probe: str) -> bool:
        """Whether this test does."""

    async def answer(self, probe: str, sdp: str) -> str:
        """Take a test's offer. Raises BadSdp, Unavailable."""

    async def freed(self) -> None:
        """Waits until a test has ended."""


class Bounds(msgspec.Struct, frozen=True):
    """Offers kept at most; seconds that one is kept after it was last said, and between two words about its place."""

    most: int = 200
    keep: float = 60.0
    between: float = 2.0


BOUNDS: Final = Bounds()


class _Kept(msgspec.Struct):
    """An offer, when it was said last, and what its asker was told last and when."""

    offer: ProbeRelay
    asked: float
    place: int = 0
    told: float = 0.0


class Waiting:
    """The queue of one worker."""

    def __init__(
        self,
        probes: ProbePort,
        send: Callable[[FromWorker], None],
        busy: Callable[[], bool],
        bounds: Bounds = BOUNDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """``busy``: whether there is no strength for one more, whatever their number."""
        self._probes = probes
        self._send = send
        self._busy = busy
        self._bounds = bounds
        self._now = now
        self._kept: dict[str, _Kept] = {}
        self._serving: asyncio.Task[None] | None = None

    async def take(self, offer: ProbeRelay) -> None:
        """Answer it, or keep it and say its place. Said again it keeps the place, and is kept for longer."""
        kept = self._kept.get(offer.probe)
        if kept is not None:  # perhaps from the asker's next socket
            kept.offer, kept.asked, kept.place = offer, self._now(), 0
            self._say_places()
        elif (not self._probes.runs(offer.probe) and (self._kept or self._busy())) or not await self._answer(offer):
            self._keep(offer)

    async def close(self) -> None:
        """Everybody had better ask another worker. May be called twice."""
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        while self._kept:
            self._refuse(next(iter(self._kept)), Unavailable.code)

    def _keep(self, offer: ProbeRelay) -> None:
        if len(self._kept) >= self._bounds.most:
            self._send(ProbeRefused(offer.reply_to, offer.probe, Busy.code))
            return
        self._kept[offer.probe] = _Kept(offer, self._now())
        self._say_places()
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        """While anybody waits."""
        while self._kept:
            self._drop_old()
            await self._answer_first()
            self._say_places()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._bounds.between):
                    await self._probes.freed()

    def _drop_old(self) -> None:
        """Whoever still waits has said so; a page that is gone would hold up the next while nobody connects."""
        since = self._now() - self._bounds.keep
        for probe in [probe for probe, kept in self._kept.items() if kept.asked <= since]:
            self._refuse(probe, Busy.code)

    async def _answer_first(self) -> None:
        while self._kept and not self._busy():
            probe, kept = next(iter(self._kept.items()))
            offer = kept.offer
            if not await self._answer(offer):
                return
            if kept.offer is offer:  # else it was said again meanwhile, and is answered to who said it last
                self._kept.pop(probe, None)

    async def _answer(self, offer: ProbeRelay) -> bool:
        """Whether it is done with: answered, or refused for good."""
        try:
            sdp = await self._probes.answer(offer.probe, offer.sdp)
        except Unavailable:
            return False
        except BadSdp as error:
            say("probe_refused", code=error.code)
            self._send(ProbeRefused(offer.reply_to, offer.probe, error.code))
        else:
            self._send(ProbeAnswered(offer.reply_to, offer.probe, sdp))
        return True

    def _refuse(self, probe: str, code: str) -> None:
        kept = self._kept.pop(probe)
        say("probe_refused", code=code)
        self._send(ProbeRefused(kept.offer.reply_to, probe, code))

    def _say_places(self) -> None:
        """To whom it is news, at once the first time and then not too often."""
        now = self._now()
        for place, kept in enumerate(self._kept.values(), 1):
            if kept.place != place and (not kept.place or now - kept.told >= self._bounds.between):
                kept.place, kept.told = place, now
                self._send(ProbeWaiting(kept.offer.reply_to, kept.offer.probe, place))
