"""The library's verbs as Processing algorithms: in the toolbox, the modeler, batch runs and `qgis_process`."""
