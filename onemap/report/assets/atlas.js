// The map to explore. Leaflet in plain metres (CRS.Simple); every text from the data is set as text, never as markup.
(function () {
  "use strict";
  var data = JSON.parse(document.getElementById("atlas-data").textContent);
  var words = data.words, width = data.size[0], height = data.size[1];
  var bounds = L.latLngBounds([0, 0], [height, width]);
  var map = L.map("map", {
    crs: L.CRS.Simple, zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 110, minZoom: -9, maxZoom: 3,
    attributionControl: false, zoomControl: false, maxBounds: bounds.pad(0.4)
  });
  L.control.zoom({ zoomInTitle: words.in, zoomOutTitle: words.out }).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);

  function points(steps) {
    var x = 0, y = 0, out = [];
    for (var i = 0; i < steps.length; i += 2) {
      x += steps[i]; y += steps[i + 1];
      out.push([y / 10, x / 10]);
    }
    return out;
  }

  function node(tag, css, text) {
    var made = document.createElement(tag);
    if (css) { made.className = css; }
    if (text !== undefined) { made.textContent = text; }
    return made;
  }

  function card(title, chain, rows, note) {
    var box = node("div", "card");
    box.append(node("b", "", title));
    if (chain) { box.append(node("p", "chain", chain)); }
    var list = node("dl", "");
    rows.forEach(function (row) {
      if (row[1] !== null && row[1] !== "") { list.append(node("dt", "", row[0]), node("dd", "", String(row[1]))); }
    });
    box.append(list);
    if (note) { box.append(node("p", "note", note)); }
    return box;
  }

  var overlays = {}, legend = {};
  function overlay(title, layer, on, sign) {
    overlays[title] = layer; legend[title] = sign;
    if (on) { layer.addTo(map); }
  }
  ["base", "houses", "areas", "lines", "findings", "signs"].forEach(function (name, place) {
    map.createPane(name).style.zIndex = 410 + 20 * place;
  });

  // Base picture, and buildings as outlines once they are large enough to see.
  var base = L.layerGroup();
  var picture = document.getElementById("base");
  if (picture) { L.imageOverlay(picture.getAttribute("href"), bounds, { className: "base", pane: "base" }).addTo(base); }
  var Houses = L.Layer.extend({
    onAdd: function () {
      this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide", map.getPane("houses"));
      map.on("moveend viewreset resize", this.draw, this);
      this.draw();
    },
    onRemove: function () { this.canvas.remove(); map.off("moveend viewreset resize", this.draw, this); },
    draw: function () {
      var size = map.getSize(), ratio = window.devicePixelRatio || 1, scale = map.getZoomScale(map.getZoom(), 0);
      var canvas = this.canvas, pen = canvas.getContext("2d"), css = getComputedStyle(document.documentElement);
      canvas.width = size.x * ratio; canvas.height = size.y * ratio;
      canvas.style.width = size.x + "px"; canvas.style.height = size.y + "px";
      L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
      if (scale < 0.3) { return; }
      var corner = map.containerPointToLatLng([0, 0]), far = map.containerPointToLatLng([size.x, size.y]);
      pen.scale(ratio, ratio);
      pen.fillStyle = css.getPropertyValue("--building"); pen.strokeStyle = css.getPropertyValue("--building_outline");
      pen.lineWidth = 0.8; pen.beginPath();
      data.houses.forEach(function (steps) {
        var x = steps[0], y = steps[1];
        if (x / 10 < corner.lng - 200 || x / 10 > far.lng + 200 || y / 10 > corner.lat + 200 || y / 10 < far.lat - 200) { return; }
        pen.moveTo((x / 10 - corner.lng) * scale, (corner.lat - y / 10) * scale);
        for (var i = 2; i < steps.length; i += 2) {
          x += steps[i]; y += steps[i + 1];
          pen.lineTo((x / 10 - corner.lng) * scale, (corner.lat - y / 10) * scale);
        }
      });
      pen.fill(); pen.stroke();
    }
  });
  if (data.houses.length) { new Houses().addTo(base); }
  overlay(words.base, base, true, "building");

  // Cells: a click shows the card; cases by cell is the same areas, filled.
  function ramp(count) {
    var steps = data.breaks.length - 1;
    for (var i = steps - 1; i >= 0; i -= 1) {
      if (count >= data.breaks[i]) { return data.ramp[Math.round(i * (data.ramp.length - 1) / Math.max(steps - 1, 1))]; }
    }
    return null;
  }
  var cells = L.layerGroup(), filled = L.layerGroup(), chosen = null, byCode = {};
  function choose(area) {
    if (chosen) { chosen.getElement() && chosen.getElement().classList.remove("chosen"); }
    chosen = area;
    if (area.getElement()) { area.getElement().classList.add("chosen"); area.bringToFront(); }
  }
  data.cells.forEach(function (cell) {
    var rings = cell[8].map(points);
    if (!rings.length) { return; }
    var area = L.polygon(rings, { pane: "areas", className: "atlas-cell", fillRule: "evenodd", smoothFactor: 0.6 });
    area.bindPopup(function () {
      return card(cell[0], [cell[2], cell[1]].filter(Boolean).join(" > "), [
        [words.area, cell[3]], [words.total, cell[4].toLocaleString()], [words.overdue, cell[5] || null],
        [words.close, cell[6] || null], [words.buildings, cell[7] === null ? null : cell[7].toLocaleString()]
      ]);
    });
    area.on("click popupopen", function () { choose(area); });
    cells.addLayer(area);
    byCode[cell[0].toLowerCase()] = area;
    var tone = ramp(cell[4]);
    if (tone) {
      filled.addLayer(L.polygon(rings, { pane: "houses", className: "atlas-fill", color: tone, interactive: false, smoothFactor: 0.6 }));
    }
  });
  if (data.cells.length) { overlay(words.cells, cells, true, "cell"); }
  if (data.breaks.length) { overlay(words.cases, filled, false, "fill"); }

  data.lines.forEach(function (level) {
    var group = L.layerGroup(level.rings.map(function (ring) {
      return L.polyline(points(ring), { pane: "lines", className: "atlas-line", weight: level.width, dashArray: level.dash.join(","), interactive: false, smoothFactor: 0.6 });
    }));
    overlay(level.title, group, true, "line");
  });

  // Cases, dense where hexagons are dark.
  var hexagons = L.layerGroup(), most = Math.max.apply(null, [1].concat(data.hexagons.at.map(function (one) { return one[2]; })));
  data.hexagons.at.forEach(function (one) {
    var corners = [0, 1, 2, 3, 4, 5].map(function (k) {
      var angle = Math.PI / 6 + k * Math.PI / 3;
      return [one[1] + data.hexagons.radius * Math.sin(angle), one[0] + data.hexagons.radius * Math.cos(angle)];
    });
    var tone = data.ramp[Math.min(data.ramp.length - 1, Math.floor(Math.sqrt(one[2] / most) * data.ramp.length))];
    hexagons.addLayer(L.polygon(corners, { pane: "houses", className: "atlas-hexagon", color: tone, interactive: false }));
  });
  if (data.hexagons.at.length) { overlay(words.density, hexagons, false, "fill"); }

  // Findings of the levels by kind, those of other grids by agency: hatched areas, and a mark that stays visible from afar.
  var kinds = {}, agencies = {};
  data.findings.forEach(function (finding) {
    var tone = finding[0], agency = finding[8], groups = agency ? agencies : kinds, name = agency || tone;
    var group = groups[name] = groups[name] || L.layerGroup();
    function open() {
      return card(finding[1], finding[3], [[words.area, finding[2]], [words.concerned, finding[4]]], finding[5]);
    }
    if (finding[7].length) {
      group.addLayer(L.polygon(finding[7].map(points), { pane: "findings", className: "atlas-finding a-" + tone, fillRule: "evenodd", smoothFactor: 0.3 }).bindPopup(open));
    }
    if (finding[6]) { group.addLayer(L.circleMarker([finding[6][1], finding[6][0]], { pane: "findings", radius: 3.2, className: "atlas-spot f-" + tone }).bindPopup(open)); }
  });
  ["gap", "overlap", "outside", "mismatch", "allowed_gap"].forEach(function (tone) {
    if (kinds[tone]) { overlay(words[tone], kinds[tone], tone !== "mismatch" || kinds[tone].getLayers().length <= 100, tone); }
  });
  Object.keys(agencies).sort().forEach(function (agency) {
    overlay(words.others + " · " + agency, agencies[agency], false, "gap");
  });

  // Cases near a border: their state's sign in a ring.
  var near = L.layerGroup();
  var shapes = { overdue: "M0-4L4 3.2H-4z", "new": "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z", in_hand: "M0-3a3 3 0 0 0 0 6z", settled: "" };
  data.near.forEach(function (one) {
    var svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "-8 -8 16 16"); svg.setAttribute("width", "16"); svg.setAttribute("height", "16");
    function add(tag, css, values) {
      var part = document.createElementNS("http://www.w3.org/2000/svg", tag);
      part.setAttribute("class", css);
      Object.keys(values).forEach(function (name) { part.setAttribute(name, values[name]); });
      svg.append(part);
    }
    add("circle", "near-ring", { r: 6 });
    if (shapes[one[6]]) { add("path", "f-case_" + one[6], { d: shapes[one[6]] }); }
    if (one[6] === "in_hand" || one[6] === "settled") { add("circle", "s-case_" + one[6], { r: 2.8, "stroke-width": 1.2 }); }
    var marker = L.marker([one[1], one[0]], { pane: "signs", icon: L.divIcon({ className: "near-sign", html: svg, iconSize: [16, 16] }), keyboard: false });
    marker.bindPopup(function () {
      return card(words["case"] + " " + one[2], words["state_" + one[6]] || "", [
        [words.cell, one[3]], [words.candidates, one[4]], [words.distance, one[5]]
      ], one[7]);
    });
    near.addLayer(marker);
  });
  if (data.near.length) { overlay(words.near, near, data.near.length <= 400, "near"); }

  // Codes of the cells in view, once there is room for them.
  var codes = L.layerGroup().addTo(map);
  map.on("moveend", function () {
    codes.clearLayers();
    if (!map.hasLayer(cells)) { return; }
    var view = map.getBounds(), shown = 0;
    cells.eachLayer(function (area) {
      var box = area.getBounds();
      if (shown > 150 || !view.intersects(box)) { return; }
      var low = map.latLngToContainerPoint(box.getSouthWest()), high = map.latLngToContainerPoint(box.getNorthEast());
      if (high.x - low.x < 118 || low.y - high.y < 40) { return; }
      shown += 1;
      codes.addLayer(L.marker(box.getCenter(), { interactive: false, keyboard: false, icon: L.divIcon({ className: "cell-code", html: node("span", "", area.code), iconSize: [160, 14] }) }));
    });
  });
  data.cells.forEach(function (cell) {
    var area = byCode[cell[0].toLowerCase()];
    if (area) { area.code = cell[0]; }
  });

  var labelled = {};
  Object.keys(overlays).forEach(function (title) {
    var text = node("span", "", title);
    labelled['<i class="key k-' + legend[title] + '"></i>' + text.innerHTML] = overlays[title];
  });
  L.control.layers(null, labelled, { collapsed: false }).addTo(map);

  var Find = L.Control.extend({
    onAdd: function () {
      var box = node("form", "atlas-find leaflet-bar"), input = node("input");
      input.type = "search"; input.placeholder = words.find; input.setAttribute("aria-label", words.find);
      box.append(input);
      L.DomEvent.disableClickPropagation(box);
      box.addEventListener("submit", function (event) {
        event.preventDefault();
        var wanted = input.value.trim().toLowerCase();
        var area = byCode[wanted] || byCode[Object.keys(byCode).find(function (code) { return code.endsWith(wanted); })];
        input.setCustomValidity(wanted && !area ? words.nothing : "");
        input.reportValidity();
        if (wanted && area) { map.fitBounds(area.getBounds().pad(1.2)); area.openPopup(); }
      });
      input.addEventListener("input", function () { input.setCustomValidity(""); });
      return box;
    }
  });
  if (data.cells.length) { new Find({ position: "topleft" }).addTo(map); }
  map.fitBounds(bounds, { animate: false });
  map.setMinZoom(map.getZoom() - 0.5);
})();
