"""What a run found out, cell by cell: gathered from test reports, told in several forms."""

from .cells import Cell, describe
from .terminal import terminal_lines

__all__ = ["Cell", "describe", "terminal_lines"]
