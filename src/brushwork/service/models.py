"""The bundles that a service may examine with: the one of its settings, the shipped ones, those in a folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import BundleError, NotFound, RequestRefused, StoreError
from ..forensics.bundle import RECIPE_FILE, Bundle, load_bundle, shipped_bundles
from ..settings import Settings
from ..store.activations import Activations
from .logs import log


class Models:
    """The bundles by name. They are read from the disk whenever they are asked for: one may be added meanwhile."""

    def __init__(self, settings: Settings) -> None:
        self._model, self._folder = settings.model, settings.models

    def first(self, activations: Activations) -> Bundle:
        """The bundle to begin with: the one that was chosen last, else that of the settings. Raises BundleError.

        Where the choice cannot be read, or its bundle is gone, that of the settings begins.
        """
        try:
            choice = activations.current()
            if choice is not None:
                return self.by_hash(choice.sha256)
        except (StoreError, NotFound) as error:
            log().warning("chosen model not used", problem=error.slug)
        return load_bundle(self._model)

    def all(self, active: Bundle) -> list[Bundle]:
        """`active`, then the others that load; of the same recipe only one."""
        found = {active.sha256: active}
        for bundle in self._loadable():
            found.setdefault(bundle.sha256, bundle)
        return list(found.values())

    def named(self, name: str) -> Bundle:
        """The bundle called `name`, or `name@version`.

        Raises NotFound, BundleError where a folder of that name has a bundle that fails, RequestRefused where several
        have the name.
        """
        fits = {b.sha256: b for b in self._loadable(name) if name in (b.recipe.name, full_name(b))}
        if len(fits) > 1:
            names = " or ".join(sorted(full_name(bundle) for bundle in fits.values()))
            raise RequestRefused(f"Several bundles are called {name}.", f"Name one by its version: {names}.")
        return _only(fits.values())

    def by_hash(self, sha256: str) -> Bundle:
        """The bundle whose recipe has that hash. Raises NotFound."""
        return _only(bundle for bundle in self._loadable() if bundle.sha256 == sha256)

    def _loadable(self, wanted: str = "") -> Iterator[Bundle]:
        """Those that load. One that does not is left out, for `brushwork models verify` to explain, unless wanted."""
        for place in self._places():
            try:
                yield load_bundle(place)
            except BundleError:
                if Path(place).name == wanted:
                    raise

    def _places(self) -> Iterator[str]:
        yield self._model
        yield from shipped_bundles()
        if self._folder is not None:
            yield from sorted(str(path.parent) for path in self._folder.glob(f"*/{RECIPE_FILE}"))


def full_name(bundle: Bundle) -> str:
    """Name and version, where several versions may have the name."""
    return f"{bundle.recipe.name}@{bundle.recipe.version}"


def _only(found: Iterable[Bundle]) -> Bundle:
    for bundle in found:
        return bundle
    raise NotFound("This service has no bundle of that name.", "GET /v1/models lists those that it has.")
