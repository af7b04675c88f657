"""Serves a folder on 127.0.0.1, with the headers of its _headers file. usage: server.py FOLDER PORT"""

import http.server
import pathlib
import sys

folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
headers = [
    line.strip().split(": ", 1)
    for line in (folder / "_headers").read_text().splitlines()
    if line.startswith("  ")
]


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".wasm": "application/wasm",
    }

    def __init__(self, *args):
        super().__init__(*args, directory=str(folder))

    def end_headers(self):
        for name, value in headers:
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_):
        pass


try:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
except OSError as error:
    sys.exit(f"serve: port {port}: {error.strerror}; name another: scripts/serve PORT")
print(f"serve: http://127.0.0.1:{server.server_port}/ (Ctrl+C stops it)", file=sys.stderr, flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    pass
