"""벤치: 이름마다 표 하나가 나오는지 봐요. 시간의 크기는 보지 않아요."""

from __future__ import annotations

import json

import pytest

from reference.errors import UserError
from reference.tools import benchmark


@pytest.mark.parametrize("name", ["train", "decode", "cache", "batches"])
def test_small_bench_gives_a_table(name):
    table = benchmark.run(name, small=True)
    assert table.rows and all(len(row) == len(table.headers) for row in table.rows)
    assert all(isinstance(value, (str, float)) for row in table.rows for value in row)
    assert json.loads(json.dumps(table.to_dict()))["name"] == name
    assert table.title in str(table)


def test_unknown_bench():
    with pytest.raises(UserError, match="train, decode, cache"):
        benchmark.run("magic")
