"""What a function does before AWS keeps a picture of it, started but not yet called, from which all its copies go on.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

import os
import random
from collections.abc import Callable, Mapping
from typing import Final

HOW: Final = "AWS_LAMBDA_INITIALIZATION_TYPE"


def keep(ready: Callable[[], None], environment: Mapping[str, str] = os.environ) -> None:
    """Where a picture will be taken, call ``ready`` now; elsewhere who calls first makes what she needs.

    What is `random` without being secret (pauses) would be alike in all copies, so each shuffles anew when it goes on.
    Secrets come from the operating system (`secrets`), which no picture holds.
    """
    if environment.get(HOW) != "snap-start":
        return
    from snapshot_restore_py import register_after_restore  # comes with Lambda's own Python

    ready()
    register_after_restore(random.seed)
