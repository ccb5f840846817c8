"""postfix: a real mail server for a test, of Debian's package under a configuration of the test's own:
on loopback alone, with TLS, delivering into a folder. Needs root, as Postfix does.

    with Postfix(folder, authority) as server:
        server.port, server.tls_port      # STARTTLS; TLS from the start
        server.mails()                    # what was delivered
"""
import email
import email.policy
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from house import free_port

MASTER = Path("/usr/lib/postfix/sbin/master")
DOMAIN = "hospital.example"

MAIN = """
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {dir}/log
maillog_file_prefixes = {dir}
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mail.hospital.example
mydestination =
mynetworks =
alias_maps =
local_recipient_maps =
default_transport = error:nothing leaves this server
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {dir}/mail
virtual_mailbox_maps = texthash:{dir}/boxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {pem}
smtpd_tls_key_file = {key}
smtpd_tls_CAfile = {ca}
smtpd_tls_received_header = yes
smtpd_tls_loglevel = 1
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = reject_unauth_destination{policy}
smtpd_delay_reject = yes
message_size_limit = {largest}
{more}
"""
SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
FOLDERS = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop", "private",
           "public", "saved", "trace")


class Greylist:
    """A policy service as Postfix asks one: says "later" to the first attempts of each sender and recipient."""

    def __init__(self, times):
        self.times, self.asked = times, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client, client.makefile("rw", encoding="utf-8", newline="\n") as file:
            wish = {}
            for line in file:
                key, _, value = line.rstrip("\n").partition("=")
                if key:
                    wish[key] = value
                    continue
                who = (wish.get("sender"), wish.get("recipient"))
                self.asked.append(who)
                early = self.asked.count(who) <= self.times
                file.write(f"action={'defer_if_permit Greylisted, come again' if early else 'dunno'}\n\n")
                file.flush()
                wish = {}

    def close(self):
        self.socket.close()


class Postfix:
    def __init__(self, folder, authority, boxes=("it", "dpo"), policy=None, largest=10240000, more=""):
        self.dir, self.boxes, self.policy, self.largest, self.more = Path(folder) / "postfix", boxes, policy, largest, more
        self.authority = authority
        self.port, self.tls_port = free_port(), free_port()
        self.process = None

    def write(self):
        for parent in (self.dir.parent, *self.dir.parent.parents):
            if str(parent).startswith("/tmp/"):
                parent.chmod(parent.stat().st_mode | 0o055)
        for name in ("mail", "data", "queue/pid", *("queue/" + f for f in FOLDERS)):
            (self.dir / name).mkdir(parents=True, exist_ok=True)
        for folder in (self.dir / "data", self.dir / "mail", *(self.dir / "queue" / f for f in FOLDERS)):
            shutil.chown(folder, "postfix")
            folder.chmod(0o700)
        for name, mode in (("public", 0o710), ("maildrop", 0o730)):
            shutil.chown(self.dir / "queue" / name, group="postdrop")
            (self.dir / "queue" / name).chmod(mode)
        (self.dir / "boxes").write_text("".join(f"{box}@{DOMAIN} {box}/\n" for box in self.boxes))
        pem, key = self.authority.certificate("localhost")
        owner = (self.dir / "mail").stat()
        policy = f", check_policy_service inet:127.0.0.1:{self.policy.port}" if self.policy else ""
        (self.dir / "main.cf").write_text(MAIN.format(
            dir=self.dir, domain=DOMAIN, uid=owner.st_uid, gid=owner.st_gid or 65534, pem=pem, key=key,
            ca=self.authority.ca, policy=policy, largest=self.largest, more=self.more))
        (self.dir / "master.cf").write_text(SERVICES.format(port=self.port, tls_port=self.tls_port))

    def start(self):
        self.write()
        self.process = subprocess.Popen([MASTER, "-c", self.dir, "-d"], start_new_session=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.time() + 30
        while time.time() < end:
            assert self.process.poll() is None, self.log()
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=10) as s:
                    if s.recv(100).startswith(b"220 "):
                        return self
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(self.log())

    def stop(self):
        if not self.process:
            return
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(20)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def log(self):
        file = self.dir / "log"
        return file.read_text(errors="replace") if file.exists() else "(no log)"

    def mails(self, box="it"):
        """What lies in a box, the oldest first."""
        files = sorted((self.dir / "mail" / box / "new").glob("*"), key=lambda f: f.stat().st_mtime)
        return [email.message_from_bytes(f.read_bytes(), policy=email.policy.default) for f in files]

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()


__all__ = ["DOMAIN", "MASTER", "Greylist", "Postfix"]
