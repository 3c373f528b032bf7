"""What the tests of all drawings ask of one: safe elements only, and what it says."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

from alo_nb.plan import Pipeline, Plan, Step
from alo_nb.store import OutputRecord, Run, StepRecord

SVG = "{http://www.w3.org/2000/svg}"
LIMIT = 200_000  # bytes of an output
ELEMENTS = {
    *("svg", "title", "desc", "defs", "marker", "g", "rect", "path", "text", "tspan", "polyline", "circle"),
}
ATTRIBUTES = {
    *("width", "height", "viewBox", "font-family", "role", "id", "refX", "refY", "markerWidth", "markerHeight"),
    *("orient", "d", "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "marker-end", "rx", "x"),
    *("y", "dx", "transform", "font-size", "font-weight", "text-anchor", "points", "stroke-linejoin", "cx", "cy", "r"),
}

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "]]>",
    "<![CDATA[x]]>",
    "<!-- -->",
    "--><b>",
    "&lt;b&gt;",
    "&#x0;&#60;",
    "&nbsp;&unknown;",
    "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>&x;",
    "<?xml-stylesheet href='x'?>",
    "</text></g></svg><script/>",
    '" fill="url(http://x)',
    "javascript:alert(1)",
    "url(#arrow)",
    "{count} {0} %s %(x)s",
    "\u202eevil\u2066\u200b\ufeff",
    "a\x00b\x07\x1b[31m\x7f\x85",
    "\ud800lone\udfff",
    "\ufffe\uffff",
    "line\r\nfeed\ttab\u2028",
    "e" + "\u0301" * 2000,
    "n" * 10_000,
    "가" * 10_000,
    "   ",
    "",
]


def root(svg: str) -> ElementTree.Element:
    """Return a drawing as read by a strict parser, once it is known to hold nothing but what we draw."""
    found = ElementTree.fromstring(svg.encode())
    for each in found.iter():
        assert each.tag.removeprefix(SVG) in ELEMENTS
        assert set(each.attrib) <= ATTRIBUTES
        assert each.tag == f"{SVG}path" or each.attrib.get("marker-end") is None
    assert found.attrib["role"] == "img"
    assert found[0].tag == f"{SVG}title"
    return found


def texts(svg: str) -> list[str]:
    """Return the lines of text that are drawn, a glyph before its name."""
    return [" ".join(part for part in each.itertext() if part) for each in root(svg).iter(f"{SVG}text")]


def boxes(svg: str) -> list[tuple[float, float, float, float]]:
    """Return the boxes of steps and artifacts: left, top, right, bottom."""
    found = []
    for group in root(svg).iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        if rect is not None and "transform" in group.attrib:
            x, y = map(float, re.findall(r"[-\d.]+", group.attrib["transform"]))
            found.append((x, y, x + float(rect.attrib["width"]), y + float(rect.attrib["height"])))
    return found


def arrows(svg: str) -> list[ElementTree.Element]:
    """Return the arrows."""
    return [each for each in root(svg).iter(f"{SVG}path") if "marker-end" in each.attrib]


class Images(HTMLParser):
    """Collects the drawings of an html text, and what else is in it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.svgs: list[str] = []
        self.alternatives: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert name in {"class", "style", "alt", "src"}
            if name == "alt":
                self.alternatives.append(value or "")
            if name == "src":
                head, _, data = (value or "").partition(",")
                assert head == "data:image/svg+xml;base64"
                self.svgs.append(base64.b64decode(data).decode())

    def handle_data(self, data: str) -> None:
        self.text += data


def images(html: str) -> Images:
    """Return the drawings of an html text, once it is known to be safe and small."""
    found = Images(html)
    assert found.tags <= {"div", "img", "details", "summary", "pre", "span", "b"}
    assert len(html.encode()) <= LIMIT
    for each in found.svgs:
        root(each)
    return found


def plan_of(train: list[str], inference: list[str] | None = None, name: str = "titanic") -> Plan:
    """Return a plan of steps without code."""
    rows = {"train_pipeline": train, **({} if inference is None else {"inference_pipeline": inference})}
    return Plan(name, pipelines=tuple(Pipeline(key, tuple(map(Step, names))) for key, names in rows.items()))


def record(pipeline: str, step: str, **about: Any) -> StepRecord:
    """Return a step that has saved one table."""
    data = (OutputRecord("dataframe", "DataFrame 891x12", 85_000, "b3:1", {"type": "DataFrame"}),)
    return replace(StepRecord(pipeline, step, "success", 0.5, data=data), **about)


def run_of(*steps: StepRecord, **about: Any) -> Run:
    """Return a run of these steps that took a second longer than they did."""
    begin = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    end = begin + timedelta(seconds=1 + sum(each.seconds for each in steps))
    run = Run("20261121T093000Z-1f3a9c", "success", plan="titanic", steps=steps)
    return replace(run, started=begin.isoformat(), finished=end.isoformat(), **about)
