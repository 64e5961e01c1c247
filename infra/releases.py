"""How new code of a function reaches those who call it: each calls the alias `live`, and a deployment moves that one.

In a deployment the alias names a published version, started before anybody calls it (SnapStart), and moves step by
step under CodeDeploy's eyes, which takes it back by itself when the new version fails or dawdles.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

import jsii
from aws_cdk import CfnCodeDeployLambdaAliasUpdate, CfnUpdatePolicy, IStringProducer, Lazy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.deployment import Stage

LIVE: Final = "live"
OF_A_NAME: Final = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
"""How a function's ARN begins where Chalice makes it of the function's name."""
AWAITED: Final = frozenset({"APIHandler", "WebsocketConnect", "WebsocketMessage"})
"""Those that somebody waits for. Only these are started ahead: a snapshot costs about two dollars a month."""
STEPPED: Final = AWAITED | {"WebsocketDisconnect"}
"""Those that pages call all day, so that a tenth of the calls for five minutes says something."""
STEPS: Final[Mapping[Stage, str]] = {
    Stage.DEV: "CodeDeployDefault.LambdaAllAtOnce",
    Stage.TEST: "CodeDeployDefault.LambdaCanary10Percent5Minutes",
    Stage.PROD: "CodeDeployDefault.LambdaCanary10Percent5Minutes",
}
FAILING_PERCENT: Final = 5
"""Of a version's calls in a minute; that it answers no is no failure, only that it breaks off."""
DAWDLING: Final = 5
"""A version dawdles when one call of twenty takes longer than this part of the function's time-out: far from usual, and
still far from cutting anybody off. What is usual, the operators' own alarms know."""


def by_alias(template: dict[str, Any]) -> None:
    """Give each function of a plain template its alias, and let all that calls the function call that instead."""
    resources = template["Resources"]
    functions = [name for name, resource in resources.items() if resource["Type"] == "AWS::Lambda::Function"]
    template["Resources"] = _led(resources, frozenset(functions))
    for name in functions:
        template["Resources"][alias_id(name)] = {
            "Type": "AWS::Lambda::Alias",
            "Properties": {"FunctionName": {"Ref": name}, "Name": LIVE, "FunctionVersion": "$LATEST"},
        }


def alias_id(function: str) -> str:
    """The logical id of a function's alias; Ref of it is its ARN."""
    return f"{function}Live"


def _led(value: Any, functions: frozenset[str]) -> Any:
    match value:
        case {"Ref": str(name)} if name in functions:
            return {"Ref": alias_id(name)}
        case {"Fn::GetAtt": [str(name), "Arn"]} if name in functions:
            return {"Ref": alias_id(name)}
        case {"Fn::Sub": str(text)}:
            for name in functions:
                text = text.replace(f"${{{name}.Arn}}", f"${{{alias_id(name)}}}")
            return {"Fn::Sub": text}
        case {"Fn::Sub": [str(text), dict(names)]}:
            # Ref of a function is its name, that of its alias a whole ARN.
            return {"Fn::Sub": [text.replace(f"{OF_A_NAME}${{", "${"), _led(names, functions)]}
        case dict():
            return {key: _led(inner, functions) for key, inner in value.items()}
        case list():
            return [_led(inner, functions) for inner in value]
    return value


@jsii.implements(IStringProducer)
class _VersionId:
    """Names a version by all that it is made of: what differs in anything is another version, and is published."""

    def __init__(self, name: str, function: lambda_.CfnFunction) -> None:
        self._name, self._function = name, function

    def produce(self, _context: Any = None) -> str:
        made_of = Stack.of(self._function).resolve(self._function._cfn_properties)
        digest = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()
        return f"{self._name}Version{digest[:16]}"


class Releases(Construct):
    """Of one deployment: a version of each function; for those that pages call, the steps by which it takes over."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._application = codedeploy.CfnApplication(self, "Application", compute_platform="Lambda")
        self._role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"))

    def add(self, name: str, function: lambda_.CfnFunction, alias: lambda_.CfnAlias) -> None:
        """Release ``function`` through ``alias``."""
        if name in AWAITED:
            function.snap_start = lambda_.CfnFunction.SnapStartProperty(apply_on="PublishedVersions")
        version = lambda_.CfnVersion(self, f"{name}Version", function_name=function.ref)
        version.override_logical_id(Lazy.uncached_string(_VersionId(name, function)))
        alias.function_version = version.attr_version
        if name not in STEPPED:
            return
        group = self._group(name, self._alarms(name, function, version))
        alias.cfn_options.update_policy = CfnUpdatePolicy(
            code_deploy_lambda_alias_update=CfnCodeDeployLambdaAliasUpdate(
                application_name=self._application.ref, deployment_group_name=group.ref
            )
        )
        self._role.add_to_policy(
            iam.PolicyStatement(
                actions=["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"],
                resources=[function.attr_arn, f"{function.attr_arn}:{LIVE}"],
            )
        )

    def _group(self, name: str, alarms: list[cloudwatch.CfnAlarm]) -> codedeploy.CfnDeploymentGroup:
        self._role.add_to_policy(
            iam.PolicyStatement(actions=["cloudwatch:DescribeAlarms"], resources=[one.attr_arn for one in alarms])
        )
        group = codedeploy.CfnDeploymentGroup(
            self,
            f"{name}Steps",
            application_name=self._application.ref,
            service_role_arn=self._role.role_arn,
            deployment_config_name=STEPS[self._stage],
            deployment_style=codedeploy.CfnDeploymentGroup.DeploymentStyleProperty(
                deployment_type="BLUE_GREEN", deployment_option="WITH_TRAFFIC_CONTROL"
            ),
            alarm_configuration=codedeploy.CfnDeploymentGroup.AlarmConfigurationProperty(
                enabled=True, alarms=[codedeploy.CfnDeploymentGroup.AlarmProperty(name=one.ref) for one in alarms]
            ),
            auto_rollback_configuration=codedeploy.CfnDeploymentGroup.AutoRollbackConfigurationProperty(
                enabled=True,
                events=["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
            ),
        )
        group.node.add_dependency(self._role.node.find_child("DefaultPolicy"))  # what it may do
        return group

    def _alarms(
        self, name: str, function: lambda_.CfnFunction, version: lambda_.CfnVersion
    ) -> list[cloudwatch.CfnAlarm]:
        """Of the new version alone: of all calls together the old one's nine tenths would hide it."""
        of_version = [
            cloudwatch.CfnAlarm.DimensionProperty(name=key, value=value)
            for key, value in {
                "FunctionName": function.ref,
                "Resource": f"{function.ref}:{LIVE}",
                "ExecutedVersion": version.attr_version,
            }.items()
        ]

        def counted(metric: str) -> cloudwatch.CfnAlarm.MetricDataQueryProperty:
            return cloudwatch.CfnAlarm.MetricDataQueryProperty(
                id=metric.lower(),
                return_data=False,
                metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
                    metric=cloudwatch.CfnAlarm.MetricProperty(
                        namespace="AWS/Lambda", metric_name=metric, dimensions=of_version
                    ),
                    period=60,
                    stat="Sum",
                ),
            )

        failing = cloudwatch.CfnAlarm(
            self,
            f"{name}Fails",
            alarm_description=f"The newest version of {name} breaks off: its release is taken back",
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=1,
            threshold=FAILING_PERCENT,
            treat_missing_data="notBreaching",
            metrics=[
                cloudwatch.CfnAlarm.MetricDataQueryProperty(
                    id="failing", expression="100 * errors / invocations", label="Failing, %", return_data=True
                ),
                counted("Errors"),
                counted("Invocations"),
            ],
        )
        dawdling = cloudwatch.CfnAlarm(
            self,
            f"{name}Dawdles",
            alarm_description=f"The newest version of {name} takes too long: its release is taken back",
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=1,
            threshold=1000 * float(function.timeout or 0) / DAWDLING,
            treat_missing_data="notBreaching",
            namespace="AWS/Lambda",
            metric_name="Duration",
            dimensions=of_version,
            extended_statistic="p95",
            period=60,
        )
        return [failing, dawdling]
