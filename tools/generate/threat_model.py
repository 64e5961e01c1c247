"""docs/threat-model.md: the threats, from `tools.threats`."""

from tools.generate.contracts import HEADER
from tools.threats import FLOWS

STRIDE = {
    "S": "spoofing",
    "T": "tampering",
    "R": "repudiation",
    "I": "information disclosure",
    "D": "denial of service",
    "E": "elevation of privilege",
}


def text() -> str:
    """The file."""
    out = [
        "# Threat model\n",
        HEADER.replace("chalicelib", "tools/threats.py") + "\n",
        "STRIDE by flow. Each threat has a guard in the code and a test in `tests/security/` that fails when the\n"
        "guard is gone: `make check-guards` takes each away in a copy and wants the test to fail, and so does\n"
        "`make test`.\n",
        "Trusted are AWS and the account's administrators, ID-porten and the trust's issuer, and the SMS carrier\n"
        "with the messages that it carries. A media worker decodes nothing, but holds the keys of each line: who\n"
        "owns one can listen. Nothing here guards against a patient's unlocked phone or somebody who films their\n"
        "own screen.\n",
        "What is secret is planted in every input of every handler and looked for in logs, errors, answers,\n"
        "pushes and rows (`tests/security/test_planted.py`); everything that parses is fuzzed (`tests/fuzz/`).\n",
    ]
    for flow in FLOWS:
        out.append(f"## {flow.name}\n\n{flow.about}\n")
        out.append("| | | threat | guard | where | test |\n|---|---|---|---|---|---|")
        out += [
            f"| {t.id} | {STRIDE[t.stride]} | {t.threat} | {t.guard} | `{t.file}` | `{t.test}` |" for t in flow.threats
        ]
        out.append("")
    return "\n".join(out)
