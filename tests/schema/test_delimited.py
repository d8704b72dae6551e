import gzip

import numpy as np
import pytest

from polymodal.errors import DataError
from polymodal.schema.delimited import read_delimited


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_delimited(path).to_pydict()

    return write_and_read


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_finds_the_separator(read, separator):
    rows = [["a", "b", "c"], ["1", "x y", "2.5"], ["2", '"q, r; s | t"', "3.5"]]
    assert read("\n".join(separator.join(row) for row in rows)) == {
        "a": [1, 2],
        "b": ["x y", "q, r; s | t"],
        "c": [2.5, 3.5],
    }


def test_text_with_other_separators_in_every_row_does_not_mislead(read):
    assert read("note,age\nx; y,1\nz; w,2\n") == {"note": ["x; y", "z; w"], "age": [1, 2]}


def test_single_column(read):
    assert read("note\nhello world\nagain\n") == {"note": ["hello world", "again"]}


def test_decimal_comma(read):
    assert read("a;b\n1,5;x\n-2,25;y\n") == {"a": [1.5, -2.25], "b": ["x", "y"]}


def test_gap_words_are_gaps_in_numbers_and_text_in_text(read):
    table = read("n,flag,text,none\n1.5,true,NA,NA\nNA,null,None,null\nnull,,,\n2,false,BE,\n")
    assert table == {
        "n": [1.5, None, None, 2.0],
        "flag": [True, None, None, False],
        "text": ["NA", "None", None, "BE"],
        "none": [None] * 4,  # nothing but such words says nothing of the column
    }


def test_type_is_settled_on_all_rows(read):
    rows = [str(n) for n in range(200_000)] + ["unknown"]
    assert read("a\n" + "\n".join(rows))["a"][-2:] == ["199999", "unknown"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marks_of_encoding(read, encoding):
    assert read("żółć,雨\nłódź,1\n".encode(encoding)) == {"żółć": ["łódź"], "雨": [1]}


def test_quoted_line_breaks_and_a_huge_cell(read):
    huge = "x" * 10_000_000
    assert read(f'a,b\n"one\ntwo",{huge}\n') == {"a": ["one\ntwo"], "b": [huge]}


def test_compressed(read):
    assert read(gzip.compress(b"a,b\n1,x\n"), "t.csv.gz") == {"a": [1], "b": ["x"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Empty"),
        (np.random.default_rng(0).bytes(5000), "binary, not delimited text"),
        (b"PK\x03\x04\x00\x00", "Excel or zip"),
        ("a,b\n1,2\n3,é\n".encode("latin-1"), r"not UTF-8 text \(line 3, byte 0xe9\)"),
        (b"a,b\n1,2,3\n4,5\n6\n", r"line 2: 3 cells instead of 2\n  - line 4: 1 cells instead of 2"),
    ],
)
def test_broken_files_say_what_is_wrong(read, content, message):
    with pytest.raises(DataError, match=message):
        read(content)


def test_broken_compression_says_so(read):
    with pytest.raises(DataError, match="cannot be read"):
        read(b"no gzip", "t.csv.gz")
