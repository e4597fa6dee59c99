"""Makes a release for the stand-in for gh. Its zips are not the real ones."""

import functools
import hashlib
import json
import subprocess
import zipfile
from pathlib import Path

from . import REPOSITORY
from .repositories import Repositories

# A document with the members of both SBOM formats that the pages read.
COMPONENT = {"name": "github-token-broker", "version": "3.0.0", "versionInfo": "3.0.0"}
SBOM = json.dumps({key: [COMPONENT] for key in ("components", "packages")})


class Releases:
    """The release of the broker's version."""

    def __init__(self, repositories: Repositories, scratch: Path):
        self.repositories, self.scratch = repositories, scratch

    @functools.cached_property
    def assets(self) -> Path:
        """Returns the folder with the release's assets."""
        folder = self.scratch / "releases" / f"v{self.repositories.version}"
        folder.mkdir(parents=True)
        command = [REPOSITORY / ".github/scripts/release-files", "all"]
        names = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        for name in names.split():
            (folder / name).write_text(SBOM if name.endswith(("cdx.json", "spdx.json")) else "{}\n")
        for suffix in ("", "-x86_64"):
            file = folder / f"github-token-broker{suffix}.zip"
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("bootstrap", f"#!/bin/sh\necho a stand-in{suffix}\n")
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            (folder / f"checksums{suffix}.txt").write_text(f"{digest}  {file.name}\n")
        return folder

    @functools.cached_property
    def variables(self) -> dict:
        """Returns the variables that the stand-in for gh reads."""
        return {
            "GH_CALLS": str(self.scratch / "gh-calls"), "GH_RELEASES": str(self.assets.parent),
            "GH_COMMIT": self.repositories.commit(),
        }
