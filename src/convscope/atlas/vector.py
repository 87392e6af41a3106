"""Drawings (SVG) of others, drawn again from what they show: shapes, text and colours, without anything that acts.

An SVG opened by itself is a page, with scripts, links and pictures from elsewhere. What is written here has none:
elements and attributes are those listed, references lead to the drawing itself or to a picture within it.
"""

import re
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_ELEMENTS = frozenset(
    (
        *("svg", "g", "defs", "symbol", "use", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon"),
        *("text", "tspan", "textPath", "image", "style", "title", "desc", "clipPath", "mask", "marker", "pattern"),
        *("linearGradient", "radialGradient", "stop", "switch"),
    )
)
_ATTRIBUTE = re.compile(r"(?!on)[a-zA-Z][a-zA-Z0-9-]*|xlink:href|xml:space|xmlns|xmlns:xlink", re.IGNORECASE)
_REFERENCE = re.compile(r"#[^\s\"'<>]*|data:image/(?:png|jpeg|webp);base64,[A-Za-z0-9+/=\s]*")
_OUTSIDE = re.compile(r"url\(\s*(?![\"']?#)|@import|image-set|\bsrc\(|expression|javascript:|\\", re.IGNORECASE)
_LINKS = ("href", "xlink:href")
_REFERRED = re.compile(r"url\(\s*[\"']?#([^)\"']*)", re.IGNORECASE)
_DEEPEST = 256
_MOST = 1_000_000
"""Elements that a drawing may have, each counted as often as it is drawn: one can be used by others without end."""


@dataclass
class _Uses:
    """The elements of a named one, and the names of others that are drawn with it."""

    elements: int = 0
    of: list[str] = field(default_factory=list)


@dataclass
class _Drawing:
    """What is written while a drawing is read; `hidden` counts the elements within one that is left out."""

    parts: list[str] = field(default_factory=list)
    depth: int = 0
    hidden: int = 0
    style: list[str] | None = None
    within: list[str] = field(default_factory=list)
    named: dict[str, "_Uses"] = field(default_factory=lambda: {"": _Uses()})

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ValueError(f"its elements are nested more than {_DEEPEST} deep")
        if self.depth == 1 and (name != "svg" or attributes.get("xmlns") != _SVG):
            raise ValueError(f"it begins with <{name}>")
        # Within a style nothing stands: its rules are looked at as one text, which an element would part.
        if self.hidden or self.style is not None or name not in _ELEMENTS or attributes.get("xmlns", _SVG) != _SVG:
            self.hidden += 1
            return
        kept = {key: value for key, value in attributes.items() if _harmless(key, value)}
        self.parts.append(f"<{name}{''.join(f' {key}={quoteattr(value)}' for key, value in kept.items())}>")
        self.style = [] if name == "style" else None
        self.count(kept)

    def count(self, attributes: dict[str, str]) -> None:
        """Note an element, and those that it uses, for the named one that it stands in, or is."""
        above = self.within[-1] if self.within else ""
        name = attributes.get("id", above)
        if name != above:
            self.named[above].of.append(name)
        self.within.append(name)
        uses = self.named.setdefault(name, _Uses())
        uses.elements += 1
        for key, value in attributes.items():
            uses.of += [value[1:]] if key in _LINKS and value[:1] == "#" else _REFERRED.findall(value)

    def drawn(self) -> int:
        """The elements, each as often as it is drawn; raises ValueError where that is without end."""
        done: dict[str, int] = {}

        def of(name: str, above: tuple[str, ...]) -> int:
            if name in above or len(above) > _DEEPEST:
                raise ValueError("an element in it is drawn within itself")
            if name not in done:
                uses = self.named.get(name, _Uses(0))
                done[name] = uses.elements + sum(of(one, (*above, name)) for one in uses.of)
            return done[name]

        return of("", ())

    def text(self, text: str) -> None:
        if self.hidden:
            return
        if self.style is None:
            self.parts.append(escape(text))
        else:
            self.style.append(text)

    def end(self, name: str) -> None:
        self.depth -= 1
        if self.hidden:
            self.hidden -= 1
            return
        if self.style is not None:  # looked at as a whole: it comes in pieces
            whole = "".join(self.style)
            self.parts.append("" if _OUTSIDE.search(whole) or "url(" in whole.lower() else escape(whole))
            self.style = None
        self.within.pop()
        self.parts.append(f"</{name}>")


def _harmless(name: str, value: str) -> bool:
    if not _ATTRIBUTE.fullmatch(name):
        return False
    if name in ("xmlns", "xmlns:xlink"):
        return value == (_SVG if name == "xmlns" else _XLINK)
    if name in _LINKS:
        return _REFERENCE.fullmatch(value) is not None
    return _OUTSIDE.search(value) is None


def redrawn(content: bytes) -> bytes:
    """The drawing in a SVG file, written again in UTF-8 with what draws alone; the same for what it has written.

    Raises ValueError where it is no SVG, declares entities, is nested too deeply, or draws elements without end.

    >>> redrawn(b'<svg xmlns="http://www.w3.org/2000/svg" onload="act()"><script>act()</script><path d="M0 0"/></svg>')
    b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"></path></svg>\\n'
    """
    drawing = _Drawing()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartElementHandler, parser.EndElementHandler = drawing.begin, drawing.end
    parser.CharacterDataHandler = drawing.text
    parser.EntityDeclHandler = _no_entities
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise ValueError(f"it is no SVG ({error})") from error
    if drawing.drawn() > _MOST:
        raise ValueError(f"it draws more than {_MOST} elements, some of them many times over")
    return ("".join(drawing.parts) + "\n").encode("utf-8")


def _no_entities(*_: object) -> None:
    raise ValueError("it declares entities")


__all__ = ["redrawn"]
