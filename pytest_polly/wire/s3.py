"""boto3's transfers of files to and from S3, kept on the wire like every other request.

They go over AWS's Common Runtime where awscrt is installed and the transfer, or the machine, prefers it: past
botocore's HTTP session, and so past the guard and moto. And they work in threads of their own, which drop
what is no ``Exception``: a transfer that was refused would seem to have succeeded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from ..errors import GuardError, InternalError
from .changes import Change
from .imports import OnImport


def install() -> None:
    """Put the changes in. Like the seam they stay after the last account: a client may outlive its test."""
    _changes.install()


def uninstall() -> None:
    _changes.uninstall()


def _runtime(module: ModuleType) -> Iterator[Change]:
    yield module, "get_crt_s3_client", _no_client


def _no_client(client: Any, config: Any) -> None:
    """Offer no runtime, as where another process holds it: boto3 then sends through botocore."""


def _tasks(module: ModuleType) -> Iterator[Change]:
    yield module.Task, "_execute_main", _telling(module.Task._execute_main)


def _telling(execute: Callable[..., Any]) -> Callable[..., Any]:
    def execute_and_tell(task: Any, kwargs: Any) -> Any:
        try:
            return execute(task, kwargs)
        except (GuardError, InternalError) as error:
            task._log_and_set_exception(error)
            raise

    return execute_and_tell


_changes = OnImport({"boto3.crt": _runtime, "s3transfer.tasks": _tasks})
