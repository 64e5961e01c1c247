"""The functions and their two APIs, each function with a role of its own."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aws_cdk import Aws, CfnCondition, CfnParameter, CfnResource, Fn, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as assets
from aws_cdk import cloudformation_include as include
from constructs import Construct

from infra import logs
from infra.deployment import Deployment, SmsLog
from infra.expansion import expand
from infra.limits import MESSAGES, REQUESTS, at_once
from infra.messaging import DeadLetters, Messaging
from infra.nightly import Nightly
from infra.packaging import AWS, HERE, package
from infra.parameters import Parameters
from infra.releases import LIVE, Releases, alias_id, by_alias
from infra.rights import Rights
from infra.rotations import Rotations
from infra.state import State

# Logical id (as Chalice names them): memory in MB, seconds at most, what it may use.
FUNCTIONS: Final[Mapping[str, tuple[int, int, frozenset[str]]]] = {
    "APIHandler": (512, 28, frozenset({"table", "secrets", "send", "push", "schedule", "check", "erase"})),
    "WebsocketConnect": (512, 10, frozenset({"table", "secrets"})),
    "WebsocketMessage": (512, 20, frozenset({"table", "secrets", "push", "hurry"})),
    "WebsocketDisconnect": (512, 10, frozenset({"table", "secrets", "push"})),
    "Sweep": (512, 50, frozenset({"table", "secrets", "push", "dead_letters"})),
    "Fleet": (512, 30, frozenset({"table", "tasks"})),  # what it failed to do is done the next minute
    "Recount": (512, 300, frozenset({"table", "dead_letters"})),
    "Deliver": (512, 30, frozenset({"table", "secrets", "send", "push", "schedule", "dead_letters"})),
    "MailReceipt": (512, 30, frozenset({"table", "secrets", "push", "dead_letters"})),
    "SmsReceiptLog": (512, 30, frozenset({"table", "secrets", "push", "dead_letters"})),
    "RegisterTrust": (256, 30, frozenset({"table"})),
    "Anchor": (512, 300, frozenset({"table", "anchor", "dead_letters"})),
    "Purge": (512, 300, frozenset({"table", "secrets", "push", "erase_again", "dead_letters"})),
    "ExportPerson": (512, 60, frozenset({"table", "secrets", "push"})),
    "ErasePerson": (512, 60, frozenset({"table", "secrets", "push", "erase"})),
    "VerifyTrail": (1024, 300, frozenset({"table", "check"})),
    "RotateSecret": (256, 30, frozenset({"rotation", "dead_letters"})),
}
RECOUNTED: Final = 2
"""Days ahead whose appointments are counted anew every night: what is later is counted the next."""
SOCKET_STAGE: Final = "ws"
"""As the pages call it (as the REST API's is called: .chalice/config.json), so that nobody between needs to rewrite."""


class Functions(Construct):
    """app.py, deployed: REST API, WebSocket API, schedule, and the functions called by name."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        state: State,
        build: Path,
        deployment: Deployment | None,
        given: Mapping[str, str] | None,
    ) -> None:
        """``given``: the settings of a deployment. Without one there are no versions, and parameters in their place."""
        super().__init__(scope, construct_id)
        self._state = state
        self._given = given
        self._lines: dict[str, str] = {}
        stack = Stack.of(self)
        target = AWS if deployment else HERE
        zipped, template = package(build, target), json.loads(expand(build)[1])
        by_alias(template)
        self._always_newest(template)
        self._one_stage(template)
        self._bounded(template)
        self._deployments = [
            name for name, one in template["Resources"].items() if one["Type"] == "AWS::ApiGateway::Deployment"
        ]
        template_file = build / "functions.json"
        template_file.write_text(json.dumps(template))
        self.included = include.CfnInclude(self, "Chalice", template_file=str(template_file), preserve_logical_ids=True)
        logs.AccessLogs(
            self,
            "AccessLogs",
            key=state.key,
            requests=self.included.get_resource("RestAPIapiStage"),
            messages=self.included.get_resource("WebsocketAPIStage"),
        )
        code = assets.Asset(self, "Code", path=str(zipped))

        names = {"Deliver": f"{stack.stack_name}-deliver", "Fleet": f"{stack.stack_name}-fleet"}
        deliver_arn, self._fleet_arn = (
            f"arn:{Aws.PARTITION}:lambda:{Aws.REGION}:{Aws.ACCOUNT_ID}:function:{name}:{LIVE}"
            for name in names.values()
        )
        scheduler_role = iam.Role(self, "SchedulerRole", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        scheduler_role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[deliver_arn]))
        self.dead_letters = DeadLetters(self, "DeadLetters", key=state.key)
        scheduler_role.add_to_policy(
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.dead_letters.arn])
        )
        scheduler_role.add_to_policy(state.key.through(["sqs"]))
        settings = self._settings(stack, deliver_arn, scheduler_role)
        sender = settings["mail_sender"]
        domain = deployment.mail_domain if deployment else Fn.select(1, Fn.split("@", sender))
        messaging = Messaging(self, "Messaging", sender=sender, domain=domain, key=state.key)
        self.signing = messaging.signing
        """CNAMEs that the DNS of the sender's domain must hold."""
        settings["mail_configuration"] = messaging.configuration
        environment = {f"VENTEROM_{field.upper()}": value for field, value in settings.items()}
        rights = Rights(
            state=state,
            dead_letters=self.dead_letters,
            messaging=messaging,
            scheduler_role=scheduler_role,
            fleet=self._fleet_arn,
            workers=f"{settings['worker_cluster']}/{settings['worker_service']}",
            connections=(
                f"arn:{Aws.PARTITION}:execute-api:{Aws.REGION}:{Aws.ACCOUNT_ID}:{self.id_of('WebsocketAPI')}/{SOCKET_STAGE}/*"
            ),
        )
        for name, (memory, seconds, uses) in FUNCTIONS.items():
            function = self._function(name)
            function.code = lambda_.CfnFunction.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key)
            self._logging(name, function, rights.of(uses))
            function.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode="Active")
            function.reserved_concurrent_executions = at_once(name, deployment)
            function.environment = lambda_.CfnFunction.EnvironmentProperty(variables=environment)
            function.runtime, function.architectures = target.runtime, [target.architecture]
            function.memory_size = memory
            function.timeout = seconds
            if "dead_letters" in uses:
                function.dead_letter_config = lambda_.CfnFunction.DeadLetterConfigProperty(
                    target_arn=self.dead_letters.arn
                )
            if name in names:
                function.function_name = names[name]
            if name == "RotateSecret":
                Rotations(self, "Rotations", function=self.live(name))
        Nightly(self, "RecountByNight", function=self.live("Recount"), hour=2, minute=20, payload={"days": RECOUNTED})
        messaging.receive_mail(self.live("MailReceipt"))
        self.sms_log_role = messaging.receive_sms(
            self.live("SmsReceiptLog"), log=deployment.sms_log if deployment else SmsLog.OWN
        )
        """ARN of the role with which SNS may log what became of SMS."""
        if deployment:
            releases = Releases(self, "Releases", stage=deployment.stage)
            for name in FUNCTIONS:
                releases.add(name, self._function(name), self._alias(name))

    def live(self, name: str) -> str:
        """ARN by which a function is called: that of its alias."""
        return self._alias(name).ref

    def _alias(self, name: str) -> lambda_.CfnAlias:
        alias = self.included.get_resource(alias_id(name))
        if not isinstance(alias, lambda_.CfnAlias):
            raise TypeError(name)
        return alias

    def _function(self, name: str) -> lambda_.CfnFunction:
        function = self.included.get_resource(name)
        if not isinstance(function, lambda_.CfnFunction):
            raise TypeError(name)
        return function

    def lines_of(self, name: str) -> str:
        """Name of the group to which a function logs."""
        return self._lines[name]

    @property
    def rest(self) -> apigateway.CfnRestApi:
        """The REST API itself."""
        api = self.included.get_resource("RestAPI")
        if not isinstance(api, apigateway.CfnRestApi):
            raise TypeError(api.node.path)
        return api

    @property
    def released(self) -> CfnResource:
        """The REST API's deployment: the state of it that its stage shows."""
        (name,) = self._deployments
        deployment = self.included.get_resource(name)
        if not isinstance(deployment, CfnResource):
            raise TypeError(name)
        return deployment

    def id_of(self, logical_id: str) -> str:
        """What CloudFormation's Ref gives for one of Chalice's resources."""
        resource = self.included.get_resource(logical_id)
        if not isinstance(resource, CfnResource):
            raise TypeError(logical_id)
        return resource.ref

    @staticmethod
    def _always_newest(template: dict[str, Any]) -> None:
        # Chalice's WebSocket deployment would never be renewed when a route changes: let the stage follow by itself.
        resources = template["Resources"]
        del resources["WebsocketAPIDeployment"]
        stage = resources["WebsocketAPIStage"]["Properties"]
        del stage["DeploymentId"]
        stage["AutoDeploy"] = True
        stage["StageName"] = SOCKET_STAGE

    @staticmethod
    def _one_stage(template: dict[str, Any]) -> None:
        # SAM's deployment would make a stage of its own beside ours, named `Stage`: open, unlogged and without limits.
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::ApiGateway::Deployment":
                del resource["Properties"]["StageName"]

    @staticmethod
    def _bounded(template: dict[str, Any]) -> None:
        # Of all together; what one may do is bounded by the functions.
        stages = template["Resources"]
        rate, burst = REQUESTS
        stages["RestAPIapiStage"]["Properties"]["MethodSettings"] = [
            {
                "HttpMethod": "*",
                "ResourcePath": "/*",
                "ThrottlingRateLimit": rate,
                "ThrottlingBurstLimit": burst,
                # API Gateway's own lines and segments of a request hold its path and headers: the functions' must do.
                "LoggingLevel": "OFF",
                "DataTraceEnabled": False,
            }
        ]
        rate, burst = MESSAGES
        stages["WebsocketAPIStage"]["Properties"]["DefaultRouteSettings"] = {
            "ThrottlingRateLimit": rate,
            "ThrottlingBurstLimit": burst,
        }

    def _settings(self, stack: Stack, deliver_arn: str, scheduler_role: iam.Role) -> dict[str, str]:
        """Every field of Settings with its value: known to the template, or a parameter."""
        known = {
            "table": self._state.table.table_name,
            "system": stack.stack_name.removesuffix("-core"),
            "push_endpoint": self._push_endpoint(stack),
            "secret_pepper": self._state.pepper,
            "secret_turn": self._state.turn,
            "secret_worker": self._state.worker,
            "secret_probe": self._state.probe,
            "secret_oidc": self._state.login_keys,
            "secret_sms_gateway": self._state.sms_gateway,
            "dead_letters": self.dead_letters.arn,
            "deliver_function": deliver_arn,
            "fleet_function": self._fleet_arn,
            "scheduler_role": scheduler_role.role_arn,
            "anchor_bucket": self._state.anchors.bucket_name,
            "erasure_bucket": self._state.erasures.bucket_name,
        }
        later = {"mail_configuration"}  # of what is made with these settings
        return known | Parameters(self, "Parameters", known=known.keys() | later, given=self._given).values

    def _push_endpoint(self, stack: Stack) -> str:
        """Where connections are managed; elsewhere than in a deployment as a parameter says."""
        api = self.id_of("WebsocketAPI")
        ours = f"https://{api}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}/{SOCKET_STAGE}"
        if self._given is not None:
            return ours
        push = CfnParameter(
            stack,
            "PushBase",
            default="",
            description="Where connections are managed, up to the API's id; empty: this region's execute-api",
        )
        own = CfnCondition(
            stack, "PushIsOwn", expression=Fn.condition_not(Fn.condition_equals(push.value_as_string, ""))
        )
        given = f"{push.value_as_string}/{api}/{SOCKET_STAGE}"
        return Fn.condition_if(own.logical_id, given, ours).to_string()

    def _logging(self, name: str, function: lambda_.CfnFunction, may: list[iam.PolicyStatement]) -> None:
        """Give a function its role and the group to which it logs, and may log."""
        lines = logs.group(
            self, f"{name}Log", self._state.key, days=logs.ANCHOR_DAYS if name == "Anchor" else logs.DAYS
        )
        role = iam.Role(self, f"{name}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        for statement in [logs.writing(lines), *may]:
            role.add_to_policy(statement)
        function.role = role.role_arn
        self._lines[name] = lines.ref
        function.logging_config = lambda_.CfnFunction.LoggingConfigProperty(log_group=lines.ref)
