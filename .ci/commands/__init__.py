"""The parts of check-commands, and the folder of the repository that they belong to."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
