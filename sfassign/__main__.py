"""`python -m sfassign`."""

from sfassign.cli import main

if __name__ == "__main__":
    main()
