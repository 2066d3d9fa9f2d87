"""Live: new cases from a watched folder, a GeoPackage or a PostGIS table, in the queue and on the map."""
