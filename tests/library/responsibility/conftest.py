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
HOLDERS = """责任人编码,姓名,岗位,网格编码,所属部门,联系电话
ZR1,宋国宇,网格员,110120001002004,,10090745073
"""
TABLES = {"duty": DUTIES, "shift": SHIFTS, "calendar_day": CALENDAR, "holder": HOLDERS}


def with_tables(manifest: Path, tables: dict[str, str]) -> None:
    """Let a manifest name these tables, and no others of their layers."""
    head, *sources = manifest.read_text(encoding="utf-8").split("[[source]]")
    kept = [source for source in sources if not any(f'layer = "{layer}"' in source for layer in tables)]
    for layer, text in tables.items():
        path = manifest.parent / f"{layer}-own.csv"
        path.write_text(text, encoding="utf-8")
        kept.append(f'\nlayer = "{layer}"\npath = "{path.as_posix()}"\n')
    manifest.write_text("[[source]]".join([head, *kept]), encoding="utf-8")


@pytest.fixture(scope="session")
def published(tmp_path_factory) -> Path:
    """Return the map of the small sample city with duties."""
    import onemap
    from onemap.testing import write_city

    folder = tmp_path_factory.mktemp("duties")
    manifest = Path(write_city(folder / "city", size="small"))
    with_tables(manifest, TABLES)
    return onemap.build_base_map(manifest, folder / "out").path
