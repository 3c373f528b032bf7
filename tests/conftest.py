"""Settings of the tests, and not of the tutorials."""

from __future__ import annotations

import ipc_kernels  # noqa: F401  # before a test starts a kernel
