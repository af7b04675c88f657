"""A live Envoy with a configuration: takes requests, gives its access log and its config dump."""
import json, socket, subprocess, tempfile, time, urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import client
from generate import CERTIFICATES

FIRST_PORT = 21000


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def takes(program, config):
    """None where Envoy takes a configuration, else what it says."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "envoy.json")
        file.write_text(json.dumps(config))
        done = subprocess.run([program, "--mode", "validate", "-c", file, "-l", "error", "--use-dynamic-base-id"], capture_output=True, text=True)
        return done.stderr[-300:].replace("\n", " ") if done.returncode else None


def observe(program, config, requests, port, admin):
    """The config dump, and the entries of the access log by the request's id; None where Envoy does not start."""
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder, "envoy.json"), Path(folder, "log")
        file.write_text(json.dumps(config))
        with out.open("wb") as log:
            envoy = subprocess.Popen([program, "-c", file, "-l", "off", "--use-dynamic-base-id", "--concurrency", "1", "--file-flush-interval-msec", "50",
                                      "--drain-time-s", "1"], stdout=log, stderr=subprocess.DEVNULL)
            try:
                if not ready(admin, envoy):
                    return None
                with ThreadPoolExecutor(12) as pool:
                    list(pool.map(lambda it: client.send(port, it, CERTIFICATES), requests))
                time.sleep(0.4)
                dump = urllib.request.urlopen(f"http://127.0.0.1:{admin}/config_dump?include_eds", timeout=10).read().decode()
            finally:
                envoy.terminate()
                envoy.wait()
        logs = {}
        for line in out.read_text(errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            # Requests are told apart by a header; connections by the source port of their PROXY header.
            number = entry.get("case") or int((entry.get("peer") or ":0").rsplit(":", 1)[-1]) - FIRST_PORT
            logs.setdefault(int(number), []).append(entry)
        return dump, logs


def ready(admin, envoy):
    for _ in range(100):
        try:
            if b"LIVE" in urllib.request.urlopen(f"http://127.0.0.1:{admin}/ready", timeout=1).read():
                return True
        except OSError:
            if envoy.poll() is not None:
                return False
            time.sleep(0.1)
    return False
