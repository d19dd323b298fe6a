"""Tiny colour fonts made on the spot, one of every kind, with sequences that form one glyph."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Literal

import numpy as np
from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import newTable
from fontTools.ttLib.tables import otTables, sbixGlyph, sbixStrike
from fontTools.ttLib.tables.BitmapGlyphMetrics import SmallGlyphMetrics
from fontTools.ttLib.tables.C_B_D_T_ import cbdt_bitmap_format_17
from fontTools.ttLib.tables.E_B_L_C_ import BitmapSizeTable, SbitLineMetrics, Strike, eblc_index_sub_table_1
from fontTools.ttLib.tables.S_V_G_ import SVGDocument
from PIL import Image

Kind = Literal["CBDT", "sbix", "COLR0", "COLR1", "SVG", "plain"]

# Glyph: its character ("" if only a ligature leads to it) and its colour.
GLYPHS: dict[str, tuple[str, tuple[int, int, int]]] = {
    "grin": ("\U0001f600", (255, 0, 0)),
    "heart": ("\u2764", (0, 255, 0)),
    "man": ("\U0001f468", (0, 0, 255)),
    "laptop": ("\U0001f4bb", (255, 255, 0)),
    "technologist": ("", (255, 0, 255)),
    "letter_f": ("\U0001f1eb", (10, 20, 30)),
    "letter_r": ("\U0001f1f7", (40, 50, 60)),
    "france": ("", (0, 255, 255)),
    "black_flag": ("\U0001f3f4", (0, 0, 0)),
}
FEATURES = """
feature ccmp {
    sub man joiner laptop by technologist;
    sub letter_f letter_r by france;
} ccmp;
"""
STORED = (20, 16)  # width, height of the bitmaps
UPEM, ASCENT, DESCENT = 1000, 800, -200


def stored(name: str) -> Image.Image:
    """The bitmap of a glyph: left half opaque, right half clear, the upper four rows of it half black."""
    width, height = STORED
    rgba = np.zeros((height, width, 4), dtype=np.uint8)
    rgba[:, : width // 2, :3] = GLYPHS[name][1]
    rgba[:, : width // 2, 3] = 255
    rgba[:4, width // 2 :, 3] = 128
    return Image.fromarray(rgba)


def colour_font(
    path: Path,
    kind: Kind,
    *,
    family: str = "Tiny Emoji",
    copyright_notice: str = "Copyright 2001 Nobody",
    licence: str = "Licensed under the SIL Open Font License, Version 1.1.",
    address: str = "",
) -> Path:
    """Write a font file; outline fonts have a box with a second one in its lower left corner."""
    builder = FontBuilder(UPEM, isTTF=True)
    order = [".notdef", "joiner", *GLYPHS, "body", "corner"]
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({0x200D: "joiner"} | {ord(c): name for name, (c, _) in GLYPHS.items() if c})
    boxes = {"body": (0, DESCENT, UPEM, ASCENT), "corner": (0, DESCENT, 250, DESCENT + 250)}
    builder.setupGlyf({name: box(*boxes.get(name, (0, 0, 0, 0))) for name in order})
    builder.setupHorizontalMetrics(dict.fromkeys(order, (UPEM, 0)))
    builder.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
    names = {"familyName": family, "styleName": "Regular", "version": "Version 1.5"}
    said = {"copyright": copyright_notice, "licenseDescription": licence, "licenseInfoURL": address}
    builder.setupNameTable(names | {key: text for key, text in said.items() if text})
    builder.setupOS2(sTypoAscender=ASCENT, sTypoDescender=DESCENT, sTypoLineGap=0)
    builder.setupPost()
    addOpenTypeFeaturesFromString(builder.font, FEATURES)
    ADD[kind](builder)
    builder.save(path)
    return path


def box(x0: int, y0: int, x1: int, y1: int) -> Any:
    """A rectangle as a glyph; empty if it has no area."""
    pen = TTGlyphPen(None)
    if x1 > x0:
        pen.moveTo((x0, y0))
        for point in ((x0, y1), (x1, y1), (x1, y0)):
            pen.lineTo(point)
        pen.closePath()
    return pen.glyph()


def png(name: str) -> bytes:
    out = io.BytesIO()
    stored(name).save(out, format="PNG")
    return out.getvalue()


def _sbix(builder: FontBuilder) -> None:
    table: Any = newTable("sbix")
    strike = sbixStrike.Strike(ppem=16, resolution=72)
    for name in GLYPHS:
        strike.glyphs[name] = sbixGlyph.Glyph(glyphName=name, graphicType="png ", imageData=png(name))
    table.strikes[16] = strike
    builder.font["sbix"] = table


def _cbdt(builder: FontBuilder) -> None:
    width, height = STORED
    line = SbitLineMetrics()
    for name in ("ascender", "descender", "widthMax", "caretSlopeNumerator", "caretSlopeDenominator", "caretOffset"):
        setattr(line, name, 0)
    for name in ("minOriginSB", "minAdvanceSB", "maxBeforeBL", "minAfterBL", "pad1", "pad2"):
        setattr(line, name, 0)
    size = BitmapSizeTable()
    size.__dict__.update(colorRef=0, hori=line, vert=line, ppemX=16, ppemY=16, bitDepth=32, flags=1)
    size.__dict__.update(startGlyphIndex=2, endGlyphIndex=1 + len(GLYPHS))
    index: Any = eblc_index_sub_table_1(b"", builder.font)
    index.__dict__.update(names=list(GLYPHS), indexFormat=1, imageFormat=17)
    strike = Strike()
    strike.bitmapSizeTable, strike.indexSubTables = size, [index]
    data = dict[str, Any]()
    for name in GLYPHS:
        glyph: Any = cbdt_bitmap_format_17(b"", builder.font)
        metrics = SmallGlyphMetrics()
        metrics.__dict__.update(height=height, width=width, BearingX=0, BearingY=height, Advance=width)
        glyph.__dict__.update(metrics=metrics, imageData=png(name))
        data[name] = glyph
    location, bitmaps = newTable("CBLC"), newTable("CBDT")
    location.__dict__.update(version=3.0, strikes=[strike])
    bitmaps.__dict__.update(version=3.0, strikeData=[data])
    builder.font["CBLC"], builder.font["CBDT"] = location, bitmaps


def _palette(builder: FontBuilder) -> None:
    colours = [tuple(value / 255 for value in (*rgb, 255)) for _, rgb in GLYPHS.values()]
    builder.setupCPAL([[*colours, (0.0, 0.0, 0.0, 128 / 255)]])


def _colr0(builder: FontBuilder) -> None:
    _palette(builder)
    builder.setupCOLR({name: [("body", k), ("corner", len(GLYPHS))] for k, name in enumerate(GLYPHS)}, version=0)


def _colr1(builder: FontBuilder) -> None:
    _palette(builder)
    black = len(GLYPHS)

    def solid(glyph: str, palette: int) -> dict[str, Any]:
        paint = {"Format": otTables.PaintFormat.PaintSolid, "PaletteIndex": palette, "Alpha": 1.0}
        return {"Format": otTables.PaintFormat.PaintGlyph, "Glyph": glyph, "Paint": paint}

    layers = otTables.PaintFormat.PaintColrLayers
    builder.setupCOLR(
        {
            name: {"Format": layers, "Layers": [solid("body", k), solid("corner", black)]}
            for k, name in enumerate(GLYPHS)
        },
        version=1,
    )


def _svg(builder: FontBuilder) -> None:
    document = '<svg xmlns="http://www.w3.org/2000/svg"><g id="glyph2"><rect width="9" height="9"/></g></svg>'
    table: Any = newTable("SVG ")
    table.docList = [SVGDocument(document, 2, 2, compressed=False)]
    builder.font["SVG "] = table


ADD = {"CBDT": _cbdt, "sbix": _sbix, "COLR0": _colr0, "COLR1": _colr1, "SVG": _svg, "plain": lambda _: None}
