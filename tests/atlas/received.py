"""Atlases as a stranger might send them: real ones, with something in them that is not ours. All of it is harmless."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from convscope.atlas.experiments import add_experiment
from convscope.atlas.inventory import Inventory, is_recorded, stamp_of
from convscope.atlas.reading import Atlas
from convscope.atlas.web import script

EVIL = b"window.hacked = true;"
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><path d="M0 20L40 0" stroke="#06c"/></svg>'
ACTIVE = (
    b'<?xml version="1.0"?><?xml-stylesheet href="http://evil.example/x.css"?>\n'
    b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
    b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="hacked=1" width="9">'
    b'<metadata xmlns:x="http://www.w3.org/1999/xhtml"><x:script>hacked=1</x:script></metadata>'
    b'<script>window.hacked = true</script><a xlink:href="javascript:hacked=1"><path d="M1 1"/></a>'
    b"<style>@import url(http://evil.example/y.css);</style><style>path{stroke:red}</style>"
    b"<style><g/>@import 'http://evil.example/n.css';</style><style><style/>@import 'http://evil.example/m.css';</style>"
    b'<image xlink:href="http://evil.example/track.png"/><use xlink:href="#ok"/><g id="ok" onclick="hacked=1">'
    b"<style>svg{background:image-set('http://evil.example/v.png' 1x)}</style>"
    b"<rect style=\"mask-image:-webkit-image-set('http://evil.example/w.png' 1x)\"/>"
    b'<text style="fill:url(http://evil.example/z)">a &lt; b &amp; c</text><path d="M0 0L9 9" style="stroke:#06c"/></g>'
    b"</svg>"
)


BOMB = (
    b'<svg xmlns="http://www.w3.org/2000/svg"><path id="a0" d="M0 0"/>'
    + b"".join(b'<g id="a%d">%s</g>' % (n, b'<use href="#a%d"/>' % (n - 1) * 10) for n in range(1, 9))
    + b"</svg>"
)
"""A drawing of a hundred million elements in a kilobyte."""


def rewrite(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the manifest of an atlas in both of its files."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), "utf-8")
    (folder / "data" / "manifest.js").unlink(missing_ok=True)  # which may be the same file elsewhere
    (folder / "data" / "manifest.js").write_bytes(script("manifest", manifest))


def with_experiment(atlas: Atlas, figure: bytes = PICTURE) -> None:
    """Give an atlas an experiment with a figure and a table."""
    add_experiment(
        atlas.path, "curve", title="Curve", kind="other", figures={"curve.svg": figure}, table=[{"a": 1}, {"a": 2}]
    )


def with_scripts(folder: Path) -> None:
    """Put scripts wherever a folder could hold some."""
    for name in ("index.html", "atlas.js", "atlas-more.js", "atlas.css", "icon.svg"):
        (folder / name).write_bytes(b"<script>" + EVIL + b"</script>")
    for name in ("evil.js", "data/evil.js", "data/layers/evil.html", "pictures/evil.svg", "experiments/curve/x.js"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(EVIL)


def link(target: Path, path: Path) -> None:
    """Make `path` a link, in place of what is there."""
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def reseal(folder: Path) -> None:
    """Let the inventory and the manifest of an atlas fit what is in the folder now, as one would who changed it."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    stamps = {path.relative_to(folder).as_posix(): stamp_of(path.read_bytes()) for path in found}
    made = Inventory({"all": {path: stamp for path, stamp in stamps.items() if is_recorded(path)}})
    (folder / "inventory.json").write_bytes(made.content)
    rewrite(folder, lambda manifest: manifest.update(inventory=made.entry()))
