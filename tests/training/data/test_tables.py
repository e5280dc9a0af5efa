"""Tables as people have them: what spreadsheets, data sets and editors write, and what is wrong with one row."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonolux.errors import TrainingError
from sonolux.training.data.folders import files_at
from sonolux.training.data.listed import list_files
from sonolux.training.data.numbers import read_numbers
from sonolux.training.data.sources import FoundFiles
from sonolux.training.data.table_paths import FileFinder
from sonolux.training.data.tables import is_table, plain_name, read_table

LABELS = ("äpfel", "birnen", "äpfel", "birnen", "äpfel", "birnen")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make six files in two folders; tables need them to be there, not to be pictures."""
    for number in range(6):
        file = tmp_path / ("ungerade" if number % 2 else "gerade") / f"bild {number}.png"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"\x89PNG\r\n\x1a\n")
    return tmp_path


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.png"), key=lambda path: path.name)]


def table(folder: Path, header: str = "path,label", delimiter: str = ",", end: str = "\n") -> str:
    rows = [f"{name}{delimiter}{label}" for name, label in zip(names(folder), LABELS, strict=True)]
    return end.join([*([header.replace(",", delimiter)] if header else []), *rows, ""])


def check_all(found: FoundFiles, folder: Path) -> None:
    assert [Path(path).relative_to(folder).as_posix() for path in found.paths] == names(folder)
    assert found.labels is not None
    assert [found.labels[path] for path in found.paths] == list(LABELS)
    assert found.failed == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_any_delimiter_and_encoding(delimiter: str, encoding: str, folder: Path) -> None:
    (folder / "t.csv").write_bytes(table(folder, delimiter=delimiter, end="\r\n").encode(encoding))
    check_all(list_files(folder / "t.csv"), folder)


def test_other_alphabets_are_guessed(folder: Path) -> None:
    names = ("яблоко", "груша", "слива", "вишня", "черника", "клубника")
    rows = [f"{path};{name}" for path, name in zip(sorted(folder.rglob("*.png")), names, strict=True)]
    (folder / "t.csv").write_bytes("\r\n".join(["path;label", *rows]).encode("cp1251"))
    assert sorted((list_files(folder / "t.csv").labels or {}).values()) == sorted(names)


@pytest.mark.parametrize(
    "header",
    [
        *("File Name,Class", "FILENAME,Category", "file_name,target", " image , LABEL ", "Image Path,class name"),
        *("path,label", "fname,labels", '"path","label"', "audio,species"),
        "",
    ],
)
def test_headers_under_any_usual_name_and_none(header: str, folder: Path) -> None:
    (folder / "t.csv").write_text(table(folder, header))
    check_all(list_files(folder / "t.csv"), folder)


def test_what_excel_is_told_of_its_delimiter(folder: Path) -> None:
    (folder / "t.csv").write_text("sep=;\n" + table(folder, delimiter=";"))
    check_all(list_files(folder / "t.csv"), folder)


def test_marks_of_byte_order_in_every_line(folder: Path) -> None:
    (folder / "t.csv").write_text("\n".join("\ufeff" + line for line in table(folder).splitlines()))
    check_all(list_files(folder / "t.csv"), folder)
    (folder / "t.csv").write_text("ï»¿" + table(folder))
    check_all(list_files(folder / "t.csv"), folder)


def test_a_first_line_parted_otherwise_costs_itself(folder: Path) -> None:
    (folder / "t.csv").write_text("ID,Labels\n" + table(folder, "", delimiter=";"))
    found = list_files(folder / "t.csv")
    assert len(found.paths) == 6
    assert [one.reason for one in found.failed] == ["is not there (t.csv, line 1)"]


def test_a_workbook(folder: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in csv.reader(io.StringIO(table(folder, "Datei,Label"))):
        book.active.append(row)
    book.active.append([None, None])
    book.save(folder / "t.xlsx")
    check_all(list_files(folder / "t.xlsx"), folder)
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(TrainingError, match=r"broken\.xlsx cannot be read: it is no Excel workbook"):
        list_files(folder / "broken.xlsx")


def test_an_object_a_line(folder: Path) -> None:
    lines = [json.dumps({"file_name": n, "label": label}) for n, label in zip(names(folder), LABELS, strict=True)]
    (folder / "metadata.jsonl").write_text("\n".join(lines))
    check_all(list_files(folder / "metadata.jsonl"), folder)
    check_all(files_at(folder, "pictures"), folder)
    (folder / "metadata.jsonl").write_text(lines[0] + "\n{broken\n")
    with pytest.raises(TrainingError, match=r"metadata\.jsonl cannot be read: line 2 is no JSON"):
        list_files(folder / "metadata.jsonl")


@pytest.mark.parametrize(
    "written",
    [
        lambda folder, name: str(folder / name),
        lambda folder, name: "C:\\Users\\me\\Pictures\\" + name.replace("/", "\\"),
        lambda folder, name: name.replace("/", "\\"),
        lambda folder, name: "./" + name,
        lambda folder, name: name.upper(),
        lambda folder, name: "/somebody/elses/data/" + name,
        lambda folder, name: name.rpartition("/")[2].removesuffix(".png"),
        lambda folder, name: (folder / name).as_uri().replace("%20", " "),
    ],
)
def test_paths_of_any_machine(written, folder: Path) -> None:
    rows = [f"{written(folder, name)},{label}" for name, label in zip(names(folder), LABELS, strict=True)]
    (folder / "t.csv").write_text("\n".join(["path,label", *rows]))
    check_all(list_files(folder / "t.csv"), folder)


def test_a_name_that_two_files_have_is_not_guessed(folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "bild 0.png").write_bytes(b"x")
    finder = FileFinder(folder)
    assert finder.file("bild 0.png") is None
    assert finder.file("D:\\gerade\\bild 0.png") == str(folder / "gerade" / "bild 0.png")
    for odd in ("", "\0", "x" * 5_000, "..", "/"):
        assert finder.file(odd) is None


def test_a_bad_row_costs_that_row(folder: Path) -> None:
    rows = table(folder).splitlines()
    rows[2] = "ungerade/bild 1.png,"
    rows[3:3] = [",rot", "nirgends.png,rot", rows[1], "gerade/bild 0.png,birnen"]
    (folder / "t.csv").write_text("\n".join(rows))
    found = list_files(folder / "t.csv")
    assert len(found.paths) == 5
    said = [failure.reason for failure in found.failed]
    assert said == [
        "line 3: ungerade/bild 1.png has no label",
        "line 4: no path",
        "is not there (t.csv, line 5)",
        "line 7: gerade/bild 0.png is birnen here, äpfel in line 2",
    ]
    assert found.notes == (f"{folder}/t.csv, line 6: repeats line 2",)


def test_more_bad_rows_than_good_ones_stop(folder: Path) -> None:
    (folder / "t.csv").write_text("path,label\ngone0.png,a\ngone1.png,a\ngone2.png,a\ngerade/bild 0.png,b")
    with pytest.raises(TrainingError, match=r"t\.csv: 3 of 4 rows cannot be used, .*gone0\.png: is not there"):
        list_files(folder / "t.csv")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("path,label\n", "has no rows below its first line"),
        ("a,b\nc,d\n", "has no column path"),
        ("gerade/bild 0.png,a,b\ngerade/bild 2.png,a,c\n", "has 3 columns without names"),
    ],
)
def test_tables_that_name_nothing(text: str, why: str, folder: Path) -> None:
    (folder / "t.csv").write_text(text)
    with pytest.raises(TrainingError, match=why):
        list_files(folder / "t.csv")


def test_quotes_between_commas_and_tabs(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('path,text\n"a, b.wav","she said ""no"""\n')
    assert read_table(tmp_path / "t.csv").rows[0].cells == ("a, b.wav", 'she said "no"')
    (tmp_path / "t.tsv").write_text('path\tsentence\na.wav\t"Go," he said.\nb.wav\t"all ""quoted"""\n')
    assert [row.cells[1] for row in read_table(tmp_path / "t.tsv").rows] == ['"Go," he said.', 'all "quoted"']


@given(
    st.lists(
        st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), max_size=20), min_size=2, max_size=4
    )
)
def test_what_a_spreadsheet_writes_is_read(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    import unicodedata

    file = tmp_path_factory.mktemp("t") / "t.csv"
    with file.open("w", newline="", encoding="utf-8-sig") as opened:
        csv.writer(opened).writerows([["path", *(["label"] * (len(cells) - 1))], ["x", *cells[1:]]])
    if "=" in "".join(cells) or "\ufffd" in "".join(cells):
        return  # what declares an encoding, or is broken, is another test's
    expected = tuple(unicodedata.normalize("NFC", cell.strip()) for cell in ("x", *cells[1:]))
    found = read_table(file).rows[0].cells
    assert [one.removeprefix("'") for one in found] == [one.removeprefix("'") for one in expected]


def test_names_of_columns() -> None:
    assert [plain_name(name) for name in (" File  Name ", "Begin Time (s)", "LABEL", "ﬁle")] == [
        "file_name", "begin_time_s", "label", "file",
    ]  # fmt: skip
    assert not is_table(Path("/nowhere.csv"))


class TestNumbers:
    def rows(self, tmp_path: Path, text: str) -> tuple[int, int]:
        (tmp_path / "n.csv").write_text(text)
        found = read_numbers(tmp_path / "n.csv")
        return found.rows.shape

    def test_without_a_header_the_first_row_is_a_row(self, tmp_path: Path) -> None:
        assert self.rows(tmp_path, "".join(f"{n},{n * n}\n" for n in range(9))) == (9, 2)

    def test_a_header_is_none_of_them(self, tmp_path: Path) -> None:
        assert self.rows(tmp_path, "size,weight\n" + "".join(f"{n},{n * n}\n" for n in range(9))) == (9, 2)

    def test_labels_without_a_header(self, tmp_path: Path) -> None:
        assert self.rows(tmp_path, "".join(f"{n},{n * n},iris\n" for n in range(9))) == (9, 2)

    def test_labels_in_any_case(self, tmp_path: Path) -> None:
        assert self.rows(tmp_path, "a;Label;b\n" + "".join(f"{n},5;x;{n * n}\n" for n in range(9))) == (9, 2)

    def test_a_bad_row_is_named(self, tmp_path: Path) -> None:
        lines = [f"{n},{n * n}" for n in range(9)]
        lines[3:3] = ["x,1", "nan,2", "3"]
        (tmp_path / "n.csv").write_text("\n".join(["a,b", *lines]))
        found = read_numbers(tmp_path / "n.csv")
        assert len(found) == 9
        assert [failure.reason for failure in found.failed] == [
            "line 5: column a: 'x' is no number",
            "line 6: column a is NaN or infinite",
            "line 7: 1 columns, the first line has 2",
        ]

    def test_rows_that_are_all_the_same_teach_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="all 9 rows are the same"):
            self.rows(tmp_path, "1,2\n" * 9)


@pytest.mark.parametrize("above", ["My apples;;\n\n", "# made by a program\n# twice\n", "Äpfel und Birnen 2024\n"])
def test_titles_above_the_names_of_the_columns(above: str, folder: Path) -> None:
    (folder / "t.csv").write_text(above + table(folder, delimiter=";"), encoding="utf-8")
    check_all(list_files(folder / "t.csv"), folder)


def test_a_list_of_paths_has_no_titles(folder: Path) -> None:
    (folder / "t.csv").write_text("\n".join(names(folder)))
    assert len(list_files(folder / "t.csv").paths) == 6


@pytest.mark.parametrize("state", ["hidden", "visible"])
def test_the_sheet_that_holds_the_data(state: str, folder: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["Notes about this"])
    if state == "hidden":
        book.active.append(["of last year"])
        book.active.sheet_state = "hidden"
    sheet = book.create_sheet("data")
    for row in ["path,label", *(f"{name},{label}" for name, label in zip(names(folder), LABELS, strict=True))]:
        sheet.append(row.split(","))
    book.active = 1
    book.save(folder / "t.xlsx")
    check_all(list_files(folder / "t.xlsx"), folder)


def test_formulas_that_come_to_nothing_are_no_class(folder: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for name, label in [("path", "label"), *zip(names(folder), ["#N/A", *LABELS[1:]], strict=True)]:
        book.active.append([name, label])
    book.save(folder / "t.xlsx")
    found = list_files(folder / "t.xlsx")
    assert set((found.labels or {}).values()) == set(LABELS)
    assert [one.reason for one in found.failed] == ["line 2: gerade/bild 0.png has no label"]


def test_values_of_json_that_hold_one(folder: Path) -> None:
    rows = [
        json.dumps({"image": {"path": name, "bytes": None}, "label": [label]})
        for name, label in zip(names(folder), LABELS, strict=True)
    ]
    (folder / "t.jsonl").write_text("\n".join(rows))
    check_all(list_files(folder / "t.jsonl"), folder)


def test_characters_that_nobody_sees_make_no_class(folder: Path) -> None:
    rows = [
        f"{name},{label}{end}"
        for name, label, end in zip(names(folder), LABELS, "\u200b\xa0\u200e\ufeff\xad ", strict=True)
    ]
    (folder / "t.csv").write_text("\n".join(["path,label", *rows]), encoding="utf-8")
    check_all(list_files(folder / "t.csv"), folder)


def test_addresses_of_files_are_paths(folder: Path) -> None:
    rows = [f"{(folder / name).as_uri()},{label}" for name, label in zip(names(folder), LABELS, strict=True)]
    assert "%20" in rows[0]
    (folder / "t.csv").write_text("\n".join(["path,label", *rows]))
    check_all(list_files(folder / "t.csv"), folder)
