"""Makes an Envoy configuration and requests for it, at random but from a seed.

One listener takes all connections with a PROXY header, which says to which address and port the client meant to go; it
hands them on by that original destination, or keeps them. Clusters have no endpoints (UH says that one was chosen),
or one that refuses (UF), in all states of health."""
import json
import random

import certificates
import tokens

TYPE = "type.googleapis.com/envoy."
KEYS, TOKENS = tokens.make()
CERTIFICATES = certificates.make()
HCM = TYPE + "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
HOSTS = ["a.example.com", "b.example.com", "a.b.example.com", "x.org", "pre.x", "-bar.org", "foo-bar.org", "tree.net"]
PATHS = ["/", "/a", "/a/b", "/a/b/c", "/A", "/api/v1", "/api/v1/x", "/api/v1x", "/q", "/r", "/r/s", "/rx/ab/12", "/t/en/x"]
ODD_PATHS = ["//a", "/a/../b", "/a%2Fb", "/a%5cb", "/%61", "/a/./b", "/a;x/b", "/..;/a", "/a\\b", "/%zz", "/a%00", "/a#f",
             "/a?x#f", "*", "/a//b///", "/%2e%2e/a", "/a/b/..", "/a|b", "/a^b", "/a{b}", "/%7e", "/%41", "/a%2e", "/%%34%31"]
QUERIES = ["", "?a=1", "?a=2&b", "?b=x&a=1", "?c=xx", "?a", "?a=%31", "?a=1&a=2", "?", "?d=PREz"]
HEADERS = {"x-a": ["one", "ONE", "two", "", "site.com", "one,two"], "x-n": ["5", "-6", "10", "5x", " 7 ", "+3"], "x-c": ["yes", "no", ""],
           "cookie": ["k=v", "k=w; z=1", "z=1"], "content-type": ["application/grpc", "application/grpc+proto", "application/grpc-web", "text/plain"],
           "x-forwarded-proto": ["https", "http"], "x-forwarded-for": ["10.0.0.1", "8.8.8.8", "10.0.0.1, 8.8.8.8", "1.2.3.4,10.1.1.1", "nonsense"],
           "x-cluster": ["c0", "c1", "nope"], "x-pick": ["0", "7", "55", "99", "150"], "origin": ["http://a.example.com", "http://evil.net"],
           "access-control-request-method": ["GET"], "content-length": ["0", "4", "7"], "x_under": ["a"], "x-ip": ["10.0.0.7", "9.9.9.9", "bad"],
           "x-forwarded-client-cert": ["By=x"], "referer": ["http://a.example.com/x"], "x-dst": ["127.0.0.1:1", "bad"], "x-envoy-original-dst-host": ["127.0.0.1:1", "127.0.0.1", "bad"], "x-envoy-internal": ["true"], "x-scope": ["one", "k=v;j=w"]}


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.names = 0

    def maybe(self, share=0.5):
        return self.r.random() < share

    def pick(self, *of):
        return self.r.choice(of)

    def name(self, kind):
        self.names += 1
        return f"{kind}{self.names}"

    def cluster_name(self):
        return f"c{self.r.randrange(14)}" if self.maybe(0.95) else "nope"

    # Texts and headers.

    def string(self, values):
        value = self.r.choice(values)
        kind = self.pick("exact", "prefix", "suffix", "contains", "safe_regex")
        cut = self.r.randrange(len(value) + 1)
        text = {"exact": value, "prefix": value[:cut], "suffix": value[cut:], "contains": value[cut // 2:cut]}.get(kind)
        if kind == "safe_regex" or (kind != "exact" and not text):
            regex = self.pick(".*", ".+", "[a-z]+", "\\d+", "one|two", "(?i)one", "[^/]+", "\\w+", "o.e")
            return {"safe_regex": {"regex": regex}}
        out = {kind: text}
        if self.maybe(0.2):
            out["ignore_case"] = True
        return out

    def header(self):
        name = self.pick("x-a", "x-n", "x-c", "x-a", ":method", ":path", ":authority", "content-type", "host", "cookie", "x-forwarded-proto", "x-forwarded-for",
                         "x-request-id", ":scheme", "x-envoy-internal", "x-m", "x-forwarded-client-cert")
        values = HEADERS.get(name) or {":method": ["GET", "POST"], ":path": PATHS, ":scheme": ["http", "https"], "x-m": ["one", "made-one", "made-"]}.get(name, HOSTS)
        if name in ("x-request-id", "x-forwarded-client-cert"):
            return {"name": name, "present_match": self.maybe(), **({"invert_match": True} if self.maybe(0.2) else {})}
        out = {"name": name}
        kind = self.pick("string", "string", "old", "present", "absent", "range", "none")
        if kind == "string":
            out["string_match"] = self.string(values)
        elif kind == "old":
            value = self.r.choice(values)
            old = self.pick("exact_match", "prefix_match", "suffix_match", "contains_match", "safe_regex_match")
            out[old] = {"regex": self.pick("[a-z]+", "one|two", ".*")} if old == "safe_regex_match" else value or "one"
        elif kind == "range":
            out["range_match"] = {"start": self.pick(-10, 0, 5), "end": self.pick(6, 10, 100)}
        elif kind != "none":
            out["present_match"] = kind == "present"
        if self.maybe(0.25):
            out["invert_match"] = True
        if self.maybe(0.25):
            out["treat_missing_header_as_empty"] = True
        return out

    def route_match(self):
        path = self.r.choice(PATHS)
        out = self.pick(
            {"prefix": path}, {"prefix": path}, {"prefix": "/"}, {"path": path}, {"path_separated_prefix": "/api/v1"},
            {"path_separated_prefix": "/a"}, {"safe_regex": {"regex": "/rx/[a-z]+(/\\d{1,3})?"}}, {"safe_regex": {"regex": "/a/?.*"}},
            {"safe_regex": {"regex": "/[^/]+"}}, {"connect_matcher": {}},
            {"path_match_policy": {"name": "t", "typed_config": {
                "@type": TYPE + "extensions.path.match.uri_template.v3.UriTemplateMatchConfig",
                "path_template": self.pick("/t/{lang}/{rest=**}", "/*/{x}", "/a/{y=b/*}", "/a/**", "/{x=*}")}}})
        if self.maybe(0.15) and not {"safe_regex", "connect_matcher", "path_match_policy"} & out.keys():
            out["case_sensitive"] = False
        if self.maybe(0.4):
            out["headers"] = [self.header() for _ in range(self.r.randrange(1, 3))]
        if self.maybe(0.2):
            name = self.pick("a", "b", "c", "d")
            out["query_parameters"] = [self.pick(
                {"name": name}, {"name": name, "present_match": True}, {"name": name, "present_match": False},
                {"name": name, "string_match": self.string(["1", "x", "xx", "PREz"])})]
        if self.maybe(0.1):
            out["cookies"] = [{"name": "k", "string_match": self.string(["v", "w"]), **({"invert_match": True} if self.maybe(0.3) else {})}]
        if self.maybe(0.08):
            out["grpc"] = {}
        if self.maybe(0.08):
            out["runtime_fraction"] = {"runtime_key": "k", "default_value": {"numerator": self.pick(0, 100)}}
        if self.maybe(0.08):
            out["dynamic_metadata"] = [self.metadata("h2m")]
        if self.maybe(0.05):
            out["filter_state"] = [{"key": "state", "string_match": self.string(["one", "10.1.2.3", "a.example.com"])}]
        if self.maybe(0.05):
            out["tls_context"] = {self.pick("presented", "validated"): self.maybe()}
        return out

    def redirect(self, match):
        out = {}
        if self.maybe(0.3):
            out[self.pick("https_redirect", "scheme_redirect")] = True
        if out.get("scheme_redirect"):
            out["scheme_redirect"] = "ftp"
        if self.maybe(0.3):
            out["host_redirect"] = "new.example.com"
        if self.maybe(0.3):
            out["port_redirect"] = 8443
        kind = self.pick("path", "query", "prefix", "regex", "none")
        if kind == "path":
            out["path_redirect"] = "/new"
        elif kind == "query":
            out["path_redirect"] = "/new?z=1"
        elif kind == "prefix" and {"prefix", "path", "path_separated_prefix"} & match.keys():
            out["prefix_rewrite"] = self.pick("/p", "/p/")
        elif kind == "regex":
            out["regex_rewrite"] = {"pattern": {"regex": self.pick("^/(\\w+)", "/a", "[a-z]")}, "substitution": self.pick("/x/\\1", "/y", "\\0!")}
            if "(" not in out["regex_rewrite"]["pattern"]["regex"] and "\\1" in out["regex_rewrite"]["substitution"]:
                out["regex_rewrite"]["substitution"] = "/y"
        if self.maybe(0.5):
            out["response_code"] = self.pick("FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT")
        if self.maybe(0.3):
            out["strip_query"] = True
        return out

    def route(self):
        match = self.route_match()
        out = {"name": self.name("r"), "match": match}
        kind = self.pick(*["cluster"] * 5, "header", "weighted", "redirect", "redirect", "direct", "none")
        if kind == "redirect":
            out["redirect"] = self.redirect(match)
        elif kind == "direct":
            out["direct_response"] = {"status": self.pick(200, 204, 302, 418, 503, 201)}
        elif kind == "none":
            out["non_forwarding_action"] = {}
        else:
            action = out["route"] = {}
            if kind == "cluster":
                action["cluster"] = self.cluster_name()
            elif kind == "header":
                action["cluster_header"] = "x-cluster"
            else:
                action["weighted_clusters"] = {"header_name": "x-pick", "clusters": [
                    {**self.pick({"name": self.cluster_name()}, {"name": self.cluster_name()}, {"cluster_header": "x-cluster"}), "weight": weight}
                    for weight in (self.pick(0, 10), 30, 60)]}
                for one in action["weighted_clusters"]["clusters"]:
                    if self.maybe(0.2):
                        one["metadata_match"] = {"filter_metadata": {"envoy.lb": self.labels()}}
                    if self.maybe(0.15):
                        self.per_route(one)
            if self.maybe(0.2):
                action["cluster_not_found_response_code"] = self.pick("NOT_FOUND", "INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE")
            if self.maybe(0.3):
                action["metadata_match"] = {"filter_metadata": {"envoy.lb": self.labels()}}
            if self.maybe(0.1) and {"prefix", "path"} & match.keys():
                action["prefix_rewrite"] = "/rewritten"
            if self.maybe(0.1):
                action["upgrade_configs"] = [{"upgrade_type": self.pick("websocket", "CONNECT"), "enabled": self.maybe()}]
        self.per_route(out)
        return out

    def per_route(self, out):
        if not self.maybe(0.25):
            return
        config = out["typed_per_filter_config"] = {}
        kind = self.pick("rbac", "rbac-off", "fault", "cors", "csrf", "jwt", "buffer", "off")
        if kind == "rbac":
            config["rbac"] = {"@type": TYPE + "extensions.filters.http.rbac.v3.RBACPerRoute", "rbac": self.rules(True)}
        elif kind == "rbac-off":
            config["rbac"] = {"@type": TYPE + "extensions.filters.http.rbac.v3.RBACPerRoute"}
        elif kind == "fault":
            config["fault"] = {"@type": TYPE + "extensions.filters.http.fault.v3.HTTPFault", **self.fault()}
        elif kind == "csrf":
            config["csrf"] = self.csrf()
        elif kind == "buffer":
            config["buffer"] = {"@type": TYPE + "extensions.filters.http.buffer.v3.BufferPerRoute", **self.pick({"disabled": True}, {"buffer": {"max_request_bytes": 4}})}
        elif kind == "jwt":
            config["jwt"] = {"@type": TYPE + "extensions.filters.http.jwt_authn.v3.PerRouteConfig",
                             **self.pick({"disabled": True}, {"requirement_name": "named"}, {"requirement_name": "named"}, {"requirement_name": "nobody"})}
        elif kind == "cors":
            config["cors"] = {"@type": TYPE + "extensions.filters.http.cors.v3.CorsPolicy",
                              "allow_origin_string_match": [{"suffix": ".example.com"}]}
        else:
            config[self.pick("rbac", "fault", "jwt", "csrf", "mutation")] = {"@type": TYPE + "config.route.v3.FilterConfig", "disabled": True, "config": {"@type": "type.googleapis.com/google.protobuf.Empty"}}

    def fault(self):
        out = {"abort": {"http_status": self.pick(418, 503), "percentage": {"numerator": self.pick(0, 100, 100)}}}
        if self.maybe(0.5):
            out["headers"] = [self.header()]
        return out

    def csrf(self):
        return {"@type": TYPE + "extensions.filters.http.csrf.v3.CsrfPolicy", "filter_enabled": {"default_value": {"numerator": self.pick(100, 100, 0)}},
                **({"additional_origins": [self.string(["evil.net", "a.example.com"])]} if self.maybe() else {})}

    def mutations(self):
        return [self.pick({"remove": self.pick("x-a", "x-c")},
                          {"append": {"header": {"key": self.pick("x-a", "x-m"), "value": self.pick("one", "%REQ(x-a)%", "made-%REQ(x-a)%")},
                                      "append_action": self.pick("APPEND_IF_EXISTS_OR_ADD", "ADD_IF_ABSENT", "OVERWRITE_IF_EXISTS_OR_ADD", "OVERWRITE_IF_EXISTS")}})
                for _ in range(self.pick(1, 2))]

    # RBAC.

    def rbac(self, http, action=None):
        policies = {self.pick("p", "q r", "a", "z") + str(at): {
            "permissions": [self.permission(http) for _ in range(self.r.randrange(1, 3))],
            "principals": [self.principal(http) for _ in range(self.r.randrange(1, 3))],
            **({"condition": self.condition()} if http and self.maybe(0.15) else {})} for at in range(self.r.randrange(0, 4))}
        return {"action": action or self.pick("ALLOW", "DENY", "DENY", "LOG"), "policies": policies}

    def rules(self, http):
        """The rules of an RBAC filter: policies, or a tree."""
        if self.maybe(0.8):
            return {"rules": self.rbac(http)}
        action = lambda: {"name": "action", "typed_config": {"@type": TYPE + "config.rbac.v3.Action", "name": self.pick("m1", "m 2"), "action": self.pick("ALLOW", "DENY", "LOG")}}
        return {"matcher": self.matcher(action, self.maybe(0.7) if http else False)}

    def condition(self, depth=0):
        """A parsed CEL expression."""
        call = lambda function, *args, target=None: {"call_expr": {"function": function, "args": list(args), **({"target": target} if target else {})}}
        text = lambda value: {"const_expr": {"string_value": value}}
        attribute = lambda of, field, **more: {"select_expr": {"operand": {"ident_expr": {"name": of}}, "field": field, **more}}
        header = lambda name: call("_[_]", attribute("request", "headers"), text(name))
        kind = self.pick("and", "or", "not") if depth < 2 and self.maybe(0.4) else self.pick("text", "method", "header", "has", "in", "port", "name", "mtls", "matches")
        if kind in ("and", "or"):
            return call("_&&_" if kind == "and" else "_||_", self.condition(depth + 1), self.condition(depth + 1))
        if kind == "not":
            return call("!_", self.condition(depth + 1))
        if kind == "text":
            path = self.r.choice(PATHS)
            return call(self.pick("startsWith", "endsWith", "contains"), text(path[:self.r.randrange(1, len(path) + 1)]),
                        target=attribute("request", self.pick("path", "url_path", "host")))
        if kind == "method":
            return call(self.pick("_==_", "_!=_"), attribute("request", self.pick("method", "scheme", "host")), text(self.pick("GET", "POST", "http", "x.org")))
        if kind == "header":
            return call(self.pick("_==_", "_!=_"), header(self.pick("x-a", "x-c")), text(self.pick("one", "two", "yes")))
        if kind == "has":
            return call("@in", text(self.pick("x-a", "x-c", "cookie")), attribute("request", "headers"))
        if kind == "in":
            return call("@in", attribute("request", "method"), {"list_expr": {"elements": [text("GET"), text("PUT")]}})
        if kind == "port":
            return call(self.pick("_==_", "_<_", "_>=_"), attribute("destination", "port"), {"const_expr": {"int64_value": self.r.choice(PORTS)}})
        if kind == "name":
            return call("_==_", attribute("connection", self.pick("requested_server_name", "uri_san_peer_certificate")), text(self.pick("a.example.com", "spiffe://td/a", "")))
        if kind == "mtls":
            return attribute("connection", "mtls")
        return call("matches", text(self.pick("a", "^/a", "[0-9]$")), target=attribute("request", "path"))

    def permission(self, http, depth=0):
        kinds = ["any", "destination_port", "destination_port_range", "destination_ip", "requested_server_name"]
        kinds += ["header", "url_path", "header", "metadata", "sourced", "template"] * http + ["and", "or", "not"] * (depth < 3)
        kind = self.r.choice(kinds)
        if kind == "any":
            return {"any": True}
        if kind == "destination_port":
            return {kind: self.r.choice(PORTS)}
        if kind == "destination_port_range":
            return {kind: {"start": 80, "end": self.pick(8080, 8081, 9001)}}
        if kind == "destination_ip":
            return {kind: self.cidr()}
        if kind == "requested_server_name":
            return {kind: self.string(HOSTS)}
        return self.shared(kind) or self.nested(kind, "rules", "rule", lambda: self.permission(http, depth + 1))

    def principal(self, http, depth=0):
        kinds = ["any", "authenticated", "source_ip", "direct_remote_ip", "remote_ip"]
        kinds += ["header", "url_path", "metadata", "filter_state"] * http + ["and", "or", "not"] * (depth < 3)
        kind = self.r.choice(kinds)
        if kind == "any":
            return {"any": True}
        if kind == "authenticated":
            return {kind: self.pick({}, {"principal_name": self.string(certificates.IDENTITIES)})}
        if kind.endswith("_ip"):
            return {kind: self.cidr()}
        return self.shared(kind) or self.nested(kind, "ids", "id", lambda: self.principal(http, depth + 1))

    def shared(self, kind):
        if kind == "header":
            return {"header": self.header()}
        if kind == "url_path":
            return {"url_path": {"path": self.string(PATHS)}}
        if kind == "metadata":
            if self.maybe(0.4):
                return {"metadata": {"filter": "envoy.filters.http.jwt_authn", "path": [{"key": "p"}, {"key": self.pick("k", "iss", "none")}],
                                     "value": {"string_match": self.string(["one", "two"])}}}
            return {"metadata": self.metadata("h2m")}
        if kind == "filter_state":
            return {"filter_state": {"key": "state", "string_match": self.string(["one", "10.1.2.3", "a.example.com"])}}
        if kind == "template":
            return {"uri_template": {"name": "t", "typed_config": {"@type": TYPE + "extensions.path.match.uri_template.v3.UriTemplateMatchConfig",
                                                                   "path_template": self.pick("/t/{lang}/{rest=**}", "/a/*", "/{x=*}")}}}
        if kind == "sourced":
            return {"sourced_metadata": {"metadata_matcher": self.metadata("r"), "metadata_source": "ROUTE"}}
        return None

    def metadata(self, filter):
        value = self.pick({"string_match": self.string(["one", "two"])}, {"present_match": True}, {"present_match": False})
        return {"filter": filter, "path": [{"key": "k"}], "value": value, **({"invert": True} if self.maybe(0.2) else {})}

    def nested(self, kind, many, one, inner):
        if kind == "not":
            return {f"not_{one}": inner()}
        return {f"{kind}_{many}": {many: [inner() for _ in range(self.r.randrange(1, 3))]}}

    def cidr(self):
        return self.r.choice(CIDRS)

    # Tokens.

    def jwt(self):
        providers = {}
        for name in ("one", "two"):
            it = providers[name] = {"issuer": name, "local_jwks": {"inline_string": json.dumps(KEYS)}}
            if name == "two" and self.maybe(0.2):
                it.pop("issuer")
            if self.maybe(0.4):
                it["audiences"] = self.pick(["a"], ["https://a"], ["b"])
            if self.maybe(0.3):
                it["from_headers"] = [{"name": "x-token", "value_prefix": self.pick("", "Token ")}]
            if self.maybe(0.2):
                it["from_params"] = ["t"]
            if self.maybe(0.1):
                it["from_cookies"] = ["k"]
            if self.maybe(0.1):
                it["forward_payload_header"] = "x-m"
            if self.maybe(0.5):
                it["payload_in_metadata"] = "p"
            if self.maybe(0.3):
                it["forward"] = True
            if self.maybe(0.2):
                it["claim_to_headers"] = [{"header_name": "x-a", "claim_name": "k"}]
            if self.maybe(0.2):
                it["clear_route_cache"] = True
        rules = [{"match": self.pick({"prefix": "/"}, {"prefix": "/a"}, {"path": "/q"}), **({"requires": self.requirement()} if self.maybe(0.9) else {})}
                 for _ in range(self.r.randrange(1, 3))]
        return {"name": "jwt", "typed_config": {"@type": TYPE + "extensions.filters.http.jwt_authn.v3.JwtAuthentication", "providers": providers, "rules": rules, "requirement_map": {"named": self.requirement()},
                                                "bypass_cors_preflight": self.maybe()}}

    def requirement(self, depth=0):
        kind = self.pick("one", "one", "two", "audiences", "any", "any", "all", "missing", "failed") if depth < 2 else self.pick("one", "two")
        if kind in ("one", "two"):
            return {"provider_name": kind}
        if kind == "audiences":
            return {"provider_and_audiences": {"provider_name": "one", "audiences": ["a"]}}
        if kind == "missing":
            return {"allow_missing": {}}
        if kind == "failed":
            return {"allow_missing_or_failed": {}}
        inner = [self.requirement(depth + 1) for _ in range(2)]
        if kind == "any" and self.maybe():
            inner.append({"allow_missing": {}})
        return {f"requires_{kind}": {"requirements": inner}}

    # Routes.

    def virtual_host(self, domains):
        out = {"name": self.name("v"), "domains": domains}
        if self.maybe(0.12):
            out["matcher"] = self.matcher(lambda: {"name": "route", "typed_config": {"@type": TYPE + "config.route.v3.Route", **self.route()}}, True)
        else:
            out["routes"] = [self.route() for _ in range(self.r.randrange(0, 7))]
        if self.maybe(0.12):
            out["require_tls"] = self.pick("ALL", "EXTERNAL_ONLY")
        self.per_route(out)
        return out

    def route_config(self):
        domains = ["a.example.com", "A2.example.com", "b.example.com:8080", "*.example.com", "*.b.example.com", "*-bar.org", "pre.*", "pre.x.*", "x.org", "tree.net", "*"]
        self.r.shuffle(domains)
        hosts = []
        while domains:
            count = min(len(domains), self.r.randrange(1, 4))
            hosts.append(self.virtual_host([domains.pop() for _ in range(count)]))
            if self.maybe(0.1):
                break
        out = {"name": self.name("rc"), "virtual_hosts": hosts, "validate_clusters": False}
        for key in ("ignore_port_in_host_matching", "ignore_path_parameters_in_path_matching"):
            if self.maybe(0.25):
                out[key] = True
        return out

    def hcm(self):
        filters = []
        if self.maybe(0.4):
            filters.append({"name": "h2m", "typed_config": {"@type": TYPE + "extensions.filters.http.header_to_metadata.v3.Config", "request_rules": [
                {"header": "x-a", "on_header_present": {"metadata_namespace": "h2m", "key": "k"}}]}})
        if TOKENS and self.maybe(0.35):
            filters.append(self.jwt())
        if self.maybe(0.5):
            filters.append({"name": "rbac", "typed_config": {"@type": TYPE + "extensions.filters.http.rbac.v3.RBAC", **(self.rules(True) if self.maybe(0.7) else {})}})
        if self.maybe(0.3):
            filters.append({"name": "fault", "typed_config": {"@type": TYPE + "extensions.filters.http.fault.v3.HTTPFault", **self.pick({}, self.fault())}})
        if self.maybe(0.3):
            filters.append({"name": "cors", "typed_config": {"@type": TYPE + "extensions.filters.http.cors.v3.Cors"}})
        if self.maybe(0.2):
            filters.append({"name": "csrf", "typed_config": self.csrf()})
        if self.maybe(0.2):
            filters.append({"name": "buffer", "typed_config": {"@type": TYPE + "extensions.filters.http.buffer.v3.Buffer", "max_request_bytes": self.pick(3, 100)}})
        if self.maybe(0.25):
            filters.append({"name": "mutation", "typed_config": {"@type": TYPE + "extensions.filters.http.header_mutation.v3.HeaderMutation",
                                                                 "mutations": {"request_mutations": self.mutations()}}})
        if self.maybe(0.2):
            filters.append({"name": "set-metadata", "typed_config": {"@type": TYPE + "extensions.filters.http.set_metadata.v3.Config", "metadata": [
                {"metadata_namespace": "h2m", "value": {"k": self.pick("one", "two")}, "allow_overwrite": self.maybe()}]}})
        if self.maybe(0.25):
            filters.append({"name": "state", "typed_config": {"@type": TYPE + "extensions.filters.http.set_filter_state.v3.Config", "on_request_headers": [
                {"object_key": "state", "factory_key": "envoy.string", "format_string": {"text_format_source": {"inline_string": self.pick(
                    "%REQ(x-a)%", "%REQ(:authority)%", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "one")}}, "skip_if_empty": self.maybe()}]}})
        self.r.shuffle(filters)
        for filter in filters:
            if self.maybe(0.1):
                filter["disabled"] = True
        filters.append({"name": "router", "typed_config": {"@type": TYPE + "extensions.filters.http.router.v3.Router"}})
        out = {"@type": HCM, "stat_prefix": "s", "route_config": self.route_config(), "http_filters": filters, "access_log": [access_log("http")],
               # Envoy gives up before the client does (client.py), so that what it says of a request is its own doing.
               "stream_idle_timeout": "1s"}
        for key in ("normalize_path", "merge_slashes", "use_remote_address", "strip_trailing_host_dot"):
            if self.maybe(0.4):
                out[key] = True
        if self.maybe(0.3):
            out[self.pick("strip_any_host_port", "strip_matching_host_port")] = True
        if self.maybe(0.6):
            out["path_with_escaped_slashes_action"] = self.pick("KEEP_UNCHANGED", "REJECT_REQUEST", "UNESCAPE_AND_REDIRECT", "UNESCAPE_AND_FORWARD")
        if self.maybe(0.3):
            out["xff_num_trusted_hops"] = self.pick(1, 2)
        if self.maybe(0.3):
            out["internal_address_config"] = {"cidr_ranges": [{"address_prefix": "10.0.0.0", "prefix_len": 8}]}
        if self.maybe(0.4):
            out["upgrade_configs"] = [{"upgrade_type": kind} for kind in ("websocket", "CONNECT") if self.maybe()]
        if self.maybe(0.15):
            out["common_http_protocol_options"] = {"headers_with_underscores_action": self.pick("REJECT_REQUEST", "DROP_HEADER"), "max_headers_count": self.pick(100, 9)}
        if self.maybe(0.2):
            out["http_protocol_options"] = {key: value for key, value in (("accept_http_10", True), ("default_host_for_http_10", "a.example.com"),
                                                                          ("allow_absolute_url", False), ("allow_custom_methods", True)) if self.maybe()}
        if self.maybe(0.2):
            out["codec_type"] = self.pick("HTTP1", "HTTP2", "AUTO")
        if self.maybe(0.15):
            out["early_header_mutation_extensions"] = [{"name": "early", "typed_config": {
                "@type": TYPE + "extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation", "mutations": self.mutations()}}]
        if self.maybe(0.2):
            out["forward_client_cert_details"] = self.pick("SANITIZE", "FORWARD_ONLY", "APPEND_FORWARD", "SANITIZE_SET", "ALWAYS_FORWARD_ONLY")
        if self.maybe(0.2) and not out.get("use_remote_address") and "xff_num_trusted_hops" not in out:
            out["original_ip_detection_extensions"] = [self.pick(
                {"name": "xff", "typed_config": {"@type": TYPE + "extensions.http.original_ip_detection.xff.v3.XffConfig", "xff_num_trusted_hops": self.pick(0, 1)}},
                {"name": "custom", "typed_config": {"@type": TYPE + "extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig", "header_name": "x-ip",
                                                    "allow_extension_to_set_address_as_trusted": self.maybe(), **({"reject_with_status": {"code": "Unauthorized"}} if self.maybe(0.4) else {})}})]
        if self.maybe(0.15):
            out["local_reply_config"] = {"mappers": [{"filter": {"status_code_filter": {"comparison": {"op": self.pick("EQ", "GE"), "value": {
                "default_value": self.pick(404, 503, 403, 400), "runtime_key": "k"}}}}, "status_code": self.pick(418, 500)}]}
        if self.maybe(0.1):
            out["scheme_header_transformation"] = {"scheme_to_overwrite": "https"}
        return {"name": "hcm", "typed_config": out}

    def matcher(self, action, http, depth=0):
        on = lambda: {"matcher": self.matcher(action, http, depth + 1)} if depth < 2 and self.maybe(0.25) else {"action": action()}
        inputs = {"SourcePortInput": [str(port) for port in SOURCE_PORTS], "DirectSourceIPInput": ["127.0.0.1"],
                  "DestinationPortInput": [str(port) for port in PORTS], "DestinationIPInput": ADDRESSES, "SourceIPInput": SOURCES, "ServerNameInput": HOSTS,
                  "TransportProtocolInput": ["tls", "raw_buffer"], "ApplicationProtocolInput": ["'http/1.1'", "'h2'", "'h2','http/1.1'"]}
        if action().get("name") == "action":
            # RBAC takes fewer of them, filter chains one more.
            inputs = {kind: values for kind, values in inputs.items() if kind[:4] not in ("Tran", "Appl")}
        elif not http:
            inputs["SourceTypeInput"] = ["local"]
        def one():
            if http:
                name, values = self.pick((":path", PATHS), ("x-a", HEADERS["x-a"]), (":authority", HOSTS))
                return {"name": "i", "typed_config": {"@type": TYPE + "type.matcher.v3.HttpRequestHeaderMatchInput", "header_name": name}}, values
            kind = self.r.choice(list(inputs))
            return {"name": "i", "typed_config": {"@type": TYPE + "extensions.matching.common_inputs.network.v3." + kind}}, inputs[kind]
        def predicate(depth=0):
            kind = self.pick("single", "single", "or", "and", "not") if depth < 2 else "single"
            if kind == "single":
                input, values = one()
                return {"single_predicate": {"input": input, "value_match": xds(self.string([it for it in values if it]))}}
            if kind == "not":
                return {"not_matcher": predicate(depth + 1)}
            return {f"{kind}_matcher": {"predicate": [predicate(depth + 1), predicate(depth + 1)]}}
        out = {}
        if not http and self.maybe(0.3):
            kind = self.pick("DestinationIPInput", "SourceIPInput")
            out["matcher_tree"] = {"input": {"name": "i", "typed_config": {"@type": TYPE + "extensions.matching.common_inputs.network.v3." + kind}},
                                   "custom_match": {"name": "ip", "typed_config": {"@type": "type.googleapis.com/xds.type.matcher.v3.IPMatcher", "range_matchers": [
                                       {"ranges": [self.cidr()], "on_match": on(), **({"exclusive": True} if self.maybe(0.3) else {})} for _ in range(self.pick(1, 3))]}}}
        elif self.maybe():
            out["matcher_list"] = {"matchers": [{"predicate": predicate(), "on_match": on()} for _ in range(self.r.randrange(1, 4))]}
        else:
            input, values = one()
            values = [it for it in values if it]
            keys = self.r.sample(values, min(len(values), self.r.randrange(1, 4)))
            kind = self.pick("exact_match_map", "prefix_match_map")
            out["matcher_tree"] = {"input": input, kind: {"map": {key if kind[0] == "e" else key[:self.r.randrange(1, len(key) + 1)]: on() for key in keys}}}
        if self.maybe(0.5):
            out["on_no_match"] = on()
        return out

    # Listeners.

    def chain_match(self):
        out = {}
        if self.maybe(0.3):
            out["destination_port"] = self.r.choice(PORTS)
        for key, share in (("prefix_ranges", 0.3), ("source_prefix_ranges", 0.25), ("direct_source_prefix_ranges", 0.15)):
            if self.maybe(share):
                # A range of everything beside no range: Envoy takes either, in the order of a hash.
                out[key] = [self.pick(*[it for it in CIDRS if it["prefix_len"]])]
        if self.maybe(0.3):
            out["server_names"] = self.r.sample(["a.example.com", "*.example.com", "*.b.example.com", "*.com", "x.org"], self.r.randrange(1, 3))
        if self.maybe(0.3):
            out["transport_protocol"] = self.pick("tls", "raw_buffer")
        if self.maybe(0.3):
            out["application_protocols"] = self.r.sample(["h2", "http/1.1", "istio", "h2c"], self.r.randrange(1, 3))
        if self.maybe(0.2):
            out["source_type"] = self.pick("SAME_IP_OR_LOOPBACK", "EXTERNAL")
        if self.maybe(0.15):
            out["source_ports"] = [self.r.choice(SOURCE_PORTS)]
        return out

    def filters(self, http=0.6):
        if self.maybe(http):
            out = [self.hcm()]
        else:
            proxy = {"@type": TYPE + "extensions.filters.network.tcp_proxy.v3.TcpProxy", "stat_prefix": "t", "cluster": self.cluster_name(), "access_log": [access_log("tcp")]}
            if self.maybe(0.2):
                proxy.pop("cluster")
                proxy["weighted_clusters"] = {"clusters": [{"name": self.cluster_name(), "weight": weight} for weight in (self.pick(1, 10), 30)]}
            out = [{"name": "tcp", "typed_config": proxy}]
            if self.maybe(0.1):
                out.insert(0, {"name": "sni", "typed_config": {"@type": TYPE + "extensions.filters.network.sni_cluster.v3.SniCluster"}})
            if self.maybe(0.1):
                out.insert(0, {"name": "state", "typed_config": {"@type": TYPE + "extensions.filters.network.set_filter_state.v3.Config", "on_new_connection": [
                    {"object_key": "envoy.tcp_proxy.cluster", "format_string": {"text_format_source": {"inline_string": self.pick("c1", "c2", "nope", "%REQUESTED_SERVER_NAME%")}}}]}})
        if self.maybe(0.2):
            out.insert(0, {"name": "network-rbac", "typed_config": {"@type": TYPE + "extensions.filters.network.rbac.v3.RBAC", "stat_prefix": "n", **self.rules(False)}})
        return out

    def listener(self, address, port, front=0):
        out = {"name": self.name("l"), "address": {"socket_address": {"address": address, "port_value": port}}, "access_log": [access_log("listener")]}
        inspectors = []
        if self.maybe(0.6):
            inspectors.append({"name": "tls", "typed_config": {"@type": TYPE + "extensions.filters.listener.tls_inspector.v3.TlsInspector"}})
        if self.maybe(0.5):
            inspectors.append({"name": "http", "typed_config": {"@type": TYPE + "extensions.filters.listener.http_inspector.v3.HttpInspector"}})
        for inspector in inspectors:
            if self.maybe(0.15):
                port = lambda: {"destination_port_range": {"start": 80, "end": self.pick(81, 8081)}}
                inspector["filter_disabled"] = self.pick(port(), {"not_match": port()}, {"or_match": {"rules": [port(), {"destination_port_range": {"start": 9000, "end": 9001}}]}},
                                                         {"and_match": {"rules": [port(), {"any_match": True}]}})
        if front:
            inspectors.insert(0, {"name": "proxy", "typed_config": {"@type": TYPE + "extensions.filters.listener.proxy_protocol.v3.ProxyProtocol"}})
            out["use_original_dst"] = self.maybe(0.9)
        else:
            out["bind_to_port"] = False
            if address == "::" and self.maybe():
                out["address"]["socket_address"]["ipv4_compat"] = True
            if self.maybe(0.15) and address not in ("0.0.0.0", "::"):
                out["additional_addresses"] = [{"address": {"socket_address": {"address": self.pick("10.7.7.7", "8.8.8.8", "fd00::1"), "port_value": self.r.choice(PORTS)}}}]
        out["listener_filters"] = inspectors
        chains, seen = [], []
        for _ in range(self.pick(1, 1, 3, 6)):
            match = self.chain_match() if self.maybe(0.75) else {}
            if match not in seen:
                seen.append(match)
                chains.append({"name": self.name("f"), **({"filter_chain_match": match} if match else {}), "filters": self.filters()})
        out["filter_chains"] = chains
        for chain in chains:
            if CERTIFICATES and self.maybe(0.35):
                chain["transport_socket"] = self.tls()
        if self.maybe(0.25):
            out["filter_chain_matcher"] = self.matcher(lambda: {"name": "f", "typed_config": {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": self.r.choice(chains)["name"]}}, False)
        if self.maybe(0.5):
            out["default_filter_chain"] = {"name": self.name("d"), "filters": self.filters()}
        return out

    def tls(self):
        text = lambda name: {"inline_string": (CERTIFICATES / name).read_text()}
        common = {"tls_certificates": [{"certificate_chain": text("server.pem"), "private_key": text("server.key")}]}
        kind = self.pick("none", "ca", "names", "names", "spiffe")
        if kind in ("ca", "names"):
            validation = common["validation_context"] = {"trusted_ca": text("ca.pem")}
            if kind == "names":
                validation["match_typed_subject_alt_names"] = [
                    {"san_type": self.pick("URI", "URI", "URI", "DNS"), "matcher": self.string(certificates.IDENTITIES)} for _ in range(self.pick(1, 2))]
        elif kind == "spiffe":
            common["validation_context"] = {"custom_validator_config": {"name": "envoy.tls.cert_validator.spiffe", "typed_config": {
                "@type": TYPE + "extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig",
                "trust_domains": [{"name": name, "trust_bundle": text("ca.pem")} for name in self.pick(["td"], ["td", "other"], ["other"])]}}}
        if self.maybe(0.6):
            common["alpn_protocols"] = self.pick(["h2", "http/1.1"], ["http/1.1"], ["istio", "h2"], ["h2"])
        out = {"@type": TYPE + "extensions.transport_sockets.tls.v3.DownstreamTlsContext", "common_tls_context": common}
        if kind != "none" and self.maybe(0.6):
            out["require_client_certificate"] = self.maybe(0.8)
        return {"name": "tls", "typed_config": out}

    # Clusters.

    def labels(self):
        return {key: self.pick("1", "2") for key in ("v", "w") if self.maybe(0.7)}

    def cluster(self, name):
        out = {"name": name, "type": "STATIC", "connect_timeout": "1s"}
        kind = self.pick("empty", "one", "states", "states", "original", "aggregate")
        if kind == "original":
            return {**out, "type": "ORIGINAL_DST", "lb_policy": "CLUSTER_PROVIDED",
                    **({"original_dst_lb_config": {"use_http_header": True, **self.pick({}, {"http_header_name": "x-dst"})}} if self.maybe(0.4) else {})}
        if kind == "aggregate":
            out.pop("type")
            names = [f"c{self.r.randrange(14)}" for _ in range(2)]
            names = [it for it in names if it in self.plain]
            if names:
                return {**out, "lb_policy": "CLUSTER_PROVIDED", "cluster_type": {"name": "envoy.clusters.aggregate", "typed_config": {
                    "@type": TYPE + "extensions.clusters.aggregate.v3.ClusterConfig", "clusters": sorted(set(names))}}}
            out["type"] = "STATIC"
        self.plain.append(name)
        endpoints = []
        for priority in range({"empty": 0, "one": 1}.get(kind, self.r.randrange(1, 4))):
            hosts = []
            for host in range(1 if kind == "one" else self.r.randrange(0, 4)):
                it = {"endpoint": {"address": {"socket_address": {"address": f"127.0.0.{priority * 8 + host + 2}", "port_value": 1}}}}
                if kind != "one":
                    it["health_status"] = self.pick("HEALTHY", "UNHEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED", "UNKNOWN")
                it["metadata"] = {"filter_metadata": {"envoy.lb": self.labels()}}
                hosts.append(it)
            endpoints.append({"priority": priority, "lb_endpoints": hosts})
            if self.maybe(0.3):
                endpoints[-1] |= {"locality": {"zone": "a"}, "load_balancing_weight": 3}
                endpoints.append({"priority": priority, "locality": {"zone": "b"}, "load_balancing_weight": 1, "lb_endpoints": [
                    {**it, "endpoint": {"address": {"socket_address": {"address": it["endpoint"]["address"]["socket_address"]["address"], "port_value": 2}}}} for it in hosts[:1]]})
        out["load_assignment"] = {"cluster_name": name, "endpoints": endpoints}
        if self.maybe(0.4):
            out["common_lb_config"] = {"healthy_panic_threshold": self.pick({}, {"value": 20}, {"value": 100}),
                                       **self.pick({}, {"locality_weighted_lb_config": {}}, {"zone_aware_lb_config": {"fail_traffic_on_panic": True}})}
        if self.maybe(0.2):
            out["load_assignment"]["policy"] = {"overprovisioning_factor": self.pick(100, 200, 140)}
        if self.maybe(0.3):
            subsets = out["lb_subset_config"] = {"fallback_policy": self.pick("NO_FALLBACK", "ANY_ENDPOINT", "DEFAULT_SUBSET"),
                                                 "subset_selectors": [{"keys": keys} for keys in (["v"], ["v", "w"]) if self.maybe(0.8)]}
            if subsets["fallback_policy"] == "DEFAULT_SUBSET":
                subsets["default_subset"] = {"v": "1"}
            if self.maybe(0.2):
                subsets["panic_mode_any"] = True
        return out

    def configuration(self, port, admin):
        self.plain = []
        clusters = [self.cluster(f"c{at}") for at in range(14)]
        listeners = [self.listener("0.0.0.0", port, front=1)]
        wanted = [(address, port) for address in ("0.0.0.0", "10.1.2.3", "10.1.9.9", "::", "127.0.0.1") for port in PORTS]
        for address, port in self.r.sample(wanted, 6):
            listeners.append(self.listener(address, port))
        return {"admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": admin}}},
                "static_resources": {"listeners": listeners, "clusters": clusters}}

    # Requests.

    def request(self):
        kind = self.pick(*["http"] * 6, "h2c", "tls+http", "tls+http", "tls+h2", "tls", "tcp")
        out = {"direction": "outbound", "kind": kind, "from": self.r.choice(SOURCES), "to": f"{self.r.choice(ADDRESSES)}:{self.r.choice(PORTS)}"}
        if kind.startswith("tls"):
            self.hello(out)
        if kind not in ("tls", "tcp"):
            self.http(out)
        else:
            out["data"] = self.pick("\u0000\u0001binary\n", "HELO x\r\n", "hello there\n\n\n", "GET / HTTP/1.0\r\nhost: a.example.com\r\n\r\n")
        return out

    def hello(self, out):
        """What a TLS client says first."""
        if self.maybe(0.8):
            out["sni"] = self.pick("a.example.com", "A.b.example.com", "x.org", "z.com", "example.com")
        offers = {"tls+http": [["http/1.1"], ["istio-http/1.1", "istio", "http/1.1"]], "tls+h2": [["h2"], ["h2", "http/1.1"], ["istio", "h2"]],
                  "tls": [["h2", "http/1.1"], ["http/1.1"], ["istio", "h2"], ["istio"]]}
        if self.maybe(0.7):
            out["alpn"] = self.r.choice(offers[out["kind"]])
        if self.maybe(0.5):
            out["identity"] = self.r.choice(certificates.IDENTITIES)

    def http(self, out):
        h2 = out["kind"] in ("h2c", "tls+h2")
        out["method"] = self.pick("GET", "GET", "POST", "PUT", "OPTIONS", "HEAD", "CONNECT", "DELETE", "FOO")
        path = self.r.choice(PATHS) if self.maybe(0.8) else self.r.choice(ODD_PATHS)
        out["path"] = path + (self.r.choice(QUERIES) if self.maybe(0.5) and path != "*" and "?" not in path else "")
        host = self.r.choice(HOSTS)
        out["authority"] = host + self.pick("", "", "", ":80", ":8080", ".", ".:80") if self.maybe(0.93) else self.pick("", "[::1]", "[::1]:80", "A.EXAMPLE.COM", "a2.Example.com")
        headers = {name: self.r.choice(values) for name, values in HEADERS.items() if self.maybe(0.2)}
        headers["x-pick"] = self.r.choice(HEADERS["x-pick"])
        if self.maybe(0.08) and not h2:
            headers.update({"connection": "Upgrade", "upgrade": "websocket"})
        if TOKENS and self.maybe(0.4):
            token = self.r.choice(TOKENS)
            headers.update(self.pick({"authorization": "Bearer " + token}, {"authorization": "Bearer " + token}, {"authorization": "Basic " + token},
                                     {"x-token": token}, {"x-token": "Token " + token}))
            if self.maybe(0.1) and "?" not in out["path"] and out["path"] != "*":
                out["path"] += "?t=" + token
        out["headers"] = headers


CIDRS = [{"address_prefix": address, "prefix_len": length} for address, length in (
    ("10.0.0.0", 8), ("10.1.0.0", 16), ("10.1.2.3", 32), ("0.0.0.0", 0), ("8.8.8.8", 32), ("127.0.0.0", 8), ("::", 0), ("10.1.2.200", 24))]
PORTS = [80, 8080, 9000, 9001]
ADDRESSES = ["10.1.2.3", "10.1.9.9", "8.8.8.8", "127.0.0.1", "fd00::1"]
SOURCES = ["10.1.2.3", "10.1.2.200", "10.9.9.9", "8.8.8.8", "127.0.0.1", "127.0.0.9"]
SOURCE_PORTS = [21000, 21001, 21002]


def xds(matcher):
    """A string matcher of xds.type, which still wants an engine named."""
    if "safe_regex" in matcher:
        matcher["safe_regex"]["google_re2"] = {}
    return matcher


def access_log(kind):
    fields = {"kind": kind, "chain": "%FILTER_CHAIN_NAME%", "cluster": "%UPSTREAM_CLUSTER_RAW%", "route": "%ROUTE_NAME%", "code": "%RESPONSE_CODE%",
              "flags": "%RESPONSE_FLAGS%", "details": "%RESPONSE_CODE_DETAILS%", "conn": "%CONNECTION_TERMINATION_DETAILS%",
              "tls": "%DOWNSTREAM_TRANSPORT_FAILURE_REASON%", "case": "%REQ(X-CASE)%", "peer": "%DOWNSTREAM_REMOTE_ADDRESS%", "location": "%RESP(LOCATION)%"}
    return {"name": "log", "typed_config": {"@type": TYPE + "extensions.access_loggers.file.v3.FileAccessLog", "path": "/dev/stdout",
                                            "log_format": {"json_format": fields}}}
