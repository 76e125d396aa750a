"""LiveKit's Polly plugin under the contract, as users got it from PyPI. See run.py."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pytest_polly.contract import CredentialContract

agents: Any = import_module("livekit.agents")
plugin: Any = import_module("livekit.plugins.aws")


class TestLiveKit(CredentialContract):
    """The plugin takes a key and a secret, under names of its own, and no token."""

    async def make_client(
        self, aws_access_key_id: str | None = None, aws_secret_access_key: str | None = None
    ) -> Any:
        return plugin.TTS(api_key=aws_access_key_id, api_secret=aws_secret_access_key)

    async def synthesize(self, client: Any, text: str) -> bytes:
        # As often as it likes, but without waiting two seconds each time.
        options = agents.APIConnectOptions(retry_interval=0.0)
        async with client.synthesize(text, conn_options=options) as stream:
            return b"".join([bytes(event.frame.data) async for event in stream])
