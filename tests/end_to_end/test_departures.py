"""Clients that leave: at any byte, and during the computation of their prompt."""
import json
import random
import socket
import struct

from harness import body, computed_tokens, expect, expect_equal, prompt_tokens, prose, wait_until

SEED = 20261


def leave(connection, rudely):
    if rudely:  # a reset instead of an orderly end
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def request_bytes(server, payload):
    raw = json.dumps(payload).encode()
    head = (f"POST /v1/messages?beta=true HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            f"Content-Type: application/json\r\nx-api-key: {server.key}\r\n"
            f"Content-Length: {len(raw)}\r\n\r\n").encode()
    return head, raw


def test_at_any_byte_of_the_request(h):
    server = h.server()
    chance = random.Random(SEED)
    head, raw = request_bytes(server, {**body("Tell me a story.", max_tokens=40), "stream": True})
    for _ in range(80):
        cut = chance.randrange(len(head) + len(raw) + 1)
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        connection.sendall((head + raw)[:cut])
        leave(connection, chance.random() < 0.5)
    wait_until(lambda: server.in_flight() == 0, "nothing is in flight", 30)
    server.expect_serving()
    h.note(f"seed {SEED}")


def test_at_any_byte_of_the_reply(h):
    server = h.server()
    chance = random.Random(SEED + 1)
    for streamed in (True, False) * 12:
        head, raw = request_bytes(server, {**body("Tell me a story.", max_tokens=24),
                                           "stream": streamed})
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        connection.sendall(head + raw)
        wanted = chance.randrange(2500 if streamed else 600)
        while wanted > 0:
            piece = connection.recv(min(wanted, 512))
            if not piece or piece.endswith(b"0\r\n\r\n"):
                break
            wanted -= len(piece)
            if not streamed and chance.random() < 0.5:
                break
        leave(connection, chance.random() < 0.5)
    wait_until(lambda: server.in_flight() == 0, "nothing is in flight", 30)
    server.expect_serving()
    h.note(f"seed {SEED + 1}")


def begin(server, payload):
    """Starts a streamed request and waits until its prompt is being computed."""
    before = server.prefilled()
    stream = server.stream(payload)
    expect_equal(next(iter(stream))["type"], "message_start", "the first event")
    wait_until(lambda: server.prefilled() > before, "the prompt is being computed", 60)
    return stream


CHUNK = 128


def test_leaving_during_prefill_frees_the_engine(h):
    """It stops within one chunk, and a retry recomputes nothing that was done."""
    server = h.own_server(batch=CHUNK)
    payload = body(prose(51, 4000), max_tokens=2)
    total = server.count(payload)
    stream = begin(server, payload)
    at_leaving = server.prefilled()
    stream.leave()
    wait_until(lambda: server.in_flight() == 0, "the engine is free", 30)
    after = server.prefilled()
    expect(after < total, "the prompt was computed before the client could leave: no proof")
    expect(after - at_leaving <= 2 * CHUNK,
           f"{after - at_leaving} tokens were computed for a client that had left")
    usage = server.answer(payload)["usage"]
    expect_equal(prompt_tokens(usage), total, "prompt tokens of the retry")
    expect_equal(computed_tokens(usage), total - after, "tokens computed by the retry")
    expect_equal(server.prefilled(), total, "tokens computed in all")
    h.note(f"left at {at_leaving}, stopped at {after} of {total}; the retry computed the rest")


def test_an_identical_retry_joins(h):
    """The client that retries while its first request still runs: computed once for both."""
    server = h.own_server(batch=CHUNK)
    payload = body(prose(52, 2500), max_tokens=2)
    total = server.count(payload)
    first = begin(server, payload)
    second = server.stream(payload)
    expect_equal(next(iter(second))["type"], "message_start", "the retry's first event")
    first.leave()
    expect_equal([event["type"] for event in second][-1], "message_stop", "the retry's last event")
    expect_equal(prompt_tokens(second.usage), total, "prompt tokens of the retry")
    computed = server.prefilled()
    expect(computed <= total + 1, f"{computed} tokens were computed for a prompt of {total}")
    h.note(f"{computed} tokens computed for two requests of {total}")


def test_leaving_during_decoding(h):
    server = h.server()
    stream = server.stream(body("Write a long story about the sea.", max_tokens=2000))
    for event in stream:
        if event["type"] == "content_block_delta":
            break
    stream.leave()
    wait_until(lambda: server.in_flight() == 0, "the engine is free", 30)
    server.expect_serving()
