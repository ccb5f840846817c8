"""tools: wrk, nginx and the machine, for the steps of the benchmark."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONNECTIONS = 64


def output(*words):
    """What a command says, in one line; nothing when it is not there."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return (done.stdout or done.stderr).strip().split("\n")[0]


def machine(folder):
    """What the figures were measured on."""
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "?")
    library = "import sqlite3; print(sqlite3.sqlite_version)"
    return {
        "cpu": model, "cores": len(os.sched_getaffinity(0)),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "kernel": os.uname().release,
        "filesystem": output("findmnt", "-n", "-o", "FSTYPE,SOURCE,OPTIONS", "-T", str(folder)),
        "load_before": os.getloadavg()[0], "nginx": output("/usr/sbin/nginx", "-v").split("/")[-1],
        "openssl": output("openssl", "version"), "sqlite": output("/usr/bin/python3", "-c", library),
        "wrk": output("dpkg-query", "-W", "-f", "${Version}", "wrk"),
        "commit": output("git", "-c", "safe.directory=*", "-C", str(HERE), "describe", "--always", "--dirty"),
        "date": time.strftime("%Y-%m-%d")}


class Progress:
    """One line that changes on a terminal; a line at the end where there is none."""

    def __init__(self, what):
        self.what, self.began, self.live = what, time.monotonic(), sys.stderr.isatty()
        if not self.live:
            print(f"   {what} …", file=sys.stderr, flush=True)

    def __call__(self, part):
        if not self.live:
            return
        bar = "#" * int(part * 30)
        spent = time.monotonic() - self.began
        left = f"{spent * (1 - part) / part:4.0f} s left" if part > 0.02 else ""
        print(f"\r   [{bar:.<30}] {self.what[:50]:50} {left:12}", end="", file=sys.stderr, flush=True)

    def done(self):
        print(f"\r   {self.what}: {time.monotonic() - self.began:.1f} s{' ' * 50}" if self.live else
              f"   {self.what}: {time.monotonic() - self.began:.1f} s", file=sys.stderr, flush=True)


def own_ticks():
    """Processor time of this program and of all that it started."""
    parents, ticks = {}, {}
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split() if entry.name.isdigit() else None
        except OSError:
            continue  # it has just ended
        if fields:
            parents[int(entry.name)] = int(fields[1])
            ticks[int(entry.name)] = sum(map(int, fields[11:15]))  # its own, and of children that ended
    own, more = set(), {os.getpid()}
    while more:
        own |= more
        more = {pid for pid, parent in parents.items() if parent in more}
    return sum(ticks.get(pid, 0) for pid in own)


class Others:
    """How much of the cores others had since this was made: what was measured then is worth less."""

    def __init__(self):
        self.began, self.busy, self.own = time.monotonic(), self.busy_ticks(), own_ticks()

    @staticmethod
    def busy_ticks():
        with open("/proc/stat") as file:
            user, nice, system, _, _, irq, soft, steal = map(int, file.readline().split()[1:9])
        return user + nice + system + irq + soft + steal

    def share(self):
        whole = (time.monotonic() - self.began) * os.sysconf("SC_CLK_TCK") * os.cpu_count()
        return max(self.busy_ticks() - self.busy - (own_ticks() - self.own), 0) / whole


def wait_for(process, what, seconds):
    """Shows how far a process of known length is."""
    progress = Progress(what)
    while process.poll() is None:
        progress(min((time.monotonic() - progress.began) / seconds, 1))
        time.sleep(0.1)
    progress.done()


def load(url, what, way=("get",), token=None, seconds=10, connections=CONNECTIONS, during=None):
    """Lets wrk ask for so many seconds; gives the rate, the times and what went wrong.

    `during` is called with wrk's process once it runs.
    """
    threads, others = min(2, connections), Others()
    with tempfile.NamedTemporaryFile(prefix="bench-wrk-") as report:
        words = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
                 "-s", str(HERE / "load.lua")]
        if token:
            words += ["-H", f"Authorization: Bearer {token}"]
        words += [url, "--", *map(str, way), report.name]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if during:
            during(process)
        wait_for(process, what, seconds)
        said = process.stdout.read()
        if process.returncode or not os.path.getsize(report.name):
            raise SystemExit(f"bench: wrk failed: {said}")
        result = json.load(open(report.name))
    result["others"] = others.share()
    if result["refused"] or result["broken"]:
        print(f"   {result['refused']} were refused and {result['broken']} broken of {result['count']}!",
              file=sys.stderr)
    return result


NGINX = """
worker_processes auto; daemon off; error_log stderr crit; pid {folder}/pid;
events {{ worker_connections 4096; multi_accept on; }}
http {{ access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000;
client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
uwsgi_temp_path {folder}; scgi_temp_path {folder};
server {{ listen 127.0.0.1:{port} ssl http2; ssl_protocols TLSv1.3;
ssl_certificate {state}/gate/certificate.pem; ssl_certificate_key {state}/gate/certificate-key.pem;
root {folder}/files; types {{ application/json json; }} }} }}
"""


class Nginx:
    """nginx alone, with the certificate of a house, serving files/ of a folder."""

    def __init__(self, folder, state, port):
        self.folder, self.port = folder, port
        (folder / "files").mkdir(parents=True)
        folder.chmod(0o755)
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, state=state))

    def __enter__(self):
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-e", "stderr", "-c", self.folder / "nginx.conf"],
                                        stderr=subprocess.DEVNULL)
        time.sleep(1)
        if self.process.poll() is not None:
            raise SystemExit("bench: nginx does not start")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def missing_programs(*names):
    return [name for name in names if not shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")]
