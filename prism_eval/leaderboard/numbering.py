"""Whatever tells rows apart, as numbers in order of appearance."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


class Numbered(NamedTuple):
    """Rows numbered by what they hold.

    Attributes:
        numbers: Shape (rows,): equal where the rows hold the same, from 0 in order of appearance.
        first: Shape (numbers,): the row where each appears first.
    """

    numbers: NDArray[np.int64]
    first: NDArray[np.int64]


def numbered(keys: NDArray[np.int64]) -> Numbered:
    """Number rows by a key."""
    import numpy as np
    import pyarrow as pa

    # Arrow hashes where numpy's unique sorts: a third of the time, and in order of appearance.
    numbers = pa.array(keys).dictionary_encode().indices.to_numpy().astype(np.int64)
    # Numbers rise by one where something appears first, and nowhere else.
    return Numbered(numbers, np.flatnonzero(np.diff(np.maximum.accumulate(numbers), prepend=-1)))


def with_places(keys: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Shape (rows,): one number of two, equal only where both are.

    Args:
        keys: Shape (rows,): numbers from 0, few enough for each to be told from the others in each place.
        places: Shape (rows,): samples or orders, which whoever wrote a table may have numbered from anywhere.
    """
    own = numbered(places).numbers
    count: int = own.max(initial=0) + 1
    return keys * count + own


def label_numbers(labels: pa.Array) -> NDArray[np.int64]:
    """The numbers of an array of labels, -1 for an empty cell; those of its dictionary if it is coded."""
    import numpy as np
    import pyarrow as pa

    coded = labels if pa.types.is_dictionary(labels.type) else labels.dictionary_encode()
    numbers: NDArray[np.int64] = coded.indices.fill_null(-1).to_numpy().astype(np.int64)
    return numbers
