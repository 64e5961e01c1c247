"""What is to happen later, as one-off entries of EventBridge Scheduler that call ``deliver``."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from chalicelib.busy import told_as_busy
from chalicelib.settings import Settings
from chalicelib.tokens import digest

LONGEST_NAME: Final = 64


class AwsScheduler:
    """See plans.Scheduler; given botocore's ``scheduler`` client."""

    def __init__(self, client: Any, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    def at(self, when: int, trust: str, consultation: str, reason: str) -> None:
        """Call ``deliver`` once; the entry's name makes asking twice harmless, and it goes when it is done."""
        name = f"{consultation}-{reason}"
        try:
            with told_as_busy():
                self._client.create_schedule(
                    Name=name if len(name) <= LONGEST_NAME else digest(name),
                    ScheduleExpression=datetime.fromtimestamp(when, UTC).strftime("at(%Y-%m-%dT%H:%M:%S)"),
                    ScheduleExpressionTimezone="UTC",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target={
                        "Arn": self._settings.deliver_function,
                        "RoleArn": self._settings.scheduler_role,
                        "DeadLetterConfig": {"Arn": self._settings.dead_letters},
                        "Input": json.dumps({"trust": trust, "consultation": consultation, "reason": reason}),
                    },
                )
        except self._client.exceptions.ConflictException:
            return
