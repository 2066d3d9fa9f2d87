// Tables of the report: sort by a click on a heading, find, and follow a figure to its rows. No other script needed.
(function () {
  "use strict";
  var collator = new Intl.Collator(document.documentElement.lang, { numeric: true });

  function value(row, column) {
    var cell = row.cells[column];
    var given = cell.dataset.s;
    return given === undefined ? cell.textContent : Number(given);
  }

  function sort(table, column, heading) {
    var down = heading.getAttribute("aria-sort") === "ascending";
    table.querySelectorAll("th").forEach(function (one) { one.removeAttribute("aria-sort"); });
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    var rows = Array.from(table.tBodies[0].rows);
    rows.sort(function (a, b) {
      var x = value(a, column), y = value(b, column);
      var order = typeof x === "number" && typeof y === "number" ? x - y : collator.compare(x, y);
      return down ? -order : order;
    });
    table.tBodies[0].append.apply(table.tBodies[0], rows);
  }

  function narrow(box, wanted) {
    var places = {};
    box.querySelector(".tablefoot").dataset.matches.split(";").forEach(function (pair) {
      var cut = pair.lastIndexOf(":");
      if (cut > 0) { places[pair.slice(0, cut)] = Number(pair.slice(cut + 1)); }
    });
    show(box, function (row) {
      return wanted.every(function (pair) {
        return !(pair[0] in places) || row.cells[places[pair[0]]].dataset.m === pair[1];
      });
    });
  }

  function show(box, test) {
    var hidden = 0;
    Array.from(box.querySelector("tbody").rows).forEach(function (row) {
      row.hidden = !test(row);
      hidden += row.hidden ? 1 : 0;
    });
    box.querySelector(".clear").hidden = hidden === 0;
  }

  document.querySelectorAll(".tablebox").forEach(function (box) {
    var table = box.querySelector("table"), find = box.querySelector("input");
    box.querySelectorAll("thead th").forEach(function (heading, column) {
      heading.addEventListener("click", function () { sort(table, column, heading); });
      heading.addEventListener("keydown", function (event) {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(table, column, heading); }
      });
    });
    if (find) {
      find.addEventListener("input", function () {
        var text = find.value.trim().toLowerCase();
        show(box, function (row) { return row.textContent.toLowerCase().includes(text); });
      });
    }
    box.querySelector(".clear").addEventListener("click", function () {
      if (find) { find.value = ""; }
      show(box, function () { return true; });
    });
  });

  document.querySelectorAll("a[data-narrow]").forEach(function (link) {
    link.addEventListener("click", function () {
      var box = document.getElementById(link.hash.slice(1));
      if (box) { narrow(box, Array.from(new URLSearchParams(link.dataset.narrow))); }
    });
  });

  var print = document.querySelector("[data-print]");
  if (print) { print.addEventListener("click", function () { window.print(); }); }

  var links = Array.from(document.querySelectorAll(".contents a"));
  if ("IntersectionObserver" in window) {
    var seen = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (entry.isIntersecting) {
          links.forEach(function (link) { link.classList.toggle("here", link.hash === "#" + entry.target.id); });
        }
      });
    }, { rootMargin: "-10% 0px -80% 0px" });
    links.forEach(function (link) {
      var target = document.getElementById(link.hash.slice(1));
      if (target) { seen.observe(target); }
    });
  }
})();
