"""What is served under a name: an atlas with the bench of its network beside it, or a network's bench alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convscope.atlas import Atlas
from convscope.data import Source, open_source
from convscope.errors import ConvscopeError, StoreError, UsageError
from convscope.files import kind_of
from convscope.graph import Network
from convscope.live.bench import Bench
from convscope.live.published import Beside
from convscope.models.loading import SCHEMES
from convscope.server.pages import Served
from convscope.studies.asking import atlas_of

Load = Callable[..., Network]


@dataclass(frozen=True)
class Opened:
    """A folder that is an atlas, None for none; and the bench, None where no network is known for it."""

    folder: Path | None
    bench: Served | None


def opened(what: str, *, model: str | None = None, images: Source | None = None, load: Load) -> Opened:
    """What `what` names, a folder with an atlas or a network as `load` takes it, ready to be served.

    An atlas's own network is opened when the bench is first asked for, if it is one of the zoo's: nothing else that a
    folder says is loaded, as it may be a stranger's. `model` names it otherwise. images: those that can be chosen.

    Raises UsageError for what is neither, and what `load` raises.
    """
    scheme = what.partition(":")[0]
    if kind_of(what) == "nothing" and scheme in SCHEMES and ":" in what:
        if model is not None:
            raise UsageError(f"'{what}' is a network already: model= names that of an atlas")
        bench = Bench(load(what), spec=what, source=images)
        return Opened(None, Served(lambda: bench))
    folder = Path(what)
    spec = model or _own(folder)
    if spec is None:
        return Opened(folder, None)
    if model is not None:  # what was asked for by name is wrong at once, if it is
        net = load(model)
        return Opened(folder, Served(lambda: _beside(folder, net, spec, images)))
    return Opened(folder, Served(lambda: _beside(folder, load(spec, seed=_seed(folder)), spec, images)))


def _own(folder: Path) -> str | None:
    """The network of the zoo that an atlas is of; None for another, and where there is no atlas."""
    model = _manifest(folder).get("model")
    spec = str(model.get("name") if isinstance(model, dict) else None).partition(" (")[0]
    return spec if spec.startswith("zoo:") else None


def _seed(folder: Path) -> int:
    options = _manifest(folder).get("options")
    found = options.get("seed") if isinstance(options, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        return Atlas.manifest_of(folder)
    except StoreError:  # who serves it says what is wrong
        return {}


def _beside(folder: Path, net: Network, spec: str, images: Source | None) -> Bench:
    """The bench of an atlas's network.

    Raises UsageError where it is of another network: the folder's weights were a file's, perhaps.
    """
    atlas = Atlas.open(folder)
    try:
        atlas_of(atlas, net)
    except UsageError as error:
        raise UsageError(f"{error}: start the server with the atlas's own, by model= and weights=") from error
    return Bench(net, spec=spec, source=images or _samples(atlas), beside=Beside.of(atlas))


def _samples(atlas: Atlas) -> Source | None:
    """The atlas's images where they are the sample photos, which are always at hand."""
    data = atlas.manifest["data"]
    if data.get("kind") != "samples":
        return None
    try:
        source = open_source("samples:", limit=data["count"])  # all of them, or as many as were asked for
    except ConvscopeError:  # a package that has them is missing: there is no collection, then
        return None
    return source if source.fingerprint() == data["fingerprint"] else None


__all__ = ["Opened", "opened"]
