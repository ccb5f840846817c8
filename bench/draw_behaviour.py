#!/usr/bin/python3
"""draw_behaviour: what bench_behaviour found, as a picture. draw_behaviour.py OUTPUT PICTURE.svg TITLE

A bar for each kind of misuse: who was found of those who misused after day 28; thin, of all.
"""
import re
import sys
from html import escape

from draw import STYLE, text

WIDTH, LEFT, BAR, ROW = 960, 250, 480, 40
LINE = re.compile(r"(\w+) +(\d+) +(\d+) +[\d.]+ +\| +(\d+) +(\d+) +[\d.]+ +\| (.*)")
HELP = {"mass": "many in one sitting", "night": "off duty", "borrowed": "a colleague's account",
        "drip": "a few each day", "snoop": "neighbours, colleagues", "family": "one's household",
        "self": "one's own record", "vip": "somebody known to all"}


def row(kind, numbers, y):
    all_, found, late, late_found = numbers
    share = late_found / late if late else 0
    return [
        text("what", 24, y + 14, kind), text("small", 24, y + 28, HELP.get(kind, "")),
        f'<rect class="track" x="{LEFT}" y="{y}" width="{BAR}" height="20" rx="3"/>',
        f'<rect class="here" x="{LEFT}" y="{y}" width="{BAR * share:.1f}" height="13" rx="2"/>',
        f'<rect class="beside" x="{LEFT}" y="{y + 14}" width="{BAR * found / all_:.1f}" height="6" rx="2"/>',
        text("value", LEFT + BAR + 16, y + 12, f"{late_found} of {late}"),
        text("small", LEFT + BAR + 16, y + 26, f"of all: {found} of {all_}")]


def picture(output, title):
    kinds = {m[1]: [int(n) for n in m.groups()[1:5]] for m in map(LINE.match, output.splitlines()) if m}
    order = [k for k in HELP if k in kinds] + [k for k in kinds if k not in HELP]
    last = output.strip().splitlines()[-1]
    parts = [part for i, kind in enumerate(order) for part in row(kind, kinds[kind], 92 + i * ROW)]
    height = 92 + len(order) * ROW + 16
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d" '
        'font-family="system-ui, -apple-system, \'Segoe UI\', Roboto, \'Noto Sans\', sans-serif">',
        f'<title id="t">{escape(title)}</title>', f'<desc id="d">{escape(output)}</desc>', f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="14"/>', text("head", 24, 36, title),
        text("small", 24, 56, "bar: found, of those who misused after day 28; thin bar: of all"),
        text("small", 24, 74, last.split(" (")[0]), *parts, "</svg>", ""])


if __name__ == "__main__":
    with open(sys.argv[1]) as file, open(sys.argv[2], "w") as out:
        out.write(picture(file.read(), sys.argv[3]))
