"""Composes the stand-ins: a page's environment, folder and AWS account. Each is started when the first page needs it."""

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

from . import REPOSITORY, cargo, deployment, terraform
from .aws import CREDENTIALS, REGION, Aws
from .github import GitHub
from .processes import Processes
from .releases import Releases
from .repositories import Repositories

# Prefixes of the user's variables that a page's commands must not see.
PRIVATE = ("AWS_", "BASH_", "ENV", "GH_", "GIT_", "GITHUB_", "SANDBOX_", "TF_", "XDG_")


class StandIns:
    """The replacements for AWS and GitHub that a page's commands find."""

    def __init__(self, root: Path, scratch: Path):
        self.processes = Processes(scratch)
        self.aws = Aws(self.processes)
        self.repositories = Repositories(root, scratch / "repositories")
        self.releases = Releases(self.repositories, scratch)
        self.github = GitHub(self.repositories, self.aws.tokens, scratch)

    def environment(self, commands: str) -> dict:
        """Returns the variables of a page with these commands."""
        variables = basic_environment()
        if calls(commands, "aws"):
            variables |= self.aws.endpoints()
        if calls(commands, "git", "terraform"):
            variables |= {"GIT_CONFIG_SYSTEM": str(self.github.git_config)}
        if calls(commands, "gh", "terraform"):
            variables |= self.releases.variables | {"PATH": f"{REPOSITORY}/terraform/tests/stand-ins:{variables['PATH']}"}
        if calls(commands, "terraform"):
            variables |= self.terraform
        if calls(commands, "cargo", "just"):
            variables |= {"CARGO_TARGET_DIR": str(self.cargo_target), "CARGO_INCREMENTAL": "0", "CARGO_NET_OFFLINE": "true"}
        return variables

    def prepare(self, folder: Path, is_clone: bool) -> None:
        """Fills the folder in which a page's commands start."""
        if is_clone:
            subprocess.run(["git", "clone", "--quiet", self.repositories.broker, folder], check=True)
        (folder / "app.private-key.pem").write_text(self.private_key)

    def reset(self, is_deployed: bool, commands: str) -> None:
        """Empties the account. Where a broker is deployed, it has the function, an empty log and, unless the commands create
        them, its parameters."""
        if not calls(commands, "aws"):
            return
        self.aws.reset()
        if is_deployed:
            deployment.create_function(self.aws, self.releases.assets / "github-token-broker.zip")
            if all("--overwrite" in command for command in re.findall(r"put-parameter(?:\\\n|.)*", commands)):
                deployment.put_parameters(self.aws, self.private_key)

    def stop(self) -> None:
        """Ends the processes, and removes the copy of cargo's target folder."""
        self.processes.stop()
        if "cargo_target" in self.__dict__:
            shutil.rmtree(self.cargo_target, ignore_errors=True)

    @functools.cached_property
    def private_key(self) -> str:
        """Returns a key as GitHub gives it."""
        command = ["openssl", "genrsa", "-traditional", "2048"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    @functools.cached_property
    def terraform(self) -> dict:
        """Returns Terraform's variables; empty where Terraform cannot run."""
        return terraform.variables()

    @functools.cached_property
    def cargo_target(self) -> Path:
        """Returns the target folder of the pages' builds."""
        return cargo.copy_target()


def basic_environment() -> dict:
    """Returns the variables of every page. With them alone, AWS's clients reach nothing."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(PRIVATE)}
    return variables | {
        "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_REGION": REGION, **CREDENTIALS,
        "CARGO_HOME": os.environ.get("CARGO_HOME", str(Path.home() / ".cargo")),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup")),
        "GIT_TERMINAL_PROMPT": "0", "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost", "TERM": "dumb",
    }


def calls(commands: str, *programs: str) -> bool:
    """Returns whether one of the programs is called, as far as words can show it."""
    return re.search(rf"(?<![\w./-])({'|'.join(programs)})\s+[\w\"$-]", commands) is not None
