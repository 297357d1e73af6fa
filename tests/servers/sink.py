"""Strict receivers of notices: a webhook that checks signatures, a Slack-compatible hook, a mail server.

    sink.py FOLDER [CERTIFICATE KEY]

FOLDER/ports     "HTTP SMTP", once both listen on loopback
FOLDER/key       what hooks are signed with, as landfall has it
FOLDER/mode      read before each request: ok (or no file), 500, 503 (with Retry-After: 1), 400, 400-burst (refuses only
                 messages that hold the word "poison"), hang, slow, reset, later (mail: 451), refuse (mail: 550),
                 lie (hooks: 200 and half a body)
FOLDER/taken     one JSON line for each message that was taken: what, keys, and for hooks if the signature and the time were
                 right, for mail its headers and its text
FOLDER/wrong     one line for each thing a strict receiver objects to

With CERTIFICATE and KEY both speak TLS: https, and STARTTLS before anything else, with a user and a password.
"""

import base64
import email
import email.policy
import hashlib
import hmac
import json
import os
import re
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOLDER = sys.argv[1]
TLS = sys.argv[2:4]
USER, PASSWORD = "landfall", "swordfish-and-chips"
LOCK = threading.Lock()


def path(name):
    return os.path.join(FOLDER, name)


def write(name, line):
    with LOCK, open(path(name), "a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def wrong(text):
    write("wrong", text)


def mode():
    try:
        with open(path("mode"), encoding="utf-8") as file:
            return file.read().strip() or "ok"
    except FileNotFoundError:
        return "ok"


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(*TLS)
    return made


def reset(connection):
    """Ends it with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Hook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def misbehaves(self, body):
        how = mode()
        if how == "hang":
            time.sleep(60)
            self.close_connection = True
        elif how == "slow":
            time.sleep(1)
            return False
        elif how == "reset":
            reset(self.connection)
            self.close_connection = True
            self.connection.close()
        elif how == "lie":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            self.close_connection = True
        elif how == "503":
            self.answer(503, [("Retry-After", "1")])
        elif how == "400-burst":
            if b"poison" not in body:
                return False
            self.answer(400)
        elif how.isdigit():
            self.answer(int(how))
        else:
            return False
        return True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Type") != "application/json":
            wrong(f"content type {self.headers.get('Content-Type')}")
        if self.misbehaves(body):
            return
        document = json.loads(body)
        if self.path == "/slack":
            self.slack(document)
        else:
            self.signed(document, body)
        self.answer(200)

    def slack(self, document):
        text = document["text"]
        if set(document) != {"text", "mrkdwn"} or not isinstance(text, str) or not text:
            wrong(f"no Slack message: {document}")
        if re.search(r"[<>]", text) or re.search(r"&(?!amp;|lt;|gt;)", text):
            wrong(f"Slack markup: {text}")
        write("taken", json.dumps({"what": "slack", "text": text}))

    def signed(self, document, body):
        """By the recipe of standardwebhooks.com, written without a look at the sender."""
        ident, stamp = self.headers.get("webhook-id", ""), self.headers.get("webhook-timestamp", "")
        with open(path("key"), encoding="utf-8") as file:
            text = file.read().strip()
        key = base64.b64decode(text[len("whsec_"):], validate=True) if text.startswith("whsec_") else text.encode()
        expected = base64.b64encode(hmac.new(key, f"{ident}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
        given = self.headers.get("webhook-signature", "").split(" ")
        good = any(hmac.compare_digest(f"v1,{expected}", one) for one in given)
        fresh = stamp.isdigit() and abs(time.time() - int(stamp)) < 300
        if not good or not fresh:
            wrong(f"signature {good}, fresh {fresh}: {ident}")
        if document.get("format") != "landfall.notice/1" or document.get("key") != ident:
            wrong(f"no notice: {document}")
        write("taken", json.dumps({"what": "hook", "keys": [ident], "good": good, "fresh": fresh, "body": document}))


class Mail(socketserver.StreamRequestHandler):
    """RFC 5321 as far as it goes, and no further: what is not in it is an error."""

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def line(self):
        line = self.rfile.readline(4096)
        if line and not line.endswith(b"\r\n"):
            wrong(f"a line of the protocol without CR LF: {line!r}")
        return line

    def handle(self):
        self.secure, self.user, self.sender, self.to = False, False, None, []
        if mode() == "hang":
            time.sleep(60)
            return
        if mode() == "reset":
            reset(self.request)
            return
        self.say("220 sink.example ESMTP")
        while True:
            line = self.line()
            if not line:
                return
            verb, _, rest = line.decode("ascii", "replace").strip().partition(" ")
            step = getattr(self, "do_" + verb.upper(), None)
            if not step:
                wrong(f"unknown command {line!r}")
                self.say("500 what?")
            elif step(rest) is False:
                return

    def do_EHLO(self, name):
        if not re.fullmatch(r"[A-Za-z0-9.\-]+|\[[0-9.:A-Fa-f]+\]", name):
            wrong(f"EHLO {name!r}")
        more = ["PIPELINING"]
        if TLS and not self.secure:
            more += ["STARTTLS"]
        elif TLS:
            more += ["AUTH PLAIN"]
        self.wfile.write("".join(f"250-{one}\r\n" for one in ["sink.example"] + more[:-1]).encode())
        self.say(f"250 {more[-1]}")

    def do_STARTTLS(self, _):
        self.say("220 go on")
        self.request = context().wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)
        self.secure = True

    def do_AUTH(self, rest):
        if not self.secure:
            wrong("a password without TLS")
        kind, _, first = rest.partition(" ")
        if kind.upper() != "PLAIN":
            return self.say("504 PLAIN alone")
        if not first:
            self.say("334 ")
            first = self.line().decode().strip()
        self.user = base64.b64decode(first) == f"\0{USER}\0{PASSWORD}".encode()
        self.say("235 welcome" if self.user else "535 no")

    def do_MAIL(self, rest):
        if TLS and not self.user:
            wrong("mail from nobody")
            return self.say("530 who are you?")
        found = re.match(r"FROM:<([^<>\s]+@[^<>\s]+)>( |$)", rest)
        if not found:
            wrong(f"MAIL {rest!r}")
            return self.say("501 no path")
        self.sender, self.to = found[1], []
        self.say("250 ok")

    def do_RCPT(self, rest):
        found = re.fullmatch(r"TO:<([^<>\s]+@[^<>\s]+)>", rest)
        if not found or not self.sender:
            wrong(f"RCPT {rest!r}")
            return self.say("501 no path")
        if mode() == "refuse":
            return self.say("550 no such person here")
        if mode() == "later":
            return self.say("451 come back")
        self.to.append(found[1])
        self.say("250 ok")

    def do_DATA(self, _):
        self.say("354 go on")
        lines = []
        while True:
            line = self.rfile.readline(2000)
            if not line:
                return False
            if not line.endswith(b"\r\n") or len(line) > 1000:
                wrong(f"a line of a mail that is none: {line[:80]!r}")
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        self.take(b"".join(lines))
        self.say("250 taken")

    def take(self, raw):
        if any(byte > 126 for byte in raw):
            wrong("8 bits without a word about it")
        message = email.message_from_bytes(raw, policy=email.policy.SMTP)
        if message.defects:
            wrong(f"defects {message.defects}")
        for name in ("From", "To", "Subject", "Date", "Message-ID", "X-Landfall-Key"):
            if name not in message:
                wrong(f"no {name}")
        for name in ("From", "Subject", "Date", "Message-ID"):
            if len(message.get_all(name, [])) != 1:
                wrong(f"{name} is there {len(message.get_all(name, []))} times")
        if message["Date"].datetime is None or abs(message["Date"].datetime.timestamp() - time.time()) > 300:
            wrong(f"date {message['Date']}")
        write("taken", json.dumps({
            "what": "mail", "keys": message.get_all("X-Landfall-Key"), "from": self.sender, "to": self.to,
            "tls": self.secure, "subject": message["Subject"], "id": message["Message-ID"],
            "headers": sorted(set(message.keys())), "text": message.get_content()}))

    def do_RSET(self, _):
        self.sender, self.to = None, []
        self.say("250 ok")

    def do_NOOP(self, _):
        self.say("250 ok")

    def do_QUIT(self, _):
        self.say("221 bye")
        return False


class Threads(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_):
        pass  # a client that went away is a part of the tests


class HookThreads(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


def main():
    hooks, mails = HookThreads(("127.0.0.1", 0), Hook), Threads(("127.0.0.1", 0), Mail)
    if TLS:
        hooks.socket = context().wrap_socket(hooks.socket, server_side=True)
    for one in (hooks, mails):
        threading.Thread(target=one.serve_forever, daemon=True).start()
    with open(path("ports.new"), "w", encoding="utf-8") as file:
        file.write(f"{hooks.server_port} {mails.server_address[1]}\n")
    os.rename(path("ports.new"), path("ports"))
    # Ends with whoever started it: its standard input closes.
    sys.stdin.read()


main()
