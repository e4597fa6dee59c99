"""Makes the bare repositories that the stand-in for github.com serves."""

import functools
import os
import re
import subprocess
from pathlib import Path

from . import REPOSITORY


class Repositories:
    """The folder with the repositories, each in OWNER/NAME.git."""

    def __init__(self, root: Path, folder: Path):
        self.root, self.folder = root, folder

    @functools.cached_property
    def version(self) -> str:
        """Returns the broker's version."""
        return re.search(r'^version = "(.+)"', (REPOSITORY / "Cargo.toml").read_text(), re.MULTILINE)[1]

    @functools.cached_property
    def broker(self) -> Path:
        """Returns this repository, with the version's tag."""
        bare = self.folder / "meigma/github-token-broker.git"
        publish(self.root, bare, f"v{self.version}")
        return bare

    @functools.cached_property
    def both(self) -> Path:
        """Returns the folder with the broker's repository and the one that demands a token."""
        folder = self.broker.parents[1]
        create_small(folder / "my-org/my-repo.git")
        return folder

    def commit(self) -> str:
        """Returns the commit of the version's tag."""
        command = ["git", "--git-dir", self.broker, "rev-parse", "HEAD"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def publish(root: Path, bare: Path, tag: str) -> None:
    """Copies a repository. In the copy, the tag is on the working tree's content, committed or not."""
    git = functools.partial(git_in, root)
    git("clone", "--quiet", "--bare", root, bare)
    # Uncommitted changes are written into the copy only.
    temporary = {
        "GIT_INDEX_FILE": f"{bare}/temporary-index", "GIT_OBJECT_DIRECTORY": f"{bare}/objects",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": git("rev-parse", "--path-format=absolute", "--git-path", "objects"),
    }
    git("read-tree", "HEAD", **temporary)
    git("add", "--all", **temporary)
    tree = git("write-tree", **temporary)
    commit = git("rev-parse", "HEAD")
    if tree != git("rev-parse", "HEAD^{tree}"):
        commit = git("commit-tree", tree, "-p", commit, "-m", "The working tree", **temporary)
    for reference in (f"refs/tags/{tag}", "refs/heads/main"):
        git("--git-dir", str(bare), "update-ref", reference, commit)
    git("--git-dir", str(bare), "symbolic-ref", "HEAD", "refs/heads/main")


def git_in(root: Path, *arguments: str, **variables: str) -> str:
    """Runs git in a folder, without the user's configuration, and returns its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
    }
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_{field}": "example@example.com" for field in ("NAME", "EMAIL")}
    command = ["git", "-C", root, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment | variables).stdout.strip()


def create_small(bare: Path) -> None:
    """Creates a repository with one file, into which a token may push."""
    work = bare.with_suffix(".work")
    work.mkdir(parents=True)
    (work / "README.md").write_text("# my-repo\n")
    identity = ["-c", "user.name=Example", "-c", "user.email=example@example.com"]
    for arguments in (
        ["init", "--quiet", "--initial-branch", "main"], ["add", "."],
        [*identity, "commit", "--quiet", "--no-gpg-sign", "--message", "First"],
        ["clone", "--quiet", "--bare", ".", bare], ["--git-dir", bare, "config", "http.receivepack", "true"],
    ):
        subprocess.run(["git", *arguments], cwd=work, check=True)
