"""What the doubles of AWS services share: reading requests byte by byte, the signature check, faults on request,
the instance metadata service, and the commands start, stop and tell.

A double is a class with `service`, `errors` ("xml" or "json") and `handle(request) -> (status, type, bytes)`,
which raises `aws_sigv4.Refused` for every error of the service.  `request.action` names what is asked, for
faults, logs and denied permissions.

Everything the double does is decided under one lock, in the order of arrival.  Requests under /-/ are the
test's own and never signed:

    GET  /-/ready
    GET  /-/log                 what was asked: action, and how it ended
    POST /-/faults   [FAULT...] the next requests of an action go wrong, see Faults
    POST /-/set      {..}       settings of the double, by name
    GET  /-/dump                the double's whole state
    POST /-/do       {..}       what somebody else does to the service, by its own rules
"""
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
import urllib.request
from urllib.parse import parse_qsl

import aws_sigv4

LIFE_SECONDS = 1200  # a double whose test was killed ends by itself
HEAD_MOST = 64 << 10
BODY_MOST = 8 << 20


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.headers, self.body = method, headers, body
        self.path, _, self.query = target.partition("?")
        self.pairs = parse_qsl(self.query, keep_blank_values=True, strict_parsing=bool(self.query))
        self.action = "?"

    def header(self, name):
        return next((value for header, value in self.headers if header.lower() == name), None)

    def arguments(self, *known):
        """The query as a dictionary; a parameter nobody knows is an error, as is one that is there twice."""
        for name, _ in self.pairs:
            if name not in known:
                raise aws_sigv4.Refused("InvalidInput", f"unknown parameter '{name}'", 400)
        if len(dict(self.pairs)) != len(self.pairs):
            raise aws_sigv4.Refused("InvalidInput", "a parameter is there twice", 400)
        return dict(self.pairs)


class Faults:
    """{"action": NAME or "*", "what": WHAT, "times": N}; WHAT is one of

    before_500, after_500   an internal error before it was done, or after
    lost, reset             the line breaks after it was done, or before
    late                    the line breaks now, and it is done all the same when /-/land says so
    throttle, busy          HTTP 400 Throttling, HTTP 400 PriorRequestNotComplete
    expired                 HTTP 403 ExpiredToken
    truncate                done, but half of the answer is sent
    giant                   done, and the answer is followed by more than anybody reads
    garbage                 done, but the answer is a page of some proxy
    silent                  not done, and no answer either while the line stays open
    """

    def __init__(self):
        self.waiting = []

    def add(self, faults):
        for fault in faults:
            fault.setdefault("times", 1)
            self.waiting.append(fault)

    def take(self, action):
        for fault in self.waiting:
            if fault["action"] in ("*", action):
                fault["times"] -= 1
                if fault["times"] <= 0:
                    self.waiting.remove(fault)
                return fault
        return {"what": ""}


class Hangup(Exception):
    """The line is closed without an answer."""


class Clock:
    """Seconds that pass for a double.  Those in which the machine stood still are none: what lags for a second does so for
    a client too that was stopped meanwhile, however the system shares its time out."""
    STEP, MOST = .005, .1

    def __init__(self):
        self.seconds = 1.0  # so that every moment is true
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        before = time.monotonic()
        while True:
            time.sleep(self.STEP)
            now = time.monotonic()
            self.seconds += min(now - before, self.MOST)
            before = now


class Double:
    service = "?"
    errors = "xml"
    namespace = ""

    def __init__(self):
        self.lock = threading.RLock()
        self.region = "us-east-1"
        self.keys = {"AKIDEXAMPLE": aws_sigv4.Key("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")}
        self.faults, self.log, self.late, self.clock = Faults(), [], [], Clock()
        self.role, self.role_life, self.role_turn, self.sessions = None, 3600, 0, set()
        self.count = 0

    # What a service defines.
    def handle(self, request):
        raise NotImplementedError

    def name(self, request):
        """The action asked for, before anything is checked."""
        raise NotImplementedError

    def dump(self):
        return {}

    def do(self, what):
        raise NotImplementedError

    # Errors in the service's own dialect.
    def error(self, code, message, status):
        self.count += 1
        ident = f"double-{self.count:06d}"
        if self.errors == "json":
            return status, "application/x-amz-json-1.0", json.dumps({"__type": f"com.amazonaws.{self.service}#{code}",
                                                                      "message": message}).encode(), ident
        text = (f'<?xml version="1.0"?>\n<ErrorResponse xmlns="{self.namespace}"><Error><Type>'
                f'{"Receiver" if status >= 500 else "Sender"}</Type><Code>{code}</Code><Message>{escape(message)}'
                f"</Message></Error><RequestId>{ident}</RequestId></ErrorResponse>")
        return status, "text/xml", text.encode(), ident

    # One signed request, start to end.
    def answer(self, request):
        with self.lock:
            request.action = self.name(request)
            entry = {"action": request.action, "method": request.method, "path": request.path,
                     "query": request.query}
            self.log.append(entry)
            fault = self.faults.take(request.action)
            entry["fault"] = fault["what"]
            return self.with_fault(request, fault, entry)

    def checked(self, request, entry):
        try:
            key = aws_sigv4.check(request, self.keys, self.region, self.service)
            entry["key"] = key.access
            if request.action in key.denied:
                raise aws_sigv4.Refused("AccessDenied", f"User: arn:aws:iam::123456789012:user/double is not authorized "
                                        f"to perform: {self.service}:{request.action}")
            reply = (*self.handle(request), "double-ok")
        except aws_sigv4.Refused as refused:
            entry["error"], entry["message"] = refused.code, refused.message
            reply = self.error(refused.code, refused.message, refused.status)
        except Exception:  # a mistake of the double itself must not look like trouble of the service
            traceback.print_exc()
            entry["error"] = "double.bug"
            reply = self.error("DoubleBug", traceback.format_exc(), 418)
        entry["status"] = reply[0]
        return reply

    def with_fault(self, request, fault, entry):
        what = fault["what"]
        told = {"before_500": ("InternalFailure", "internal failure before it was done", 500),
                "throttle": ("Throttling", "Rate exceeded", 400),
                "busy": ("PriorRequestNotComplete", "The request was rejected because another is in progress", 400),
                "expired": ("ExpiredToken", "The security token included in the request is expired", 403)}
        if what in told:
            entry["status"], entry["error"] = told[what][2], told[what][0]
            return self.error(*told[what])
        if what == "reset":
            raise Hangup
        if what == "silent":
            return None
        if what == "late":
            self.late.append((request, entry))
            raise Hangup
        status, kind, body, ident = self.checked(request, entry)
        if what == "after_500":
            return self.error("InternalFailure", "internal failure after it was done", 500)
        if what == "lost":
            raise Hangup
        if what == "truncate":
            return status, kind, body[:len(body) // 2], ident, len(body)
        if what == "giant":
            return status, kind, body + b" " * (70 << 20), ident
        if what == "garbage":
            return 200, "text/html", b"<html><body>Welcome to the hotel<br></body>", ident
        return status, kind, body, ident

    def now(self):
        return self.clock.seconds

    def land(self):
        """What is late, how much of it."""
        late, self.late = self.late, []
        for request, entry in late:
            self.checked(request, entry)
        return len(late)

    # The instance metadata service, version 2 alone.
    def metadata(self, request):
        def plain(status, text):
            return status, "text/plain", text.encode(), "imds"
        if request.path == "/latest/api/token":
            life = request.header("x-aws-ec2-metadata-token-ttl-seconds")
            if request.method != "PUT" or not life or not 1 <= int(life) <= 21600:
                return plain(400, "Bad Request")
            token = f"imds-{len(self.sessions)}-token"
            self.sessions.add(token)
            return plain(200, token)
        if request.method != "GET" or request.header("x-aws-ec2-metadata-token") not in self.sessions:
            return plain(401, "Unauthorized")
        root = "/latest/meta-data/iam/security-credentials/"
        if not self.role or request.path not in (root, root + self.role):
            return plain(404, "Not Found")
        if request.path == root:
            return plain(200, self.role)
        self.role_turn += 1
        key = aws_sigv4.Key(f"ASIADOUBLE{self.role_turn}", f"secret/of+turn{self.role_turn}", f"token/of+turn={self.role_turn}")
        self.keys[key.access] = key
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + self.role_life))
        return 200, "application/json", json.dumps({
            "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": "2026-01-01T00:00:00Z", "AccessKeyId": key.access,
            "SecretAccessKey": key.secret, "Token": key.token, "Expiration": until}).encode(), "imds"

    # The test's own requests.
    def control(self, request):
        body = json.loads(request.body) if request.body else None
        with self.lock:
            if request.path == "/-/faults":
                self.faults.add(body)
            elif request.path == "/-/set":
                self.set(body)
            elif request.path == "/-/log":
                return self.log
            elif request.path == "/-/dump":
                return self.dump()
            elif request.path == "/-/land":
                return self.land()
            elif request.path == "/-/do":
                return self.do(body)
            elif request.path != "/-/ready":
                raise ValueError(request.path)
        return {}

    def set(self, values):
        for name, value in values.items():
            if name == "keys":
                self.keys = {k["access"]: aws_sigv4.Key(**k) for k in value}
            elif name in ("log", "faults"):
                (self.log if name == "log" else self.faults.waiting).clear()
            elif hasattr(self, name) and not callable(getattr(self, name)):
                setattr(self, name, value)
            else:
                raise ValueError(f"the double has no setting '{name}'")


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


# ---- the wire -----------------------------------------------------------------------------------------------

def read_request(stream):
    """The next request of a connection, or None at its end; strict, and from the raw bytes."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline(HEAD_MOST)
        if not line:
            return None
        head += line
        if len(head) > HEAD_MOST:
            raise ValueError("the head is too long")
    lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, version = lines[0].split(" ")
    if version != "HTTP/1.1":
        raise ValueError(f"not HTTP/1.1: {lines[0]}")
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            raise ValueError(f"not a header: {line}")
        headers.append((name, value.strip()))
    lower = [name.lower() for name, _ in headers]
    if "transfer-encoding" in lower or lower.count("content-length") > 1 or lower.count("host") != 1:
        raise ValueError("a body of unsaid length, or not exactly one host")
    length = int(dict((n.lower(), v) for n, v in headers).get("content-length", 0))
    if length > BODY_MOST:
        raise ValueError("the body is too long")
    body = stream.read(length)
    # Whose sender ended in the middle has asked for nothing.
    return Request(method, target, headers, body) if len(body) == length else None


def send(stream, reply, keep=True):
    status, kind, body, ident = reply[:4]
    length = reply[4] if len(reply) > 4 else len(body)
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
    stream.write((f"HTTP/1.1 {status} Double\r\nDate: {date}\r\nContent-Type: {kind}\r\nx-amzn-RequestId: {ident}\r\n"
                  f"Content-Length: {length}\r\nConnection: {'keep-alive' if keep else 'close'}\r\n\r\n").encode() + body)
    stream.flush()


def talk(double, line):
    """One connection, from its first request to its last."""
    with line, line.makefile("rb") as incoming, line.makefile("wb") as outgoing:
        try:
            while request := read_request(incoming):
                if request.path.startswith("/-/"):
                    try:
                        send(outgoing, (200, "application/json", json.dumps(double.control(request)).encode(), "-"))
                    except Exception:
                        send(outgoing, (400, "text/plain", traceback.format_exc().encode(), "-"))
                    continue
                if request.path.startswith("/latest/"):
                    with double.lock:
                        double.log.append({"action": "metadata", "method": request.method, "path": request.path})
                        fault = double.faults.take("metadata")["what"]
                        reply = double.metadata(request)
                    if fault:
                        raise Hangup
                    send(outgoing, reply)
                    continue
                reply = double.answer(request)
                if reply is None:
                    time.sleep(60)
                    return
                send(outgoing, reply)
                if len(reply) > 4:
                    return
        except Hangup:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not an end
        except (OSError, BrokenPipeError):
            pass
        except Exception:
            traceback.print_exc()
            send(outgoing, (400, "text/plain", traceback.format_exc().encode(), "-"), False)


def serve(double, port):
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    signal.alarm(LIFE_SECONDS)
    while True:
        line, _ = listener.accept()
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=talk, args=(double, line), daemon=True).start()


# ---- the commands -------------------------------------------------------------------------------------------

def tell(folder, path, body=None):
    with open(os.path.join(folder, "port")) as file:
        port = int(file.read())
    data = body.encode() if body is not None else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/-/{path}", data, timeout=30) as reply:
            return reply.read().decode()
    except urllib.error.HTTPError as error:
        sys.exit(error.read().decode())


def start(double, folder, port):
    """Returns once it answers: the child writes its port where `tell` finds it."""
    os.makedirs(folder, exist_ok=True)
    log = os.open(os.path.join(folder, "log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    child = os.fork()
    if child == 0:
        os.setsid()
        null = os.open(os.devnull, os.O_RDONLY)
        for target, source in ((0, null), (1, log), (2, log)):
            os.dup2(source, target)
        try:
            serve(double(), port)
        finally:
            traceback.print_exc()
            os._exit(1)
    for name, value in (("pid", child), ("port", port)):
        with open(os.path.join(folder, name), "w") as file:
            file.write(str(value))
    for _ in range(1200):
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            if os.waitpid(child, os.WNOHANG)[0]:
                break
            time.sleep(0.05)
    with open(os.path.join(folder, "log")) as file:
        sys.exit("the double did not start:\n" + file.read())


def stop(folder):
    with open(os.path.join(folder, "pid")) as file:
        pid = int(file.read())
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        pass


def main(double):
    arguments = sys.argv[1:]
    if len(arguments) == 3 and arguments[0] == "start":
        start(double, arguments[1], int(arguments[2]))
    elif len(arguments) == 2 and arguments[0] == "stop":
        stop(arguments[1])
    elif len(arguments) in (3, 4) and arguments[0] == "tell":
        print(tell(*arguments[1:]))
    else:
        sys.exit(f"usage: {sys.argv[0]} start FOLDER PORT | tell FOLDER PATH [JSON] | stop FOLDER")
