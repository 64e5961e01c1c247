"""Run in a fresh interpreter over an unpacked package: starts one function, calls it, says what each cost.

    python -I -S starting.py FOLDER MODULE.FUNCTION EVENT.json WARM [CALLS.pickle]

With a function of ours CALLS is where to write what one more invocation asks of AWS, with `plain.replay` (see plain.py)
where that is read. Little is imported here, so that the function pays for what it imports.
"""

import json
import sys
import time
import types

TYPE_CHECKING = False  # as typing says it, which need not be imported
if TYPE_CHECKING:
    from collections.abc import Callable


def main(folder: str, handler: str, event: str, warm: int, calls: str) -> None:
    """Print, as JSON, milliseconds of CPU and of the clock: of the import, the first invocation, the others' median."""
    with open(event) as file:  # noqa: PTH123 - pathlib would be imported for it
        given = file.read()
    context = types.SimpleNamespace(aws_request_id="x", function_name="x", get_remaining_time_in_millis=lambda: 10_000)
    hooks = types.ModuleType("snapshot_restore_py")  # Lambda's own
    hooks.register_after_restore = lambda hook: None  # type: ignore[attr-defined]
    sys.modules["snapshot_restore_py"] = hooks
    sys.path.insert(0, folder)
    module, _, name = handler.partition(".")
    began = time.perf_counter()
    function = getattr(__import__(module), name)
    if module == "plain":
        function = function(calls)
    imported = time.process_time(), time.perf_counter() - began
    spent = []
    for _ in range(1 + warm):
        at = time.process_time(), time.perf_counter()
        function(json.loads(given), context)
        spent.append((time.process_time() - at[0], time.perf_counter() - at[1]))
    figures = {
        "import_cpu_ms": imported[0],
        "first_cpu_ms": spent[0][0],
        "cold_ms": imported[1] + spent[0][1],
        "warm_cpu_ms": sorted(cpu for cpu, _ in spent[1:])[warm // 2],
        "warm_ms": sorted(clock for _, clock in spent[1:])[warm // 2],
    }
    sys.stdout.write("\n" + json.dumps({name: 1000 * seconds for name, seconds in figures.items()}) + "\n")
    if calls and module != "plain":
        keep_calls(lambda: function(json.loads(given), context), calls)


def keep_calls(invoke: "Callable[[], object]", into: str) -> None:
    """Write down which operations of AWS an invocation asks for, and with what."""
    import pickle  # nosec B403 - what we wrote ourselves

    from botocore.client import BaseClient

    seen, ask = [], BaseClient._make_api_call

    def written_down(client: BaseClient, operation: str, given: dict[str, object]) -> object:
        service, url = client.meta.service_model.service_name, client.meta.endpoint_url
        seen.append((service, url, operation, dict(given)))
        return ask(client, operation, given)

    BaseClient._make_api_call = written_down
    invoke()
    with open(into, "wb") as file:  # noqa: PTH123
        pickle.dump(seen, file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5] if len(sys.argv) > 5 else "")
