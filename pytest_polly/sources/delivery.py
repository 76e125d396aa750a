"""What a source has to hand out, and every place where it can put it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..directory import Role
from ..gate import Credentials, statement

if TYPE_CHECKING:
    from ..aws import SimulatedAWS

#: The profile a case names, and the one beside it that holds somebody else's credentials.
PROFILE, DEFAULT_PROFILE = "narrator", "default"

CREDENTIALS, CONFIG = "credentials", "config"

#: What whoever is to assume a role needs.
MAY_ASSUME = statement("Allow", "sts:AssumeRole")


@dataclass(repr=False)
class Delivery:
    """What a source has to hand out, and the places it may put it; a ``repr`` shows none of it."""

    folder: Path
    aws: SimulatedAWS
    now: Callable[[], datetime]
    #: The role that the client may take; it finds a way to it instead of credentials.
    role: Role | None
    #: Issues valid credentials of somebody else, who may assume the role.
    somebody: Callable[[], Credentials]
    #: What the client is to be given, if anything.
    credentials: Credentials | None = None
    variables: dict[str, str] = field(default_factory=dict, repr=False)
    parameters: dict[str, str] = field(default_factory=dict, repr=False)
    files: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict, repr=False)
    #: What puts new credentials at the source; left empty, they are delivered once more.
    rotations: list[Callable[[], object]] = field(default_factory=list)
    #: What a machine does by itself as time goes by, lest what lies there run out.
    upkeep: list[Callable[[], object]] = field(default_factory=list)

    @property
    def the_role(self) -> Role:
        assert self.role is not None, "only a case about a role is delivered this way"
        return self.role

    def another_role(self, name: str) -> Role:
        """Create a role on the way to the one of the case: whoever has it may assume others."""
        directory = self.aws.directory
        return directory.create_role(f"{name}-{len(directory.roles) + 1}", MAY_ASSUME)

    def profile(self, file: str, name: str, settings: Mapping[str, str]) -> None:
        """Put a profile into the shared credentials file or the config file."""
        plain = file == CREDENTIALS or name == DEFAULT_PROFILE
        self.section(file, name if plain else f"profile {name}", settings)

    def section(self, file: str, heading: str, settings: Mapping[str, str]) -> None:
        self.files.setdefault(file, {})[heading] = dict(settings)

    def text(self, file: str) -> str:
        """Return a file's content, in the form of AWS's shared files."""
        lines: list[str] = []
        for heading, settings in self.files[file].items():
            lines += [f"[{heading}]", *(f"{k} = {v}" for k, v in settings.items()), ""]
        return "\n".join(lines)

    def write(self) -> None:
        for file in self.files:
            (self.folder / file).write_text(self.text(file), encoding="utf-8")

    def put(self, name: str, text: str) -> Path:
        """Write a file of the source's own and return its path."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path
