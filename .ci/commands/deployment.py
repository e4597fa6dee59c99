"""Deploys a broker in the account: the function with its log group, and its parameters."""

import json
from pathlib import Path

from .aws import FUNCTION, Aws

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}


def create_function(aws: Aws, code: Path) -> None:
    """Creates the function from a zip, with a role and an empty log."""
    role = aws.client("iam").create_role(RoleName=FUNCTION, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    variables = {"GITHUB_TOKEN_BROKER_REPOSITORY_OWNER": "my-org", "GITHUB_TOKEN_BROKER_REPOSITORY_NAME": "my-repo"}
    aws.client("lambda").create_function(
        FunctionName=FUNCTION, Role=role, Runtime="provided.al2023", Handler="bootstrap", Architectures=["arm64"],
        MemorySize=128, Timeout=10, Code={"ZipFile": code.read_bytes()}, Environment={"Variables": variables},
    )
    aws.log("")


def put_parameters(aws: Aws, private_key: str) -> None:
    """Puts the App's credentials into the parameters that the broker reads by default."""
    for name, kind, value in (
        ("client-id", "String", "Iv23liEXAMPLE"), ("installation-id", "String", "12345678"),
        ("private-key-pem", "SecureString", private_key),
    ):
        aws.client("ssm").put_parameter(Name=f"/github-token-broker/app/{name}", Type=kind, Value=value)
