"""The picture of growth: a panel for devices, slots and histories, from the bench's report."""

import math
from html import escape

PANEL, HEIGHT = 290, 250  # pixels
LEFT, RIGHT, TOP, BOTTOM = 38, 26, 62, 34  # of a panel, around its axes
# two colours that colour-blind people tell apart; the marks differ too
LINES = (("time", "#0072b2", "circle"), ("SQL statements", "#d55e00", "square"))
STYLE = (
    "text{font:11px sans-serif;fill:#333}.what{font-size:12px;font-weight:bold}"
    ".grid{stroke:#ccc}.line{fill:none;stroke-width:2}"
)


def growth_svg(rows):
    """SVG text of the rows of the report that have points: [size, time ÷ the first, SQL]."""
    panels = [row for row in rows if "points" in row]
    top = max((grown for row in panels for line in _lines(row) for grown in line), default=1)
    octaves = max(1, math.ceil(math.log2(top)))
    width = PANEL * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}"'
        f' width="{width}" height="{HEIGHT}" role="img">',
        f"<title>{escape('; '.join(map(_told, panels)))}</title><style>{STYLE}</style>",
        f'<rect width="{width}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for number, row in enumerate(panels):
        parts.append(f'<g transform="translate({number * PANEL} 0)">')
        parts += _panel(row, octaves)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>\n"])


def _lines(row):
    """How many times the first each point is: its time, its statements."""
    first_sql = row["points"][0][2]
    return (
        [grown for _size, grown, _sql in row["points"]],
        [sql / first_sql for _size, _grown, sql in row["points"]],
    )


def _told(row):
    size, grown, sql = row["points"][-1]
    return f"{row['what']}: at {size:,} time × {grown:g}, {sql} SQL statements"


def _panel(row, octaves):
    sizes = [size for size, _grown, _sql in row["points"]]
    right, bottom = PANEL - RIGHT, HEIGHT - BOTTOM
    xs = [LEFT + 14 + (right - LEFT - 28) * i / (len(sizes) - 1) for i in range(len(sizes))]

    def height(grown):
        return round(bottom - (bottom - TOP) * max(0, math.log2(grown)) / octaves, 1)

    yield f'<text class="what" x="{LEFT}" y="18">{escape(row["what"])}</text>'
    for octave in range(octaves + 1):
        y = height(2**octave)
        yield f'<path class="grid" d="M{LEFT} {y}H{right}"/>'
        yield f'<text x="{LEFT - 4}" y="{y + 4}" text-anchor="end">×{2**octave}</text>'
    for x, size in zip(xs, sizes, strict=True):
        yield f'<text x="{x:.0f}" y="{bottom + 18}" text-anchor="middle">{size:,}</text>'
    for number, (name, colour, mark) in enumerate(LINES):
        line = _lines(row)[number]
        points = [(round(x), height(grown)) for x, grown in zip(xs, line, strict=True)]
        path = " ".join(f"{x},{y}" for x, y in points)
        yield f'<polyline class="line" stroke="{colour}" points="{path}"/>'
        yield from (_mark(mark, colour, *point) for point in points)
        at = LEFT + 6 + 100 * number
        yield _mark(mark, colour, at, 38)
        yield f'<text x="{at + 9}" y="42">{name} × {line[-1]:.3g}</text>'


def _mark(mark, colour, x, y):
    if mark == "circle":
        return f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>'
    return f'<rect x="{x - 4}" y="{y - 4}" width="8" height="8" fill="{colour}"/>'
