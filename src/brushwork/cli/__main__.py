"""`python -m brushwork.cli`, the same as `brushwork`."""

from . import main

if __name__ == "__main__":
    main()
