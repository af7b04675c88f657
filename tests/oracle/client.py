"""Sends one request as its kind says: HTTP/1.1, HTTP/2, TLS around either or around bytes; behind a PROXY header."""
import socket, ssl
from pathlib import Path

import certificates


def literal(text):
    """A string of HPACK, not compressed."""
    data = text.encode()
    out, size = bytearray(), len(data)
    if size < 127:
        out.append(size)
    else:
        out.append(127)
        size -= 127
        while size >= 128:
            out.append(size % 128 + 128)
            size //= 128
        out.append(size)
    return bytes(out) + data


def frame(kind, flags, stream, body=b""):
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def http2(request):
    fields = [(":method", request["method"]), (":authority", request["authority"])]
    if request["method"] != "CONNECT":
        fields += [(":scheme", "https" if request["kind"] == "tls+h2" else "http"), (":path", request["path"])]
    fields += request["headers"].items()
    block = b"".join(b"\0" + literal(name) + literal(value) for name, value in fields)
    body = "content-length" in request["headers"]
    out = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + frame(1, 4 if body else 5, 1, block)
    return out + (frame(0, 1, 1, content(request)) if body else b"")


def content(request):
    return b"x" * int(request["headers"].get("content-length", 0))


def http1(request):
    target = request["authority"] if request["method"] == "CONNECT" else request["path"]
    lines = [f"{request['method']} {target} HTTP/1.1", f"Host: {request['authority']}"]
    lines += [f"{name}: {value}" for name, value in request["headers"].items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + content(request)


def payload(request):
    if request["kind"] in ("h2c", "tls+h2"):
        return http2(request)
    return http1(request) if request["kind"] in ("http", "tls+http") else request.get("data", "").encode()


def context(request, folder):
    out = ssl.create_default_context()
    out.check_hostname = False
    out.verify_mode = ssl.CERT_NONE
    if request.get("alpn"):
        out.set_alpn_protocols(request["alpn"])
    if request.get("identity"):
        number = certificates.IDENTITIES.index(request["identity"])
        out.load_cert_chain(Path(folder, f"{number}.pem"), Path(folder, f"{number}.key"))
    return out


def send(port, request, folder):
    """Sends a request until Envoy answers or closes."""
    source, _, source_port = request["from"].rpartition(":")
    target, _, target_port = request["to"].rpartition(":")
    source, target = source.strip("[]"), target.strip("[]")
    family = "TCP6" if ":" in target else "TCP4"
    head = f"PROXY {family} {source} {target} {source_port} {target_port}\r\n".encode()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=3) as plain:
            # Longer than an idle stream lives (generate.py); where Envoy has no stream, nothing is waited for.
            plain.settimeout(0.8 if request["kind"] in ("tcp", "tls") else 3)
            if not request["kind"].startswith("tls"):
                plain.sendall(head + payload(request))
                return read(plain, request)
            plain.sendall(head)
            with context(request, folder).wrap_socket(plain, server_hostname=request.get("sni")) as secure:
                secure.sendall(payload(request))
                read(secure, request)
    except OSError:
        pass


def read(it, request):
    """HTTP/2 answers with its own settings first; what matters is in the log, so a frame of headers is enough."""
    data = b""
    while len(data) < 65536:
        part = it.recv(65536)
        data += part
        if not part or request["kind"] not in ("h2c", "tls+h2"):
            return
        at = 0
        while at + 9 <= len(data):
            size, kind = int.from_bytes(data[at:at + 3], "big"), data[at + 3]
            # HEADERS, RST_STREAM, GOAWAY
            if kind in (1, 3, 7):
                return
            at += 9 + size
