"""How a command ends when it does not end well: one message on standard error and a documented exit code.

====  ==========================================================================
code  meaning
====  ==========================================================================
0     done
1     another error (with a traceback if it was not foreseen: please report it)
2     the command or an argument is wrong, or names a layer that is not there
3     the model or its weights cannot be used
4     the images cannot be used
5     a result folder cannot be used or written (also: disk full)
6     an optional package is missing
130   interrupted by Ctrl-C
====  ==========================================================================
"""

import errno
from dataclasses import dataclass

from convscope.errors import ConvscopeError, StoreError, UsageError
from convscope.files import disk_full, names_nothing
from convscope.memory import out_of_memory

INTERRUPTED = 130  # 128 + SIGINT, as shells report it
BROKEN_PIPE = 141  # 128 + SIGPIPE

_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


@dataclass(frozen=True)
class Ending:
    """What to tell the user, and what to end the process with."""

    message: str
    exit_code: int


def foreseen(error: BaseException) -> Ending | None:
    """The failure that `error` stands for, or None for an error that nobody foresaw, which must not be hidden."""
    if isinstance(error, ConvscopeError):
        return Ending(str(error), error.exit_code)
    if disk_full(error):
        where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
        return Ending(
            f"no space left on the disk{where}: free some and run the same command again; finished parts are kept",
            StoreError.exit_code,
        )
    if isinstance(error, OSError) and error.errno in _REFUSED and error.filename:
        return Ending(f"no permission for {error.filename}: {error.strerror}", StoreError.exit_code)
    if names_nothing(error):
        where = f" such as {str(error.filename)[:40]!r}..." if isinstance(error, OSError) and error.filename else ""
        why = (isinstance(error, OSError) and error.strerror) or error
        return Ending(f"no file can have a name{where} ({why}): give another", UsageError.exit_code)
    if out_of_memory(error):
        reason = str(error).strip().partition("\n")[0]
        return Ending(f"the device is out of memory: try a smaller --batch, fewer --workers or --layers ({reason})", 1)
    return None
