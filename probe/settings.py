"""What the probe is told by its environment (`VENTEROM_PROBE_*`)."""

import os
from collections.abc import Mapping

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One field per variable ``VENTEROM_PROBE_<FIELD>``; seconds where nothing else is said."""

    origin: str
    """Scheme, host and port of the pages, without a slash at the end."""
    key: str
    """The probe's own secret, as it is kept: a ring of keys, or one."""
    issuer: str
    """The OIDC issuer where patients log in."""
    bucket: str = ""
    """The S3 bucket of ``status.json``."""
    file: str = ""
    """A file for it instead, on a developer's machine."""
    system: str = "local"
    """The deployment, as a dimension of metrics."""
    cluster: str = ""
    """ECS cluster of the media workers; where none is named they never rest."""
    service: str = ""
    every: int = 300
    """Between two runs, as the schedule says."""
    patience: float = 20.0
    """How long the probe waits for any one thing."""

    @property
    def socket(self) -> str:
        """The WebSocket API, as pages reach it."""
        return f"ws{self.origin.removeprefix('http')}/ws"

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises msgspec.ValidationError, which names what is missing or wrong."""
        prefix = "VENTEROM_PROBE_"
        given = {k.removeprefix(prefix).lower(): v for k, v in environment.items() if k.startswith(prefix)}
        return msgspec.convert(given, cls, strict=False)
