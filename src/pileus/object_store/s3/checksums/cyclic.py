"""Cyclic redundancy checks that the standard library has not, without a loop over bytes.

A block is cut into lanes of the same length that are worked on side by side: in each step one byte of every lane goes
through a table by `bytes.translate`, and whole rows are combined as one large integer.  The lanes' results are joined
at the end, as those of an object's parts are.  A megabyte takes some ten milliseconds.
"""

from functools import lru_cache

LANES = 1024
SHORTEST = 1 << 13
"""Bytes below which lanes do not pay."""


class Cyclic:
    """One check: bits are reflected, and both ends are inverted, in all that S3 knows.

    Args:
        polynomial: reflected.
        width: bytes of the result.
    """

    def __init__(self, polynomial: int, width: int) -> None:
        self.width = width
        self._ones = (1 << 8 * width) - 1
        self._table = [_step(number, polynomial) for number in range(256)]
        self._bytes = [bytes(entry >> 8 * place & 255 for entry in self._table) for place in range(width)]

    def update(self, crc: int, data: bytes) -> int:
        """The check of what had `crc`, followed by data."""
        state = crc ^ self._ones
        if len(data) >= SHORTEST:
            length = len(data) // LANES
            state = self._joined(self._lanes(state, data, length), length)
            data = data[length * LANES :]
        table = self._table
        for byte in data:
            state = state >> 8 ^ table[(state ^ byte) & 255]
        return state ^ self._ones

    def _lanes(self, state: int, data: bytes, length: int) -> list[bytes]:
        """The states of all lanes, by the place of the byte in them; the first lane goes on from `state`."""
        rows = [state >> 8 * place & 255 for place in range(self.width)]
        whole, tables = LANES * length, self._bytes
        last = self.width - 1
        for at in range(length):
            column = int.from_bytes(data[at:whole:length], "little")
            index = (rows[0] ^ column).to_bytes(LANES, "little")
            for place in range(last):
                rows[place] = rows[place + 1] ^ int.from_bytes(index.translate(tables[place]), "little")
            rows[last] = int.from_bytes(index.translate(tables[last]), "little")
        return [row.to_bytes(LANES, "little") for row in rows]

    def _joined(self, rows: list[bytes], length: int) -> int:
        shift = self._shift(length)
        state = 0
        for lane in zip(*rows, strict=True):
            moved = 0
            for place, table in enumerate(shift):
                moved ^= table[state >> 8 * place & 255]
            state = moved ^ int.from_bytes(bytes(lane), "little")
        return state

    @lru_cache(maxsize=256)  # noqa: B019 - there are two of these for as long as the process lives
    def _shift(self, length: int) -> list[list[int]]:
        """Tables that lead a state over so many zero bytes, one for each byte of the state."""
        bits = self._powers(length)
        tables = []
        for place in range(self.width):
            row = [0] * 256
            for number in range(1, 256):
                low = number & -number
                row[number] = row[number ^ low] ^ bits[8 * place + low.bit_length() - 1]
            tables.append(row)
        return tables

    def _powers(self, length: int) -> list[int]:
        """What each bit of a state becomes behind so many zero bytes."""
        bits = 8 * self.width
        result = [1 << bit for bit in range(bits)]
        square = [1 << bit for bit in range(bits)]
        square = [state >> 8 ^ self._table[state & 255] for state in square]
        while length:
            if length & 1:
                result = [_apply(square, state) for state in result]
            square = [_apply(square, state) for state in square]
            length >>= 1
        return result

    def joined(self, first: int, second: int, length: int) -> int:
        """The check of two pieces in a row, of which the second has so many bytes."""
        return _apply(self._powers(length), first) ^ second


def _step(state: int, polynomial: int) -> int:
    for _ in range(8):
        state = state >> 1 ^ (polynomial if state & 1 else 0)
    return state


def _apply(matrix: list[int], state: int) -> int:
    out = 0
    while state:
        low = state & -state
        out ^= matrix[low.bit_length() - 1]
        state ^= low
    return out


@lru_cache(maxsize=3)
def cyclic(name: str) -> Cyclic:
    """A check by its name: CRC32, CRC32C or CRC64NVME."""
    polynomial, width = {
        "CRC32": (0xEDB88320, 4),
        "CRC32C": (0x82F63B78, 4),
        "CRC64NVME": (0x9A6C9329AC4BC9B5, 8),
    }[name]
    return Cyclic(polynomial, width)
