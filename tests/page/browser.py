"""A headless Chromium, driven by the DevTools protocol over a pipe: no port, no library, no network.

Messages are JSON, each ended by a NUL, on descriptors 3 (to the browser) and 4 (from it).
"""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time


class Failed(Exception):
    pass


class Browser:
    def __init__(self):
        program = shutil.which("chromium")
        if not program:
            raise Failed("there is no chromium: apt-get install -y --no-install-recommends chromium")
        self.profile = tempfile.mkdtemp(prefix="landfall-page.")
        to_read, self.to = os.pipe()
        self.come, to_write = os.pipe()
        command = [program, "--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage",
                   "--hide-scrollbars", "--no-first-run", "--disable-background-networking", "--disable-sync",
                   "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
                   "--user-data-dir=" + self.profile]
        if os.geteuid() == 0:
            command.append("--no-sandbox")

        def place():
            # Descriptors may stand in each other's way: first out of it, then to where the browser looks.
            a, b = os.dup2(to_read, 30), os.dup2(to_write, 31)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=place)
        os.close(to_read)
        os.close(to_write)
        self.buffer, self.number, self.events = b"", 0, []
        target = self.call("Target.createTarget", url="about:blank", session=None)["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True, session=None)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(domain + ".enable")

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.to)
        os.close(self.come)
        shutil.rmtree(self.profile, ignore_errors=True)

    def read(self, until):
        """The next message, or None when `until` is over."""
        while b"\0" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.come], [], [], left)[0]:
                return None
            got = os.read(self.come, 1 << 20)
            if not got:
                raise Failed("the browser ended")
            self.buffer += got
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session="own", patience=60, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        until = time.monotonic() + patience
        while True:
            answer = self.read(until)
            if answer is None:
                raise Failed(f"no answer to {method}")
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Failed(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method, seconds=60):
        until = time.monotonic() + seconds
        while not any(e.get("method") == method for e in self.events):
            event = self.read(until)
            if event is None:
                raise Failed(f"{method} did not come")
            self.events.append(event)

    def media(self, kind="screen", scheme="light", motion="no-preference"):
        self.call("Emulation.setEmulatedMedia", media=kind,
                  features=[{"name": "prefers-color-scheme", "value": scheme},
                            {"name": "prefers-reduced-motion", "value": motion}])

    def size(self, width, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, path, script=True, hash=""):
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.call("Page.navigate", url="about:blank")
        self.evaluate("1")
        self.events = []
        self.call("Page.navigate", url="file://" + path + hash)
        self.wait("Page.loadEventFired")

    def evaluate(self, expression, patience=60):
        result = self.call("Runtime.evaluate", patience=patience, expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise Failed(f"{expression[:80]}: {details.get('exception', {}).get('description', details['text'])}")
        return result["result"].get("value")

    def settle(self):
        """Two frames: styles, layout and handlers of events are through."""
        self.evaluate("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(1))))")

    def open_all(self):
        self.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        self.evaluate("new Promise((r) => setTimeout(r, 100))")  # what is behind steps comes with an event

    KEYS = {"Tab": 9, "Enter": 13, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39,
            "ArrowDown": 40, "/": 191}

    def key(self, name):
        key = {"key": name, "code": "Slash" if name == "/" else name, "windowsVirtualKeyCode": self.KEYS[name]}
        text = {"text": "\r"} if name == "Enter" else {"text": "/"} if name == "/" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **key, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **key)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def click(self, selector):
        place = self.evaluate(
            f"(e => {{ e.scrollIntoView({{block: 'center', behavior: 'instant'}}); const b = e.getBoundingClientRect();"
            f" return [b.x + Math.min(b.width, 40) / 2, b.y + b.height / 2]; }})(document.querySelector({json.dumps(selector)}))")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def cpu(self):
        """Seconds of processor that pages have used so far, in all their threads; waiting for one does not count."""
        processes = self.call("SystemInfo.getProcessInfo", session=None)["processInfo"]
        return sum(p["cpuTime"] for p in processes if p["type"] == "renderer")

    def picture(self, path, most=12000):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True,
                         clip={"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], most), "scale": 1})
        with open(path, "wb") as file:
            file.write(base64.b64decode(data["data"]))

    def pdf(self, path, height=11.69):
        data = self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True, paperWidth=8.27, paperHeight=height)
        with open(path, "wb") as file:
            file.write(base64.b64decode(data["data"]))

    def complaints(self):
        """What the browser itself found wrong, and every request but the one for the page."""
        found = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append("exception: " + params["exceptionDetails"]["text"])
            elif method == "Runtime.consoleAPICalled":
                found.append("console: " + str(params["args"]))
            elif method == "Log.entryAdded":
                found.append("log: " + params["entry"]["text"])
            elif method == "Network.requestWillBeSent" and params.get("type") != "Document":
                found.append("request: " + params["request"]["url"])
        return found
