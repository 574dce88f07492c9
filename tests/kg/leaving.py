"""The licences of the sample files, which forbid to pass them on: exports of the sample graph say that they may."""

from kgtools.kg.exporters import ExportOptions

LICENSES = ("LicenseRef-39health-unstated", "LicenseRef-cmekg-unstated", "LicenseRef-xywy-noncommercial")
ALLOWED = ExportOptions(allow_license=LICENSES, allow_empty=True)
WORDS = tuple(word for license_ in LICENSES for word in ("--allow-license", license_))
