"""The other process: find the interpreter that has the library, start it, talk to it, cancel it."""
