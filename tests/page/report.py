"""report.py LANDFALL ROOT FOLDER: the report of the example in a real browser - what a person sees, with and without script,
by mouse and by keyboard, in light and dark, on paper and on a narrow screen.  Pictures are left in FOLDER."""
import json
import os
import subprocess
import sys

from browser import Browser, Failed

# Contrast by WCAG 2.2, 1.4.3: every text that has a box, against the nearest background that is painted.
CONTRAST = """(() => {
  const parse = (c) => { const m = c.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const light = (c) => { const l = c.slice(0, 3).map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2]; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const bad = []; let count = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode, e = text.parentElement;
    if (!text.data.trim() || e.closest("script, style, title, .skip, option") || e.getClientRects().length === 0) continue;
    const style = getComputedStyle(e), svg = e.closest("svg");
    let back = null;
    const node = svg && e.closest(".node");
    if (node) back = parse(getComputedStyle(node.querySelector("rect")).fill);
    for (let b = e; !back; b = b.parentElement) {
      const c = b ? parse(getComputedStyle(b).backgroundColor) : parse(getComputedStyle(document.body).backgroundColor);
      if (c[3] > 0 || !b) back = c;
    }
    const r = ratio(parse(svg ? style.fill : style.color), back);
    count++;
    if (r < 4.5) bad.push(`${r.toFixed(2)} ${e.tagName}.${e.className.baseVal ?? e.className}: ${text.data.trim().slice(0, 40)}`);
  }
  return { count, bad: [...new Set(bad)].slice(0, 10) };
})()"""

STRUCTURE = """(() => {
  const bad = [];
  const all = (s) => [...document.querySelectorAll(s)];
  if (all("h1").length !== 1) bad.push("not one h1");
  let last = 0;
  for (const h of all("h1, h2, h3, h4")) { const n = Number(h.tagName[1]); if (n > last + 1) bad.push(`h${n} after h${last}: ${h.textContent}`); last = n; }
  for (const s of ["body > header", "nav[aria-label]", "main", "body > footer"]) if (all(s).length !== 1) bad.push("not one " + s);
  const ids = all("[id]").map((e) => e.id);
  if (new Set(ids).size !== ids.length) bad.push("an id twice");
  for (const t of all("table")) {
    if (!t.caption?.textContent.trim()) bad.push("a table without a caption");
    if (!t.querySelector("thead th") || t.querySelector("th:not([scope])")) bad.push("a head without scope: " + t.caption.textContent);
  }
  for (const s of all("svg")) if (s.getAttribute("aria-hidden") !== "true" &&
      !(s.getAttribute("role") === "img" && document.getElementById(s.getAttribute("aria-labelledby"))?.textContent)) bad.push("a picture without a name");
  for (const a of all("a")) { const h = a.getAttribute("href"); if (!h.startsWith("#") || !document.getElementById(h.slice(1))) bad.push("a link to nowhere: " + h); }
  for (const i of all("input, select, button")) if (!i.closest("label") && !i.textContent.trim()) bad.push("no name: " + i.outerHTML);
  if (all("[style], [onclick], iframe, img, link, object, embed, base").length) bad.push("something a page of ours has not");
  return bad;
})()"""

checks = []


def check(function):
    checks.append(function)
    return function


def expect(truth, what):
    if not truth:
        raise Failed(what)


class World:
    pass


@check
def the_browser_has_nothing_to_complain_of_and_asks_for_nothing(b, w):
    for name in ("new", "built"):
        b.open(w.file(name))
        b.settle()
        expect(not b.complaints(), f"{name}: {b.complaints()}")
        expect(b.evaluate("performance.getEntriesByType('resource').length") == 0, "something was loaded")


@check
def the_policy_stops_what_is_not_the_page_s_own(b, w):
    b.open(w.file("new"))
    blocked = b.evaluate("""new Promise((done) => {
      const seen = new Set();
      addEventListener("securitypolicyviolation", (e) => { seen.add(e.effectiveDirective); if (seen.size === 4) done([...seen].sort()); });
      const script = document.createElement("script"); script.textContent = "window.ran = true"; document.body.append(script);
      const image = document.createElement("img"); image.src = "http://127.0.0.1:9/x.png"; document.body.append(image);
      const style = document.createElement("style"); style.textContent = "h1 { display: none }"; document.body.append(style);
      fetch("http://127.0.0.1:9/").catch(() => 0);
      setTimeout(() => done([...seen].sort()), 40000);
    })""")
    expect(blocked == ["connect-src", "img-src", "script-src-elem", "style-src-elem"], f"stopped: {blocked}")
    expect(b.evaluate("window.ran === undefined && getComputedStyle(document.querySelector('h1')).display !== 'none'"), "it had an effect")


@check
def the_document_is_sound(b, w):
    for name in ("new", "built"):
        for script in (True, False):
            b.open(w.file(name), script)
            found = b.evaluate(STRUCTURE)
            expect(not found, f"{name}: {found}")


@check
def without_script_everything_is_there_and_opens(b, w):
    b.open(w.file("new"), script=False)
    expect(not b.complaints(), str(b.complaints()))
    steps = w.plan["plan"]["steps"]
    expect(b.evaluate("document.querySelectorAll('.steps > li').length") == len(steps), "not every step is in the page")
    text = b.evaluate("document.querySelector('#tree').textContent")
    for step in steps:
        expect(step["address"] in text and step["reason"] in text, step["address"])
    for value in ("playbooks/saas.lua:", "Needed by"):
        expect(value in text, value)
    expect(b.evaluate("getComputedStyle(document.querySelector('#tools')).display") == "none", "tools that do nothing are shown")
    b.click("details.stage > summary")
    expect(b.evaluate("document.querySelector('details.stage').open"), "a stage does not open")
    b.click("details.stage li details > summary")
    expect(b.evaluate("document.querySelector('details.stage li details').open"), "a step does not open")


@check
def what_is_behind_a_step_comes_when_it_is_opened(b, w):
    step = "document.getElementById('s-database~2ecluster~2eprimary')"
    inside = step + ".querySelector('.inside')"
    b.open(w.file("new"))
    expect(b.evaluate(inside) is None, "it is there before it is wanted")
    b.evaluate(step + ".querySelector('details').open = true")
    b.settle()
    text = b.evaluate(inside + ".textContent")
    for value in ("Declared", "playbooks/saas.lua:", "Needed by", "db.t4g.medium"):
        expect(value in text, f"{value} is not in {text}")
    expect(b.evaluate(inside + ".querySelectorAll('a[href^=\"#s-\"]').length") > 0, "no links")


@check
def steps_are_found_filtered_and_ordered(b, w):
    b.open(w.file("new"))
    visible = "[...document.querySelectorAll('.steps > li')].filter((l) => !l.hidden && !l.closest('.stage').hidden)"
    b.evaluate("document.querySelector('#find').focus()")
    b.type("DPA-signed legal")
    b.evaluate("new Promise((r) => setTimeout(r, 300))")
    expect(b.evaluate(visible + ".map((l) => l.id)") == ["s-human~2edpa-signed"], "find")
    expect(b.evaluate("document.querySelector('#shown').textContent") == f"1 of {len(w.plan['plan']['steps'])} steps", "the count")
    expect(b.evaluate("document.getElementById('s-human~2edpa-signed').checkVisibility()"), "what was found is shown")
    b.evaluate("document.getElementById('find').value = ''; document.getElementById('find').dispatchEvent(new Event('input')); new Promise((r) => setTimeout(r, 300))")
    expect(b.evaluate(visible + ".length") == len(w.plan["plan"]["steps"]), "all again")
    expect(b.evaluate("document.querySelectorAll('details.stage[open]').length") == 0, "what was closed is closed again")
    b.evaluate("document.getElementById('action').value = 'todo'; document.getElementById('action').dispatchEvent(new Event('change'))")
    expect(b.evaluate(visible + ".map((l) => l.dataset.a)") == ["todo"], "by action")
    b.evaluate("document.getElementById('action').value = ''; document.getElementById('action').dispatchEvent(new Event('change'));"
               "document.getElementById('owner').value = 'dns-team'; document.getElementById('owner').dispatchEvent(new Event('change'))")
    expect(b.evaluate(visible + ".map((l) => l.dataset.o)") == ["dns-team"], "by owner")
    b.evaluate("document.getElementById('owner').value = ''; document.getElementById('owner').dispatchEvent(new Event('change'));"
               "document.getElementById('order').value = 'm'; document.getElementById('order').dispatchEvent(new Event('change'))")
    amounts = b.evaluate("[...document.querySelectorAll('.steps')].map((u) => [...u.children].map((l) => Number(l.dataset.m || 0)))")
    expect(all(a == sorted(a, reverse=True) for a in amounts) and max(max(a) for a in amounts) > 0, "dearest first")
    b.evaluate("document.getElementById('order').value = ''; document.getElementById('order').dispatchEvent(new Event('change'))")
    ids = b.evaluate("[...document.querySelectorAll('.steps')].map((u) => [...u.children].map((l) => l.querySelector('code').textContent))")
    expect(all(i == sorted(i) for i in ids), "by address again")


@check
def the_list_is_walked_by_keyboard(b, w):
    b.open(w.file("new"))
    focused = "document.activeElement.textContent"
    b.evaluate("document.querySelector('details.stage > summary').focus()")
    b.key("ArrowRight")
    expect(b.evaluate("document.querySelector('details.stage').open"), "right opens")
    b.key("ArrowDown")
    first = w.first_step()
    expect(first in b.evaluate(focused), "down goes to the first step, not to " + b.evaluate(focused))
    b.key("Enter")
    expect(b.evaluate("document.activeElement.parentElement.open"), "Enter opens")
    b.key("ArrowLeft")
    expect(not b.evaluate("document.activeElement.parentElement.open"), "left closes")
    b.key("ArrowLeft")
    expect(b.evaluate("document.activeElement.parentElement.className") == "stage", "left goes up")
    b.key("End")
    expect(b.evaluate(focused).startswith("people"), "End")
    b.key("ArrowUp")
    b.key("Home")
    expect(b.evaluate(focused).startswith("names"), "Home")
    b.key("/")
    expect(b.evaluate("document.activeElement.id") == "find" and b.evaluate("document.getElementById('find').value") == "", "/ goes to Find")


@check
def the_first_tab_skips_to_the_report_and_focus_is_seen(b, w):
    b.open(w.file("built"))
    b.key("Tab")
    expect(b.evaluate("document.activeElement.className") == "skip", "the first stop is not the skip link")
    expect(b.evaluate("document.activeElement.getBoundingClientRect().x >= 0"), "it is not seen")
    b.key("Enter")
    b.settle()
    expect(b.evaluate("location.hash") == "#main", "it leads nowhere")
    for _ in range(12):
        b.key("Tab")
        seen = b.evaluate("(s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2)(getComputedStyle(document.activeElement))")
        expect(seen, "no focus is seen on " + b.evaluate("document.activeElement.outerHTML.slice(0, 80)"))


@check
def tables_are_sorted_by_their_heads(b, w):
    b.open(w.file("new"))
    head = "table.costs th:nth-child(2) button"
    values = "[...document.querySelector('table.costs').tBodies[0].rows].map((r) => Number(r.cells[1].dataset.v))"
    for way, reverse in (("ascending", False), ("descending", True)):
        b.click(head)
        expect(b.evaluate("document.querySelector('table.costs th:nth-child(2)').getAttribute('aria-sort')") == way, way)
        got = b.evaluate(values)
        expect(got == sorted(got, reverse=reverse) and len(set(got)) > 1, f"{way}: {got}")


@check
def a_link_to_a_step_opens_it(b, w):
    b.media(motion="reduce")
    for script in (True, False):
        b.open(w.file("new"), script, "#s-dns~2erecord~2edelegation")
        if script: # without one nothing can say when a frame is drawn; the load event comes after scrolling
            b.settle()
        place = b.evaluate("(e => [e.checkVisibility({contentVisibilityAuto: true}), e.getBoundingClientRect().y])"
                           "(document.getElementById('s-dns~2erecord~2edelegation'))")
        expect(place[0] and 0 <= place[1] < 900, f"it is not in sight: {place}")


@check
def every_text_can_be_read_in_light_dark_and_on_paper(b, w):
    for name in ("new", "built"):
        for kind, scheme in (("screen", "light"), ("screen", "dark"), ("print", "light")):
            b.media(kind, scheme)
            b.open(w.file(name))
            b.open_all()
            found = b.evaluate(CONTRAST)
            expect(found["count"] > 500, f"only {found['count']} texts were looked at")
            expect(not found["bad"], f"{name}, {kind}, {scheme}: {found['bad']}")
    b.media()


@check
def a_narrow_screen_scrolls_one_way(b, w):
    for width in (320, 390, 700):
        b.size(width)
        b.open(w.file("built"))
        b.open_all()
        wide = b.evaluate("document.scrollingElement.scrollWidth")
        expect(wide <= width, f"{wide} pixels on {width}")
    b.size(1280)


@check
def paper_has_every_step_and_no_tools(b, w):
    for script in (True, False):
        b.media("print")
        b.open(w.file("new"), script)
        expect(b.evaluate("['nav', '#tools'].every((s) => getComputedStyle(document.querySelector(s)).display === 'none')"), "tools on paper")
        hidden = b.evaluate("[...document.querySelectorAll('.steps > li')].filter((l) => l.getBoundingClientRect().height < 5).length")
        expect(hidden == 0, f"{hidden} steps are not on paper")
    b.media()


@check
def a_head_is_repeated_whole_on_every_page_of_its_table(b, w):
    for script in (True, False):
        b.media("print")
        b.open(w.file("built"), script)
        tables = b.evaluate("document.querySelectorAll('table.costs').length")
        b.pdf(f"{w.folder}/low.pdf", height=4) # so low that tables do not fit on one page
        text = subprocess.run(["pdftotext", "-layout", f"{w.folder}/low.pdf", "-"], check=True, capture_output=True, text=True).stdout
        heads = [line.split() for line in text.splitlines() if "Share" in line and "Priced" in line]
        expect(tables == 3 and len(heads) > tables, f"{len(heads)} heads of {tables} tables: nothing was repeated")
        bare = [" ".join(h) for h in heads if not {"month", "From", "Once", "Guessed"} <= set(h)]
        expect(not bare, f"{'with' if script else 'without'} script: {bare}")
    b.media()


@check
def no_page_ends_with_the_title_of_what_follows(b, w):
    plain = lambda text: " ".join(text.split())
    for name in ("new", "built"):
        b.media("print")
        b.open(w.file(name), False)
        titles = {plain(t) for t in b.evaluate("[...document.querySelectorAll('h2, h3, caption, .stage > summary')].filter((e) => !e.closest('summary') || "
                                               "e.tagName === 'SUMMARY').map((e) => e.textContent)")}
        below = [plain(t) for t in b.evaluate("[...document.querySelectorAll('figcaption')].map((e) => e.textContent)")]
        heads = [set(t.split()) for t in b.evaluate("[...document.querySelectorAll('thead')].map((e) => [...e.querySelectorAll('th')].map((t) => t.textContent).join(' '))")]
        for height in (6.46, 7.2, 8.31, 9.05, 10.16, 11.69): # of papers that people have, upright and across; the widths are no other
            b.pdf(f"{w.folder}/ends.pdf", height=height)
            text = subprocess.run(["pdftotext", "-layout", f"{w.folder}/ends.pdf", "-"], check=True, capture_output=True, text=True).stdout
            for number, page in enumerate(text.split("\f"), 1):
                last = plain(([line for line in page.splitlines() if line.strip()] or [""])[-1])
                alone = last in titles or set(last.split()) and any(set(last.split()) <= h for h in heads) or \
                    len(last) > 20 and any(t.endswith(last) for t in below)
                expect(not alone, f"page {number} of {name}, {height} inches high, ends with '{last}'")
    b.media()


@check
def who_wants_no_motion_gets_none(b, w):
    for motion, way in (("reduce", "auto"), ("no-preference", "smooth")):
        b.media(motion=motion)
        b.open(w.file("new"))
        expect(b.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == way, motion)


def pictures(b, w):
    for name in ("new", "built"):
        for scheme in ("light", "dark"):
            b.media(scheme=scheme)
            b.open(w.file(name))
            b.picture(f"{w.folder}/{name}-{scheme}.png")
        b.media()
        b.size(390)
        b.open(w.file(name))
        b.picture(f"{w.folder}/{name}-narrow.png")
        b.size(1280)
        b.media("print")
        b.open(w.file(name))
        b.pdf(f"{w.folder}/{name}.pdf")


def main():
    landfall, root, folder = (os.path.realpath(a) for a in sys.argv[1:4])
    subprocess.run(["bash", os.path.join(os.path.dirname(os.path.realpath(__file__)), "project.sh"), landfall, root, folder], check=True)
    w = World()
    w.folder, w.file = folder, lambda name: f"{folder}/{name}.html"
    with open(f"{folder}/new.json", encoding="utf-8") as file:
        w.plan = json.load(file)
    w.first_step = lambda: w.plan["plan"]["steps"][0]["address"]
    b = Browser()
    failed = 0
    try:
        b.size(1280)
        for one in checks:
            b.media()
            try:
                one(b, w)
                print("ok    ", one.__name__.replace("_", " "))
            except Failed as what:
                failed += 1
                print("FAILED", one.__name__.replace("_", " ") + ":", what)
        b.media()
        pictures(b, w)
    finally:
        b.close()
    sys.exit(1 if failed else 0)


main()
