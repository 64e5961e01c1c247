"""Writes the files, or checks that they are as the contracts say."""

import argparse
import sys

from tools.generate import asyncapi, documents, openapi, threat_model, typescript
from tools.generate.contracts import ROOT

FILES = {
    "web/src/protocol.ts": typescript.protocol_ts,
    "docs/protocol.md": documents.protocol_md,
    "docs/lifecycle.md": documents.lifecycle_md,
    "docs/api.md": documents.api_md,
    "docs/openapi.json": openapi.text,
    "docs/asyncapi.json": asyncapi.text,
    "docs/threat-model.md": threat_model.text,
}


def main() -> int:
    """Write the files; with ``--check`` only say which are not as they should be (exit status 1)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for name, made in FILES.items():
        path, text = ROOT / name, made()
        if not path.exists() or path.read_text() != text:
            stale.append(name)
            if not check:
                path.write_text(text)
    if check and stale:
        print(f"Not as the contracts say: {', '.join(stale)}. Run `make generate`.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
