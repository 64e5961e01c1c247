"""What the fake camera sees: a moving pattern with some noise, the same in every run, and worth its bits."""

import random
from pathlib import Path
from typing import Final

WIDTH, HEIGHT, FPS, FRAMES = 640, 480, 30, 60
TILE: Final = 8
STEP: Final = 4
"""Pixels that the pattern moves with each frame; it is back where it began after the last one."""
DARKEST, SHADES, NOISE = 64, 64, 0x0F


def film(path: Path) -> None:
    """Writes two seconds of it as YUV4MPEG2, to be shown over and over."""
    generator = random.Random(1)  # noqa: S311  # nosec B311 # predictable is what we want
    period = STEP * FRAMES
    tiles = [[DARKEST + generator.randrange(SHADES) for _ in range(period // TILE)] for _ in range(period // TILE)]
    rows = [b"".join(bytes([shade]) * TILE for shade in row) * (WIDTH // period + 2) for row in tiles]
    grain = int.from_bytes(bytes([NOISE]) * (WIDTH * HEIGHT))
    colour = bytes([128]) * (WIDTH * HEIGHT // 2)
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip C420jpeg\n".encode())
        for frame in range(FRAMES):
            at = frame * STEP
            clean = b"".join(rows[(y + at) % period // TILE][at : at + WIDTH] for y in range(HEIGHT))
            noise = int.from_bytes(generator.randbytes(WIDTH * HEIGHT)) & grain  # no sum of two bytes is above 255
            out.write(b"FRAME\n" + (int.from_bytes(clean) + noise).to_bytes(WIDTH * HEIGHT) + colour)
