# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the page that the dialog's Help button opens, from docs/controls.md.

    python -m tools.help_page

Writes gimp_plugin/auto_enhance_rl/help/index.html: one file that loads nothing. Needs Python-Markdown.
"""

from __future__ import annotations

import re
from pathlib import Path

import markdown

from models.files import write_text

PAGE = Path(__file__).parents[1] / "docs" / "controls.md"
HELP = Path(__file__).parents[1] / "gimp_plugin" / "auto_enhance_rl" / "help" / "index.html"

STYLE = """
:root { color-scheme: light dark; --line: #bbb; --shade: #f1f1f1 }
@media (prefers-color-scheme: dark) { :root { --line: #555; --shade: #2a2a2a } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em }
h1, h2 { line-height: 1.2 }
h2 { margin-top: 1.8em; border-bottom: 1px solid var(--line) }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto }
th, td { border: 1px solid var(--line); padding: .3em .6em; text-align: left; vertical-align: top }
code { background: var(--shade); padding: .1em .3em; border-radius: 3px }
nav { columns: 2; background: var(--shade); padding: .8em 1em }
nav ul { margin: 0; padding: 0; list-style: none }
"""


def html() -> str:
    """controls.md as one page. The site's pictures and other pages aren't there, so it names them no more."""
    text = PAGE.read_text(encoding="utf-8")
    text = re.sub(r"^!\[.*\n\n?", "", text, flags=re.MULTILINE)
    text = re.sub(r"\[([^\]]+)\]\((?!https?:|#)[^)]*\)", r"\1", text)
    reader = markdown.Markdown(extensions=["tables", "toc"], extension_configs={"toc": {"toc_depth": "2-2"}})
    body = reader.convert(text)
    contents = reader.toc.replace('<div class="toc">', "<nav>").replace("</div>", "</nav>")
    title = re.sub(r"^# ", "", text.splitlines()[0])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Auto Enhance (RL): {title}</title>
<style>{STYLE}</style>
</head>
<body>
{body.replace("</h1>", "</h1>" + chr(10) + contents.strip(), 1)}
</body>
</html>
"""


def main() -> None:
    HELP.parent.mkdir(exist_ok=True)
    write_text(HELP, html())
    print(HELP)


if __name__ == "__main__":
    main()
