"""Compares the tracer with a live Envoy: generated configurations, generated requests, Envoy's own access log.

usage: oracle.py ENVOY XDSCOPE [--configurations N] [--requests M] [--seed S] [--keep FOLDER]

Prints every disagreement with the seed that makes it again; --keep shrinks its configuration and writes dump, request
and Envoy's answer there, as tests/fixtures/oracle has them."""
import argparse, json, subprocess, sys, tempfile, time
from pathlib import Path

import envoy
from generate import Maker
from shrink import shrink


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
        elif {"UF", "URX", "UT"} & set(flags) or details.startswith(("via_upstream", "upstream_reset")):
            return {"outcome": "routed", "cluster": it.get("cluster"), "route": it.get("route")}
        elif details == "direct_response":
            # A redirect and an answer look alike; the code tells.
            out |= {"outcome": ("redirect", "direct_response")}
        elif details.startswith(("rbac_", "jwt_", "fault_filter_abort", "csrf_", "request_payload_too_large", "rejecting",
                                 "stream_idle_timeout")):
            out["outcome"] = "denied"
        elif details == "cors_response":
            out["outcome"] = "direct_response"
        elif details == "http2.unexpected_underscore" and it["code"]:
            # The reset after Envoy's own answer, whose details it hides.
            out["outcome"] = ("denied", "direct_response", "redirect", "protocol_error")
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


def requests_of(maker, count, listener):
    out = []
    for number in range(count):
        request = maker.request()
        source_port = envoy.FIRST_PORT + number
        request |= {"id": number, "listener": listener, "from": f"{request['from']}:{source_port}"}
        if request["to"].startswith("fd"):
            request["to"] = "[%s]:%s" % tuple(request["to"].rsplit(":", 1))
            request["from"] = f"[fd00::{number % 3 + 1}]:{source_port}"
        if "headers" in request:
            request["headers"]["x-case"] = str(number)
        out.append(request)
    return out


def trouble_with(expect, verdict):
    """How tracer and Envoy disagree; None where they do not; False where they cannot be compared."""
    # Where chance decides the tracer says so.
    if not verdict.get("certain", True):
        clusters = verdict.get("clusters", [])
        same = verdict.get("outcome") == expect["outcome"] and verdict.get("route") == expect.get("route")
        if not same or len(clusters) < 2 or expect.get("cluster") in clusters:
            return False
    # A refused upstream, RBAC's first byte and the handshake race; which comes first is not the configuration's to say.
    late = verdict.get("outcome") in ("denied", "tls_rejected")
    if expect["outcome"] == "routed" and late and verdict.get("clusters") == [expect["cluster"]]:
        return False
    return disagreement(expect, verdict)


def smaller(args, config, request, expect, verdict, ports):
    """The configuration, as small as Envoy and tracer still say the same of it."""
    def holds(config):
        seen = envoy.takes(args.envoy, config) is None and envoy.observe(args.envoy, config, [request], *ports)
        if not seen or expected(seen[1].get(request["id"], [])) != expect:
            return False
        now = trace(args.xdscope, seen[0], [request]).get(request["id"], {})
        return all(now.get(key) == verdict.get(key) for key in ("outcome", "status", "details", "clusters", "location"))
    return shrink(config, holds)


def keep(args, name, config, request, expect, verdict, ports):
    config = smaller(args, config, request, expect, verdict, ports)
    dump, _ = envoy.observe(args.envoy, config, [request], *ports)
    dump = json.loads(dump)
    # What Envoy was built with, and where it logs, decides nothing.
    dump["configs"] = [it for it in dump["configs"] if "Bootstrap" not in it["@type"]]
    folder = Path(args.keep)
    folder.mkdir(parents=True, exist_ok=True)
    case = {"seed": name, "request": request, "expect": {**expect, "outcome": flat(expect["outcome"])}, "dump": unlogged(dump)}
    (folder / f"{name}.json").write_text(json.dumps(case, indent=1) + "\n")


def unlogged(value):
    if isinstance(value, dict):
        return {key: unlogged(it) for key, it in value.items() if key not in ("access_log", "last_updated")}
    return [unlogged(it) for it in value] if isinstance(value, list) else value


def flat(outcome):
    return list(outcome) if isinstance(outcome, tuple) else outcome


def round(args, seed):
    maker = Maker(seed)
    port, admin = envoy.free_port(), envoy.free_port()
    # A configuration that Envoy refuses (overlapping chains) is made again.
    for _ in range(40):
        config = maker.configuration(port, admin)
        refused = envoy.takes(args.envoy, config)
        if refused is None:
            break
        if args.verbose:
            print(refused)
    else:
        print(f"seed {seed}: no configuration that Envoy takes")
        return 0, 0
    requests = requests_of(maker, args.requests, f"127.0.0.1:{port}")
    seen = envoy.observe(args.envoy, config, requests, port, admin)
    if seen is None:
        print(f"seed {seed}: Envoy does not start")
        return 0, 0
    dump, logs = seen
    verdicts = trace(args.xdscope, dump, requests)
    compared = failed = 0
    for request in requests:
        expect, verdict = expected(logs.get(request["id"], [])), verdicts.get(request["id"], {})
        trouble = trouble_with(expect, verdict) if expect else False
        compared += trouble is not False
        if trouble:
            failed += 1
            if failed <= args.show:
                print(f"seed {seed}: Envoy says {trouble}\n  {json.dumps(request)}\n  Envoy: {json.dumps(logs[request['id']])[:700]}\n  tracer: {json.dumps(verdict)}", flush=True)
                if args.keep:
                    keep(args, f"{seed}-{request['id']}", config, request, expect, verdict, (port, admin))
    return compared, failed


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
