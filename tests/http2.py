"""http2: as much of RFC 9113 as it takes to have several requests in flight and to see how each ends.

    with Http2(house) as h:
        one = h.request("GET", "/fhir/Patient/a", {"authorization": "Bearer …"})
        h.read_until(lambda: one in h.ended)
        h.status[one], h.body[one], h.goaway

Headers are sent without compression; of an answer's headers only the status is read.
"""
import socket
import ssl
import struct

DATA, HEADERS, RST, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
STATUSES = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}  # of HPACK's static table
FRAME = 16384


def number(value, bits, first):
    """RFC 7541, 5.1."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    out, value = [first | most], value - most
    while value >= 128:
        out.append(value % 128 | 128)
        value //= 128
    return bytes(out + [value])


def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    return number(len(value), 7, 0) + value


def status_of(block):
    while block[0] & 0xE0 == 0x20:  # the table's size changes
        block = block[1:]
    if block[0] & 0x80:
        return STATUSES[block[0] & 0x7F]
    assert block[0] in (0x48, 0x08) and block[1] == 3, block[:8]
    return int(block[2:5])


class Http2:
    def __init__(self, house, timeout=10):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", house.port), timeout=timeout))
        assert self.socket.selected_alpn_protocol() == "h2"
        self.status, self.body, self.reset, self.ended = {}, {}, {}, set()
        self.goaway, self.closed, self.stream, self.got = None, False, -1, b""
        self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + self.frame(SETTINGS, 0, 0)
                            + self.frame(WINDOW, 0, 0, struct.pack(">I", 1 << 24)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    @staticmethod
    def frame(kind, flags, stream, payload=b""):
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

    def request(self, method, path, headers=None, body=b"", end=True):
        """Sends it and gives its stream; with end=False more of the body is to come."""
        self.stream += 2
        fields = {":method": method, ":scheme": "https", ":authority": "127.0.0.1", ":path": path, **(headers or {})}
        block = b"".join(b"\0" + text(name) + text(value) for name, value in fields.items())
        parts = [block[i:i + FRAME] for i in range(0, len(block), FRAME)]
        out = b""
        for i, part in enumerate(parts):
            flags = END_HEADERS if i == len(parts) - 1 else 0
            if i == 0 and end and not body:
                flags |= END_STREAM
            out += self.frame(HEADERS if i == 0 else CONTINUATION, flags, self.stream, part)
        if body:
            out += self.frame(DATA, END_STREAM if end else 0, self.stream, body)
        try:
            self.socket.sendall(out)
        except OSError:
            pass  # it was ended while this was sent; what was said before is there to be read
        return self.stream

    def take(self, kind, flags, stream, payload):
        if kind == HEADERS:
            self.status[stream] = status_of(payload)
        elif kind == DATA:
            self.body[stream] = self.body.get(stream, b"") + payload
        elif kind == RST:
            self.reset[stream] = struct.unpack(">I", payload)[0]
            self.ended.add(stream)
        elif kind == GOAWAY:
            self.goaway = struct.unpack(">II", payload[:8])
        elif kind == SETTINGS and not flags & ACK:
            self.socket.sendall(self.frame(SETTINGS, ACK, 0))
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            self.ended.add(stream)

    def read_until(self, enough):
        """Until then, or until the connection has ended."""
        while not enough() and not self.closed:
            while len(self.got) >= 9 and len(self.got) >= 9 + int.from_bytes(self.got[:3], "big"):
                size = int.from_bytes(self.got[:3], "big")
                head, payload, self.got = self.got[:9], self.got[9:9 + size], self.got[9 + size:]
                self.take(head[3], head[4], struct.unpack(">I", head[5:])[0], payload)
            if enough():
                return
            try:
                more = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError):
                more = b""
            self.got += more
            self.closed = not more
