"""axe.py LANDFALL ROOT FOLDER: the report judged by axe-core, the accessibility checker of Deque, all its rules for WCAG 2.2 A
and AA and its best practices.  axe-core comes from npm, once, into FOLDER's cache; where npm is missing or cannot reach its
registry, the test is skipped."""
import json
import os
import shutil
import subprocess
import sys
import tarfile

from browser import Browser

VERSION = "4.10.3"
SKIPPED = 77


def find_axe(folder):
    """The source of axe-core, or None."""
    kept = folder + ".axe-core-" + VERSION + ".js"
    if not os.path.exists(kept):
        npm = shutil.which("npm")
        if not npm:
            return None
        os.makedirs(folder, exist_ok=True)
        try:
            got = subprocess.run([npm, "pack", "--silent", "axe-core@" + VERSION], cwd=folder, capture_output=True, text=True,
                                 timeout=120, check=True)
            with tarfile.open(os.path.join(folder, got.stdout.split()[-1])) as archive:
                data = archive.extractfile("package/axe.min.js").read()
        except (subprocess.SubprocessError, OSError, tarfile.TarError, IndexError) as why:
            print("axe-core cannot be had:", why)
            return None
        with open(kept, "wb") as file:
            file.write(data)
    with open(kept, encoding="utf-8") as file:
        return file.read()


def main():
    landfall, root, folder = (os.path.realpath(a) for a in sys.argv[1:4])
    axe = find_axe(folder)
    if not axe:
        sys.exit(SKIPPED)
    subprocess.run(["bash", os.path.join(os.path.dirname(os.path.realpath(__file__)), "project.sh"), landfall, root, folder], check=True)
    b = Browser()
    found = 0
    try:
        for name, scheme, width in (("new", "light", 1280), ("new", "dark", 1280), ("built", "light", 1280), ("built", "light", 390)):
            b.media(scheme=scheme)
            b.size(width)
            b.open(f"{folder}/{name}.html")
            # What is out of sight has no true size, which a check of the whole page at once would take for an overlap.
            b.evaluate("{ const s = document.styleSheets[0]; s.insertRule('.steps > li { content-visibility: visible }', s.cssRules.length); }")
            b.evaluate("document.querySelectorAll('.stage, .table, .steps > li:nth-child(-n+3) > details').forEach((d) => { d.open = true; })")
            b.evaluate("new Promise((r) => setTimeout(r, 100))")
            b.evaluate(axe + "; 1") # by the debugger, which the page's policy does not bind
            result = json.loads(b.evaluate(
                "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })"
                ".then((r) => JSON.stringify({ passes: r.passes.length, violations: r.violations.map((v) =>"
                " [v.id, v.impact, v.help, v.nodes.length, v.nodes[0].html.slice(0, 160), v.nodes[0].failureSummary]) }))", patience=240))
            print(f"{name}, {scheme}, {width}: {result['passes']} rules passed, {len(result['violations'])} broken")
            for one in result["violations"]:
                print("  ", *one)
            found += len(result["violations"])
            if result["passes"] < 20:
                sys.exit("axe looked at nothing")
    finally:
        b.close()
    sys.exit(1 if found else 0)


main()
