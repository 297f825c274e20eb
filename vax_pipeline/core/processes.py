"""Whether a process lives: what a dead one has left behind belongs to nobody, and its helpers have to end."""

import os
import threading
import time

_LOOK_EVERY_SECONDS = 0.2


def is_alive(process: int) -> bool:
    """Whether there is a process of this id, of any user."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def die_with(parent: int) -> None:
    """From now on this process ends, as by kill -9, when its parent is no longer that process."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_EVERY_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
