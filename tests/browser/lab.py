"""A real JupyterLab server, with nothing of the user's own settings."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
_PATIENCE_S = 60.0
_SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},  # pop-ups
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},  # cells out of sight are part of the page, too
}


class Lab:
    """A server that is running.

    Parameters
    ----------
    folder : Path
        Becomes home to its settings, its log and, in ``root``, the files that it shows.
    """

    def __init__(self, folder: Path) -> None:
        self.root, self._settings = folder / "root", folder / "settings"
        self.root.mkdir()
        self.log = folder / "lab.log"
        self._token = secrets.token_hex(16)
        self._url = f"http://127.0.0.1:{_free_port()}"
        for name, values in _SETTINGS.items():
            self._set(name, values)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(self._command(), env=self._environment(folder), stdout=log, stderr=log)
        self._wait()

    def address(self, notebook: Path) -> str:
        """Return where a notebook of `root` is shown, alone on the page."""
        return f"{self._url}/doc/tree/{quote(str(notebook.relative_to(self.root)))}?reset&token={self._token}"

    def use_theme(self, name: str) -> None:
        """Let pages that are opened from now on be ``light`` or ``dark``."""
        self._set("@jupyterlab/apputils-extension/themes", {"theme": THEMES[name]})

    def end_kernels(self) -> None:
        """End all kernels, which would go on when a page is closed."""
        for kernel in json.loads(self._ask("GET", "/api/kernels")):
            self._ask("DELETE", f"/api/kernels/{kernel['id']}")

    def stop(self) -> None:
        """End the server and its kernels."""
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, method: str, path: str) -> bytes:
        head = {"Authorization": f"token {self._token}"}
        with urllib.request.urlopen(urllib.request.Request(self._url + path, headers=head, method=method)) as answer:
            return bytes(answer.read())

    def _set(self, name: str, values: dict[str, object]) -> None:
        file = self._settings / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))

    def _command(self) -> list[str]:
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": self._url.rpartition(":")[2],
            "ServerApp.port_retries": "0",
            "ServerApp.root_dir": str(self.root),
            "ServerApp.terminals_enabled": "False",
            "LabApp.extension_manager": "readonly",  # it asks no registry
        }
        words = [f"--{name}={value}" for name, value in options.items()]
        return [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *words]

    def _environment(self, folder: Path) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("ALO_NB_", "JUPYTER"))}
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            own[name] = str(folder / name.lower())
        own["JUPYTERLAB_SETTINGS_DIR"] = str(self._settings)
        own["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / "workspaces")
        return {**own, "JUPYTER_TOKEN": self._token}

    def _wait(self) -> None:
        end = time.monotonic() + _PATIENCE_S
        while self._process.poll() is None and time.monotonic() < end:
            try:
                self._ask("GET", "/api")
                return
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])
