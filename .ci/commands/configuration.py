"""Validates the hcl blocks that use the module: all of them as modules of one configuration."""

import json
import re
import shutil
import subprocess
from pathlib import Path

from .pages import Block
from .session import indented

SOURCE = re.compile(r'"(?:git::)?(?:https://)?github\.com/meigma/github-token-broker(?:\.git)?//terraform([^"?]*)(?:\?ref=[^"]*)?"')
TOP = re.compile(r"^\s*(check|data|ephemeral|import|locals|module|moved|output|provider|removed|resource|terraform|variable)\b[^=\n]*\{", re.MULTILINE)
ARGUMENT = re.compile(r"^(\w+)\s*=", re.MULTILINE)
REQUIRED = {
    "function_name": '"github-token-broker-my-repo"', "repository_owner": '"my-org"', "repository_name": '"my-repo"',
    "lambda_artifact": '{ lambda_zip_path = "github-token-broker.zip" }',
}  # fmt: skip


def uses_module(block: Block) -> bool:
    if block.language != "hcl" or block.not_run:
        return False
    return SOURCE.search(block.text) is not None or not TOP.search(block.text)


def validate(blocks: list, module: Path, folder: Path, variables: dict) -> list:
    """The faults of these blocks."""
    shutil.copytree(module, folder / "module", ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*", "tests"))
    children = {f"block-{number}": block for number, block in enumerate(blocks)}
    root = []
    for name, block in children.items():
        (folder / name).mkdir()
        (folder / name / "main.tf").write_text("\n" * (block.line - 1) + whole(block.text, module))
        # A value, so that it is not missing; validation takes every variable for unknown.
        values = [f"  {variable} = null\n" for variable in re.findall(r'^variable "(\w+)"', block.text, re.MULTILINE)]
        root.append(f'module "{name}" {{\n  source = "./{name}"\n{"".join(values)}}}\n')
    (folder / "main.tf").write_text("".join(root))

    def terraform(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(["terraform", *arguments], cwd=folder, env=variables, capture_output=True, text=True)

    def named(text: str) -> str:
        return re.sub(r"(block-\d+)/main\.tf", lambda found: children[found[1]].page, text)

    initialised = terraform("init", "-backend=false", "-no-color")
    if initialised.returncode:
        return [f"terraform init fails for the hcl blocks:\n{indented(named(initialised.stderr))}"]
    faults = []
    for diagnostic in json.loads(terraform("validate", "-json", "-no-color").stdout)["diagnostics"]:
        place = diagnostic.get("range", {"filename": "?", "start": {"line": 0}})
        text = f"{diagnostic['summary']}: {' '.join(diagnostic['detail'].split())}"
        # Providers belong into root modules, and these were written to be some.
        if diagnostic["severity"] == "error":
            faults.append(f"{named(place['filename'])}:{place['start']['line']}: {text}")
    return faults


def whole(text: str, module: Path) -> str:
    """The block with our copy of the module; a fragment becomes part of a module block, in its first line."""
    text = SOURCE.sub(lambda source: f'"../module{source[1]}"', text)
    if TOP.search(text):
        return text
    arguments = set(ARGUMENT.findall(text))
    caller = inputs(module / "modules/github-actions-caller")
    if arguments <= caller and not arguments <= inputs(module):
        return f'module "caller" {{\nsource = "../module/modules/github-actions-caller"\n{text}}}\n'
    missing = "".join(f"{name} = {value}\n" for name, value in REQUIRED.items() if name not in arguments)
    return f'module "broker" {{ # the fragment:\n{text}{missing}source = "../module"\n}}\n'


def inputs(module: Path) -> set:
    return {name for file in module.glob("*.tf") for name in re.findall(r'^variable "(\w+)"', file.read_text(), re.MULTILINE)}
