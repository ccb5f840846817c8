"""where: where the time goes while requests are served: shares per process and thread, by perf."""
import re
import subprocess
import time
from collections import Counter

LINE = re.compile(r"^\s*(\S.*?)\s+(\d+)/(\d+)\s+[0-9a-f]+ (.+) \((.*)\)$")
HERTZ, SECONDS, SHOWN = 997, 3, 6


class Profile:
    def __init__(self, work, house):
        self.file = work / "perf.data"
        self.roles = {pid: role for role in ("vault", "gate", "watch") for pid in house.pids(role)}

    def start(self, wrk):
        """Called when the load has begun."""
        self.roles[wrk.pid] = "wrk"
        time.sleep(0.5)
        self.perf = subprocess.Popen(
            ["perf", "record", "-q", "-F", str(HERTZ), "-o", self.file, "-p", ",".join(map(str, self.roles)),
             "--", "sleep", str(SECONDS)], stderr=subprocess.DEVNULL)

    def samples(self):
        self.perf.wait()
        said = subprocess.run(["perf", "script", "-i", self.file, "-F", "comm,pid,tid,ip,sym,dso"], text=True,
                              capture_output=True, check=True).stdout
        for line in said.split("\n"):
            found = LINE.match(line)
            if found:
                _, pid, tid, symbol, library = found.groups()
                role = self.roles.get(int(pid), "?")
                thread = "main" if pid == tid else f"thread {tid}"
                kernel = "kernel" in library or library.endswith(".ko")
                yield role, thread, "kernel" if kernel else library.split("/")[-1], symbol

    def report(self):
        """Shares of all CPU time of the house and of wrk, by thread, by library, by function."""
        threads, libraries, symbols, count = Counter(), {}, {}, 0
        for role, thread, library, symbol in self.samples():
            key = f"{role}, {thread}"
            threads[key] += 1
            libraries.setdefault(key, Counter())[library] += 1
            symbols.setdefault(key, Counter())[symbol] += 1
            count += 1
        rows = [{"thread": key, "share": n / count,
                 "libraries": {k: v / n for k, v in libraries[key].most_common(SHOWN)},
                 "functions": {k: v / n for k, v in symbols[key].most_common(SHOWN)}}
                for key, n in threads.most_common() if n / count > 0.005]
        return {"samples": count, "seconds": SECONDS, "busy_cores": count / HERTZ / SECONDS, "threads": rows}


def text(report):
    """The report for a reader."""
    lines = [f"Where the time goes in a read ({report['samples']} samples, "
             f"{report['busy_cores']:.2f} cores busy)"]
    for row in report["threads"]:
        lines.append(f"  {row['thread']:24} {row['share']:5.0%} {'█' * round(row['share'] * 40)}")
        for key in ("libraries", "functions"):
            lines.append("      " + ", ".join(f"{name} {share:.0%}" for name, share in row[key].items()))
    return "\n".join(lines)
