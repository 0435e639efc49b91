"""문장 쌍 읽기: 여러 모양의 파일과 Hugging Face의 이름, 그리고 나쁜 파일마다의 한 문장."""

from __future__ import annotations

import gzip
import sys

import pytest
from support.reference_corpus import PAIRS, write_tsv

from reference.data.pairs import read_pairs
from reference.errors import UserError


def test_reads_tsv_gzip_bom_crlf_and_several_files(tmp_path):
    plain = write_tsv(tmp_path / "a.tsv", PAIRS[:3])
    packed = tmp_path / "b.tsv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    windows = tmp_path / "c.tsv"
    windows.write_bytes(b"\xef\xbb\xbf" + "가\tA\textra\r\n\r\n나\tB\r\n".encode())
    assert list(read_pairs([plain, str(packed), windows])) == [*PAIRS[:3], *PAIRS[:3], ("가", "A"), ("나", "B")]


def test_bad_files_get_one_clear_sentence(tmp_path):
    with pytest.raises(UserError, match="찾을 수 없어요"):
        list(read_pairs(tmp_path / "없는.tsv"))
    (tmp_path / "one.tsv").write_text("탭이 없는 줄\n또\n", encoding="utf-8")
    with pytest.raises(UserError, match="1번째 줄에 열이 하나뿐"):
        list(read_pairs(tmp_path / "one.tsv"))
    (tmp_path / "mixed.tsv").write_bytes("가\tA\n".encode() + "나는 간다\tB\n".encode("cp949"))
    with pytest.raises(UserError, match="2번째 줄이 UTF-8이 아니에요.*cp949"):
        list(read_pairs(tmp_path / "mixed.tsv"))
    (tmp_path / "cut.tsv.gz").write_bytes(gzip.compress("가\tA\n".encode() * 9999)[:-20])
    with pytest.raises(UserError, match="압축 파일"):
        list(read_pairs(tmp_path / "cut.tsv.gz"))


def test_a_line_without_tab_in_the_middle_is_counted(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("가\tA\n탭 없음\n나\tB\n", encoding="utf-8")
    report = {}
    assert list(read_pairs(path, report)) == [("가", "A"), ("나", "B")] and report == {"one_column": 1}


def test_hugging_face_name_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(UserError, match="datasets"):
        list(read_pairs("someone/korean-english"))


def test_hugging_face_rows_and_columns(monkeypatch):
    class Library:
        @staticmethod
        def load_dataset(name, config, split, streaming):
            assert (name, config, split, streaming) == ("a/b", "ko-en", "train", True)
            return [{"translation": {"en": "A", "ko": "가"}}]

    monkeypatch.setitem(sys.modules, "datasets", Library)
    assert list(read_pairs("a/b:ko-en#ko,en")) == [("가", "A")]
    assert list(read_pairs("a/b:ko-en")) == [("A", "가")]
    with pytest.raises(UserError, match="열이 없어요"):
        list(read_pairs("a/b:ko-en#ko,fr"))
    Library.load_dataset = staticmethod(lambda *a, **k: (_ for _ in ()).throw(ConnectionError()))
    with pytest.raises(UserError, match="받지 못했어요"):
        list(read_pairs("a/b:ko-en"))
