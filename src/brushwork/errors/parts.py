"""What can be wrong with the parts: bundles, settings, the store, case files, the lab."""

from __future__ import annotations

from .base import BrushworkError


class BundleError(BrushworkError):
    """The forensic model cannot be used."""

    slug = "model-not-ready"
    title = "The forensic model cannot be used"
    status = 503


class BundleNotFound(BundleError):
    """No bundle lies under that name or path."""


class BundleDamaged(BundleError):
    """A file of the bundle is missing or does not match its recorded hash."""


class BundleUnsupported(BundleError):
    """The bundle was made for another version of the format."""


class SettingsError(BrushworkError):
    """A setting is wrong, or a combination of settings is unsafe."""

    slug = "settings"
    title = "A setting is wrong"


class StoreError(BrushworkError):
    """The database cannot be reached or is at another schema version."""

    slug = "store-not-ready"
    title = "The store cannot be used"
    status = 503


class VerdictNotFound(StoreError):
    """No verdict is saved under that id."""

    slug = "not-found"
    title = "No such verdict"
    status = 404


class BatchNotFound(StoreError):
    """The caller has no such batch, or the batch no such item."""

    slug = "not-found"
    title = "No such batch"
    status = 404


class ReportError(BrushworkError):
    """A case file cannot be made or read."""


class SigningError(ReportError):
    """There is no key to sign with, or what was given is none."""

    slug = "signing-not-ready"
    title = "Reports cannot be signed"
    status = 503


class FormNotInstalled(ReportError):
    """The form of a case file needs a package that is not installed."""

    slug = "form-not-installed"
    title = "This form of report is not installed"
    status = 501


class ReportUnusable(ReportError):
    """The file is no case file, or not one of a version that is known here."""

    slug = "report-unusable"
    title = "Not a case file"
    status = 422


class LabError(BrushworkError):
    """Training, measuring or exporting cannot go on."""

    slug = "lab"
    title = "The lab cannot go on"
