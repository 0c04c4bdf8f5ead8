"""The command line: `brushwork scan`, `serve`, `models`, `doctor`, `bench`, `db`. `main` is the entry point."""

from __future__ import annotations


def main(arguments: list[str] | None = None) -> None:
    """Run the command line with `arguments` (default: those of the process) and end the process with its exit code."""
    import sys

    from ..errors import BrushworkError
    from .app import build
    from .exits import ExitCode, code_of
    from .messages import complain, say

    try:
        build()(arguments)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except BrushworkError as error:
        complain(error)
        sys.exit(code_of(error))
    except OSError as error:  # a full disk, a report on a drive that went away
        say(f"error: {error.strerror or type(error).__name__}: {error.filename or 'while writing the report'}.")
        sys.exit(ExitCode.UNUSABLE)
    except Exception:  # noqa: BLE001  the last line of defence: exit code 1 would read as a policy hit
        import traceback

        traceback.print_exc()
        say("Brushwork itself failed; please report it with the lines above.")
        sys.exit(ExitCode.FAULT)
