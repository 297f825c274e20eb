"""A web hook to send to: a real HTTP server with good days and bad ones."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE_SECONDS = 20.0
Answer = Callable[[str], int | None]  # path -> status; None hangs until the server closes


@contextmanager
def web_hook(answer: Answer) -> Iterator[tuple[str, list[str]]]:
    """A server that answers as told, by path; yields its URL and the paths asked for."""
    asked: list[str] = []
    closing = threading.Event()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.path)
            status = answer(self.path)
            if status is None:
                closing.wait(PATIENCE_SECONDS)
                return
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"json://127.0.0.1:{server.server_port}/{{recipient}}/{{message_key}}?rto=0.5&cto=0.5"
        yield url, asked
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
