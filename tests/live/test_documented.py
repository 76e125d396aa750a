"""What the guide says is enough, and no more."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.documentation.following import typed_by_a_job
from tests.documentation.pages import DOCS, blocks
from tests.live.conftest import Elsewhere
from tests.live.playing_aws import ACCOUNT

_GUIDE = DOCS / "how-to" / "live.md"
_EXAMPLE = "123456789012"
_JOBS = (".github/workflows/live.yml", ".gitlab-ci.yml")
_POLICIES = ("policy.json", "role-policy.json", "role-trust.json")


@pytest.fixture
def files(pytester: pytest.Pytester, elsewhere: Elsewhere) -> dict[str, str]:
    """The guide's files, put where pytest runs, and its policies in force in the account that is played."""
    found = {block.file: block.body.replace(_EXAMPLE, ACCOUNT) for block in blocks(_GUIDE) if block.file}
    for name, body in found.items():
        path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")
    user, role, trust = (
        json.loads(found[name]) for name in ("policy.json", "role-policy.json", "role-trust.json")
    )
    elsewhere.ask("policies", user=user, role=role, trust=trust)
    return {str(name): body for name, body in found.items()}


def test_its_policies_suffice(pytester: pytest.Pytester, elsewhere: Elsewhere, files: dict[str, str]) -> None:
    jobs = [
        typed_by_a_job(files[name], live=True) for name in (".github/workflows/live.yml", ".gitlab-ci.yml")
    ]
    ((typed,), (_,)) = jobs
    assert jobs[0] == jobs[1]
    result = pytester.runpytest_inprocess(*shlex.split(typed)[1:], "-rs")
    assert result.ret == pytest.ExitCode.OK, result.stdout.str()
    result.stdout.no_fnmatch_line("*not authorized*")
    result.stdout.fnmatch_lines(
        [f"polly: live in us-east-1 (from ini), budget 1000 * role arn:aws:iam::{ACCOUNT}:role/polly-live *"]
    )
    assert json.loads(Path("drift.json").read_text(encoding="utf-8"))["drift"] == []
    assert elsewhere.spoken


@pytest.mark.parametrize("statement", range(2))
def test_each_part_of_them_is_needed(
    pytester: pytest.Pytester, elsewhere: Elsewhere, files: dict[str, str], statement: int
) -> None:
    user = json.loads(files["policy.json"])
    del user["Statement"][statement]
    role, trust = (json.loads(files[name]) for name in _POLICIES[1:])
    elsewhere.ask("policies", user=user, role=role, trust=trust)
    result = pytester.runpytest_inprocess("--polly-live", "-rs", "-k", "TestNarrator and speaks_with", "-vv")
    told = "*is not authorized to perform: polly:SynthesizeSpeech*", "*AWS answered AssumeRole with 403 *"
    result.stdout.fnmatch_lines([told[statement]])
