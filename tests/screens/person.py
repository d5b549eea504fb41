"""Somebody in front of a screen of their own: looks, points, clicks and types as people do."""

import json
import os

from tools.browser import Browser

KEYS = {"Tab": 9, "Enter": 13, "Escape": 27}
# The JavaScript of the visible element that a person means by a text; the smallest has it alone.
NAMED = """((selector, text, isWhole) => [...document.querySelectorAll(selector)]
    .filter((element) => element.checkVisibility() && element.innerText.includes(text))
    .filter((element) => !isWhole || element.innerText.trim() === text)
    .sort((one, other) => one.innerText.length - other.innerText.length)[0])"""
# Where to point at it, once it stands still and nothing lies over it.
POINT = """(async (element) => {
    if (!element || element.disabled) return null;
    element.scrollIntoView({ block: "nearest", inline: "nearest" });
    const { left, top, width, height } = element.getBoundingClientRect();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = element.getBoundingClientRect();
    const [x, y] = [left + width / 2, top + height / 2];
    const there = document.elementFromPoint(x, y);
    const isClear = there && (element.contains(there) || there.contains(element));
    return isClear && now.left === left && now.top === top ? [x, y] : null;
})"""
PROPOSAL = ".o-autocomplete--dropdown-item a"


class Person(Browser):
    """Somebody who is logged in."""

    def __init__(self, site="PLC_SITE", login="admin", **size):
        super().__init__(**size)
        self._site, self._database = os.environ[site], os.environ[f"{site}_DB"]
        self._login = login

    def __enter__(self):
        super().__enter__()
        self.log_in(self._site, self._database, self._login, self._login)
        return self

    def visit(self, path):
        self.open(f"{self._site}/odoo/{path}")
        self.run("window.plcSamePage = true")

    def is_same_page(self):
        """Nobody has reloaded it."""
        return self.run("window.plcSamePage === true")

    def press(self, key):
        """A key, as from a keyboard."""
        params = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        down = {"type": "keyDown", "text": "\r"} if key == "Enter" else {"type": "rawKeyDown"}
        self.call("Input.dispatchKeyEvent", **down, **params)
        self.call("Input.dispatchKeyEvent", type="keyUp", **params)

    def point(self, selector, text="", whole=False):
        """Click with the mouse on what can be seen, where nothing lies over it.

        :param whole: the text is all that stands there
        """
        named = f"{NAMED}(...{json.dumps([selector, text, whole])})"
        x, y = self.wait_for(f"{POINT}({named})")
        mouse = {"x": x, "y": y, "button": "left", "clickCount": 1}
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **mouse)

    def fill(self, selector, text):
        """Type into an input instead of what stands there."""
        self.point(selector)
        self.wait_for(f"document.activeElement.matches({json.dumps(selector)})")
        self.run("document.activeElement.select()")
        self.call("Input.insertText", text=str(text))

    def choose(self, selector, text, option=None):
        """Type into a field with proposals, and take one: the text, unless another is named.

        A click alone proposes something already. One taken from there is taken before the field
        has looked for the text, which then opens the proposals again; so wait for those that show
        where they have the text.
        """
        self.fill(selector, text)
        answer = PROPOSAL if option else f"{PROPOSAL}:has(.text-primary)"
        self.point(answer, option or text, whole=True)
        self.wait_for(f"!document.querySelector({json.dumps('.o-autocomplete--dropdown-menu')})")

    def heard(self, selector, role):
        """[(name, description)] of all with a role in an element, as a screen reader says them."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        found = self.call("Accessibility.queryAXTree", nodeId=node, role=role)["nodes"]
        return [
            tuple(node.get(part, {}).get("value", "") for part in ("name", "description"))
            for node in found
            if not node["ignored"]
        ]
