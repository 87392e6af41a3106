"""A local page to draw boxes around parts of one's own images, which writes the table that `correspond` reads.

The page is plain HTML, CSS and JavaScript from `annotate_page`; it asks for nothing but this server. Every change is
written at once, whole or not at all.
"""

import io
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from convscope.data import Source, allowance_of, look
from convscope.data.parts import OBJECT, Part, format_parts, of_images, read_parts
from convscope.errors import ImageError, UsageError, missing_extra
from convscope.files import check_name, write_bytes
from convscope.server.access import Access, Guard

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

PartBoxes = dict[str, tuple[float, float, float, float]]

_PAGE = Path(__file__).parent / "annotate_page"
_FILES = {"": ("index.html", "text/html"), "annotate.js": ("annotate.js", "text/javascript")}
_FILES |= {"annotate.css": ("annotate.css", "text/css"), "icon.svg": ("icon.svg", "image/svg+xml")}
_FARTHEST = 1 << 31  # pixels from the corner of an image
_DIGITS = 12  # of the number of an image
_LONGEST = 65_500  # pixels of a side of a JPEG
_LARGEST = 1 << 16  # bytes of a request; some hundred boxes
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Notebook:
    """The boxes of all images, and the file they are kept in.

    Rows of the file about images that are not in the collection stay as they are.
    """

    def __init__(self, source: Source, path: Path, names: tuple[str, ...] = ()) -> None:
        check_name(path)  # before hours of drawing
        self.source = source
        self.path = path
        self.images = tuple(source.name(i) for i in range(len(source)))
        self._lock = threading.Lock()
        self._boxes: dict[str, PartBoxes] = {}
        self._strange: list[Part] = []
        for part in read_parts(path, empty="allow") if path.exists() else ():
            try:
                (name,) = of_images([part], self.images)
            except UsageError:
                self._strange.append(part)
                continue
            self._boxes.setdefault(name, {})[part.part] = part.box
        drawn = (part for boxes in self._boxes.values() for part in boxes)
        self.parts = tuple(dict.fromkeys([*names, *drawn, OBJECT]))

    def boxes(self, index: int) -> PartBoxes:
        """The boxes of an image, by part."""
        with self._lock:
            return dict(self._boxes.get(self.images[index], {}))

    def put(self, index: int, boxes: Mapping[str, Any]) -> None:
        """Replace an image's boxes, and write the file.

        Raises UsageError for boxes that are none; StoreError where the file cannot be written.
        """
        name = self.images[index]
        found = {part.part: part.box for part in (_part(name, *item) for item in boxes.items())}
        with self._lock:
            before = self._boxes.get(name, {})
            self._boxes[name] = found
            try:
                self._write()
            except BaseException:
                self._boxes[name] = before
                raise

    def _write(self) -> None:
        drawn = [Part(image, part, box) for image, boxes in self._boxes.items() for part, box in boxes.items()]
        write_bytes(self.path, format_parts([*self._strange, *drawn]).encode())


def _part(image: str, name: str, box: Any) -> Part:
    """A part from a request."""
    plain = isinstance(box, list) and len(box) == 4 and all(isinstance(v, int | float) for v in box)
    if not plain or any(isinstance(v, bool) or not abs(v) <= _FARTHEST for v in box):
        raise UsageError(f"part '{name}' of {image}: a box is four numbers of pixels, y0, x0, y1, x1")
    if not name.strip() or len(name) > 80 or not name.isprintable():
        raise UsageError(f"a part of {image} needs a name of at most 80 characters on one line")
    y0, x0, y1, x1 = (float(v) for v in box)
    return Part(image, name.strip(), (y0, x0, y1, x1))


def annotator(source: Source, path: Path, *, parts: tuple[str, ...] = (), access: Access | None = None) -> "Starlette":
    """The web application that shows the images of a collection and keeps what is drawn in the CSV file `path`.

    parts: names to offer. Requests that `access` does not admit (by default those under other names than
    loopback's), or from pages of other origins, are refused.

    Raises UsageError where `path` is there and no table of parts, MissingExtra without starlette.
    """
    try:
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.routing import Route
    except ImportError as error:
        raise missing_extra("starlette", "server", purpose="draw parts in the browser") from error
    pages = _AnnotationPages(Notebook(source, path, parts))
    guard = Middleware(Guard, access=access or Access())
    routes = [
        Route("/api/images", pages.listing),
        Route("/api/parts/{index}", pages.read, methods=["GET"]),
        Route("/api/parts/{index}", pages.write, methods=["PUT"]),
        Route("/image/{index}", pages.picture),
        Route("/{file}", pages.file),
        Route("/", pages.file),
    ]
    return Starlette(routes=routes, middleware=[guard])


class _AnnotationPages:
    """What is answered to each request."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook

    def file(self, request: "Request") -> "Response":
        """A file of the page."""
        known = _FILES.get(request.path_params.get("file", ""))
        if known is None:
            return self._problem(404, "there is no such page")
        return self._answer((_PAGE / known[0]).read_bytes(), known[1])

    def _index(self, request: "Request") -> int | None:
        """The number of the image that is asked about, None where there is none."""
        text: str = request.path_params["index"]
        known = text.isascii() and text.isdecimal() and len(text) <= _DIGITS and int(text) < len(self.notebook.images)
        return int(text) if known else None

    def listing(self, _: "Request") -> "Response":
        """All images with the number of their boxes, and the names of parts."""
        book = self.notebook
        images = [{"name": name, "count": len(book.boxes(i))} for i, name in enumerate(book.images)]
        return self._json({"file": book.path.name, "parts": list(book.parts), "object": OBJECT, "images": images})

    def read(self, request: "Request") -> "Response":
        """The boxes of an image."""
        index = self._index(request)
        if index is None:
            return self._problem(404, f"there is no image {request.path_params['index'][:20]}")
        return self._json({part: list(box) for part, box in self.notebook.boxes(index).items()})

    async def write(self, request: "Request") -> "Response":
        """Take the boxes of an image and write them."""
        from starlette.concurrency import run_in_threadpool

        from convscope.errors import ConvscopeError

        index, origin = self._index(request), request.headers.get("origin")
        if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
            return self._problem(403, "pages of other origins may not write here")
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return self._problem(415, "send application/json")
        if index is None:
            return self._problem(404, f"there is no image {request.path_params['index'][:20]}")
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST:
                return self._problem(413, f"more than {_LARGEST} bytes")
        try:
            asked = json.loads(body)
            if not isinstance(asked, dict):
                return self._problem(400, "send an object of boxes by part")
            await run_in_threadpool(self.notebook.put, index, asked)
        except (ValueError, RecursionError):  # also for numbers of thousands of digits, and lists in lists without end
            return self._problem(400, "that is no JSON")
        except UsageError as error:
            return self._problem(400, str(error))
        except ConvscopeError as error:
            return self._problem(500, str(error))
        return self._json({"saved": len(asked)})

    def picture(self, request: "Request") -> "Response":
        """An image as it is decoded, turned the way its file says."""
        index = self._index(request)
        if index is None:
            return self._problem(404, f"there is no image {request.path_params['index'][:20]}")
        try:
            pixels = look(self.notebook.source.read(index), max_pixels=allowance_of(self.notebook.source).pixels)
        except ImageError as error:
            return self._problem(422, str(error))
        height, width = pixels.shape[:2]
        if max(height, width) > _LONGEST:
            return self._problem(422, f"{height}x{width} pixels are longer than the {_LONGEST} that the page can show")
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "JPEG", quality=92)
        return self._answer(out.getvalue(), "image/jpeg")

    def _json(self, value: Any, status: int = 200) -> "Response":
        return self._answer(json.dumps(value, allow_nan=False).encode(), "application/json", status)

    def _problem(self, status: int, said: str) -> "Response":
        return self._json({"error": said}, status)

    @staticmethod
    def _answer(content: bytes, kind: str, status: int = 200) -> "Response":
        from starlette.responses import Response

        return Response(content, status, _HEADERS, kind)


__all__ = ["Notebook", "annotator"]
