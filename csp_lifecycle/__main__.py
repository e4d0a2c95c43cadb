"""`python -m csp_lifecycle` is `csp-lifecycle`."""

import sys

from csp_lifecycle.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
