"""The verb for programs that keep the library at their side."""


def worker() -> None:
    """Answer requests until the other side closes."""
    from onemap.worker import serve

    serve()
