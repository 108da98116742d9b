"""What stands around the API: methods, keys, Host and Origin, broken HTTP, slow clients."""
import http.client
import json
import socket

from harness import body, expect, expect_equal, wait_until

PAYLOAD = json.dumps(body("Hi.", max_tokens=1)).encode()


def head(server, first="GET /health HTTP/1.1", **headers):
    fields = {"Host": f"127.0.0.1:{server.port}", "Connection": "close", **headers}
    lines = [first, *(f"{k.replace('_', '-')}: {v}" for k, v in fields.items() if v is not None)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def status_of(reply):
    expect(reply.startswith(b"HTTP/1.1 "), f"no status line: {reply[:200]!r}")
    return int(reply.split()[1])


def test_methods_and_paths(h):
    server = h.server()
    expect_equal(server.get("/health", key=False).status, 200, "GET /health")
    expect_equal(server.request("HEAD", "/health", key=False).status, 200, "HEAD /health")
    expect_equal(server.request("HEAD", "/v1/models").raw, b"", "the body of a HEAD")
    expect(server.request("OPTIONS", "/v1/messages").status in (200, 204), "OPTIONS")
    missing = server.get("/v1/nowhere")
    expect_equal(missing.status, 404, "an unknown path")
    expect_equal(missing.error[0], "not_found_error", "its error type")
    wrong = server.request("DELETE", "/v1/messages")
    expect_equal(wrong.status, 405, "DELETE /v1/messages")
    expect("POST" in wrong.headers.get("allow", ""), f"Allow: {wrong.headers}")
    for path in ("/v1/messages/../messages", "//v1/messages", "/%2e%2e/x", "/v1/models/%00"):
        expect(server.get(path).status in (400, 404, 405), path)


def test_models(h):
    server = h.server()
    listed = server.get("/v1/models?limit=1000").json
    expect(listed["data"], "no model is listed")
    model = listed["data"][0]
    expect_equal(model["type"], "model", "the type of a model")
    expect_equal(server.get(f"/v1/models/{model['id']}").json["id"], model["id"], "its own page")
    for key in ("display_name", "created_at"):
        expect(isinstance(model.get(key), str), f"no {key}: {model}")
    expect_equal(listed["has_more"], False, "has_more")


def test_keys(h):
    server = h.server()
    for headers in ({}, {"x-api-key": "wrong"}, {"x-api-key": ""}, {"authorization": "Bearer no"},
                    {"authorization": f"Basic {server.key}"}, {"x-api-key": server.key + "x"},
                    {"x-api-key": server.key[:-1]}):
        for path in ("/v1/messages", "/v1/messages/count_tokens"):
            reply = server.request("POST", path, PAYLOAD, headers, key=False)
            expect_equal(reply.status, 401, f"{headers} {path}")
            expect_equal(reply.error[0], "authentication_error", f"{headers}: error type")
        expect_equal(server.request("GET", "/v1/models", headers=headers, key=False).status, 401,
                     f"{headers} /v1/models")
    bearer = {"authorization": f"Bearer {server.key}"}
    expect_equal(server.request("POST", "/v1/messages", PAYLOAD, bearer, key=False).status, 200,
                 "a Bearer key")
    expect_equal(server.get("/health", key=False).status, 200, "/health without a key")
    expect_equal(server.get("/ready", key=False).status, 200, "/ready without a key")
    expect_equal(server.get("/metrics", key=False).status, 401, "/metrics without a key")


def test_host_and_origin(h):
    server = h.server()
    for host in ("evil.example", "evil.example:8484", "127.0.0.1.evil.example", "localhost.evil",
                 "169.254.1.1"):
        reply = server.raw(head(server, Host=host, x_api_key=server.key))
        expect(status_of(reply) in (400, 403), f"Host {host!r}: {reply[:100]!r}")
    for host in ("localhost", f"localhost:{server.port}", "127.0.0.1", "[::1]", "LOCALHOST"):
        expect_equal(status_of(server.raw(head(server, Host=host))), 200, f"Host {host}")
    for origin in ("http://evil.example", "https://127.0.0.1.evil.example", "null"):
        reply = server.raw(head(server, "GET /v1/models HTTP/1.1", Origin=origin,
                                x_api_key=server.key))
        expect_equal(status_of(reply), 403, f"Origin {origin}")
        expect(b"Web pages of other origins" in reply, f"{reply[-200:]!r}")
        expect(b"access-control-allow-origin" not in reply.lower(), f"{reply[:300]!r}")
    local = head(server, "GET /v1/models HTTP/1.1", Origin=f"http://127.0.0.1:{server.port}",
                 x_api_key=server.key)
    expect_equal(status_of(server.raw(local)), 200, "its own origin")


def test_broken_http(h):
    server = h.server()
    for name, payload in {
        "noise": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n",
        "no version": b"GET /health\r\n\r\n",
        "a huge path": b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "a huge header": head(server, X_Long="a" * 200000),
        "too many headers": head(server, **{f"X_{i}": "a" for i in range(5000)}),
        "a negative length": head(server, "POST /v1/messages HTTP/1.1", Content_Length="-5",
                                  x_api_key=server.key),
        "a length as text": head(server, "POST /v1/messages HTTP/1.1", Content_Length="five",
                                 x_api_key=server.key),
        "a giant length": head(server, "POST /v1/messages HTTP/1.1", Content_Length="9" * 30,
                               x_api_key=server.key),
        "a chunk that is no chunk": head(server, "POST /v1/messages HTTP/1.1", x_api_key=server.key,
                                         Transfer_Encoding="chunked") + b"zz\r\nhello\r\n0\r\n\r\n",
    }.items():
        reply = server.raw(payload)
        expect(not reply or status_of(reply) in (400, 404, 411, 413, 414, 431),
               f"{name}: {reply[:200]!r}")
    server.expect_serving()


def test_chunked_bodies_and_kept_connections(h):
    server = h.server()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    for _ in range(3):
        connection.request("POST", "/v1/messages", iter([PAYLOAD[:20], PAYLOAD[20:]]),
                           server.headers(), encode_chunked=True)
        reply = connection.getresponse()
        expect_equal(reply.status, 200, "status of a chunked request on a kept connection")
        reply.read()
    for _ in range(150):  # more than the HTTP library's own limit for one connection
        connection.request("GET", "/health")
        reply = connection.getresponse()
        expect_equal(reply.status, 200, "status on a kept connection")
        reply.read()
    connection.close()


def test_unfinished_heads_do_not_block_others(h):
    server = h.server()
    crowd = []
    for index in range(100):
        lazy = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        lazy.sendall(b"POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "[:20 + index % 30])
        crowd.append(lazy)
    server.expect_serving()
    expect(server.count(body("Hi.")) > 0, "count_tokens beside a hundred unfinished heads")
    for lazy in crowd:
        lazy.close()
    wait_until(lambda: server.in_flight() == 0, "nothing is in flight")


def test_metrics_are_prometheus_text(h):
    reply = h.server().get("/metrics")
    expect_equal(reply.status, 200, "status")
    expect(reply.headers["content-type"].startswith("text/plain"), str(reply.headers))
    typed = {line.split()[2] for line in reply.text.splitlines() if line.startswith("# TYPE ")}
    expect(typed and all(name.startswith("anyclaude_") for name in typed), str(typed))
