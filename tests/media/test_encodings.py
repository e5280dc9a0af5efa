"""Character encodings: shown, declared, guessed; and what is no text."""

from __future__ import annotations

from pathlib import Path

import pytest

from sonolux.errors import MediaError
from sonolux.media.signatures import is_text
from sonolux.media.texts.encodings import declared_encoding
from sonolux.media.texts.text_decoding import decode_legacy, decode_text

KYOTO = "昨日は京都の金閣寺を見物しました。"
GERMAN = "Über die Größe der Straße müssen wir später reden."


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("iso2022jp.txt", "京都の金閣寺"),
        ("iso2022jp.html", "京都の金閣寺"),
        ("xhtml_entity.html", "Größe"),
        ("turkish.txt", "pencereden dışarı baktım. Kuşlar ağaçların"),
        ("german_dos.txt", "Der Bär frißt süßen Honig; Köln grüßt Düsseldorf."),
    ],
)
def test_files_of_old_programs(name: str, words: str, cases: Path) -> None:
    content = (cases / "text-encodings" / name).read_bytes()
    assert is_text(content)
    assert words in decode_text(content)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (KYOTO, "iso2022_jp"),
        ("ASCII に 半角 ﾊﾝｶｸ", "iso2022_jp_ext"),
        ("서울에 다녀왔습니다.", "iso2022_kr"),
        ("北京的秋天很美。", "hz"),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy.", "cp852"),
        ("Dzień dobry, chciałbym kupić książkę.", "iso8859-2"),
        ("Dzień dobry, chciałbym kupić książkę.", "mac_latin2"),
        ("Дорогие друзья, добро пожаловать!", "cp866"),
        ("Дорогие друзья, добро пожаловать!", "mac_cyrillic"),
        ("Ласкаво просимо до нашої бібліотеки, їжаки!", "koi8-u"),
        ("Καλημέρα σε όλους, τι κάνετε σήμερα;", "cp737"),
        ("Où êtes-vous né, à Besançon ou à Évian ?", "mac_roman"),
        ("Ačiū už pagalbą, iki pasimatymo rytoj.", "cp1257"),
        ("สวัสดีครับ วันนี้อากาศดีมาก", "cp874"),
        ("안녕하세요, 오늘은 날씨가 좋습니다.", "cp949"),
        ("今天天氣很好，我們去公園散步吧。", "big5"),
    ],
)
def test_texts_from_before_unicode(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "text", ["notes", "עברית", GERMAN, "Привет, это заметки.", KYOTO, "我的家乡在江边的一座小镇。\n" * 300]
)
def test_unicode_without_a_mark(text: str, encoding: str) -> None:
    content = text.encode(encoding)
    assert is_text(content)
    assert decode_text(content) == text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"end of file\r\n\x1a", "end of file\n"),
        (b"record\x1a" + bytes(121), "record"),
        (b"a stray\x00NUL", "a stray NUL"),
        (GERMAN.encode() * 40 + b"\x00" + GERMAN.encode(), GERMAN * 40 + " " + GERMAN),
        (GERMAN.encode("cp850") + b"\x1a", GERMAN),
    ],
)
def test_stray_control_characters_do_not_make_a_text_binary(content: bytes, text: str) -> None:
    assert is_text(content)
    assert decode_text(content) == text


@pytest.mark.parametrize(
    "content",
    [
        b"\x7fELF\x02\x01\x01" + bytes(9),
        bytes(500),
        b"\xd7\x0e\xfb\x91\xa0\x33\xc4\x8d",
        b"\x01\x02" * 40,
        bytes(range(256)) * 8,
        b"PK\x03\x04\x14\x00\x00\x00\x08\x00",
    ],
)
def test_binary_data_is_no_text(content: bytes) -> None:
    assert not is_text(content)
    with pytest.raises(MediaError, match="binary data"):
        decode_text(content)


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b'<?xml version="1.0" encoding="ISO-8859-1"?>', "cp1252"),
        (b"<?xml version='1.0' encoding='koi8-r' standalone='yes'?>", "koi8-r"),
        (b'@charset "windows-1250";', "windows-1250"),
        (b'<meta charset="gb2312">', "gb18030"),
        (b'<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=Shift_JIS">', "cp932"),
        (b"# -*- coding: iso-8859-2 -*-\n", "iso-8859-2"),
        (b"% vim: set fileencoding=cp1257 :\n", "cp1257"),
        (b"the encoding of a text is a guess", None),
    ],
)
def test_declarations(head: bytes, encoding: str | None) -> None:
    assert declared_encoding(head) == encoding


def test_a_declaration_is_believed_before_a_guess_and_after_proof() -> None:
    polish = "<?xml version='1.0' encoding='iso-8859-2'?><p>Żółw</p>"
    assert decode_text(polish.encode("iso-8859-2")) == polish
    mislabelled = f'<meta charset="iso-8859-1"><p>{GERMAN}</p>'
    assert decode_text(mislabelled.encode()) == mislabelled
    # As UTF-8, these bytes would be a letter of Czech.
    short = '<meta charset="gb2312"><p>女</p>'
    assert decode_text(short.encode("gb2312")) == short


def test_a_broken_byte_far_into_an_old_text_does_not_lose_it() -> None:
    content = (GERMAN + "\n").encode("cp1252") * 1500
    broken = content[:70_000] + b"\x81" + content[70_001:]
    assert decode_text(broken).count(GERMAN) >= 1499


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        ("Подмосковные вечера", "cp1251"),
        ("Владимир Трошин", "cp1251"),
        ("Любэ", "cp1251"),
        ("月亮代表我的心", "gbk"),
        ("王菲", "gbk"),
        ("夜来香", "cp932"),
        ("椎名林檎", "cp932"),
        ("서태지와 아이들", "cp949"),
        ("Νάνα Μούσχουρη", "cp1253"),
        ("Edith Piaf – Hymne à l’amour", "cp1252"),
        ("Queensrÿche", "cp1252"),
        ("Sólstafir", "cp1252"),
        ("Jürgen", "cp1252"),
        ("Bohuslav Martinů", "cp1250"),
        ("Sezen Aksu: Güneş", "cp1254"),
        ("עפרה חזה", "cp1255"),
        ("plain", "ascii"),
        ("Été", "utf-8"),
    ],
)
def test_tags_of_old_programs(words: str, encoding: str) -> None:
    assert decode_legacy(words.encode(encoding)) == words


def test_tags_of_any_bytes_are_some_text() -> None:
    for content in (b"", b"\x81\x8d", b"\xff" * 30, bytes(range(256))):
        decode_legacy(content).encode("utf-8")
