"""A live run: whose account it uses, where, and how much it may speak; known before the first test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
from botocore.exceptions import BotoCoreError

from .. import services
from ..errors import PollyError
from .ambient import Ambient, Identity, Unobtainable
from .budget import Budget
from .drift import Drift
from .kept import Kept, load, store
from .settings import Endpoints, Settings

if TYPE_CHECKING:
    from .aws import LiveAWS


@dataclass
class LiveRun:
    """What every test of a live run shares, in one process."""

    settings: Settings
    endpoints: Endpoints
    ambient: Ambient
    budget: Budget
    region_source: str
    kept: Kept | None = None
    #: Answers that were held against the simulation, and what differed; not yet told to anybody.
    compared: int = 0
    drifts: list[Drift] = field(default_factory=list)

    @property
    def region(self) -> str:
        return self.endpoints.region

    @property
    def identity(self) -> Identity:
        return self.ambient.identity

    def tell(self, aws: LiveAWS) -> None:
        """Take over what one account has seen."""
        self.compared += aws.compared
        self.drifts += aws.drifts
        aws.compared, aws.drifts = 0, []

    def header(self) -> Iterator[str]:
        """Say whose account is used, where, and how much it may cost; every setting with its source."""
        settings = self.settings
        profile = f"profile {settings.profile}" if settings.profile else self.ambient.method
        yield f"polly: live as {self.identity.arn} (by {profile}), account {self.identity.account_id}"
        budget = f"budget {self.budget.allowed} characters (from {self.budget.source})"
        role = f"role {settings.role}" if settings.role else "no role (--polly-live-role)"
        yield f"polly: live in {self.region} (from {self.region_source}), {budget}, {role}"
        for variable, url in self.endpoints.variables.items():
            yield f"polly: live at {url} (from {variable})"


def begin(settings: Settings, budget: Path) -> LiveRun:
    """Find out whose credentials there are and where, and ask AWS; nothing is spoken.

    Raises `PollyError` for whatever is not as asked.
    """
    drift = settings.drift
    if drift is not None and not Path(drift.value).absolute().parent.is_dir():
        raise PollyError(f"--polly-live-drift {drift}: there is no such folder")
    if drift is not None and Path(drift.value).is_dir():
        raise PollyError(f"--polly-live-drift {drift}: this is a folder; name a file in it")
    session = botocore.session.Session(profile=settings.profile.value if settings.profile else None)
    try:
        region, region_source = _region(settings, session)
        endpoints = Endpoints.told_by(os.environ, region)
        ambient = Ambient(session, endpoints)
        identity = ambient.identity
    except (BotoCoreError, ValueError, Unobtainable) as error:
        raise PollyError(f"--polly-live cannot begin: {error}") from error
    expected = settings.account
    if expected is not None and expected.value != identity.account_id:
        raise PollyError(
            f"--polly-live cannot begin: the credentials found (by {ambient.method}) belong to account "
            f"{identity.account_id}, {identity.arn}; expected is account {expected}"
        )
    counted = Budget(budget, int(settings.budget.value), settings.budget.source)
    return LiveRun(settings, endpoints, ambient, counted, region_source)


def keep(run: LiveRun, *, leave: bool) -> None:
    """Take the session that an earlier run has left; *leave* one for the next if there is none.

    Raises `PollyError` for a file that others can read, or that belongs to another account.
    """
    setting = run.settings.expired
    if setting is None:
        return
    path = Path(setting.value)
    try:
        run.kept = load(path)
        if run.kept is None and leave:
            run.kept = _fresh(run)
            store(path, run.kept)
    except (OSError, ValueError, Unobtainable) as error:
        raise PollyError(f"--polly-live-expired: {error}") from error
    if run.kept is not None and run.kept.account_id != run.identity.account_id:
        raise PollyError(
            f"--polly-live-expired: {path} holds a session of account {run.kept.account_id}, "
            f"this run is of {run.identity.account_id}; name another file"
        )


def _fresh(run: LiveRun) -> Kept:
    now = datetime.now(timezone.utc)
    try:
        key = run.ambient.session(now)
    except Unobtainable:
        if run.settings.role is None:
            raise
        key = run.ambient.role_session(run.settings.role.value, now)
    principal = key.principal
    return Kept(key.credentials, principal.arn, principal.user_id, principal.account_id)


def _region(settings: Settings, session: botocore.session.Session) -> tuple[str, str]:
    if settings.region is not None:
        region, source = settings.region
    else:
        # Other SDKs read AWS_REGION, botocore does not.
        region = session.get_config_variable("region") or os.environ.get("AWS_REGION", "")
        source = "AWS's own settings"
    if not region:
        raise ValueError("no region is named: --polly-live-region")
    if not services.is_region(region):
        raise ValueError(f"{region!r} is no region of AWS's; one is us-east-1")
    return region, source
