"""What must hold of everything that is shown, whatever names, values and errors say: for the tests of all views."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

from alo_nb.views.html import NO_MATH

LIMIT = 200_000  # bytes of one output
MARK = "hostile"  # stands in every payload as a tag, an attribute or a word

PAYLOADS = (
    "<b hostile>bold</b>",
    "<script hostile>alert(1)</script>",
    "<img hostile src=x onerror=alert(1)>",
    '"><img hostile src=x onerror=alert(1)>',
    "'><svg hostile onload=alert(1)>",
    '" hostile onmouseover="alert(1)',
    "--><script hostile>alert(1)</script><!--",
    "]]><script hostile>alert(1)</script><![CDATA[",
    "<?hostile alert(1)?>",
    "<!DOCTYPE hostile>",
    "</td></tr></tbody></table></div><i hostile>",
    "</pre></details></span><i hostile>",
    "</title></text></svg><i hostile>",
    "</textarea></option></select><i hostile>",
    "<a hostile href=javascript:alert(1)>here</a>",
    "<style hostile>body { display: none }</style>",
    "red;background:url(https://hostile.example/x.png)",
    "&lt;i hostile&gt; &#60;i hostile&#62;",
    "# hostile\n**bold** [here](javascript:alert(1)) ![](https://hostile.example/x.png)\n\n---\n| a |\n|---|",
    "$\\href{javascript:alert(1)}{hostile}$ \\[ \\write18{hostile} \\]",
    "\x1b[31mhostile\x1b[0m \x1b]8;;https://hostile.example\x07here\x1b]8;;\x07 \x1b[2J \x9b31m",
    "hostile \u202egnp.exe\u202c \u2066left\u2069 \u200bhidden\ufeff",
    "hostile \x00 \x07 \x08\x08\x08 \r over \x85 \u2028 \u2029",
    "hostile \ud800 \udfff \U0001f600",
    "hostile {0} {name} %s %(x)s ${x} {{7*7}} `x` \\u003cscript\\u003e",
)

_TAGS = {
    *("div", "span", "b", "br", "code", "pre", "table", "thead", "tbody", "tr", "th", "td"),
    *("img", "details", "summary"),
}
_EMPTY = {"br", "img"}
_ATTRIBUTES = {"class", "style", "title", "alt", "src"}
_STYLE = re.compile(r"([a-z-]+:[#a-z0-9 .,%()-]+(;|$))*")
_IMAGE = re.compile(r"data:image/(svg\+xml|png|jpeg|gif|webp);base64,([A-Za-z0-9+/=]+)")
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_SVG_TAGS = {
    *("svg", "title", "desc", "g", "rect", "path", "text", "tspan", "line", "polyline", "polygon", "circle", "ellipse"),
    *("defs", "marker", "clipPath", "style"),
}


class Page(HTMLParser):
    """What a browser makes of html; anything that no view writes is an error."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS, f"<{tag}>"
        for name, value in attrs:
            assert name in _ATTRIBUTES, f"{name}={value}"
            if name == "class":
                assert value == NO_MATH
            if name == "style":
                assert _STYLE.fullmatch(value or ""), value
                assert "url" not in (value or "")
            if name == "src":
                check_image(value or "")
        if tag not in _EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a section: {data}")


def check_image(source: str) -> None:
    """Check a picture behind a data address; a drawing holds shapes and texts only, and names nothing outside of it."""
    found = _IMAGE.fullmatch(source)
    assert found is not None, source[:200]
    if found[1] != "svg+xml":
        return
    for element in ElementTree.fromstring(base64.b64decode(found[2])).iter():
        name = str(element.tag).rpartition("}")[2]
        assert name in _SVG_TAGS, name
        for attribute, value in element.attrib.items():
            assert not attribute.startswith("on"), attribute
            assert "href" not in attribute, attribute
            assert "url(" not in value.replace("url(#", ""), value


def check_text(text: str) -> None:
    """Check a text twin: nothing in it is obeyed by a terminal, and it can be sent and saved."""
    assert not _OBEYED.search(text), repr(_OBEYED.search(text))
    assert len(text.encode()) <= LIMIT


def check_html(html: str) -> Page:
    """Check html and return what a browser makes of it."""
    assert len(html.encode()) <= LIMIT
    return Page(html)


def outputs(value: Any) -> Iterator[str]:
    """Yield the text of what shows itself, and its html where it has some, checked."""
    text = repr(value)
    check_text(text)
    yield text
    html = value._repr_html_()
    if html:
        check_html(html)
        yield html
