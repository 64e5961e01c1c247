"""A camera and a microphone that are known: grey fields and a bar that wanders, a tone that comes and goes."""

import math
import random
import struct
import wave
from pathlib import Path
from typing import Final

ACROSS, DOWN = 16, 9
BLOCK: Final = 20
"""Pixels along a field of the board."""
WIDTH, HEIGHT = ACROSS * BLOCK, DOWN * BLOCK
FRAMES: Final = 32
BAR: Final = 10
"""Pixels: still to be seen in the smallest size that is sent."""
RATE: Final = 48_000
TONE: Final = 600
"""Hertz; a whole number of waves fits into 20 ms."""
_chance: Final = random.Random(8)  # noqa: S311 - the same every time
BOARD: Final = [_chance.choice((40, 100, 160, 220)) for _ in range(ACROSS * DOWN)]
"""The brightness of each field."""


def write_camera(path: Path) -> None:
    """Pictures as Y4M, which Chromium shows again and again in a camera's place."""
    rows = [bytes(BOARD[y // BLOCK * ACROSS + x // BLOCK] for x in range(WIDTH)) for y in range(HEIGHT)]
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W%d H%d F15:1 Ip A1:1 C420jpeg\n" % (WIDTH, HEIGHT))
        for number in range(FRAMES):
            bar = number * (WIDTH - BAR) // FRAMES
            file.write(b"FRAME\n" + b"".join(row[:bar] + b"\xeb" * BAR + row[bar + BAR :] for row in rows))
            file.write(bytes([128]) * (WIDTH * HEIGHT // 2))


def write_microphone(path: Path) -> None:
    """Sound as WAV: the tone for 300 ms, then 200 ms of silence, so that nothing takes it for noise."""
    wav = [
        round(12_000 * math.sin(2 * math.pi * TONE * at / RATE)) if at % (RATE // 2) < RATE * 3 // 10 else 0
        for at in range(2 * RATE)
    ]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(wav)}h", *wav))
