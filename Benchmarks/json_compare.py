# SPDX-License-Identifier: Apache-2.0
"""Python's jsonschema and fastjsonschema on the schema and bodies of JSONBenchmark.

Reads the body, validates it and writes it with sorted members, which is as near to the canonical form as
the standard library comes. Prints microseconds of CPU for one call.

    pip install jsonschema fastjsonschema && python3 Benchmarks/json_compare.py
"""

import json
import pathlib
import time

import fastjsonschema
import jsonschema

FOLDER = pathlib.Path(__file__).parent / "json"


def best(work, rounds):
    least = float("inf")
    for _ in range(7):
        start = time.process_time()
        for _ in range(rounds):
            work()
        least = min(least, (time.process_time() - start) / rounds)
    return least * 1e6


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


schema = json.loads((FOLDER / "upload.schema.json").read_text())
validators = {
    "jsonschema": jsonschema.Draft202012Validator(schema).validate,
    "fastjsonschema": fastjsonschema.compile(dict(schema, **{"$schema": "http://json-schema.org/draft-07/schema"})),
}
print(f"{'body':16}{'validator':16}{'parse':>9}{'validate':>10}{'canonical':>10}{'total':>10}   (µs of CPU)")
for name, rounds in (("upload-2.json", 2000), ("upload-200.json", 50)):
    body = (FOLDER / name).read_bytes()
    value = json.loads(body)
    for validator, validate in validators.items():
        def everything():
            value = json.loads(body)
            validate(value)
            canonical(value)

        figures = [
            best(lambda: json.loads(body), rounds), best(lambda: validate(value), rounds),
            best(lambda: canonical(value), rounds), best(everything, rounds),
        ]
        print(f"{name:16}{validator:16}" + "".join(f"{figure:10.2f}" for figure in figures))
