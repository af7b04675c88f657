"""Compares the tracer with a live Envoy: generated configurations, generated requests, Envoy's own access log.

usage: oracle.py ENVOY XDSCOPE [--configurations N] [--requests M] [--seed S] [--keep FOLDER]

Prints every disagreement with the seed that makes it again; --keep writes the dump and the request there."""
import argparse, json, socket, subprocess, sys, tempfile, time, urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import client
from generate import CERTIFICATES, Maker

FIRST_PORT = 21000


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def expected(logs):
    """What Envoy's access log says, in the judge's terms; None where it says nothing that can be compared."""
    by = {it["kind"]: it for it in logs}
    if "http" in by:
        it = by["http"]
        flags, details = (it.get("flags") or "-").split(","), it.get("details") or ""
        out = {"status": it["code"], "details": details, "location": it.get("location")}
        if "NC" in flags:
            out |= {"outcome": "no_cluster", "flags": "NC"}
        elif "UH" in flags:
            out |= {"outcome": "no_healthy_upstream", "flags": "UH", "cluster": it.get("cluster")}
        elif "NR" in flags:
            out |= {"outcome": "not_found", "flags": "NR"}
        elif "DC" in flags and not it.get("cluster"):
            # A filter waits for what never came.
            return None
        elif {"UF", "URX", "UT", "DC"} & set(flags) or details.startswith(("via_upstream", "upstream_reset")):
            return {"outcome": "routed", "cluster": it.get("cluster"), "route": it.get("route")}
        elif details == "direct_response":
            # A redirect and an answer look alike; the code tells.
            out |= {"outcome": ("redirect", "direct_response")}
        elif details.startswith(("rbac_", "jwt_", "fault_filter_abort", "csrf_", "request_payload_too_large", "rejecting")):
            out["outcome"] = "denied"
        elif details == "cors_response":
            out["outcome"] = "direct_response"
        elif details == "path_normalization_failed" and out["location"]:
            out["outcome"] = "redirect"
        else:
            out["outcome"] = "protocol_error"
        if out["outcome"] in ("no_cluster", "no_healthy_upstream") or isinstance(out["outcome"], tuple):
            out["route"] = it.get("route")
        return out
    if "tcp" in by:
        it = by["tcp"]
        flags = (it.get("flags") or "-").split(",")
        if (it.get("conn") or "").startswith("rbac_"):
            return {"outcome": "denied", "details": it["conn"]}
        if "NC" in flags:
            return {"outcome": "no_cluster", "flags": "NC"}
        if "UH" in flags:
            return {"outcome": "no_healthy_upstream", "flags": "UH", "cluster": it.get("cluster")}
        return {"outcome": "routed", "cluster": it.get("cluster")}
    it = by.get("listener")
    if it is None:
        return None
    if "NR" in (it.get("flags") or ""):
        return {"outcome": "no_filter_chain", "details": it.get("details")}
    if (it.get("conn") or "").startswith("rbac_"):
        return {"outcome": "denied", "details": it["conn"]}
    # The TLS inspector leaves a trace here as well, when what it saw was no TLS: `TLS_error|error:…`.
    if (it.get("tls") or "").startswith("TLS_error:"):
        return {"outcome": "tls_rejected"}
    if "DPE" in (it.get("flags") or ""):
        return {"outcome": "protocol_error"}
    return None


def disagreement(expect, verdict):
    for key, value in expect.items():
        own = verdict.get(key)
        if key == "outcome" and isinstance(value, tuple):
            if own not in value:
                return f"{key} {value}, not {own}"
        elif key == "cluster":
            if value not in (verdict.get("clusters") or []):
                return f"{key} {value}, not {verdict.get('clusters')}"
        elif key == "details":
            head = lambda it: (it or "").split("{")[0] if not (it or "").startswith("jwt_") else it
            if head(own) != head(value) and expect["outcome"] not in ("routed",):
                return f"{key} {value}, not {own}"
        elif (value or None) != (own or None):
            return f"{key} {value}, not {own}"
    return None


def trace(xdscope, dump, requests):
    with tempfile.TemporaryDirectory() as folder:
        file, cases = Path(folder, "config_dump.json"), Path(folder, "cases.jsonl")
        file.write_text(dump)
        cases.write_text("".join(json.dumps(it) + "\n" for it in requests))
        done = subprocess.run([xdscope, "trace", "--file", file, "--cases", cases], capture_output=True, text=True, timeout=120)
        if done.returncode:
            print(done.stderr)
        return {it["id"]: it for it in map(json.loads, done.stdout.splitlines())}


def round(args, seed):
    maker = Maker(seed)
    port, admin = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder, "envoy.json"), Path(folder, "log")
        # A configuration that Envoy refuses (overlapping chains) is made again.
        for _ in range(40):
            file.write_text(json.dumps(maker.configuration(port, admin)))
            check = subprocess.run([args.envoy, "--mode", "validate", "-c", file, "-l", "error", "--use-dynamic-base-id"], capture_output=True, text=True)
            if check.returncode == 0:
                break
            if args.verbose:
                print(check.stderr[-300:].replace(chr(10), ' '))
        else:
            print(f"seed {seed}: no configuration that Envoy takes")
            return 0, 0
        log = out.open("wb")
        envoy = subprocess.Popen([args.envoy, "-c", file, "-l", "error", "--use-dynamic-base-id", "--concurrency", "1", "--file-flush-interval-msec", "50", "--drain-time-s", "1"],
                                 stdout=log, stderr=subprocess.DEVNULL)
        try:
            url = f"http://127.0.0.1:{admin}"
            for _ in range(100):
                try:
                    if b"LIVE" in urllib.request.urlopen(url + "/ready", timeout=1).read():
                        break
                except OSError:
                    time.sleep(0.1)
            requests = []
            for number in range(args.requests):
                request = maker.request()
                source_port = FIRST_PORT + number
                request |= {"id": number, "from": f"{request['from']}:{source_port}"}
                if request["to"].startswith("fd"):
                    request["to"] = "[%s]:%s" % tuple(request["to"].rsplit(":", 1))
                    request["from"] = f"[fd00::{number % 3 + 1}]:{source_port}"
                if "headers" in request:
                    request["headers"]["x-case"] = str(number)
                requests.append(request)
            with ThreadPoolExecutor(12) as pool:
                list(pool.map(lambda it: client.send(port, it, CERTIFICATES), requests))
            time.sleep(0.4)
            dump = urllib.request.urlopen(url + "/config_dump?include_eds", timeout=10).read().decode()
        finally:
            envoy.terminate()
            envoy.wait()
            log.close()
        logs = {}
        for line in out.read_text(errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            # Requests are told apart by a header; connections by the source port of their PROXY header.
            number = entry.get("case") or int((entry.get("peer") or ":0").rsplit(":", 1)[-1]) - FIRST_PORT
            logs.setdefault(int(number), []).append(entry)
    for request in requests:
        request["listener"] = f"127.0.0.1:{port}"
    verdicts = trace(args.xdscope, dump, requests)
    compared = failed = unsure = 0
    for request in requests:
        expect = expected(logs.get(request["id"], []))
        if expect is None:
            continue
        compared += 1
        verdict = verdicts.get(request["id"], {})
        # Where chance decides the tracer says so.
        if not verdict.get("certain", True):
            clusters = verdict.get("clusters", [])
            same = verdict.get("outcome") == expect["outcome"] and verdict.get("route") == expect.get("route")
            if not same or len(clusters) < 2 or expect.get("cluster") in clusters:
                unsure += 1
                continue
        # A refused upstream, RBAC's first byte and the handshake race; which comes first is not the configuration's to say.
        late = verdict.get("outcome") in ("denied", "tls_rejected")
        if expect["outcome"] == "routed" and late and verdict.get("clusters") == [expect["cluster"]]:
            continue
        trouble = disagreement(expect, verdict)
        if trouble:
            failed += 1
            if failed <= args.show:
                print(f"seed {seed}: Envoy says {trouble}\n  {json.dumps(request)}\n  Envoy: {json.dumps(logs[request['id']])[:700]}\n  tracer: {json.dumps(verdicts.get(request['id']))}")
                if args.keep:
                    keep = Path(args.keep, f"{seed}-{request['id']}")
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / "config_dump.json").write_text(dump)
                    (keep / "cases.jsonl").write_text(json.dumps({"id": request["id"], "request": request, "expect": expect}) + "\n")
    return compared - unsure, failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("envoy")
    parser.add_argument("xdscope")
    parser.add_argument("--configurations", type=int, default=50)
    parser.add_argument("--requests", type=int, default=80)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--show", type=int, default=3)
    parser.add_argument("--keep")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    print(f"seeds {args.seed} to {args.seed + args.configurations - 1}")
    compared = failed = 0
    for seed in range(args.seed, args.seed + args.configurations):
        one, other = round(args, seed)
        compared, failed = compared + one, failed + other
    print(f"{compared} requests compared over {args.configurations} configurations, {failed} disagreements")
    sys.exit(1 if failed or not compared else 0)


main()
