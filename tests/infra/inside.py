"""Run by itself over the unpacked package, with nothing else to import: does once what functions do, says what it saw.

python -I -S inside.py FOLDER REGION…
"""

import json
import sys
from functools import cached_property


def main(folder: str, regions: list[str]) -> None:
    """Print, as JSON: what was made, which folders modules came from, where each service is in each region."""
    sys.path.insert(0, folder)
    import app
    from chalicelib import oidc_keys, oidc_proof, wiring
    from chalicelib.aws import Service
    from chalicelib.settings import Settings

    services = wiring.Services(Settings.load())
    made = [name for name, value in vars(wiring.Services).items() if isinstance(value, cached_property)]
    for name in made:
        getattr(services, name)
    for pages in ("list_object_versions", "list_objects_v2"):
        wiring._client(Service.S3).get_paginator(pages)
    key, _ = oidc_keys.signing_key(oidc_keys.new_key_set(None), "RS256")
    oidc_proof.dpop_proof(oidc_proof.dpop_key(), "https://issuer.example/token", "", 0.0)
    outside = [
        module
        for module in tuple(sys.modules.values())
        if (file := getattr(module, "__file__", None)) and "site-packages" in file
    ]
    found = {
        "routes": len(app.app.routes),
        "made": made,
        "signs": key.key_type,
        "outside": [module.__name__ for module in outside],
        "endpoints": {
            f"{service} {region}": wiring._client(service, region_name=region).meta.endpoint_url
            for service in Service
            for region in regions
        },
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
