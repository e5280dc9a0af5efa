from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.specimens import HTML, SRT, VTT, pdf
from sonolux.errors import MediaError
from sonolux.media.reading import ReadOptions, read
from sonolux.media.segment import Probe, Segment
from sonolux.media.texts.cues import Cue
from sonolux.media.texts.markup import markdown_title, parse_page
from sonolux.media.texts.subtitles import cue_passages, parse_cues
from sonolux.media.texts.text import passages, read_passages, read_text
from sonolux.media.texts.text_decoding import decode_text

FRENCH = "Le château est fermé. Déjà vu, garçon ! L'été est là où naît la forêt."
RUSSIAN = "Привет, как дела? Сегодня хорошая погода, и мы пойдём гулять."
JAPANESE = "こんにちは、今日はいい天気ですね。散歩に行きましょう。"
CHINESE = "今天天气很好，我们去散步吧。你好世界。"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "utf-8"),
        (FRENCH, "utf-8-sig"),
        (FRENCH, "utf-16"),
        (FRENCH, "utf-32"),
        (FRENCH, "cp1252"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "cp932"),
        (JAPANESE * 10, "euc-jp"),
        (CHINESE, "gb18030"),
    ],
)
def test_encodings_are_recognised(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding)) == text


def test_a_few_broken_characters_do_not_change_the_encoding() -> None:
    content = (RUSSIAN * 5).encode()
    assert decode_text(content[:101] + b"\xff" + content[101:]).count("\ufffd") in (1, 2, 3)
    assert decode_text(content[:-2], partial=True) == (RUSSIAN * 5)[:-2]


def test_text_is_cleaned() -> None:
    assert decode_text(b"a\r\nb\rc\x1bd") == "a\nb\nc d"
    assert decode_text(codecs.BOM_UTF16_LE + "a\0b".encode("utf-16-le")) == "a b"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"abc\x00d\x01ef", "byte 3 is 0x00, binary data"),
        (codecs.BOM_UTF8 + b"abc\xff", "not text in utf-8-sig, which its byte order mark says: byte 3"),
        (codecs.BOM_UTF16_LE + b"a\x00b", "not text in utf-16"),
    ],
)
def test_no_text_gets_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(MediaError, match=reason):
        decode_text(content)


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_refused(content: bytes) -> None:
    try:
        text = decode_text(content)
    except MediaError as error:
        assert "\n" not in str(error)
    else:
        text.encode("utf-8")
        assert "\0" not in text


WORDS = st.sampled_from(
    ["a", "tide", "ships.", "storm!", "\n", "\n\n", " ", "  ", "。", "x" * 40, "é", "“so.”", "\u2003"]
)


@given(st.lists(WORDS, max_size=80).map("".join) | st.text(max_size=300), st.integers(1, 60))
def test_passages_are_exact_and_lose_only_space(text: str, chars: int) -> None:
    found = list(passages(text, chars))
    position = 0
    for start, end, passage in found:
        assert text[start:end] == passage
        assert passage == passage.strip() != ""
        assert len(passage) <= chars
        assert not text[position:start].strip()
        position = end
    assert not text[position:].strip()


def test_passages_end_where_a_reader_would() -> None:
    def cut(text: str) -> list[str]:
        return [passage for _, _, passage in passages(text, 20)]

    assert cut("One two. Three\n\nFour five. Six") == ["One two. Three", "Four five. Six"]
    assert cut("One two three. Four five six.") == ["One two three.", "Four five six."]
    assert cut("one two three\nfour five six") == ["one two three", "four five six"]
    assert cut("one two three four five six") == ["one two three four", "five six"]
    assert cut("x" * 30) == ["x" * 20, "x" * 10]


def test_a_word_broken_at_the_end_of_a_line_stays_in_one_passage() -> None:
    text = "we have seen a hippopo-\ntamus by the river"
    assert [passage for _, _, passage in passages(text, 26)] == ["we have seen a", "hippopo-\ntamus by the", "river"]


def test_long_texts_are_cut_in_linear_time() -> None:
    assert len(list(passages("word " * 200_000, 1000))) == pytest.approx(1000, rel=0.05)
    assert len(list(passages(" " * 1_000_000 + "x", 1000))) == 1


def test_pages_read_as_they_look() -> None:
    page = parse_page(HTML)
    assert page.title == "Sea & sky"
    assert page.language == "en"
    assert page.text == "The sea\n\nIt is wide.\n\nIt is deep."


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one<p>two", "one\n\ntwo"),
        ("<head><title>t</title><body>seen", "seen"),
        ("<script>x", ""),
        ("a &lt;b&gt; &#233; &nope;", "a <b> é &nope;"),
        ("<svg><title>icon</title></svg>rest", "rest"),
        ("<!-- <p>no</p> -->yes", "yes"),
    ],
)
def test_untidy_markup(markup: str, text: str) -> None:
    assert parse_page(markup).text == text


@given(st.text(alphabet="<>/!-&;aptitle \"'=", max_size=200))
def test_any_markup_parses(markup: str) -> None:
    assert isinstance(parse_page(markup).text, str)


def test_declared_encodings_are_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(f'<html><meta charset="koi8-r"><p>{RUSSIAN}</p></html>'.encode("koi8-r"))
    assert read_text(str(path), "html") == RUSSIAN
    path.write_bytes(b'<html><meta charset="no-such-thing"><p>caf\xe9</p></html>')
    assert read_text(str(path), "html") == "café"


def test_markdown_titles() -> None:
    assert markdown_title("text\n## Tides ##\n# More") == "Tides"
    assert markdown_title("Tides\n=====\ntext") == "Tides"
    assert markdown_title("#hashtag only") is None


def test_cues() -> None:
    assert list(parse_cues(SRT)) == [
        Cue(1.0, 2.5, "Good evening."),
        Cue(60.0, 63.25, "The ship & the storm are coming."),
    ]
    assert list(parse_cues(VTT)) == [Cue(1.0, 2.5, "Good evening."), Cue(3600.0, 3603.25, "The storm is here.")]


def test_cues_join_into_passages() -> None:
    cues = [Cue(float(n), n + 1.5, f"cue {n}") for n in range(10)]
    found = list(cue_passages(cues, 20))
    assert found[0] == (0.0, 3.5, "cue 0\ncue 1\ncue 2")
    assert [line for _, _, text in found for line in text.split("\n")] == [cue.text for cue in cues]
    assert list(cue_passages([Cue(0.0, 1.0, "x" * 50)], 20)) == [(0.0, 1.0, "x" * 50)]


@pytest.mark.parametrize("name", ["notes.txt", "notes.md", "page.html", "document.pdf"])
def test_passages_of_files_are_those_of_their_text(name: str, specimens: dict[str, str]) -> None:
    form = name.rpartition(".")[2]
    text = read_text(specimens[name], form)
    found = list(read_passages(specimens[name], form, 30, 10**6))
    assert found
    for start, end, passage in found:
        assert text[int(start) : int(end)] == passage


def test_pdf_text(specimens: dict[str, str]) -> None:
    words = read_text(specimens["document.pdf"], "pdf").split()
    assert " ".join(words) == "The tide is high. The tide is low."


def test_a_pdf_without_text_says_so(tmp_path: Path) -> None:
    from sonolux.media.reading import ReadOptions, read

    path = tmp_path / "scan.pdf"
    path.write_bytes(pdf("", ""))
    with pytest.raises(MediaError, match="holds no text, and its pages are empty"):
        list(read(str(path), ReadOptions()))


def test_locked_pdfs(tmp_path: Path, specimens: dict[str, str]) -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(specimens["document.pdf"]))
    writer.encrypt("secret", algorithm="RC4-128")
    path = tmp_path / "locked.pdf"
    with path.open("wb") as file:
        writer.write(file)
    with pytest.raises(MediaError, match="under a password"):
        read_text(str(path), "pdf")


def test_long_pdfs_are_refused_by_their_text(specimens: dict[str, str]) -> None:
    with pytest.raises(MediaError, match="more than 20 characters"):
        read_text(specimens["document.pdf"], "pdf", max_text=20)


def test_lyrics(data: Path) -> None:
    for path in sorted(data.glob("songs_with_lyrics/lyrics/*.txt"))[:40]:
        text = read_text(str(path), "txt")
        assert text == path.read_text(encoding="utf-8").replace("\ufeff", "").replace("\r\n", "\n")
        for start, end, passage in passages(text, 300):
            assert text[start:end] == passage


SVG = """<?xml version="1.0"?>
<!-- made by a program -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x" [ <!ENTITY ns "y"> ]>
<svg xmlns="http://www.w3.org/2000/svg"><title>A plan</title><style>.a {{ fill: red }}</style>
<metadata>image/svg+xml</metadata><path d="M 10 10 L 20 20"/>{}</svg>"""


def test_a_drawing_says_its_words(tmp_path: Path) -> None:
    path = tmp_path / "plan.svg"
    path.write_text(SVG.format("<g><text x='1'>Okapi <tspan>house</tspan></text><text>Pond</text></g>"))
    probe, *found = read(str(path), ReadOptions())
    assert isinstance(probe, Probe)
    assert (probe.format, probe.metadata["title"]) == ("svg", "A plan")
    assert [one.content for one in found if isinstance(one, Segment)] == ["Okapi house\n\nPond"]


def test_a_drawing_without_words_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "plan.svg"
    path.write_text(SVG.format(""))
    with pytest.raises(MediaError, match="is an SVG drawing without words: save a copy as PNG"):
        list(read(str(path), ReadOptions()))


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: Night birds\ntags: [a, b]\n---\n\n# Heading\n", "Night birds"),
        ('---\nTitle: "Night: birds"\n---\n# Heading\n', "Night: birds"),
        ("---\ntags: [a, b]\n---\n\n# Heading\n", "Heading"),
        ("---\ntags: [a, b]\n---\nno heading", None),
        ("---\n\n# Heading\n\n---\n", "Heading"),
    ],
)
def test_what_stands_in_front_of_markdown_is_no_heading(text: str, title: str | None) -> None:
    assert markdown_title(text) == title


def test_halves_of_characters_in_utf_8_are_joined() -> None:
    assert decode_text(b"an owl \xed\xa0\xbd\xed\xb8\x80 calls") == "an owl \U0001f600 calls"


def test_lines_in_an_older_encoding_cost_no_others() -> None:
    lines = ["Größe und Höhe der Bäume", "Übergröße für Käse", "Straße nach Süden"]
    mixed = "\n".join(lines).encode() + "\nschöne Grüße".encode("cp1252")
    assert decode_text(mixed) == "\n".join([*lines, "schöne Grüße"])


@pytest.mark.parametrize("encoding", ["cp1252", "gb18030", "shift_jis", "koi8-r", "euc_kr"])
def test_no_older_encoding_is_taken_for_several(encoding: str) -> None:
    said = {
        "cp1252": "Die Größe der Bäume\nSchöne Grüße aus Köln\nÄpfel für alle Kühe und Mäuse",
        "gb18030": "联通\n月亮代表我的心\n你问我爱你有多深",
        "shift_jis": "京都の金閣寺\nはとても美しいです",
        "koi8-r": "Подмосковные\nвечера не слышны",
        "euc_kr": "안녕하세요\n서울의 봄은 아름답습니다",
    }[encoding]
    assert decode_text(said.encode(encoding)) == said
