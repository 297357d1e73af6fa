"""A strict double of a REST API.

/v1/things          the service chooses the id (t-1, t-2, ...); POST makes one, GET lists (?owner=..., ?name=...), two to a page
/v1/things/ID       GET, PATCH, DELETE (202: gone on the second look, when the thing is slow)
/v1/named/KEY       the client chooses the id: PUT (honours If-None-Match: *), GET, DELETE
/v1/up              200 for whoever has the token
/open               200 for whoever sends none
/reset              all is as at the start
/land               what is late happens

A thing has name (text, unique), size (integer), labels (texts by name), password (never shown); other members are an
error.  The service adds state ("making" for two looks when the name begins with "slow", then "ready", or "broken") and
price.  Idempotency-Key is remembered with the body: the same again is the same answer, another body is 422.

FOLDER/objects   what stands, one line each: id, name, size, owner, password
FOLDER/log       every request: method, path
FOLDER/fault     "METHOD KIND TIMES": what happens to the next requests of that method.  KIND: lost_before (nothing
                 happens, the line breaks), lost_after (it happens, the line breaks), late (the line breaks, it happens when
                 /land is asked for), 500_before, 500_after, 503, 429, 401, 403, cut (half a body), giant (a body without
                 end), hang (no answer for ten seconds), html (a page of a proxy)
"""

import json
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "Bearer sesame-open-now"
LOCK = threading.RLock()


class Trouble(Exception):
    def __init__(self, status, why):
        super().__init__(why)
        self.status, self.why = status, why


class Store:
    def __init__(self, folder):
        self.folder, self.things, self.named, self.replies, self.next = folder, {}, {}, {}, 1

    def save(self):
        lines = []
        for key, thing in sorted({**self.things, **self.named}.items()):
            owner = thing["labels"].get("owner", "-")
            lines.append(f"{key} {thing['name']} {thing['size']} {owner} {thing.get('password', '-')}\n")
        path = os.path.join(self.folder, "objects")
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.writelines(lines)
        os.rename(path + ".new", path)

    def check(self, body, whole, unless=None):
        if not isinstance(body, dict):
            raise Trouble(422, "the body is no object")
        kinds = {"name": str, "size": int, "labels": dict, "password": str}
        for key, value in body.items():
            if key not in kinds:
                raise Trouble(422, f"unknown member '{key}'")
            if not isinstance(value, kinds[key]) or isinstance(value, bool):
                raise Trouble(422, f"'{key}' is of the wrong kind")
        if whole and "name" not in body:
            raise Trouble(422, "'name' is missing")
        if len(body.get("name", "")) > 40:
            raise Trouble(422, "'name' is longer than 40 characters")
        for thing in self.things.values():
            if thing is not unless and thing["name"] == body.get("name"):
                raise Trouble(409, f"the name '{body['name']}' is taken")

    def make(self, body, key=None):
        self.check(body, True)
        thing = {"size": 0, "labels": {}, **body, "looks": 0, "price": 1.5}
        if key is None:
            key = f"t-{self.next}"
            self.next += 1
            self.things[key] = thing
        else:
            self.named[key] = thing
        thing["id"] = key
        self.save()
        return thing


def shown(thing):
    slow = thing["name"].startswith("slow")
    broken = thing["name"].startswith("broken")
    state = "broken" if broken else "making" if slow and thing["looks"] < 2 else "ready"
    hidden = ("password", "looks", "leaving")
    return {**{k: v for k, v in thing.items() if k not in hidden}, "state": state}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, *args):
        pass

    def answer(self, status, value, **headers):
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self):
        size = int(self.headers.get("Content-Length", 0))
        raw = self.rfile.read(size)
        if not raw:
            return None
        if self.headers.get("Content-Type") != "application/json":
            raise Trouble(415, "the body is no JSON by its Content-Type")
        try:
            return json.loads(raw)
        except ValueError:
            raise Trouble(400, "the body is no JSON") from None

    def take_fault(self):
        path = os.path.join(self.server.store.folder, "fault")
        try:
            with open(path, encoding="utf-8") as file:
                method, kind, times = file.read().split()
        except (OSError, ValueError):
            return None
        if method != self.command or int(times) == 0:
            return None
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{method} {kind} {int(times) - 1}")
        return kind

    # ---- what the service does ----

    def things(self, query):
        store = self.server.store
        if self.command == "POST":
            body, key = self.body(), self.headers.get("Idempotency-Key")
            if key in store.replies:
                before, reply = store.replies[key]
                if before != body:
                    raise Trouble(422, "this Idempotency-Key came with another body")
                return reply
            thing = store.make(body)
            reply = (201, shown(thing), {"Location": f"/v1/things/{thing['id']}"})
            if "noid" in thing["name"]:
                reply = (201, {"accepted": True}, {})
            if key:
                store.replies[key] = (body, reply)
            return reply
        if self.command != "GET":
            raise Trouble(405, "only POST and GET")
        owner, name = query.get("owner"), query.get("name")
        found = [shown(t) for t in store.things.values()
                 if (not owner or t["labels"].get("owner") in owner) and (not name or t["name"] in name)]
        return 200, {"data": found[:2], "next": "2" if len(found) > 2 else ""}, {}

    def thing(self, key):
        store = self.server.store
        thing = store.things.get(key)
        if thing is None:
            raise Trouble(404, f"there is no thing '{key}'")
        if thing.get("leaving"):
            del store.things[key]
            store.save()
        if self.command == "GET":
            thing["looks"] += 1
            return 200, shown(thing), {}
        if self.command == "PATCH":
            body = self.body()
            store.check(body, False, thing)
            thing.update(body)
            store.save()
            return 200, shown(thing), {}
        if self.command == "DELETE":
            if thing["name"].startswith("slow"):
                thing["leaving"] = True
                return 202, None, {}
            del store.things[key]
            store.save()
            return 204, None, {}
        raise Trouble(405, "only GET, PATCH and DELETE")

    def one_named(self, key):
        store = self.server.store
        thing = store.named.get(key)
        if self.command == "PUT":
            body = self.body()
            if thing is not None and self.headers.get("If-None-Match") == "*":
                raise Trouble(412, f"there is a '{key}' already")
            store.make(body, key)
            return 200 if thing else 201, shown(store.named[key]), {}
        if thing is None:
            raise Trouble(404, f"there is no '{key}'")
        if self.command == "GET":
            return 200, shown(thing), {}
        if self.command == "DELETE":
            del store.named[key]
            store.save()
            return 204, None, {}
        raise Trouble(405, "only PUT, GET and DELETE")

    def route(self):
        url = urlsplit(self.path)
        parts = [unquote(p) for p in url.path.split("/")[1:]]
        if self.headers.get("Authorization") != TOKEN and parts[0] == "v1":
            raise Trouble(401, "no such token")
        if parts == ["v1", "things"]:
            return self.things(parse_qs(url.query))
        if parts[:2] == ["v1", "things"] and len(parts) == 3:
            return self.thing(parts[2])
        if parts[:2] == ["v1", "named"] and len(parts) == 3:
            return self.one_named(parts[2])
        if parts == ["v1", "up"]:
            return 200, {"up": True}, {}
        if parts == ["reset"]:
            self.server.store, self.server.late = Store(self.server.store.folder), []
            self.server.store.save()
            for name in ("log", "fault"):
                open(os.path.join(self.server.store.folder, name), "w", encoding="utf-8").close()
            return 200, None, {}
        if parts == ["land"]:
            late, self.server.late = self.server.late, []
            for request in late:
                request.route()
            return 200, len(late), {}
        if parts == ["open"]:
            if self.headers.get("Authorization"):
                raise Trouble(400, "nobody was to send a token here")
            return 200, {"state": "ok", "list": [{"n": 1}, {"n": 2.0}]}, {}
        raise Trouble(404, "there is nothing here")

    # ---- faults ----

    def give_up(self):
        self.close_connection = True

    def serve(self):
        with LOCK:
            with open(os.path.join(self.server.store.folder, "log"), "a", encoding="utf-8") as file:
                file.write(f"{self.command} {self.path}\n")
            fault = self.take_fault()
        plain = {"503": 503, "429": 429, "401": 401, "403": 403, "500_before": 500}
        if fault in plain:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.answer(plain[fault], {"error": "by fault"}, **({"Retry_After": "1"} if fault == "429" else {}))
            return
        if fault == "lost_before":
            self.give_up()
            return
        if fault == "hang":
            time.sleep(10)
            self.give_up()
            return
        if fault == "html":
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.answer(200, "<html>a proxy's page</html>")
            return
        if fault == "late":
            self.late()
            return
        with LOCK:
            try:
                status, value, headers = self.route()
            except Trouble as trouble:
                status, value, headers = trouble.status, {"error": trouble.why}, {}
        if fault == "lost_after":
            self.give_up()
        elif fault == "500_after":
            self.answer(500, {"error": "by fault"})
        elif fault == "cut":
            self.cut(status, value)
        elif fault == "giant":
            self.giant()
        else:
            self.answer(status, value, **headers)

    def late(self):
        body = self.body()
        self.body = lambda: body
        with LOCK:
            self.server.late.append(self)
        self.give_up()

    def cut(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.give_up()

    def giant(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        try:
            for _ in range(200):
                self.wfile.write(chunk)
        except OSError:
            pass
        self.give_up()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = serve


def main():
    folder, port = sys.argv[1], int(sys.argv[2])
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    server.store, server.late = Store(folder), []
    server.store.save()
    open(os.path.join(folder, "log"), "w", encoding="utf-8").close()
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    open(os.path.join(folder, "rest.ready"), "w", encoding="utf-8").close()
    server.serve_forever()


main()
