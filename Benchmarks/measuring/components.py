# SPDX-License-Identifier: Apache-2.0
"""Which part of the gateway a function belongs to."""

import os
import re

# The package's own targets, as Swift's mangled names spell them.
OURS = (
    "Clocks", "Concurrency", "CTOML", "Cryptography", "EventLoop", "Gateway", "GatewayCore", "HTTP",
    "HTTPClient", "HTTPServer", "HotPathBenchmark", "JSON", "JSONSchema", "OpenAPI", "PKCS11",
    "Policies", "Settings", "Storage", "Telemetry", "WeChatPay", "YAML",
)
LIBRARIES = {
    "libcrypto": "OpenSSL", "libssl": "OpenSSL", "libcurl": "libcurl",
    "libmicrohttpd": "libmicrohttpd", "libsqlite3": "SQLite", "libpcre2": "PCRE2",
    "libnghttp2": "libcurl", "libgnutls": "GnuTLS", "libnettle": "GnuTLS", "libjemalloc": "memory",
}
MEMORY = re.compile(r"malloc|calloc|realloc|free|_int_|tcache|unlink_chunk|arena|sysmalloc")
MODULE = re.compile(r"^(?:\$s|\$S|_T0|symbolic _____ )(\d+)(.*)")


def component(library, function):
    """E.g. `our code`, `Swift's runtime`, `memory`; library is a path or a name, function mangled."""
    name = os.path.basename(library)
    if "kernel" in name or name.startswith("[") or "vdso" in name:
        return "kernel"
    for prefix, what in LIBRARIES.items():
        if name.startswith(prefix):
            return what
    if MEMORY.search(function) and not function.startswith("$s"):
        return "memory"
    if name.startswith(("libc.", "libc-", "libpthread", "ld-linux", "libm.", "libm-")):
        return "libc"
    if module := module_of(function):
        return "our code" if module in OURS else "Swift's libraries"
    if function.startswith(("$s", "swift", "_swift", "_dispatch", "dispatch")) or "swift" in function:
        return "Swift's libraries"
    return "our code" if function.startswith("Gateway") else "other"


def module_of(function):
    """The module that a mangled Swift name begins with, or None."""
    match = MODULE.match(function)
    return match[2][:int(match[1])] if match else None
