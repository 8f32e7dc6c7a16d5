"""CloudPayments: transactions of a site's acquirer, by its API and its notifications."""

from connectors.cloudpayments.connector import create
from connectors.cloudpayments.manifest import MANIFEST

__all__ = ["MANIFEST", "create"]
