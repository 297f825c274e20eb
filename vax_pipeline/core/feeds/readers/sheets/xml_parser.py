"""XML as a workbook may hold it: UTF-8, no document type, and damage named as such."""

from xml.parsers import expat

from vax_pipeline.core.feeds.rejects import QuarantineError, Reason


def damaged(what: str) -> QuarantineError:
    """The quarantine of a workbook that Excel itself would call damaged."""
    return QuarantineError(
        Reason.CORRUPT_WORKBOOK,
        f"The workbook is damaged ({what}): open it in Excel, save it anew and deliver it again.",
    )


def make_parser() -> expat.XMLParserType:
    """A parser that refuses a document type: its entities are how a little XML grows without bound."""
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise damaged("a document type in its XML")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def feed(parser: expat.XMLParserType, data: bytes, *, is_last: bool) -> None:
    """Parse a piece. Raises QuarantineError when it is not well-formed."""
    try:
        parser.Parse(data, is_last)
    except expat.ExpatError as error:
        raise damaged("its XML is not well-formed") from error


def local(name: str) -> str:
    """A name without its namespace's prefix, which every program chooses for itself."""
    return name.rpartition(":")[2]


def elements(data: bytes) -> list[tuple[str, str, dict[str, str]]]:
    """Name of the parent, name and attributes of every element, names without prefix."""
    found: list[tuple[str, str, dict[str, str]]] = []
    path = [""]

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        found.append((path[-1], name, {local(key): value for key, value in attributes.items()}))
        path.append(name)

    parser = make_parser()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    feed(parser, data, is_last=True)
    return found
