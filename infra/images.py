"""The three images of containers, built and pushed by the deploy tool: synthesis needs no container engine."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aws_cdk import Duration, IgnoreMode
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_ecs as ecs
from constructs import Construct

ROOT: Final = Path(__file__).resolve().parent.parent
WORKER: Final = ("media_worker/*.py", "media_worker/*.c", "media_worker/*.h", "media_worker/*.txt", "chalicelib/*.py")
"""What the worker's Dockerfile may copy: so that a page that changes makes no new image."""
PROBE: Final = ("probe/*.py", "probe/*.txt", "client/*.py", "media_worker/*.py", "chalicelib/*.py")
"""The same of the probe's."""
NO_CHECK: Final = "HEALTHCHECK NONE"
CHECK: Final = re.compile(
    r"^HEALTHCHECK --interval=(\d+)s --timeout=(\d+)s --start-period=(\d+)s --retries=(\d+) CMD (.+)$"
)


class Image:
    """One Dockerfile's."""

    def __init__(self, scope: Construct, name: str, folder: Path, file: str, sources: Sequence[str]) -> None:
        self.file = folder / file
        asset = assets.DockerImageAsset(
            scope,
            name,
            directory=str(folder),
            file=file,
            platform=assets.Platform.LINUX_ARM64,
            ignore_mode=IgnoreMode.DOCKER,
            exclude=["**", *(f"!{source}" for source in (file, *sources))],
        )
        self.source = ecs.ContainerImage.from_docker_image_asset(asset)

    @property
    def check(self) -> ecs.HealthCheck | None:
        """The Dockerfile's own health check, which ECS would not look at; None where it says that there is none.

        Raises LookupError where it says nothing.
        """
        for line in self.file.read_text().replace("\\\n", " ").split("\n"):
            if line == NO_CHECK:
                return None
            found = CHECK.match(re.sub(r" +", " ", line))
            if found:
                interval, timeout, start, retries = map(int, found.groups()[:4])
                return ecs.HealthCheck(
                    command=["CMD", *json.loads(found[5])],
                    interval=Duration.seconds(interval),
                    timeout=Duration.seconds(timeout),
                    start_period=Duration.seconds(start),
                    retries=retries,
                )
        raise LookupError(f"{self.file} has no health check.")


def worker(scope: Construct) -> Image:
    """The media worker's."""
    return Image(scope, "WorkerImage", ROOT, "media_worker/Dockerfile", WORKER)


def turn(scope: Construct) -> Image:
    """coturn's."""
    return Image(scope, "TurnImage", ROOT / "turn", "Dockerfile", ("*",))


def probe(scope: Construct) -> Image:
    """The probe's."""
    return Image(scope, "ProbeImage", ROOT, "probe/Dockerfile", PROBE)
