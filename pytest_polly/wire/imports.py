"""Changes to packages that need not be there, made when and if somebody imports them.

Importing moto or aiobotocore costs a good part of a second, which no run should pay that has no use for
them. A module that is there already is changed at once, and one that a test imports later as soon as that
is done, by a finder that stands before Python's own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from . import changes
from .changes import Change

#: What is to be changed in a module.
Changing = Callable[[ModuleType], Iterable[Change]]


class OnImport(MetaPathFinder):
    """Changes modules, by their names, from when it is installed until it is uninstalled."""

    def __init__(self, changing: Mapping[str, Changing]) -> None:
        self._changing = changing
        #: What takes back what was changed, in order.
        self._undoing: list[Change] = []
        self._changed: list[ModuleType] = []

    @property
    def installed(self) -> bool:
        return self in sys.meta_path

    def install(self) -> None:
        """Change what is there and not changed yet; others may have put back Python's finders meanwhile."""
        if not self.installed:
            sys.meta_path.insert(0, self)
        for name in self._changing:
            module = sys.modules.get(name)
            if module is not None and module not in self._changed:
                self._change(module)

    def uninstall(self) -> None:
        if self.installed:
            sys.meta_path.remove(self)
        changes.take_back(self._undoing)
        self._changed.clear()

    def _change(self, module: ModuleType) -> None:
        self._changed.append(module)
        self._undoing += changes.make(self._changing[module.__name__](module))

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find what the other finders find, and have it changed once it has been imported."""
        if fullname not in self._changing:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next((one for one in found if one is not None), None)
        # Made for this one import, as a rule, so it can be changed too.
        loader: Any = spec.loader if spec is not None else None
        if loader is not None:
            loader.exec_module = self._followed_by_change(fullname, loader.exec_module)
        return spec

    def _followed_by_change(
        self, name: str, exec_module: Callable[[ModuleType], None]
    ) -> Callable[[ModuleType], None]:
        def execute(module: ModuleType) -> None:
            exec_module(module)
            # Where pytest rewrites assertions one loader serves all modules.
            if self.installed and module.__name__ == name:
                self._change(module)

        return execute
