"""Every place credentials come from, tried with botocore itself."""
