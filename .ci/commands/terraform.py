"""Finds the providers with which Terraform contacts nothing."""

import os
import re
import shutil
import subprocess

from . import REPOSITORY


def variables() -> dict:
    """Returns variables with which Terraform uses these providers and asks nothing; empty where there are none."""
    setup = REPOSITORY.parent / "shared/terraform-offline/setup"
    if not os.access(setup, os.X_OK) or not shutil.which("terraform"):
        return {}
    line = subprocess.run([setup], check=True, stdout=subprocess.PIPE, text=True).stdout
    path = re.search(r"export TF_CLI_CONFIG_FILE=(.+)", line)[1]
    return {
        "TF_CLI_CONFIG_FILE": path, "TF_INPUT": "0", "TF_CLI_ARGS": "-no-color", "TF_CLI_ARGS_apply": "-auto-approve",
        "TF_CLI_ARGS_destroy": "-auto-approve", "CHECKPOINT_DISABLE": "true",
    }
