"""A GX page without the network: foreign styles, scripts and pictures out, one small style in."""

import re

OFFLINE_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem; color: #1d2329; }
h1, h2, h3, h4, h5, h6 { margin: .6rem 0 .3rem; }
a { color: #0b5cad; }
table { border-collapse: collapse; margin: .5rem 0 1rem; }
th, td { border: 1px solid #c9d1d9; padding: .3rem .6rem; text-align: left; vertical-align: top; }
.alert { background: #eef2f5; padding: .5rem .8rem; border-radius: 4px; }
.badge { background: #dde4ea; border-radius: 4px; padding: 0 .35rem; }
.badge-warning { background: #f5d88a; } .badge-danger { background: #f2b8b5; }
.text-success { color: #19713a; } .text-danger { color: #b3261e; } .text-warning { color: #8a5a00; }
.fa-check-circle::before { content: "\\2714"; }
.fa-times::before { content: "\\2718"; }
.fa-exclamation-triangle::before { content: "!"; }
.sticky { position: static; } .navbar { height: auto !important; }
ul.nav, ol.breadcrumb { list-style: none; padding: 0; }
ol.breadcrumb li { display: inline; margin-right: .5rem; }
"""

_FOREIGN = (
    r"<script\b.*?</script>",  # all of them lean on jQuery from a foreign host
    r"<link\b[^>]*\bhref=[\"']https?://[^>]*>",
    r"<img\b[^>]*\bsrc=[\"']https?://[^>]*>",
    r"<footer\b.*?</footer>",  # an invitation to a newsletter
    r"url\(['\"]?https?://[^)]*\)",
    r"\son\w+=\"[^\"]*\"",  # handlers of the scripts removed above
    r"<div class=\"card mb-3\">(?:(?!Table of Contents).)*?</label>(?:\s*</div>){5}",  # its filter
)
_PATTERN = re.compile("|".join(_FOREIGN), re.DOTALL | re.IGNORECASE)
_OUTWARD_LINK = re.compile(r"<a\b[^>]*\bhref=[\"']https?://[^>]*>(.*?)</a>", re.DOTALL)


def strip_foreign(page: str) -> str:
    """The page with nothing to fetch from elsewhere and nothing that needs a script."""
    page = _OUTWARD_LINK.sub(r"\1", _PATTERN.sub("", page))
    return page.replace("</head>", f"<style>{OFFLINE_STYLE}</style></head>", 1)
