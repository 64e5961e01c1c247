"""The program in the middle of a wire: carries packets between two TUN devices, and says what it did with them.

This kernel may have no netem, and a program can be seeded: the same packets are lost in every run. It is started by
`wires.py` with the two descriptors as arguments; each line on its input is a `Change`, answered by `Counts`; the end of
its input is its end.
"""

import collections
import os
import random
import select
import sys
import time

import msgspec

UDP = 17
PACKET_BYTES = 65_535
BATCH = 64


class Line(msgspec.Struct, frozen=True):
    """What one direction of a wire does to packets. The default does nothing.

    `jitter_ms` is added evenly between nothing and itself, and nothing overtakes. `loss` is the share lost; with
    `burst` above 1 they are lost in runs of that mean length (Gilbert's model). `kbps` counts IP packets' bits, and a
    packet that would wait longer than `queue_ms` is lost too. `udp=False` and `cut` let nothing (of it) through,
    silently. Packets are lost by a generator with `seed`, which starts anew when a line is set.
    """

    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    burst: float = 1.0
    kbps: float | None = None
    queue_ms: float = 200.0
    udp: bool = True
    cut: bool = False
    seed: int = 1


class Count(msgspec.Struct):
    """Packets of one direction so far, since the wire was made."""

    passed: int = 0
    lost: int = 0


class Change(msgspec.Struct, frozen=True):
    """New lines for a wire's two directions; None leaves one as it is."""

    up: Line | None = None
    down: Line | None = None


class Counts(msgspec.Struct, frozen=True):
    """Both directions' packets: `up` is from the first host to the second."""

    up: Count
    down: Count


class Lane:
    """One direction, without I/O: packets go in with the time, and come out when they are due. Times are seconds."""

    def __init__(self, line: Line) -> None:
        self.count = Count()
        self._queue: collections.deque[tuple[float, bytes]] = collections.deque()
        self.set(line)

    def set(self, line: Line) -> None:
        """Packets already on their way keep their times."""
        self._line = line
        self._random = random.Random(line.seed)  # noqa: S311 - predictable is what we want
        self._in_burst = False
        self._free = 0.0  # when the narrow place has sent all it was given

    def put(self, now: float, packet: bytes) -> None:
        line = self._line
        leaves = now
        if line.kbps is not None:
            leaves = max(now, self._free) + len(packet) * 8 / (line.kbps * 1000)
        if self._stops(packet) or leaves - now > line.queue_ms / 1000:
            self.count.lost += 1
            return
        self._free = leaves
        self.count.passed += 1
        due = leaves + (line.delay_ms + self._random.random() * line.jitter_ms) / 1000
        if self._queue:
            due = max(due, self._queue[-1][0])
        self._queue.append((due, packet))

    def due(self, now: float) -> list[bytes]:
        """Packets that arrive now."""
        arrived = []
        while self._queue and self._queue[0][0] <= now:
            arrived.append(self._queue.popleft()[1])
        return arrived

    def next(self) -> float | None:
        """When the next one arrives."""
        return self._queue[0][0] if self._queue else None

    def _stops(self, packet: bytes) -> bool:
        line = self._line
        protocol = packet[9] if packet[0] >> 4 == 4 else packet[6]
        if line.cut or (protocol == UDP and not line.udp):
            return True
        if line.burst <= 1:
            return self._random.random() < line.loss
        change = 1 / line.burst if self._in_burst else line.loss / (line.burst * (1 - line.loss))
        if self._random.random() < change:
            self._in_burst = not self._in_burst
        return self._in_burst


def read(tun: int) -> list[bytes]:
    """What waits there, up to a batch."""
    packets: list[bytes] = []
    try:
        while len(packets) < BATCH:
            packets.append(os.read(tun, PACKET_BYTES))
    except OSError:  # nothing more (EAGAIN), or the interface is down (EIO)
        pass
    return packets


def write(tun: int, packets: list[bytes]) -> None:
    for packet in packets:
        try:
            os.write(tun, packet)
        except OSError:  # the interface is down: as on any wire that is pulled out at the other end
            return


def carry(first: int, second: int) -> None:
    """Until the input ends."""
    up, down = Lane(Line()), Lane(Line())
    ways = ((first, up, second), (second, down, first))
    while True:
        times = [at for at in (up.next(), down.next()) if at is not None]
        wait = max(0.0, min(times) - time.monotonic()) if times else None
        ready, _, _ = select.select([first, second, 0], [], [], wait)
        for source, lane, target in ways:
            if source in ready:
                now = time.monotonic()
                for packet in read(source):
                    lane.put(now, packet)
            write(target, lane.due(time.monotonic()))
        if 0 in ready:
            text = sys.stdin.buffer.readline()
            if not text:
                return
            change = msgspec.json.decode(text, type=Change)
            for lane, line in ((up, change.up), (down, change.down)):
                if line is not None:
                    lane.set(line)
            sys.stdout.buffer.write(msgspec.json.encode(Counts(up.count, down.count)) + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    carry(int(sys.argv[1]), int(sys.argv[2]))
