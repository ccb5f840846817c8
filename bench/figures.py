"""figures: each figure of the benchmark: what it is, what it is beside, what it aims at; the table.

A figure is a dict: section, what, value, unit, and where there is one: beside (what it is compared
with), beside_value, aim (with `most` when less is better), p50_ms, p99_ms, note.
"""

SECTIONS = ("Reads over TLS, 64 connections", "Durable writes of 2 KB", "Bundle import", "Trail", "Watch",
            "Person search", "Vault")
OTHERS_SHOWN = 0.1  # what others use of the cores is said from this share on


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def met(figure):
    """True, False, or None where nothing is aimed at."""
    if figure.get("aim") is None:
        return None
    return figure["value"] <= figure["aim"] if figure.get("most") else figure["value"] >= figure["aim"]


def ratio(figure):
    beside = figure.get("beside_value")
    return figure["value"] / beside if beside else None


def aim_text(figure):
    if figure.get("aim") is None:
        return ""
    return f"{'≤' if figure.get('most') else '≥'} {number(figure['aim'])} {'met' if met(figure) else 'NOT MET'}"


def bar(figure, width=24):
    """The figure as a share of what it is beside, or of its aim."""
    whole = figure.get("beside_value") or figure.get("aim")
    if not whole:
        return ""
    part = min(figure["value"] / whole, 1)
    return ("█" * round(part * width)).ljust(width, "·")


def comment(figure, short=False):
    """The times, what it is beside, and what else there is to say."""
    parts = []
    if figure.get("p50_ms") is not None:
        parts.append(f"p50 {number(figure['p50_ms'])}, p99 {number(figure['p99_ms'])} ms")
    if figure.get("beside_value"):
        parts.append(f"{figure['beside']}: {number(figure['beside_value'])}"
                     + ("" if short else f", ratio {ratio(figure):.2f}"))
    if figure.get("note"):
        parts.append(figure["note"])
    if figure.get("others", 0) > OTHERS_SHOWN and not short:
        parts.append(f"others had {figure['others']:.0%} of the cores")
    return "; ".join(parts)


def in_order(figures):
    """By section, in the order in which they are read."""
    return sorted(figures, key=lambda figure: SECTIONS.index(figure["section"]))


def table(figures):
    lines, section = [], None
    for figure in figures:
        if figure["section"] != section:
            section = figure["section"]
            lines += ["", section]
        lines.append(f"  {figure['what'][:54]:54} {number(figure['value']):>9} {figure['unit']:4} "
                     f"{bar(figure):24} {aim_text(figure)}".rstrip())
        if comment(figure):
            lines.append("    " + comment(figure))
    return "\n".join(lines)
