"""A bucket in memory."""


class FakeObjects:
    """See chalicelib.objects.Objects; ``kept`` are the versions of each object, the oldest first."""

    def __init__(self) -> None:
        self.kept: dict[str, list[bytes]] = {}

    def create(self, name: str, body: bytes) -> None:
        self.kept.setdefault(name, [body])

    def versions(self, name: str) -> list[bytes]:
        return list(self.kept.get(name, []))

    def names(self, prefix: str) -> list[str]:
        return sorted(name for name in self.kept if name.startswith(prefix))
