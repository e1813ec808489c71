"""Runs llama.cpp's own server on a model: ``python -m tests.llama.server MODEL PORT``. Ends when its standard input closes.

Always a process of its own: a fault in native code would take the tests with it.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = sys.argv[1]
    parameters.n_ctx = 4096
    parameters.n_parallel = 2
    parameters.kv_unified = True
    parameters.n_predict = -1  # until the context is full: an answer that is to be stopped lasts on a busy machine, too
    parameters.ui = False
    parameters.verbosity = 0
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = int(sys.argv[2])
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
