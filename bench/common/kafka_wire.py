"""The two requests whose first answers are "the broker is up": Metadata v1 and Produce v3, by hand, because a client library
waits between its attempts to connect."""
import socket
import struct
import time

_CRC32C = []
for _byte in range(256):
    for _ in range(8):
        _byte = (_byte >> 1) ^ (0x82F63B78 if _byte & 1 else 0)
    _CRC32C.append(_byte)


def _crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _CRC32C[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _text(value):
    return struct.pack(">h", len(value)) + value.encode()


def metadata_request():
    return struct.pack(">hhi", 3, 1, 1) + _text("bench") + struct.pack(">i", -1)


def produce_request(topic, value=b"probe"):
    """One record of at most 40 bytes to partition 0, acks=all."""
    varint = lambda number: bytes([number << 1 if number >= 0 else (-number << 1) - 1])  # of one byte
    record = b"\0" + varint(0) + varint(0) + varint(-1) + varint(len(value)) + value + varint(0)
    records = varint(len(record)) + record
    now_ms = int(time.time() * 1000)
    checked = struct.pack(">hiqqqhii", 0, 0, now_ms, now_ms, -1, -1, -1, 1) + records
    batch = struct.pack(">iBI", -1, 2, _crc32c(checked)) + checked
    batch = struct.pack(">qi", 0, len(batch)) + batch
    return (struct.pack(">hhi", 0, 3, 2) + _text("bench") + struct.pack(">hhi", -1, -1, 10_000) + struct.pack(">i", 1) + _text(topic)
            + struct.pack(">iii", 1, 0, len(batch)) + batch)


def produce_error(answer, topic):
    return struct.unpack_from(">h", answer, 4 + 4 + 2 + len(topic) + 4 + 4)[0]


def _receive(connection, size):
    data = b""
    while len(data) < size:
        got = connection.recv(size - len(data))
        if not got:
            raise OSError("closed")
        data += got
    return data


def exchange(address, request, timeout_s=30):
    """The answer, from its correlation id on. OSError when there is none."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout_s) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        return _receive(connection, struct.unpack(">i", _receive(connection, 4))[0])
