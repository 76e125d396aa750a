"""pytest's side of the kit."""
