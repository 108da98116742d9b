"""What the programs for Python's SDKs say of what they see: a line for each thing that holds."""


def holds(condition, what):
    if not condition:
        raise AssertionError(what)
    print("ok", what, flush=True)


def raises(expected, function, what):
    try:
        function()
    except expected as error:
        print("ok", what, type(error).__name__, flush=True)
        return error
    except Exception as error:
        raise AssertionError(f"{what}: {type(error).__name__}, not {expected.__name__}") from error
    raise AssertionError(f"{what}: nothing was raised")
