"""Inner runs share what is loaded here with the outer one; else each would import its own botocore."""

from importlib import import_module
from importlib.util import find_spec

for name in ("moto.core.models", "moto.polly.models", "pytest_polly.contract", "pytest_polly.report.files"):
    import_module(name)
for name in ("botocore", "moto", "races"):
    import_module(f"pytest_polly.wire.{name}")
# Its plugin loads it at the end of every run in which a test failed.
if find_spec("hypothesis"):
    import_module("hypothesis")
