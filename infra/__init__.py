"""The whole system as one CloudFormation template, written in Python (AWS CDK)."""

from typing import Final

STACK: Final = "venterom"
