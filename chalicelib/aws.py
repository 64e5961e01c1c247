"""The services of AWS that the functions call: the package holds botocore's descriptions of these and of no others."""

from enum import StrEnum


class Service(StrEnum):
    """As botocore names them."""

    APIGATEWAYMANAGEMENTAPI = "apigatewaymanagementapi"
    DYNAMODB = "dynamodb"  # called through pynamodb
    ECS = "ecs"
    LAMBDA = "lambda"
    S3 = "s3"
    SCHEDULER = "scheduler"
    SECRETSMANAGER = "secretsmanager"
    SES = "ses"
    SNS = "sns"
