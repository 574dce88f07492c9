"""`python -m kgtools`: the command."""

from kgtools.tools.main import main

if __name__ == "__main__":
    main()
