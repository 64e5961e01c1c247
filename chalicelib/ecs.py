"""How many tasks run the media workers: a service of ECS."""

from typing import Any

from chalicelib.busy import told_as_busy


class EcsTasks:
    """See fleet.Tasks; given boto3's ``ecs`` client. Raises Busy when AWS does not answer."""

    def __init__(self, client: Any, cluster: str, service: str) -> None:
        self._client = client
        self._cluster = cluster
        self._service = service

    def desired(self) -> int:
        """See Tasks. Raises LookupError when there is no such service."""
        with told_as_busy():
            found = self._client.describe_services(cluster=self._cluster, services=[self._service])["services"]
        if not found:
            raise LookupError
        return int(found[0]["desiredCount"])

    def run(self, number: int) -> None:
        """See Tasks. Nothing else of the service is touched, and no deployment begun."""
        with told_as_busy():
            self._client.update_service(cluster=self._cluster, service=self._service, desiredCount=number)
