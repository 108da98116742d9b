"""A server that speaks the Hugging Face hub's protocol: repositories with files and their SHA-256,
which lie on a second server, another origin, to which the first one redirects."""
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class HubServer:
    """Listens from construction until `close`. `files`: repository -> {path: bytes}. What goes
    wrong is set beforehand:

    cut        each answer with a file's bytes breaks off behind so many
    hold       the next answer stops behind so many bytes until `go_on` is set, and then ends there
               if `drop` is true
    failures   (status, headers) of the next requests, of lists and files
    token      without it all is refused
    hashes     path -> what is told in the place of the file's SHA-256
    redirect   where files are said to lie, in the place of the second server
    ranges     False: files are sent from the beginning, whatever is asked for
    """

    def __init__(self, files=None):
        self.files = files or {}
        self.cut = None
        self.hold = None
        self.drop = False
        self.failures = []
        self.token = None
        self.hashes = {}
        self.redirect = None
        self.ranges = True
        self.held = threading.Event()
        self.go_on = threading.Event()
        self.bytes_sent = 0
        self.asked = []  # (path, range) of files
        self.tokens_elsewhere = []  # that the second server was shown
        self._lock = threading.Lock()
        self._hub = _serve(self._hub_get)
        self._storage = _serve(self._storage_get)
        self.url = f"http://127.0.0.1:{self._hub.server_address[1]}"
        self.storage_url = f"http://127.0.0.1:{self._storage.server_address[1]}"

    def close(self):
        self.go_on.set()
        for server in (self._hub, self._storage):
            server.shutdown()
            server.server_close()

    def revision(self, repository):
        """Changes with any of its files."""
        files = self.files[repository]
        return hashlib.sha1(b"".join(files[path] for path in sorted(files))).hexdigest()

    def _hub_get(self, request):
        path = unquote(urlsplit(request.path).path)
        with self._lock:
            if self.failures:
                status, headers = self.failures.pop(0)
                return reply(request, status, b"{}", headers)
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return reply(request, 401, b"{}")
        if listed := re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/main", path):
            if listed[1] not in self.files:
                return reply(request, 404, b"{}")
            return reply(request, 200, json.dumps(self._listing(listed[1])).encode())
        found = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([0-9a-f]+)/(.+)", path)
        if not found or found[2] != self.revision(found[1]):
            return reply(request, 404, b"{}")
        where = self.redirect or f"{self.storage_url}/{found[1]}/{found[3]}?signature=secret"
        return reply(request, 302, b"it lies elsewhere", {"Location": where})

    def _listing(self, repository):
        siblings = []
        for path, data in self.files[repository].items():
            lfs = {"sha256": self.hashes.get(path, sha256(data)), "size": len(data),
                   "pointerSize": 135}
            siblings.append({"rfilename": path, "size": len(data), "blobId": "0" * 40, "lfs": lfs})
        return {"id": repository, "sha": self.revision(repository), "siblings": siblings}

    def _storage_get(self, request):
        self.tokens_elsewhere.append(request.headers.get("authorization"))
        _, owner, name, path = unquote(urlsplit(request.path).path).split("/", 3)
        data = self.files[f"{owner}/{name}"][path]
        wanted = request.headers.get("range")
        begin = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and self.ranges else 0
        self.asked.append((path, wanted))
        request.send_response(206 if begin else 200)
        request.send_header("content-length", str(len(data) - begin))
        if begin:
            request.send_header("content-range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        request.end_headers()
        with self._lock:
            hold, drop, self.hold, self.drop = self.hold, self.drop, None, False
        if hold is not None:
            self._send(request, data[begin:begin + hold])
            request.wfile.flush()
            self.held.set()
            self.go_on.wait()
            begin = len(data) if drop else begin + hold
        end = len(data) if self.cut is None else min(len(data), begin + self.cut)
        self._send(request, data[begin:end])
        request.close_connection = drop or end < len(data)

    def _send(self, request, data):
        request.wfile.write(data)
        with self._lock:
            self.bytes_sent += len(data)


def reply(request, status, body, headers=None):
    request.send_response(status)
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.send_header("content-length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def _serve(answer):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            answer(self)

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            pass  # a client that left

    server = Quiet(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
