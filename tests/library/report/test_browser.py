"""The page in a real browser: the map is drawn, answers a click, sorts tables, and asks no host for anything."""

import html
import re
import shutil
import socket
import subprocess
import threading

import pypdf
import pytest
from shapely import Point

from onemap.report.html import write_report
from tests.presence import need

from .conftest import at, layer, make_map
from .test_responsibility_pages import whole_map

PROBE = """<script>
(function () {
  var out = document.createElement("pre");
  out.id = "probe";
  function text(selector) { var one = document.querySelector(selector); return one ? one.textContent : ""; }
  function click(one) {
    var box = one.getBoundingClientRect();
    one.dispatchEvent(new MouseEvent("click", { bubbles: true, view: window,
      clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 }));
  }
  click(document.querySelector("path.atlas-cell"));
  out.textContent += "card=" + text(".card b") + "|" + text(".card .chain") + "\\n";
  var heading = document.querySelectorAll("#t-levels th")[1];
  click(heading); click(heading);
  out.textContent += "sorted=" + Array.from(document.querySelectorAll("#t-levels tbody tr")).map(function (row) {
    return row.cells[1].textContent.trim(); }).join(",") + "\\n";
  click(document.querySelector('a[data-narrow*="kind=gap"]'));
  out.textContent += "narrowed=" + document.querySelectorAll("#t-defect tbody tr:not([hidden])").length + "\\n";
  var find = document.querySelector("#t-reject input");
  find.value = "no such text"; find.dispatchEvent(new Event("input"));
  out.textContent += "found=" + document.querySelectorAll("#t-reject tbody tr:not([hidden])").length + "\\n";
  var width = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  out.textContent += "overflow=" + width + "\\n";
  document.body.append(out);
})();
</script></body>"""


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    need(found, "chromium is not installed")
    return str(found)


@pytest.fixture
def proxy():
    """Listen where the browser believes its only way out is, and note whom it asks for."""
    asked: list[str] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    stop = threading.Event()

    def listen():
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(1)
                line = connection.recv(400).decode("ascii", "replace").split("\r\n")[0]
                if not re.search(r"\b(?:google|gstatic)\w*\.com", line):  # the browser's own, not the page's
                    asked.append(line)

    thread = threading.Thread(target=listen)
    thread.start()
    yield server.getsockname()[1], asked
    stop.set()
    thread.join()
    server.close()


def dom(chromium, path, port, profile) -> str:
    run = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-default-apps", "--no-first-run",
         "--disable-domain-reliability", "--disable-features=OptimizationHints,MediaRouter,Translate",
         f"--user-data-dir={profile}", f"--proxy-server=127.0.0.1:{port}", "--proxy-bypass-list=<-loopback>",
         "--window-size=1400,1000", "--virtual-time-budget=5000", "--dump-dom", path.as_uri()],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return run.stdout


def test_the_map_is_drawn_and_no_host_is_asked(chromium, proxy, tmp_path):
    port, asked = proxy
    path = write_report(make_map(), tmp_path / "report.html", language="en")
    path.write_text(path.read_text(encoding="utf-8").replace("</body>", PROBE), encoding="utf-8")
    text = dom(chromium, path, port, tmp_path / "profile")
    cells = re.findall(r'<path class="atlas-cell[^>]* d="(M[^"]+)"', text)
    assert len(cells) == 8
    assert all("L" in shape for shape in cells)
    assert len(re.findall(r'class="atlas-line', text)) == 3
    assert len(re.findall(r'class="atlas-finding a-gap', text)) == 1
    assert len(re.findall(r'class="atlas-finding a-overlap', text)) == 1
    assert len(re.findall(r"near-sign", text)) >= 1
    assert re.search(r'<img class="[^"]*leaflet-image-layer[^"]*" src="data:image/png', text)
    assert re.search(r"leaflet-control-scale-line[^>]*>\d+ k?m<", text)
    lines = html.unescape(re.search(r'id="probe">(.*?)</pre>', text, re.DOTALL).group(1)).splitlines()
    probe = dict(line.split("=", 1) for line in lines)
    assert probe["card"] == "110120001001|青禾区 > 鼓楼街道 > 第0网格"
    assert probe["sorted"] == "8,2,1"
    assert probe["narrowed"] == "1"
    assert probe["found"] == "0"
    assert probe["overflow"] == "0"
    assert asked == []


def test_a_hostile_map_still_draws(chromium, proxy, tmp_path):
    port, asked = proxy
    hostile = make_map()
    hostile.frames["grid_cell"]["name"] = '</script><img src="http://example.com/x.png" onerror="alert(1)">'
    path = write_report(hostile, tmp_path / "report.html")
    text = dom(chromium, path, port, tmp_path / "profile")
    assert len(re.findall(r'<path class="atlas-cell', text)) == 8
    assert asked == []


def test_on_paper_codes_stay_whole_and_a_table_keeps_its_foot(chromium, tmp_path):
    number = range(1, 61)
    stray = layer(
        [Point(at(10 * n, 5, 10 * n + 4, 9).centroid) for n in number],
        gap_id=[f"objects-{n:05d}" for n in number], layer_id="city3d_building", object_id=[f"B{n}" for n in number],
        reason="no cell holds it, though it lies in the district", who_could_close="Surveyors, by its right position",
    )  # fmt: skip
    path = write_report(whole_map(object_gap=stray), tmp_path / "report.html", language="en")
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    command += ["--no-pdf-header-footer", f"--print-to-pdf={tmp_path / 'report.pdf'}", path.as_uri()]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    pages = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "report.pdf").pages]
    words = "\n".join(pages)
    assert all(re.match(r"\d+ / \d+\n", page) for page in pages)
    assert [n for n in range(1, 62) if f"objects-{n:05d}" in words] == list(range(1, 41))
    assert words.count("Surveyors, by") == 40
    assert len(re.findall(r"On paper the \S+ 40 of 60 rows", words)) == 1  # fi may be one letter
    assert not [page for page in pages if re.match(r"\d+ / \d+\s+(?:On paper the|Shown:)", page)]


RESPONSIBLE = """<script>
(function () {
  var out = document.createElement("pre");
  out.id = "probe";
  function shown(table) { return document.querySelectorAll(table + " tbody tr:not([hidden])").length; }
  var heading = document.querySelectorAll("#t-principle th")[6];
  heading.click(); heading.click();
  out.textContent += "worst=" + document.querySelector("#t-principle tbody td").textContent.trim() + "\\n";
  document.querySelector('#t-hours a[data-narrow]').click();
  out.textContent += "narrowed=" + shown("#t-duty-gap") + "\\n";
  var width = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  out.textContent += "overflow=" + width + "\\n";
  document.body.append(out);
})();
</script></body>"""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_on_responsibility_sort_narrow_and_fit(chromium, proxy, tmp_path, language):
    port, asked = proxy
    path = write_report(whole_map(), tmp_path / "report.html", language=language)
    path.write_text(path.read_text(encoding="utf-8").replace("</body>", RESPONSIBLE), encoding="utf-8")
    text = dom(chromium, path, port, tmp_path / "profile")
    probe = re.search(r'id="probe">(.*?)</pre>', text, re.DOTALL).group(1).split()
    assert probe == ["worst=4", "narrowed=1", "overflow=0"]
    assert asked == []
