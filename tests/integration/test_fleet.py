"""The function that decides how many workers there are, deployed: it tells a service of ECS, a worker rests, takes no
call meanwhile, and works again as soon as somebody waits for a line.
"""

import asyncio
from collections.abc import Iterator

import pytest

from chalicelib import protocol as p
from chalicelib.lifecycle import WITH_CALL
from chalicelib.records import Slot, Worker
from chalicelib.store import Delete, DynamoStore
from local.deploy import ADMIN, REGION
from local.system import Ports, System
from tests.faults.clinic import Desk, Guest
from tests.integration.test_trail import SCHEDULED
from tests.invariants.running import hold

NAMES = {"worker_cluster": "media", "worker_service": "workers"}
ONLY_WHAT_IS_THERE = {"worker_lead_seconds": "0", "worker_late_seconds": "0", "worker_spare": "0"}
PATIENCE = 120


class Deployed:
    """The whole system, and a service of ECS that runs nothing: the one worker was started by hand."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.outputs = system.aws.outputs() or {}
        self.store = DynamoStore(self.outputs["Table"], REGION, system.aws.endpoint)
        self._ecs = system.aws.client("ecs")
        self._ecs.create_cluster(clusterName="media")
        self._ecs.register_task_definition(family="worker", containerDefinitions=[{"name": "worker", "image": "none"}])
        self._ecs.create_service(cluster="media", serviceName="workers", taskDefinition="worker", desiredCount=0)

    @property
    def desired(self) -> int:
        (service,) = self._ecs.describe_services(cluster="media", services=["workers"])["services"]
        return int(service["desiredCount"])

    @property
    def rests(self) -> bool:
        (worker,) = self.store.query(Worker, Worker.PARTITION, "W#")
        return worker.resting

    def decide(self) -> None:
        """As the schedule does every minute."""
        self.system.aws.invoke(self.outputs["FleetFunction"], SCHEDULED)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", ADMIN)
        environment.setenv("AWS_SECRET_ACCESS_KEY", ADMIN)
        state, settings = tmp_path_factory.mktemp("state"), NAMES | ONLY_WHAT_IS_THERE
        with System(state, Ports.free(), settings=settings) as system:
            yield Deployed(system)


def test_who_rests_takes_no_call_and_works_again_when_somebody_waits(deployed: Deployed) -> None:
    async def call() -> None:
        desk = await asyncio.to_thread(Desk.of, deployed.system, "ingrid-berg")
        consultation, link = await asyncio.to_thread(desk.book)
        guest = Guest(deployed.system)
        await guest.enter(link)
        pages = [asyncio.create_task(page.run()) for page in (desk.page, guest.page)]
        try:
            await guest.check_in()
            await asyncio.to_thread(deployed.decide)
            assert (deployed.rests, deployed.desired) == (True, 0)
            called = p.Call(consultation)
            await desk.page.until(lambda: desk.has(consultation, *WITH_CALL), called, seconds=PATIENCE)
            assert desk.page.told(p.Queued) is not None, "who rests takes no call"
            await desk.page.until(lambda: deployed.desired == 1, seconds=PATIENCE)
            assert not deployed.rests
            await guest.accept()
            await asyncio.gather(desk.page.until_heard(), guest.page.until_heard())
            await asyncio.to_thread(deployed.decide)
            assert (deployed.rests, deployed.desired) == (False, 1), "somebody talks"
        finally:
            for page in pages:
                page.cancel()
            await asyncio.gather(*pages, return_exceptions=True)

    asyncio.run(call())
    hold(deployed.system)


def test_the_book_is_counted_anew_by_name(deployed: Deployed) -> None:
    table = deployed.outputs["Table"]
    items = deployed.system.aws.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
    sums = [(item["pk"]["S"], item["sk"]["S"]) for item in items if item["pk"]["S"].startswith("BOOK#")]
    assert sums
    kept = {key: deployed.store.get(Slot, key) for key in sums}
    deployed.store.write([Delete(key) for key in sums])
    found = deployed.system.aws.invoke(deployed.outputs["RecountFunction"], {"days": 2})
    assert found == {"slots": len(sums), "mended": len(sums), "left": 0}
    for key, slot in kept.items():
        mended = deployed.store.get(Slot, key)
        assert slot is not None
        assert mended is not None
        assert mended.number == slot.number
    hold(deployed.system)
