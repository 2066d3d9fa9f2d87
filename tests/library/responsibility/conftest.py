"""The small sample city published with duties, shifts and a calendar."""

from pathlib import Path

import pytest

DUTIES = """责任编码,责任部门,事项类别,适用条件,责任范围,范围编码,责任类型,责任人编码,班次,优先级,依据,版本
TY-01,,*,,网格,*,属地,,,0,街道责任清单,2026-1
CG-05,城管执法局,05,,责任网格,*,主管,,day,0,城管发〔2026〕3号,2026-1
CG-05N,城管执法局,05,,街道,*,主管,,night,0,城管发〔2026〕3号,2026-1
GA-0505,公安分局,0505,,责任网格,*,主管,,,1,公交管〔2026〕1号,2026-1
"""
SHIFTS = """班次编码,班次名称,适用日,开始时间,结束时间
day,白班,工作日、周末,08:00,20:00
night,夜班,每天,20:00,08:00
"""
CALENDAR = """日期,日类型,节日名称
2026-10-01,法定节假日,国庆节
2026-10-10,调休上班,
"""


@pytest.fixture(scope="session")
def published(tmp_path_factory) -> Path:
    """Return the map of the small sample city with duties."""
    import onemap
    from onemap.testing import write_city

    folder = tmp_path_factory.mktemp("duties")
    manifest = Path(write_city(folder / "city", size="small"))
    added = ""
    for layer, text in (("duty", DUTIES), ("shift", SHIFTS), ("calendar_day", CALENDAR)):
        (manifest.parent / f"{layer}.csv").write_text(text, encoding="utf-8")
        added += f'\n[[source]]\nlayer = "{layer}"\npath = "{(manifest.parent / f"{layer}.csv").as_posix()}"\n'
    manifest.write_text(manifest.read_text(encoding="utf-8") + added, encoding="utf-8")
    return onemap.build_base_map(manifest, folder / "out").path
