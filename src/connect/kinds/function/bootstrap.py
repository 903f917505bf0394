# Runs a Python function's handler(event, context) for its parent process, one event at a time.
#
# argv: handler file, exported names to try (comma-separated), memory limit in MB. The control pipe is file
# descriptor 3; its frames are described in frames.ts. A thread of its own reads that pipe: when the parent is
# gone the pipe ends, and this process and all it started go at once, whatever the handler is doing.

import importlib.util
import json
import logging
import os
import queue
import resource
import signal
import struct
import sys
import threading
import time
import traceback

CONTROL = 3
ERROR_MESSAGE_LENGTH_MAX = 2048
TRACE_FRAMES_MAX = 32
TRACE_LINE_LENGTH_MAX = 512
FRAME_PREFIX = struct.Struct(">II")
MEGABYTE = 1024 * 1024


class Context:
    """What Lambda gives a handler beside the event."""

    def __init__(self, header):
        self._deadline = time.monotonic() + header["timeoutMs"] / 1000
        self.aws_request_id = header["requestId"]
        self.function_name = header["functionName"]
        self.function_version = "$LATEST"
        self.invoked_function_arn = header["functionArn"]
        self.memory_limit_in_mb = str(header["memoryMb"])
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", "")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        self.identity = None
        self.client_context = None

    def get_remaining_time_in_millis(self):
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def main():
    file, names, memory_mb = sys.argv[1], sys.argv[2].split(","), int(sys.argv[3])
    os.set_inheritable(CONTROL, False)
    requests = queue.SimpleQueue()
    threading.stack_size(MEGABYTE)
    threading.Thread(target=read_requests, args=(requests,), daemon=True).start()
    threading.stack_size(0)
    limit_memory(memory_mb)
    log_to_stdout()
    try:
        handler = load_handler(file, names)
    except BaseException as error:
        traceback.print_exc()
        reply({"kind": "unloadable", "error": describe(error)})
        sys.exit(1)
    reply({"kind": "ready"})
    while True:
        header, payload = requests.get()
        invoke(handler, header, payload)


def invoke(handler, header, payload):
    request_id = header["requestId"]
    if header.get("traceHeader"):
        os.environ["_X_AMZN_TRACE_ID"] = header["traceHeader"]
    try:
        result = json.dumps(handler(parse_event(payload), Context(header))).encode()
    except Exception as error:
        traceback.print_exc()
        reply({"kind": "error", "requestId": request_id, "error": describe(error)})
        return
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    reply({"kind": "result", "requestId": request_id}, result)


def parse_event(payload):
    # A target's template may make text that is no JSON; the handler then gets that text.
    text = payload.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def load_handler(file, names):
    sys.path.insert(0, os.path.dirname(file))
    stem = os.path.splitext(os.path.basename(file))[0]
    spec = importlib.util.spec_from_file_location(stem, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[stem] = module
    spec.loader.exec_module(module)
    for name in names:
        handler = getattr(module, name, None)
        if callable(handler):
            return handler
    raise AttributeError("no function `%s` in `%s`" % ("` or `".join(names), file))


def limit_memory(memory_mb):
    # The limit counts addresses, so what the interpreter has mapped already is on top.
    try:
        with open("/proc/self/statm") as statm:
            mapped = int(statm.read().split()[0]) * resource.getpagesize()
        limit = mapped + memory_mb * MEGABYTE
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (OSError, ValueError):
        print("this system cannot limit a function's memory", file=sys.stderr)


def log_to_stdout():
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))
    logging.getLogger().addHandler(handler)


def read_requests(requests):
    while True:
        prefix = read_exactly(FRAME_PREFIX.size)
        header_length, payload_length = FRAME_PREFIX.unpack(prefix)
        header = json.loads(read_exactly(header_length))
        requests.put((header, read_exactly(payload_length)))


def read_exactly(length):
    pieces = []
    while length > 0:
        try:
            piece = os.read(CONTROL, min(length, MEGABYTE))
        except OSError:
            piece = b""
        if not piece:
            end_with_parent()
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def end_with_parent():
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def reply(header, payload=b""):
    text = json.dumps(header).encode()
    frame = memoryview(FRAME_PREFIX.pack(len(text), len(payload)) + text + payload)
    while frame:
        frame = frame[os.write(CONTROL, frame) :]


def describe(error):
    frames = traceback.extract_tb(error.__traceback__)
    # The frames of this file say nothing about the handler.
    frames = [frame for frame in frames if frame.filename != __file__][-TRACE_FRAMES_MAX:]
    return {
        "name": type(error).__name__,
        "message": str(error)[:ERROR_MESSAGE_LENGTH_MAX],
        "trace": [line[:TRACE_LINE_LENGTH_MAX] for line in traceback.format_list(frames)],
    }


main()
