"""What of the world an account might touch, taken down to be compared."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.credentials
import botocore.loaders
import botocore.tokens
import botocore.utils
import freezegun.api
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import MockAWS

from pytest_polly import wire
from pytest_polly.wire.botocore import CONTAINING, UNHURRIED
from pytest_polly.wire.sharing import SHARING

#: Nobody's credentials, in every file of a home folder that an SDK may read them from.
HOME_FILES = {
    ".aws/config": (
        b"[default]\r\nregion = mars-north-1\r\naws_access_key_id = AKIAHOMECONFIG234567\n"
        b"aws_secret_access_key = home/config\n[profile work]\nregion = mars-north-1\n"
        b"[profile sso]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Speaker\n"
        b"[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.awsapps.com/start\n"
    ),
    ".aws/credentials": (
        b"[default]\naws_access_key_id = AKIAHOMEFILE23456722\naws_secret_access_key = home/file\n"
        b"[work]\naws_access_key_id = AKIAHOMEWORK23456722\naws_secret_access_key = home/work\xc3\xa9\n"
    ),
    ".aws/sso/cache/da39a3ee.json": b'{"accessToken": "home/sso", "expiresAt": "2099-01-01T00:00:00Z"}',
    ".aws/cli/cache/abc.json": b'{"Credentials": {"AccessKeyId": "ASIAHOMECLI234567222"}}',
    ".aws/boto/cache/abc.json": b'{"Credentials": {"AccessKeyId": "ASIAHOMEBOTO23456722"}}',
    ".aws/login/cache/abc.json": b'{"accessToken": {"accessKeyId": "ASIAHOMELOGIN2345672"}}',
    ".aws/models/polly/2016-06-10/service-2.json": b'{"metadata": {}, "operations": {}}',
    ".boto": b"[Credentials]\naws_access_key_id = AKIAHOMEBOTO23456722\naws_secret_access_key = boto\n",
    "ec2-credentials": b"AWSAccessKeyId=AKIAHOMEEC2234567222\nAWSSecretKey=home/ec2\n",
}


def make_home(folder: Path) -> Path:
    """Fill *folder* with everything of AWS's that a home can hold."""
    for name, content in HOME_FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def variables_of(home: Path) -> dict[str, str]:
    """The variables of somebody who uses all there are, some of them set to nothing."""
    return {
        "HOME": str(home),
        "AWS_PROFILE": "work",
        "AWS_DEFAULT_PROFILE": "work",
        "AWS_ACCESS_KEY_ID": "AKIAHOMEENV234567222",
        "AWS_SECRET_ACCESS_KEY": "home/env",
        "AWS_SESSION_TOKEN": "",
        "AWS_SECURITY_TOKEN": "home/legacy/token",
        "AWS_REGION": "",
        "AWS_CREDENTIAL_FILE": str(home / "ec2-credentials"),
        "BOTO_CONFIG": str(home / ".boto"),
        "AWS_ENDPOINT_URL": "http://192.0.2.1:4566",
        "AWS_ENDPOINT_URL_POLLY": "https://polly.example.com",
        "AWS_ENDPOINT_URL_STS": "https://sts.example.com",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/credentials",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(home / ".boto"),
        "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/Speaker",
        "AWS_CA_BUNDLE": str(home / "no-such-bundle.pem"),
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "AWSKEY": "not AWS's",
        "MY_AWS_SETTING": "not AWS's either",
        "BOTO_CONFIG_2": "nor boto's",
    }


def aws_variables() -> dict[str, str]:
    """What an account owns of the environment."""
    return {
        name: value for name, value in os.environ.items() if name.startswith("AWS_") or name == "BOTO_CONFIG"
    }


def files_under(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def patched() -> dict[str, Any]:
    """Every attribute of somebody else's that differs while an account is in force."""
    return {
        "boto3.DEFAULT_SESSION": boto3.DEFAULT_SESSION,
        "SSOProvider": botocore.credentials.SSOProvider._SSO_TOKEN_CACHE_DIR,
        "SSOTokenProvider": botocore.tokens.SSOTokenProvider._SSO_TOKEN_CACHE_DIR,
        "JSONFileCache": botocore.utils.JSONFileCache.__init__.__defaults__,
        **{f"{owner}.{name}": getattr(owner, name) for owner, name, _ in (*CONTAINING, *UNHURRIED, *SHARING)},
        "BotocoreStubber.__call__": BotocoreStubber.__call__,
        "MockAWS.start": MockAWS.start,
        "MockAWS.stop": MockAWS.stop,
        "freezers": len(freezegun.api.freeze_factories),
        "engaged": wire.engaged(),
    }


def world(home: Path) -> dict[str, Any]:
    """Everything that has to be as it was once no account is in force."""
    return {
        "variables": dict(os.environ),
        "files": files_under(home),
        "folders": sorted(path.name for path in Path(tempfile.gettempdir()).glob("pytest-polly-*")),
        **patched(),
    }


def differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Name what differs, without printing the values, which may be secrets."""
    for name in before:
        if before[name] is not after[name] and before[name] != after[name]:
            yield name
