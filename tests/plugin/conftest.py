"""Inner runs share what is loaded here with the outer one; else each would import its own botocore."""

from importlib import import_module

for name in ("moto.core.models", "pytest_polly.contract", "pytest_polly.report.files"):
    import_module(name)
for name in ("botocore", "moto", "races"):
    import_module(f"pytest_polly.wire.{name}")
