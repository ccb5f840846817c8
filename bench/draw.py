#!/usr/bin/python3
"""draw: the picture of a run. draw.py NUMBERS.json PICTURE.svg

A figure is a bar; under it, thinner, what it is beside; the mark is what it aims at. Every row has a
scale of its own, for rates and seconds share none, unless it says what is `full`; what has neither
beside it is a number alone. A run may bring its own title, about and legend.
"""
import json
import sys
from html import escape

import figures

WIDTH, LEFT, BAR, ROW, HEAD = 960, 420, 370, 40, 34
STYLE = """
.ground{fill:#f4f6f4}.head{font-size:15px;font-weight:680;fill:#15211e}.what{font-size:13px;fill:#15211e}
.small{font-size:11.5px;fill:#51605b}.track{fill:#e4eae7}.here{fill:#0a6457}.missed{fill:#b4541a}
.beside{fill:#84938d}.aim{stroke:#15211e;stroke-width:2}.value{font-size:13px;font-weight:600;fill:#15211e}
@media (prefers-color-scheme:dark){.ground{fill:#131b19}.head,.what,.value{fill:#e9f1ee}.small{fill:#a3b3ad}
.track{fill:#24302d}.here{fill:#3fb8a2}.missed{fill:#e58a4e}.beside{fill:#71817b}.aim{stroke:#e9f1ee}}
"""


def text(kind, x, y, words, anchor="start"):
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def bar(kind, y, height, part):
    return f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{max(part * BAR, 1):.1f}" height="{height}" rx="2"/>'


def row(figure, y):
    """One figure at this height."""
    beside, aim = figure.get("beside_value"), figure.get("aim")
    parts = [text("what", 36, y + 15, figure["what"]),
             text("value", LEFT + BAR + 12, y + 16, f"{figures.number(figure['value'])} {figure['unit']}"),
             text("small", 36, y + 30, figures.comment(figure, short=True))]
    if beside is None and not aim and not figure.get("full"):
        return parts
    full = figure.get("full") or max(figure["value"], beside or 0, aim or 0)
    parts += [bar("track", y + 4, 14, 1),
              bar("missed" if figures.met(figure) is False else "here", y + 4, 14, figure["value"] / full)]
    if beside is not None:
        parts.append(bar("beside", y + 20, 5, beside / full))
    if aim:
        x = LEFT + aim / full * BAR
        parts += [f'<path class="aim" d="M{x:.1f} {y + 1}V{y + 21}"/>',
                  text("small", LEFT + BAR + 12, y + 30, f"aim {figures.aim_text(figure)}")]
    return parts


def about_machine(machine):
    return (f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, "
            f"{machine['filesystem'].split()[0]}, nginx {machine['nginx']}; {machine['date']}")


def picture(run):
    parts, y, section = [], 84, None
    for figure in run["figures"]:
        if figure["section"] != section:
            section = figure["section"]
            parts.append(text("head", 24, y + 22, section))
            y += HEAD - 4
        parts += row(figure, y)
        y += ROW
    title = run.get("title", "What was measured")
    about = run.get("about") or about_machine(run["machine"])
    legend = run.get("legend", "bar: here; thin bar: what it is beside; mark: the aim; each row has a scale of its own")
    height = y + 20
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d" '
        'font-family="system-ui, -apple-system, \'Segoe UI\', Roboto, \'Noto Sans\', sans-serif">',
        f'<title id="t">{escape(title)}</title>',
        f'<desc id="d">{escape(figures.table(run["figures"]))}</desc>', f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="14"/>',
        text("head", 24, 36, title + (" (quick: for nobody)" if run.get("quick") else "")),
        text("small", 24, 56, about), text("small", 24, 74, legend), *parts, "</svg>", ""])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1]) as numbers, open(sys.argv[2], "w") as out:
        out.write(picture(json.load(numbers)))
