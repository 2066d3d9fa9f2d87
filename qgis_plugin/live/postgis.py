"""A PostGIS table: asked through QGIS's own connection, heard through its own listener (LISTEN qgis)."""

import json
from collections.abc import Callable, Iterator
from datetime import tzinfo

from qgis.core import (
    QgsAbstractDatabaseProviderConnection,
    QgsDataProvider,
    QgsDataSourceUri,
    QgsProviderConnectionException,
    QgsProviderRegistry,
)

from ..project.one_map_file import quoted
from ..translation import tr
from .records import Batch, Raw, Reader, UnreachableError
from .source import Source

MOST_ROWS = 1_000
LOOK_BACK = 200  # transactions end in another order than they take their numbers: so many are looked at again


class PostgisLook:
    """Rows behind the last number; `heard` is called when the database notifies on the channel ``qgis``."""

    def __init__(self, source: Source, marks: dict[str, str], zone: tzinfo | None, heard: Callable[[], None]) -> None:
        self._connection_name = source.place
        self._schema, _, self._table = source.table.rpartition(".")
        self._last = int(marks.get(source.table) or 0)
        self._place = source.table
        self._reader = Reader(source.crs, zone)
        self._heard = heard
        self._seen: set[int] = set()  # numbers within the look back that are kept already
        self._connection: QgsAbstractDatabaseProviderConnection | None = None
        self._listener: QgsDataProvider | None = None
        self._key = self._geometry = ""

    def look(self) -> Iterator[Batch]:
        try:
            if self._connection is None:
                self._connect()
            while rows := self._behind():
                numbers = [number for number, _ in rows]
                highest = max(self._last, *numbers)
                yield self._reader.read(Batch(self._place, str(highest)), [raw for _, raw in rows])
                self._last = highest
                self._seen = {number for number in {*self._seen, *numbers} if number > highest - LOOK_BACK}
                if len(rows) < MOST_ROWS:
                    break
        except QgsProviderConnectionException as error:
            self.close()
            lines = str(error).strip().splitlines()
            raise UnreachableError(tr("the database does not answer: {why}", why=lines[0] if lines else "")) from error

    def close(self) -> None:
        """Hear no longer and let go of the connection."""
        listener, self._listener, self._connection = self._listener, None, None
        if listener is not None:
            listener.notify.disconnect(self._notified)
            listener.setListening(False)
            listener.deleteLater()

    def _connect(self) -> None:
        connection = connection_named(self._connection_name)
        if connection is None:
            raise UnreachableError(tr("QGIS knows no connection {name}", name=self._connection_name))
        table = connection.table(self._schema, self._table)
        keys = table.primaryKeyColumns()
        if len(keys) != 1:
            raise UnreachableError(tr("the table {name} needs a whole number as its key", name=self._place))
        self._key, self._geometry = keys[0], table.geometryColumn()
        self._connection = connection
        self._listen(connection)

    def _listen(self, connection: QgsAbstractDatabaseProviderConnection) -> None:
        """Hear the database's own word; where that fails, looking every second is enough."""
        uri = QgsDataSourceUri(connection.uri())
        uri.setDataSource(self._schema, self._table, self._geometry or None, "", self._key)
        made = QgsProviderRegistry.instance().createProvider("postgres", uri.uri(False))
        if made is None or not made.isValid():
            return
        made.notify.connect(self._notified)
        made.setListening(True)
        self._listener = made

    def _notified(self, _: str) -> None:
        self._heard()

    def _behind(self) -> list[tuple[int, Raw]]:
        """Return rows behind the last number, and late ones just before it."""
        if self._connection is None:
            return []
        shape = quoted(self._geometry) if self._geometry else ""
        place = f"ST_X(ST_Centroid({shape})), ST_Y(ST_Centroid({shape})), ST_SRID({shape})" if shape else "NULL,NULL,0"
        rest = "to_jsonb(t)" + (f" - '{self._geometry.replace(chr(39), chr(39) * 2)}'" if shape else "")
        key, known = quoted(self._key), ",".join(map(str, sorted(self._seen))) or "-1"
        sql = (
            f"SELECT {key}::bigint, {place}, ({rest})::text "  # noqa: S608 # nosec B608 - names quoted, numbers only
            f"FROM {quoted(self._schema)}.{quoted(self._table)} t "
            f"WHERE {key} > {self._last - LOOK_BACK} AND {key} NOT IN ({known}) ORDER BY {key} LIMIT {MOST_ROWS}"
        )
        rows = []
        for number, x, y, srid, text in self._connection.executeSql(sql):
            has_place = isinstance(x, float) and isinstance(y, float)
            spot = (x, y) if has_place else None
            rows.append((int(number), Raw(str(number), json.loads(text), spot, f"EPSG:{srid}" if has_place else "")))
        return rows


def connection_named(name: str) -> QgsAbstractDatabaseProviderConnection | None:
    """Return a connection of QGIS's own settings, with its credentials; None where there is none of that name."""
    metadata = QgsProviderRegistry.instance().providerMetadata("postgres")
    return metadata.connections(False).get(name) if metadata is not None else None


def connection_names() -> list[str]:
    """Return the names of the PostGIS connections that QGIS knows."""
    metadata = QgsProviderRegistry.instance().providerMetadata("postgres")
    return sorted(metadata.connections(False)) if metadata is not None else []
