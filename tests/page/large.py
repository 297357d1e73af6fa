"""large.py LANDFALL FOLDER: a report of 10 000 steps, each with attributes, needs and a bar of its own, is readable in two
seconds and answers at once.  Measured by the browser itself, the best of five; where a machine is busy, by the processor it took."""
import os
import shutil
import subprocess
import sys
import time

from browser import Browser, Failed

STEPS = 10000

REGION = """region: large
title: Large
jurisdiction: none
place: here
domain: large.example
currency: EUR
services: {}
drivers:
  "null": { use: "null" }
"""

PLAYBOOK = """local null = landfall.use("null")
local before, now = {}, {}
for i = 1, %d do
  local k = (i - 1) %% 100 + 1
  if k == 1 then
    before, now = now, {}
    if (i - 1) %% 1000 == 0 then stage("stage-" .. (i - 1) // 1000) end
  end
  local attrs = { size = i, step = { owner = "team-" .. i %% 7 } }
  if before[k] then attrs.value = { before[k].id, before[k %% 100 + 1].id } end
  now[k] = null.thing("thing-" .. i)(attrs)
end
""" % STEPS

# Seconds.  What is made in more than two milliseconds a step has no flat cost.
OPEN_MOST, MAKE_MOST = 2.0, 20.0


def make(landfall, folder):
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in (("landfall.yaml", "playbook: playbooks/large.lua\n"), ("regions/large.yaml", REGION),
                       ("playbooks/large.lua", PLAYBOOK)):
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    subprocess.run([landfall, "-C", folder, "apply", "large", "--yes", "-q"], check=True, stdout=subprocess.DEVNULL)
    begin = time.monotonic()
    subprocess.run([landfall, "-C", folder, "report", "large", "-q", "-o", "large.html"], check=True)
    return time.monotonic() - begin


def opened(b, path, script):
    """Seconds until something is seen; until everything is there and scripts have run; and of processor for both."""
    b.open("/dev/null")
    before = b.cpu()
    b.open(path, script)
    if script:
        b.settle()
    seen, done = b.evaluate("[performance.getEntriesByName('first-contentful-paint')[0].startTime,"
                            " performance.getEntriesByType('navigation')[0].loadEventEnd]")
    used = b.cpu() - before
    if b.evaluate("document.querySelectorAll('.steps > li').length") != STEPS:
        raise Failed("not every step is in the page")
    return seen / 1000, max(seen, done) / 1000, used


def best_of(b, path, script):
    times = [opened(b, path, script) for _ in range(5)]
    return [min(t[k] for t in times) for k in range(3)]


def main():
    landfall, folder = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
    took = make(landfall, folder)
    path = folder + "/large.html"
    b = Browser()
    try:
        b.size(1280)
        with_script, without = best_of(b, path, True), best_of(b, path, False)
        b.open(path)
        b.settle()
        find = b.evaluate("""(async () => {
          const find = document.getElementById("find"), begin = performance.now();
          find.value = "thing-777"; find.dispatchEvent(new Event("input"));
          while (!document.getElementById("shown").textContent) await new Promise((r) => setTimeout(r, 5));
          await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)));
          return [(performance.now() - begin) / 1000, document.getElementById("shown").textContent];
        })()""")
        all_open = b.evaluate("""(async () => {
          const find = document.getElementById("find");
          find.value = ""; find.dispatchEvent(new Event("input"));
          await new Promise((r) => setTimeout(r, 500));
          const begin = performance.now();
          document.getElementById("all").click();
          await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)));
          return (performance.now() - begin) / 1000;
        })()""")
    finally:
        b.close()
    size = os.path.getsize(path) / 1e6
    print(f"{STEPS} steps, {size:.1f} MB, made in {took:.2f} s.")
    for name, (seen, done, used) in (("with script", with_script), ("without", without)):
        print(f"  {name}: seen after {seen:.2f} s, all there after {done:.2f} s, {used:.2f} s of processor")
    print(f"  found in {find[0]:.2f} s ({find[1]}), all stages opened in {all_open:.2f} s")
    # What a busy machine takes away is not the page's doing: less of wall clock or of processor counts.
    if min(with_script[1:]) > OPEN_MOST or min(without[1:]) > OPEN_MOST or with_script[0] > OPEN_MOST or without[0] > OPEN_MOST:
        sys.exit("it does not open in time")
    if took > MAKE_MOST:
        sys.exit("it is not made in time")
    # thing-777, thing-7770 to 7779, and those that name one of them as a need.
    if not 11 <= int(find[1].split()[0]) < 100:
        sys.exit("the wrong steps were found")


main()
