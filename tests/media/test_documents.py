"""Documents of office programs, e-books, e-mails, rich text, and PDFs under keys."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from media.specimens import pdf
from sonolux.errors import MediaError
from sonolux.media.reading import ReadOptions, read
from sonolux.media.signatures import OLE
from sonolux.media.texts.document import pdf_metadata
from sonolux.media.texts.letters import rtf_text
from sonolux.media.texts.text import read_passages, read_text

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"'
)
CORE = """<cp:coreProperties xmlns:cp="c" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="t">
<dc:title>Garden animals</dc:title>
<dc:creator>Ada Pérez</dc:creator><dcterms:created>2021-03-04T05:06:07Z</dcterms:created>
<cp:keywords>marsupials</cp:keywords></cp:coreProperties>"""


def run(text: str) -> str:
    return f"<w:r><w:t xml:space='preserve'>{text}</w:t></w:r>"


DOCX = {
    "[Content_Types].xml": "<Types/>",
    "docProps/core.xml": CORE,
    "word/document.xml": f"""<w:document {W} {MC}><w:body>
<w:p>{run("The ban")}{run("dicoot digs")}<w:r><w:tab/></w:r>{run("deep.")}</w:p>
<w:p><w:del>{run("wombat")}<w:r><w:delText>wombat</w:delText></w:r></w:del>
<w:ins>{run("An okapi")}</w:ins>{run(" grazes.")}</w:p>
<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p>{run("boxed numbat")}</w:p></w:txbxContent></mc:Choice>
<mc:Fallback><w:txbxContent><w:p>{run("boxed numbat")}</w:p></w:txbxContent></mc:Fallback></mc:AlternateContent>
</w:r></w:p><w:tbl><w:tr><w:tc><w:p>{run("quokka")}</w:p></w:tc><w:tc><w:p>{run("7")}</w:p></w:tc></w:tr></w:tbl>
</w:body></w:document>""",
    "word/footnotes.xml": f"<w:footnotes {W}><w:footnote><w:p>{run('a footnote on echidnas')}</w:p></w:footnote>"
    "</w:footnotes>",
    "word/header1.xml": f"<w:hdr {W}><w:p>{run('letterhead')}</w:p></w:hdr>",
}
PPTX = {
    "ppt/presentation.xml": "<p/>",
    **{
        f"ppt/slides/slide{n}.xml": f'<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>slide {n} {word}</a:t></a:r></a:p>'
        "</p:sld>"
        for n, word in ((1, "dugong"), (2, "manatee"), (10, "narwhal"))
    },
}
XLSX = {
    "xl/workbook.xml": "<workbook/>",
    "xl/sharedStrings.xml": "<sst xmlns='s'><si><t>ringtail </t><r><t>possum</t></r></si></sst>",
    "xl/worksheets/sheet1.xml": "<worksheet xmlns='s'><c t='inlineStr'><is><t>cuscus</t></is></c><c><v>3</v>"
    "</c></worksheet>",
}
ODT = {
    "mimetype": "application/vnd.oasis.opendocument.text",
    "meta.xml": f"<office:document-meta {ODF}><dc:title>Diario</dc:title>"
    "<meta:initial-creator>Luz</meta:initial-creator>"
    "<meta:creation-date>2020-02-03T04:05:06.7</meta:creation-date></office:document-meta>",
    "content.xml": f"""<office:document-content {ODF}><office:body><text:tracked-changes><text:p>wombat</text:p>
</text:tracked-changes><text:h>El día</text:h>
<text:p>Un <text:span>ban</text:span>dicut<text:s/>gris<text:line-break/>come.</text:p>
</office:body></office:document-content>""",
}
EPUB = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
    "OPS/book.opf": """<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>Night birds</dc:title>
<dc:creator>B. Author</dc:creator><dc:date>1999-05-06</dc:date><dc:language>en</dc:language></metadata><manifest>
<item id="b" href="text/two.xhtml"/><item id="a" href="text/one%20a.xhtml"/>
<item id="x" href="../../etc/passwd"/></manifest>
<spine><itemref idref="a"/><itemref idref="b"/><itemref idref="x"/><itemref idref="none"/></spine></package>""",
    "OPS/text/two.xhtml": "<html><body><p>Then a nightjar called.</p></body></html>",
    "OPS/text/one a.xhtml": "<html><head><title>I</title></head><body><p>A morepork waits.</p></body></html>",
}
PACKAGES = {"docx": DOCX, "pptx": PPTX, "xlsx": XLSX, "odt": ODT, "epub": EPUB}
TEXTS = {
    "docx": "The bandicoot digs deep.\n\nAn okapi grazes.\n\nboxed numbat\n\nquokka\n\n7\n\n"
    "a footnote on echidnas\n\nletterhead",
    "pptx": "slide 1 dugong\n\nslide 2 manatee\n\nslide 10 narwhal",
    "xlsx": "ringtail possum\n\ncuscus",
    "odt": "El día\n\nUn bandicut gris\ncome.",
    "epub": "A morepork waits.\n\nThen a nightjar called.",
}
FILED = {
    "docx": {
        "title": "Garden animals",
        "artist": ["Ada Pérez"],
        "date": "2021-03-04T05:06:07Z",
        "keywords": ["marsupials"],
    },
    "odt": {"title": "Diario", "artist": ["Luz"], "date": "2020-02-03T04:05:06Z"},
    "epub": {"title": "Night birds", "artist": ["B. Author"], "date": "1999-05-06T00:00:00Z", "language": "en"},
}


def package(parts: dict[str, str]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return held.getvalue()


def first(path: Path) -> tuple[str, dict[str, object], str]:
    """Return format, metadata and text of a file, however it is called."""
    probe, *segments = read(str(path), ReadOptions())
    assert all(isinstance(segment.content, str) for segment in segments)
    return probe.format, probe.metadata, "\n\n".join(segment.content for segment in segments)


@pytest.mark.parametrize("form", PACKAGES)
def test_packages_of_xml(form: str, tmp_path: Path) -> None:
    path = tmp_path / "named-otherwise.bin"
    path.write_bytes(package(PACKAGES[form]))
    found, metadata, text = first(path)
    assert (found, text) == (form, TEXTS[form])
    assert metadata == FILED.get(form, {})
    whole = read_text(str(path), form)
    for start, end, passage in read_passages(str(path), form, 20, 10**6):
        assert whole[int(start) : int(end)] == passage


def test_a_damaged_part_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.pptx"
    path.write_bytes(package({**PPTX, "ppt/slides/slide2.xml": "<p:sld"}))
    *events, last = read(str(path), ReadOptions())
    assert "dugong" in events[1].content
    assert "narwhal" in events[-1].content
    assert last.missing == "could not be read: ppt/slides/slide2.xml"


def eml(**fields: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"From": "Zoë <zoe@example.org>", "Subject": "Größe der Känguru-Gruppe", **fields}.items():
        message[name] = value
    message["Date"] = "Fri, 05 Jul 2019 10:11:12 +0200"
    return message


def test_emails(tmp_path: Path) -> None:
    message = eml()
    message.set_content("We saw a quoll.\n")
    message.add_alternative("<html><p>We saw a <b>quoll</b>.</p></html>", subtype="html")
    message.add_attachment(b"\x00\x01", maintype="image", subtype="jpeg", filename="thylacine.jpg")
    path = tmp_path / "a.eml"
    path.write_bytes(bytes(message))
    form, metadata, text = first(path)
    assert (form, text) == ("eml", "Größe der Känguru-Gruppe\n\nWe saw a quoll.\n\n\nthylacine.jpg")
    assert metadata["title"] == "Größe der Känguru-Gruppe"
    assert metadata["date"] == "2019-07-05T10:11:12+02:00"
    assert "Zoë" in str(metadata["artist"])
    page = eml(Subject="Hi")
    page.set_content("<p>Ein <i>Schnabel</i>tier</p>", subtype="html", charset="iso-8859-1")
    path.write_bytes(bytes(page))
    assert first(path)[2] == "Hi\n\nEin Schnabeltier"
    path.write_bytes(
        b"From: a@example.org\r\nSubject: \xcf\xf0\xe8\xe2\xe5\xf2 \xec\xe8\xf0\r\nDate: never\r\n"
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n" + "Жёлтый верблюд идёт домой.".encode("koi8-r")
    )
    assert first(path)[2] == "Привет мир\n\nЖёлтый верблюд идёт домой."
    path.write_text("Note: to self\nTo: do\n\nbuy milk")
    assert first(path)[0] == "txt"


def test_rich_text(tmp_path: Path) -> None:
    path = tmp_path / "a.rtf"
    path.write_bytes(
        rb"{\rtf1\ansi\ansicpg1250{\info{\title B\'fcro}{\author M. Nov\'e1k}{\creatim\yr2001\mo2\dy3}}"
        rb"{\fonttbl{\f0 Arial;}}\pard P\'f8\'edli\'9a \b blue\b0tongue \u8364?5\par lizard}"
    )
    form, metadata, text = first(path)
    assert (form, text) == ("rtf", "Příliš bluetongue €5\nlizard")
    assert metadata == {"title": "Büro", "artist": ["M. Novák"], "date": "2001-02-03T00:00:00Z"}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (rb"{\rtf1\ansi\ansicpg932{\fonttbl{\f0\fcharset128 M;}}\f0 \'93\'fa\'96\'7b}", "日本"),
        (rb"{\rtf1\ansi A \u10132? B \u8364\'80 \u-10179?\u-8704?}", "A ➔ B € 😀"),
        (rb"{\rtf1\mac caf\'8e}", "café"),
        (rb"{\rtf1\ansi broken \'zz {{{", "broken zz "),
    ],
)
def test_characters_of_rich_text(content: bytes, text: str) -> None:
    assert rtf_text(content) == text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (OLE + bytes(600), "Office before 2007, or under a password"),
        (package(DOCX)[:900], "."),
        (package({**DOCX, "word/document.xml": "<w:document"}), "document"),
        (package({**DOCX, "word/document.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}), "entities of its own"),
        (package({**DOCX, "word/document.xml": f"<w:document {W}>" + " " * (65 * 2**20)}), "more than 67108864 bytes"),
        (package({**DOCX, "word/document.xml": "<p>" * 100_000 + "</p>" * 100_000}), "."),
        (package({"mimetype": "application/epub+zip"}), "."),
        (package({"readme.txt": "a plain archive"}), "."),
        (
            package(
                {
                    **EPUB,
                    "META-INF/encryption.xml": "<e><CipherReference URI='OPS/text/one a.xhtml'/>"
                    "<CipherReference URI='OPS/text/two.xhtml'/></e>",
                }
            ),
            "copy protection",
        ),
    ],
)
def test_what_is_no_readable_document_says_why(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=reason) as raised:
        first(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256-R5", "AES-256"])
def test_pdfs_that_open_without_a_password(algorithm: str, tmp_path: Path, specimens: dict[str, str]) -> None:
    from pypdf import PdfReader, PdfWriter

    for password in ("", "secret"):
        writer = PdfWriter(clone_from=PdfReader(specimens["document.pdf"]))
        writer.encrypt(password, "owner", algorithm=algorithm)
        path = tmp_path / "a.pdf"
        with path.open("wb") as file:
            writer.write(file)
        if password:
            with pytest.raises(MediaError, match="under a password"):
                first(path)
        else:
            form, metadata, text = first(path)
            assert (form, metadata["title"]) == ("pdf", "Tides")
            assert "The tide is high." in text


def test_notes_and_form_fields_of_a_pdf(tmp_path: Path, specimens: dict[str, str]) -> None:
    from pypdf import PdfReader, PdfWriter
    from pypdf.annotations import FreeText, Link
    from pypdf.generic import DictionaryObject, NameObject, TextStringObject

    writer = PdfWriter(clone_from=PdfReader(specimens["document.pdf"]))
    writer.add_annotation(0, FreeText(text="an annotated pangolin", rect=(0, 0, 9, 9)))
    writer.add_annotation(0, Link(rect=(0, 0, 9, 9), url="https://example.org/aardvark"))
    field = {"/Subtype": NameObject("/Widget"), "/FT": NameObject("/Tx"), "/V": TextStringObject("filled-in tapir")}
    writer.add_annotation(1, DictionaryObject({NameObject(key): value for key, value in field.items()}))
    path = tmp_path / "a.pdf"
    with path.open("wb") as file:
        writer.write(file)
    text = read_text(str(path), "pdf")
    assert "an annotated pangolin" in text.split("\n\n")[0]
    assert "filled-in tapir" in text
    assert "aardvark" not in text


def test_several_authors_of_a_pdf_are_several(tmp_path: Path) -> None:
    from pypdf import PdfWriter

    names = "".join(f"<rdf:li>{name}</rdf:li>" for name in ("Ada Lovelace", "Hopper, Grace"))
    writer = PdfWriter()
    writer.add_blank_page(99, 99)
    writer.metadata = None
    writer.xmp_metadata = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:creator><rdf:Seq>{names}</rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()
    path = tmp_path / "a.pdf"
    writer.write(path)
    assert pdf_metadata(str(path))["artist"] == ["Ada Lovelace", "Hopper, Grace"]


def test_a_damaged_page_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    pages = pdf("The first.", "The second.", "The third.")
    path.write_bytes(pages.replace(b"(The second.)", b"<The second.)"))
    *events, last = read(str(path), ReadOptions())
    said = " ".join(event.content for event in events[1:])
    assert "The first." in said
    assert "The third." in said
    assert last.missing == "could not be read: page 2"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ((b"startxref\n", b"startxref\n9"), "The tide"),
        ((b"/Root 1 0 R", b"/Root 9 0 R"), None),
        ((b"/Kids[4 0 R", b"/Kids[2 0 R 4 0 R"), None),
        ((b"/Count 2", b"/Count 99999999"), "The tide"),
    ],
)
def test_broken_structures_of_pdfs_end(broken: tuple[bytes, bytes], said: str | None, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf("The tide.", "The sea.").replace(*broken))
    try:
        assert said is None or said in first(path)[2]
    except MediaError as error:
        assert said is None
        assert "\n" not in str(error)


def test_the_shared_pdfs(cases: Path) -> None:
    assert "bandicoot" in first(cases / "pdf-aes" / "owner_aes256.pdf")[2]
    with pytest.raises(MediaError, match="under a password"):
        first(cases / "pdf-aes" / "user_aes256.pdf")


def test_all_that_a_message_shows(tmp_path: Path) -> None:
    """A page before a list's plain footer, and a message that is sent on; a text that is attached is but named."""
    inner = eml(Subject="An owl was heard")
    inner.set_content("In the dunnart's tree.\n")
    message = eml(Subject="Fwd")
    message.set_content("<p>We saw a <b>quoll</b>.</p>", subtype="html")
    message.add_attachment("To leave the list, write to us.\n", disposition="inline")
    message.add_attachment(inner)
    message.add_attachment("not shown", filename="notes.txt")
    path = tmp_path / "a.eml"
    path.write_bytes(bytes(message))
    text = " ".join(first(path)[2].split())
    assert text == (
        "Fwd We saw a quoll. To leave the list, write to us. An owl was heard In the dunnart's tree. notes.txt"
    )


def test_messages_within_messages_end(tmp_path: Path) -> None:
    message = eml(Subject="0")
    message.set_content("the innermost")
    for number in range(30):
        outer = eml(Subject=f"level {number}")
        outer.set_content("see below")
        outer.add_attachment(message)
        message = outer
    (tmp_path / "a.eml").write_bytes(bytes(message))
    text = first(tmp_path / "a.eml")[2]
    assert "level 29" in text
    assert "the innermost" not in text


def test_notes_and_hidden_words_of_rich_text() -> None:
    content = rb"{\rtf1\ansi A quoll{\footnote {\super 1} seen at night}.{\v more}{\deleted gone} Here{\vertalt .}}"
    text = rtf_text(content)
    assert "seen at night" in text
    assert not {"more", "gone"} & set(text.split())
    assert "Here" in text


@pytest.mark.parametrize(("mark", "shown"), [("<w:vanish/>", False), ('<w:vanish w:val="0"/>', True), ("<w:b/>", True)])
def test_hidden_runs_of_word(mark: str, shown: bool, tmp_path: Path) -> None:
    run = f"<w:r><w:rPr>{mark}</w:rPr><w:t>numbat</w:t></w:r>"
    body = f"<w:body><w:p>{run}<w:r><w:t>bilby</w:t></w:r></w:p></w:body>"
    (tmp_path / "a.docx").write_bytes(package({"word/document.xml": f"<w:document {W}>{body}</w:document>"}))
    assert first(tmp_path / "a.docx")[2] == ("numbatbilby" if shown else "bilby")


def test_everybody_who_wrote_an_e_book(tmp_path: Path) -> None:
    part = next(name for name in PACKAGES["epub"] if name.endswith(".opf"))
    blurb = "<dc:description>&lt;p&gt;Of &lt;b&gt;owls&lt;/b&gt;&lt;/p&gt;</dc:description>"
    said = f"<dc:creator>C. Other</dc:creator>{blurb}</metadata>"
    book = {**PACKAGES["epub"], part: PACKAGES["epub"][part].replace("</metadata>", said)}
    (tmp_path / "a.epub").write_bytes(package(book))
    metadata = first(tmp_path / "a.epub")[1]
    assert metadata["artist"] == ["B. Author", "C. Other"]
    assert metadata["description"] == "Of owls"
