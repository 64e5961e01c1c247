"""The load's compiled part: built when first needed, run in a thread of its own, told what to send and to expect."""

import asyncio
import hashlib
import os
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import cffi
import msgspec
from pylibsrtp import _binding

from bench.relay import media

HERE: Final = Path(__file__).parent
SOURCES: Final = ("engine.c", "track.c", "sink.c", "rtcp.c")
BUILD: Final = HERE.parents[1] / "build" / "bench"
COMPILE: Final = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread")
FEEDBACK_SSRC: Final = 1
"""From whom feedback is that a receiver sends, as with browsers."""
SOUND: Final = 0
PICTURE: Final = 1
SOCKET_BUFFER: Final = 1 << 20
TAPE_BYTES: Final = 12 << 20


class Track(msgspec.Struct, frozen=True):
    """What a person sends in one RTP stream; an extension id or payload type of 0 was not negotiated."""

    kind: int
    ssrc: int
    type: int
    mid: str
    rtx_ssrc: int = 0
    rtx_type: int = 0
    mid_id: int = 0
    level_id: int = 0
    cc_id: int = 0


class Figures(msgspec.Struct, frozen=True):
    """Of one stream received, for frames sent while measuring; see ``sink_figures`` in load.h."""

    due: int
    complete: int
    shown: int
    packets: int
    octets: int
    again: int
    twice: int
    altered: int
    bent: int
    nacked: int
    keyframes_asked: int
    freezes: int
    frozen_ns: int
    latency_p50_ns: int
    latency_p99_ns: int


class Sent(msgspec.Struct, frozen=True):
    """Of one stream sent, since the measuring began; ``asked`` (for keyframes) and ``running`` are of now."""

    frames: int
    packets: int
    octets: int
    answered: int
    keyframes: int
    asked: int
    running: int


class Totals(msgspec.Struct, frozen=True):
    """Of the engine: wake-ups and late ones, datagrams, packets that libsrtp refused."""

    ticks: int
    late: int
    sent: int
    received: int
    refused: int


class Engine:
    """Sends and receives for many people at once, on whatever core the process may use."""

    def __init__(self) -> None:
        """Compiles if need be (needs a C compiler) and starts the thread; needs a running event loop."""
        self._ffi = cffi.FFI()
        self._ffi.cdef((HERE / "load.h").read_text())
        self._lib: Any = self._ffi.dlopen(str(_compiled()))
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._kept: list[Any] = []
        calls = self._ffi.new("srtp_calls *", [self._entry(f"srtp_{name}") for name in _CALLS])
        loops = [self._material(media.sound()), self._material(media.picture())]
        self._engine = self._lib.engine_new(calls, *loops, self._wake)
        if self._engine == self._ffi.NULL:
            raise ValueError("Two payloads of the media cannot be told apart.")
        self._inboxes: dict[int, Callable[[bytes], None]] = {}
        self._buffer = self._ffi.new("uint8_t[]", 2048)
        self._number = self._ffi.new("int *")
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._wake, self._deliver)
        self._thread = threading.Thread(target=self._lib.engine_run, args=(self._engine,), name="load", daemon=True)
        self._thread.start()

    def _entry(self, name: str) -> Any:
        pointer = _binding.ffi.addressof(_binding.lib, name)
        return self._ffi.cast("int (*)(void *, void *, int *)", int(_binding.ffi.cast("uintptr_t", pointer)))

    def _material(self, loop: media.Loop) -> Any:
        parts = [
            self._ffi.new("uint8_t[]", loop.data),
            self._ffi.new("uint32_t[]", loop.offsets),
            self._ffi.new("uint32_t[]", loop.frames),
        ]
        self._kept += parts
        frame_count = len(loop.frames) - 1
        return self._ffi.new("material *", [*parts, frame_count, loop.clock_step, loop.period_ns])

    def close(self) -> None:
        """Ends the thread; every wire must have been closed or be of no more use."""
        self._lib.engine_stop(self._engine)
        self._thread.join()
        self._loop.remove_reader(self._wake)
        os.close(self._wake)
        self._lib.engine_free(self._engine)

    def _deliver(self) -> None:
        os.read(self._wake, 8)
        while length := self._lib.engine_next(self._engine, self._number, self._buffer, 2048):
            inbox = self._inboxes.get(self._number[0])
            if inbox is not None:
                inbox(bytes(self._ffi.buffer(self._buffer, length)))

    # ------------------------------------------------------------ wires, tracks, sinks, by number

    def wire(self, udp: socket.socket, inbox: Callable[[bytes], None]) -> int:
        """A new wire over a connected socket; ``inbox`` gets every datagram that is neither RTP nor RTCP."""
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
        number = int(self._lib.wire_new(self._engine, udp.fileno()))
        self._inboxes[number] = inbox
        return number

    def keys(self, wire: int, send: Any, receive: Any) -> None:
        """Media may flow; ``send`` and ``receive`` are pylibsrtp sessions, which must outlive the wire."""
        self._lib.wire_keys(self._engine, wire, *(self._session(session) for session in (send, receive)))

    def _session(self, session: Any) -> Any:
        return self._ffi.cast("void *", int(_binding.ffi.cast("uintptr_t", session._srtp[0])))

    def unwire(self, wire: int) -> None:
        """Nothing is sent or received there any more."""
        self._lib.wire_close(self._engine, wire)
        self._inboxes.pop(wire, None)

    def track(self, wire: int, track: Track, phase_ns: int) -> int:
        """Something to send; not running yet. ``phase_ns`` shifts its frames against those of others."""
        values = msgspec.structs.asdict(track)
        values |= {"wire": wire, "mid": track.mid.encode(), "phase_ns": phase_ns}
        return int(self._lib.track_new(self._engine, self._ffi.new("track_setup *", values)))

    def run(self, track: int, on: bool) -> None:
        """Start, or pause; it goes on with a keyframe."""
        self._lib.track_run(self._engine, track, on)

    def sent(self, track: int) -> Sent:
        """What went out."""
        figures = self._ffi.new("track_figures *")
        self._lib.track_read(self._engine, track, figures)
        return msgspec.convert({name: getattr(figures, name) for name in Sent.__struct_fields__}, Sent)

    def sink(self, wire: int, track: int, ssrc: int, rtx_ssrc: int, *, tape: bool, foreign: bool) -> int:
        """Something to expect; ``foreign``: encoded anew. Raises ValueError when the wire has too many."""
        values = [wire, track, ssrc, rtx_ssrc, FEEDBACK_SSRC, tape, foreign]
        number = int(self._lib.sink_new(self._engine, self._ffi.new("sink_setup *", values)))
        if number < 0:
            raise ValueError("One stream too many on this wire.")
        return number

    def figures(self, sink: int) -> Figures:
        """What came in."""
        figures = self._ffi.new("sink_figures *")
        self._lib.sink_read(self._engine, sink, figures)
        return msgspec.convert({name: getattr(figures, name) for name in Figures.__struct_fields__}, Figures)

    def tape(self, sink: int) -> list[bytes]:
        """The frames that came in, from the keyframe on with which the picture began, as far as there was room."""
        data = self._ffi.new("uint8_t[]", TAPE_BYTES)
        size = self._lib.sink_tape(self._engine, sink, data, TAPE_BYTES)
        return _frames(bytes(self._ffi.buffer(data, size)))

    # ------------------------------------------------------------ measuring

    def mark(self) -> None:
        """Frames sent from here on count."""
        self._lib.engine_mark(self._engine)

    def end(self) -> None:
        """Frames sent from here on do not count; those under way may still arrive."""
        self._lib.engine_end(self._engine)

    def totals(self) -> Totals:
        """Since `mark`."""
        figures = self._ffi.new("engine_figures *")
        self._lib.engine_read(self._engine, figures)
        return msgspec.convert({name: getattr(figures, name) for name in Totals.__struct_fields__}, Totals)

    def latency_us(self, share: float) -> float:
        """The latency that this share of all packets did not exceed, from before it was sent to the kernel's stamp."""
        return int(self._lib.engine_latency(self._engine, share)) / 1000


_CALLS: Final = ("protect", "unprotect", "protect_rtcp", "unprotect_rtcp")


def _compiled() -> Path:
    texts = [(HERE / name).read_bytes() for name in (*SOURCES, "engine.h", "load.h")]
    version = hashlib.sha256(b"".join(texts)).hexdigest()[:12]
    target = BUILD / f"load-{version}.so"
    if not target.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(f".{os.getpid()}")
        subprocess.run(["cc", *COMPILE, "-o", unfinished, *(HERE / name for name in SOURCES)], check=True)
        unfinished.replace(target)
    return target


def _frames(tape: bytes) -> list[bytes]:
    parts: dict[int, dict[int, bytes]] = {}
    at = 0
    while at < len(tape):
        number, part, length = (int.from_bytes(tape[at + a : at + b], "big") for a, b in ((0, 4), (4, 6), (6, 8)))
        parts.setdefault(number, {})[part] = tape[at + 8 : at + 8 + length]
        at += 8 + length
    # the last one may have been cut off by the end of the tape
    numbers = sorted(parts)[:-1]
    return [b"".join(parts[number][part] for part in sorted(parts[number])) for number in numbers]
