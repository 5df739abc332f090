"""`python -m kolba.pipeline.postprocess.token`: a token that is good at the chain for a minute, on standard output.

For the operator of a chain at which everyone signs in: whoever can run this beside the service has its key anyway.
"""

from __future__ import annotations

import sys

from kolba.kit import settings as kit_settings
from kolba.kit.tokens import opening
from kolba.pipeline.postprocess import settings


def main() -> int:
    """Sign as postprocess does; 1 where no keys are shared."""
    tokens = opening.open_tokens(kit_settings.load(settings.PostprocessSettings))
    if not tokens.are_shared:
        sys.stderr.write("no keys are shared here (auth.keys_dir), and none are needed\n")
        return 1
    sys.stdout.write(f"{tokens.signer.issue_own()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
