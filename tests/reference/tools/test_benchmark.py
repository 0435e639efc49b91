"""벤치: 이름마다 표 하나가 나오는지 봐요. 시간의 크기는 보지 않아요."""

from __future__ import annotations

import json

import pytest
import torch
import typer
from typer.testing import CliRunner

from reference.errors import UserError
from reference.tools import benchmark, commands
from reference.tools.table import Table


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


@pytest.mark.parametrize(("options", "wanted"), [([], 1), (["--threads", "2"], 2)])
@pytest.mark.parametrize("name", ["train", "decode", "cache", "batches", "all"])
def test_bench_uses_one_thread_unless_told(name, options, wanted, tmp_path, monkeypatch):
    """바쁜 컴퓨터에서 스레드를 모두 쓰면 KV 캐시의 13배가 3.4배로 재어져요."""
    used: list[int] = []

    def look(*arguments):
        used.append(torch.get_num_threads())
        return Table("x", "x", ["x"])

    for bench in ("train", "decode", "cache", "batches"):
        monkeypatch.setattr(benchmark, f"bench_{bench}", look)
    torch.set_num_threads(3)
    app = typer.Typer()
    commands.register(app)
    result = CliRunner().invoke(app, ["bench", name, "--json", str(tmp_path / "b.json"), *options])
    assert result.exit_code == 0, result.output
    assert set(used) == {wanted} and torch.get_num_threads() == 3
    assert {table["threads"] for table in json.loads((tmp_path / "b.json").read_text("utf-8"))} == {wanted}
