"""Case files: one verdict, signed, as a file that a person keeps, shows to others and can have checked again.

`casefile` says what stands in one, `keys` and `seal` sign it, `html` and `pdf` draw it, `check` tells in words what of
a case file still holds. `batch` draws one page from many verdicts.
"""
