"""A far landing place in this process, as unreliable as a test wants it: see `URL`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
from fsspec import AbstractFileSystem
from fsspec.utils import infer_storage_options
from landing_home import DAY

PASSWORD = "s3cr3t"
URL = f"odd://reader:{PASSWORD}@host/landing"
FIRST_FILE = f"attestations/{DAY.isoformat()}/a.csv"  # lies there from the beginning


class World:
    """What lies in the place, what it tells of its files, and what was asked of it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.tells: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str]] = []
        self.connections: list[OddFileSystem] = []
        self.before: Callable[[str, str], None] = lambda what, name: None

    def put(self, name: str, content: bytes, **tells: Any) -> None:
        """A file as it lies there; `tells` beside its size, by default a time long ago."""
        self.files[name] = content
        self.tells[name] = tells or {"mtime": 1_600_000_000.5}

    def count(self, what: str) -> int:
        return sum(kind == what for kind, _ in self.asked)


class OddFileSystem(AbstractFileSystem):
    """Reads only, and remembers listings until told to forget them, as many filesystems do."""

    protocol = "odd"
    world = World()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._remembered: dict[str, list[dict[str, Any]]] = {}
        self.is_dead = False
        self.world.connections.append(self)

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return infer_storage_options(path)["path"].rstrip("/")

    def invalidate_cache(self, path: str | None = None) -> None:
        self._remembered.clear()

    def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
        self._ask("ls", path)
        if path not in self._remembered:
            self._remembered[path] = self._listed(path)
        return self._remembered[path]

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        self._ask("info", path)
        name = _below(path)
        if name in self.world.files:
            return self._info(name)
        self._listed(path)  # a folder is there as long as a file is
        return {"name": path, "size": 0, "type": "directory"}

    def get_file(self, rpath: str, lpath: str, **options: Any) -> None:
        self._ask("get", rpath)
        content = self.world.files.get(_below(rpath))
        if content is None:
            raise FileNotFoundError(rpath)
        Path(lpath).write_bytes(content)

    def _listed(self, path: str) -> list[dict[str, Any]]:
        below = f"{_below(path)}/".lstrip("/")
        inside = [n.removeprefix(below) for n in self.world.files if n.startswith(below)]
        if not inside:
            raise FileNotFoundError(path)
        folders = {name.partition("/")[0] for name in inside if "/" in name}
        files = [self._info(below + name) for name in inside if "/" not in name]
        return files + [
            {"name": f"{path}/{name}", "size": 0, "type": "directory"} for name in folders
        ]

    def _info(self, name: str) -> dict[str, Any]:
        size = len(self.world.files[name])
        known = {"name": f"/landing/{name}", "size": size, "type": "file"}
        return known | self.world.tells[name]

    def _ask(self, what: str, path: str) -> None:
        self.world.asked.append((what, _below(path)))
        if self.is_dead:
            raise ConnectionError("Socket is closed")
        self.world.before(what, _below(path))


def _below(path: str) -> str:
    return path.removeprefix("/landing").lstrip("/")


fsspec.register_implementation("odd", OddFileSystem, clobber=True)
