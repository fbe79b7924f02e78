"""codec: what the tests of coders share: build/tests/codec, run on one codestream."""
import os
import struct
import subprocess

CODEC = os.environ['BUILD'] + '/tests/codec'


def run(*command, data=None):
    return subprocess.run([str(c) for c in command], input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ours(*arguments, data):
    """Our coder's output; what it refuses is an error with its reason."""
    r = run(CODEC, *arguments, data=data)
    assert r.returncode == 0, (arguments, r.returncode, r.stderr)
    return r.stdout


def refused(*arguments, data):
    r = run(CODEC, *arguments, data=data)
    assert r.returncode in (0, 2), (arguments, r.returncode, r.stderr)
    assert r.returncode == 0 or (not r.stdout and r.stderr.count(b'\n') == 1)
    return r.returncode == 2


def write(path, data):
    with open(path, 'wb') as f:
        f.write(data)
    return path


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def segment(marker, body):
    """As T.81, T.87 and T.800 have it."""
    return struct.pack('>BBH', 0xff, marker, len(body) + 2) + body
