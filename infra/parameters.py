"""The settings that the template does not know by itself: a deployment's own, or a template parameter for each."""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from aws_cdk import CfnParameter
from constructs import Construct

from chalicelib.settings import Settings
from infra import parameter

DESCRIPTIONS: Final[Mapping[str, str]] = {
    "origin": "Scheme, host and port of the pages, without a slash at the end",
    "patient_issuer": "OIDC issuer of the patients' portal",
    "patient_client_id": "Our client id there",
    "turn_urls": "Comma-separated turn: and turns: URLs; may be empty",
    "mail_sender": "The From address of e-mail, for whose domain SES signs",
    "sms_sender": "Sender name shown on the phone, at most 11 letters, of trusts that have chosen none",
    "worker_cluster": "Name of the ECS cluster in which the media workers run",
    "worker_service": "Name of the ECS service that runs them, whose desired count is set; empty: nobody's is",
    "calls_a_worker": "Calls of two that a worker carries: measured",
    "worker_margin": "Places for each call that is booked or goes on, at least 1",
    "worker_spare": "Places that are free besides, for those who drop in",
    "worker_lead_seconds": "How far ahead the appointment book is read: a minute more than a task takes to start",
    "worker_late_seconds": "For how long an appointment that should be over still counts",
    "worker_minimum": "Workers at any time, at night too",
    "worker_most": "Workers at most, whatever the appointment book asks for",
    "sms_carrier": "Which carrier takes SMS: sns, or gateway",
    "sms_gateway_url": "HTTPS address of the gateway of SMS; empty without one",
}


class Parameters(Construct):
    """Every setting outside ``known``: as ``given``, or Settings' own default; without ``given`` as a parameter.

    A deployment has no parameters: CloudFormation would keep their old values, and a published version would not see
    that one has changed. Raises ValueError when something else is given, or something is not.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, known: Collection[str], given: Mapping[str, str] | None
    ) -> None:
        super().__init__(scope, construct_id)
        self.values: dict[str, str] = {}
        fields = [field for field in msgspec.structs.fields(Settings) if field.name not in known]
        if given is not None:
            self.values = {field.name: str(field.default).lower() for field in fields if not field.required} | dict(
                given
            )
            if wrong := self.values.keys() ^ {field.name for field in fields}:
                raise ValueError(f"Not settings for a deployment, or not set: {', '.join(sorted(wrong))}")
            return
        for field in fields:
            made = CfnParameter(
                self,
                field.name,
                default=None if field.required else str(field.default).lower(),
                description=DESCRIPTIONS.get(field.name, f"Settings.{field.name}"),
            )
            made.override_logical_id(parameter(field.name))
            self.values[field.name] = made.value_as_string
