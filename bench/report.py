"""Measurements as tables that read as text and as Markdown."""

import statistics

from floors import median

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def seconds(value):
    if value < 0.1:
        return f"{value * 1e3:.0f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def table(head, rows):
    """Columns as wide as what is in them."""
    widths = [max(3, *(len(row[i]) for row in [head, *rows])) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |"
                     for line in lines)


def cell(rounds, step, tool):
    """Time, and what else a step is about."""
    if tool not in rounds[0][step]:
        return ""
    text = seconds(median(rounds, tool, step)) + \
        f" ({seconds(median(rounds, tool, step, 'cpu'))})"
    if step in ("first backup", "after 1 %"):
        text += f", {statistics.median(r[step][tool].added for r in rounds) / 1e6:.1f} MB"
    return text


class Report:
    def __init__(self, machine, versions):
        self.machine, self.versions = machine, versions
        self.sections, self.verdicts = [], []

    def comparison(self, facts, rounds, verdicts):
        tools = sorted(rounds[0]["first backup"], key=lambda tool: tool != "holdfast")
        rows = [[step, *(cell(rounds, step, tool) for tool in tools)] for step in rounds[0]]
        rows.append(["peak memory", *(
            f"{max(r[s][t].memory for r in rounds for s in r if t in r[s]) / 1e6:.0f} MB"
            for t in tools)])
        self.sections.append(
            f"A database of {facts['database'] / 1e6:,.0f} MB with {facts['rows']:,} rows, pages of "
            f"4 KiB. 1 % of the rows ({facts['changed rows']:,}), updated at random, change "
            f"{facts['changed pages']:,} pages ({100 * 4096 * facts['changed pages'] / facts['database']:.0f} "
            f"% of the file); as one stream of zstd -3 these are {facts['page floor'] / 1e6:.1f} MB. "
            f"Medians of {len(rounds)} round{'s' if len(rounds) > 1 else ''}: time on the clock "
            f"(processor time), bytes added.\n\n" + table(["", *tools], rows))
        self.add(verdicts)

    def extreme(self, part):
        text, verdicts = part
        self.sections.append(text)
        self.add(verdicts)

    def add(self, verdicts):
        self.verdicts += verdicts
        self.sections.append(table(
            ["must reach", "measured", "at most", ""],
            [[v.what, v.measured, v.floor, "pass" if v.passed else "FAIL"] for v in verdicts]))

    def passed(self):
        return all(verdict.passed for verdict in self.verdicts)

    def text(self):
        return f"{self.versions}; on {self.machine}.\n\n" + "\n\n".join(self.sections)

    def write(self, path):
        with open(path, encoding="utf-8") as page:
            before, rest = page.read().split(BEGIN, 1)
        with open(path, "w", encoding="utf-8") as page:
            page.write(f"{before}{BEGIN}\n{self.text()}\n{END}{rest.split(END, 1)[1]}")
