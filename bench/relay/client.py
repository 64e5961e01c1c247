"""One person of the load: connects through a relay, sends picture and sound, checks what comes of the others'."""

from typing import Final, Protocol

import msgspec

from bench.relay.engine import PICTURE, SOUND, Engine, Figures, Sent, Track
from bench.relay.wire import Wire

KINDS: Final = (SOUND, PICTURE)
FRAME_NS: Final = 33_333_333


class Incoming(msgspec.Struct, frozen=True):
    """The SSRCs under which a relay sends somebody's stream; ``rtx_ssrc`` is 0 without retransmission streams."""

    kind: int
    ssrc: int
    rtx_ssrc: int = 0


class Relay(Protocol):
    """How people get their media through one kind of relay."""

    async def join(self, client: "Client") -> None:
        """Connect; afterwards its tracks may run. Raises wire.CannotConnect."""
        ...

    async def watch(self, client: "Client", others: list["Client"]) -> None:
        """Have the others' streams come in; everybody has joined."""
        ...


class Client:
    """One person. ``call`` and ``seat`` count from 0; ``people`` is how many sit in the call in the end.

    ``phase``: from 0 to 1, when in a frame's time this one sends; ``address``: where from; ``tape``: keep some of what
    comes in; ``transport_cc``: offer it, and number packets for it if the relay wants that.
    """

    def __init__(
        self,
        engine: Engine,
        call: int = 0,
        seat: int = 0,
        people: int = 2,
        *,
        sends: bool = True,
        phase: float = 0.0,
        address: str = "127.0.0.1",
        tape: bool = False,
        transport_cc: bool = False,
    ) -> None:
        self.call, self.seat, self.people, self.sends = call, seat, people, sends
        self.transport_cc, self.keeps = transport_cc, tape
        self.wires: list[Wire] = []
        self.incoming: dict[tuple[int, int], int] = {}
        """The engine's sink for a (seat, kind)."""
        self._engine = engine
        self._address = address
        self._phase = phase
        self._tracks: dict[int, int] = {}

    # ------------------------------------------------------------ for whoever measures

    async def connect(self, relay: Relay) -> None:
        """Join. Raises wire.CannotConnect."""
        await relay.join(self)

    async def watch(self, relay: Relay, others: list["Client"]) -> None:
        """Receive what the others send, once they have joined."""
        await relay.watch(self, [other for other in others if other.sends and other is not self])

    def start(self) -> None:
        """Send, beginning with a keyframe."""
        for track in self._tracks.values():
            self._engine.run(track, True)

    def stop(self) -> None:
        """Pause."""
        for track in self._tracks.values():
            self._engine.run(track, False)

    async def close(self) -> None:
        """Hang up."""
        for wire in self.wires:
            await wire.close()

    def figures(self) -> dict[tuple[int, int], Figures]:
        """By (seat, kind) what came in."""
        return {key: self._engine.figures(sink) for key, sink in self.incoming.items()}

    def sent(self) -> dict[int, Sent]:
        """By kind what went out."""
        return {kind: self._engine.sent(track) for kind, track in self._tracks.items()}

    def tape(self, seat: int, kind: int) -> list[bytes]:
        """Frames that came in, to be decoded."""
        return self._engine.tape(self.incoming[seat, kind])

    # ------------------------------------------------------------ for relays

    def wire(self) -> Wire:
        """One more connection."""
        wire = Wire(self._engine, self._address)
        self.wires.append(wire)
        return wire

    def send(self, wire: Wire, tracks: list[Track]) -> None:
        """Send these over this wire, from `start` on."""
        for track in tracks:
            shift = self._phase if track.kind == PICTURE else self._phase * 7 % 1  # sound comes between pictures
            self._tracks[track.kind] = self._engine.track(wire.number, track, int(shift * FRAME_NS))

    def expect(self, wire: Wire, other: "Client", streams: list[Incoming], *, foreign: bool = False) -> None:
        """The other's streams come in on this wire; ``foreign``: encoded anew, not to be compared."""
        for stream in streams:
            self.incoming[other.seat, stream.kind] = self._engine.sink(
                wire.number,
                other._tracks[stream.kind],
                stream.ssrc,
                stream.rtx_ssrc,
                tape=self.keeps,
                foreign=foreign,
            )
