"""A real browser, driven over Chromium's DevTools protocol: to look at screens and to test them."""

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import websocket

from .terminal import Stop

NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")  # Odoo's list
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # also as root
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
PATIENCE = 60  # seconds


def executable():
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        raise Stop("this needs Chromium on the PATH: apt-get install chromium")
    return found


class Browser:
    """One window, from ``with`` to the end of its block."""

    def __init__(self, width=1500, height=950):
        self._size = (width, height)
        self._ids = itertools.count(1)
        self.errors = []  # what pages have written as an error into the console

    def __enter__(self):
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        command = [executable(), *FLAGS, f"--user-data-dir={self._profile.name}", "about:blank"]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
        try:
            self._connect()
        except BaseException:  # whatever it is, Ctrl-C too: no browser stays behind
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exc_info):
        self._process.terminate()
        self._process.wait()
        self._profile.cleanup()

    def _connect(self):
        told = Path(self._profile.name, "DevToolsActivePort")
        port = _until(lambda: told.exists() and told.read_text().split()[:1], "the browser")[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
            page = next(page for page in json.load(answer) if page["type"] == "page")
        url = page["webSocketDebuggerUrl"]
        self._socket = websocket.create_connection(url, suppress_origin=True, timeout=PATIENCE)
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.resize(*self._size)

    def call(self, method, **params):
        """One command of the DevTools protocol, and its result."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self._note(message)

    def _note(self, message):
        params = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif message.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])

    def resize(self, width, height):
        """A window, or where it is narrow a phone."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def run(self, script):
        """The value of a JavaScript expression in the page; a promise is waited for."""
        result = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"]["description"])
        return result["result"].get("value")

    def log_in(self, site, database, login, password):
        self.open(f"{site}/web/login")
        credentials = {"db": database, "login": login, "password": password}
        answer = self.post("/web/session/authenticate", credentials)
        self.user_id = answer["uid"]
        if not self.user_id:
            raise RuntimeError(f"{login} cannot log in")

    def post(self, path, params):
        """A call to a JSON-RPC route of the site that is open, in its session."""
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        request = {
            "method": "POST",
            "headers": {"Content-Type": "application/json"},
            "body": body,
        }
        answer = self.run(
            f"fetch({json.dumps(path)}, {json.dumps(request)}).then((answer) => answer.json())"
        )
        if "error" in answer:
            raise RuntimeError(answer["error"]["data"]["message"])
        return answer["result"]

    def call_kw(self, model, method, *args, **kwargs):
        """A method of a model, with the rights of who is logged in."""
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.post(f"/web/dataset/call_kw/{model}/{method}", params)

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete'")

    def text(self, selector="body"):
        return self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def wait_for(self, condition):
        """:param condition: a JavaScript expression that becomes true; its value is returned"""
        return _until(lambda: self.run(condition), condition)

    def wait_for_text(self, text, selector="body"):
        return _until(lambda: text in self.text(selector), f"{text!r} in {selector}")

    def click(self, selector):
        self.wait_for(f"!!document.querySelector({json.dumps(selector)})")
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        Path(path).write_bytes(base64.b64decode(data))


def _until(condition, what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise TimeoutError(f"waited {PATIENCE} s in vain for {what}")
